/** The service's rule for names, after mapping. It takes letters of both cases for the same. */
const VAULT_NAME = /^[0-9a-z-]{1,127}$/;

/**
 * The one name in the vault for every spelling of a secret: `FABRIC_API_KEY` and `fabric-api-key` are the same.
 * @throws Error for a name that the vault cannot hold
 */
export function vaultNameOf(name: string): string {
  const mapped = name.toLowerCase().replaceAll("_", "-");
  if (VAULT_NAME.test(mapped)) return mapped;
  throw new Error(
    `'${name}' cannot be the name of a secret: letters, digits, dashes and underscores only, at most 127 of them.`,
  );
}

/** The names under which the environment and `.env` may hold a secret, the first one first. */
export function localNamesOf(name: string): readonly string[] {
  return [name, name.toUpperCase().replaceAll("-", "_")];
}

/** Whether a secret signs in to the vault itself, and so cannot come from there. */
export function isOwnSignIn(vaultName: string): boolean {
  return vaultName.startsWith("azure-");
}
