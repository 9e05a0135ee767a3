/** The vault's rule for names, after mapping. The vault ignores case. */
const VAULT_NAME = /^[0-9a-z-]{1,127}$/;

/**
 * The vault's name for a secret, the same for every spelling: `FABRIC_API_KEY` and `fabric-api-key`.
 * @throws Error if the vault cannot hold the name
 */
export function vaultNameOf(name: string): string {
  const mapped = name.toLowerCase().replaceAll("_", "-");
  if (VAULT_NAME.test(mapped)) return mapped;
  throw new Error(
    `'${name}' cannot be the name of a secret: letters, digits, dashes and underscores only, at most 127 of them.`,
  );
}

/** Names under which the environment and `.env` may hold a secret; the first has priority. */
export function localNamesOf(name: string): readonly string[] {
  return [name, name.toUpperCase().replaceAll("-", "_")];
}

/** Whether a secret is part of the sign-in to the vault, and so cannot come from the vault. */
export function isOwnSignIn(vaultName: string): boolean {
  return vaultName.startsWith("azure-");
}
