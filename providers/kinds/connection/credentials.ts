import { z } from "zod";
import { isOfDeployment, isSecretName, secretInVersion, SECRET_VERSION } from "../../../lib/secrets/secretVersion.ts";
import type { SecretSource } from "../../../lib/secrets/secretVersion.ts";
import { id, text } from "../../../lib/config/value.ts";
import { AS_BEFORE, DOUBTFUL } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";

/*
 * The credentials of a connection. What is declared, and so what state and log hold, are references only: the name of a secret
 * that the provider process looks up, or a Key Vault connection from which the service itself reads.
 */

const secretName = (of: string) =>
  z
    .string()
    .trim()
    .refine(isSecretName, "must be the name of a secret, never its value: letters, digits, dashes and underscores only")
    .refine((name) => !isSecretName(name) || !isOfDeployment(name), "names a sign-in of the deployment itself")
    .optional()
    .meta({
      description: `Name of the secret with ${of}: in Key Vault, the environment or \`.env\`. Never its value.`,
      examples: ["SALES_SQL_PASSWORD"],
    });

/** A secret that the service itself reads from a Key Vault. */
const vaultReference = z
  .strictObject({
    connectionId: z
      .string()
      .min(1)
      .meta({
        description: "Connection to the Key Vault: its id, or its name in `connections` or `references`.",
        examples: ["sales-vault"],
      }),
    secretName: text(127).meta({ description: "Name of the secret in that vault.", examples: ["sales-sql-password"] }),
    version: text(64)
      .optional()
      .meta({
        description: "Version of the secret.",
        examples: ["0f3c6f9d2b1e4a5c8d7e6f5a4b3c2d1e"],
        absent: "the newest",
      }),
  })
  .optional()
  .meta({ description: "Secret that the service itself reads from a Key Vault, in place of `secret`." });

const tenantId = id.meta({
  description: "Tenant of the service principal.",
  examples: ["11111111-2222-4333-8444-555555555555"],
});
const clientId = id.meta({
  description: "Application id of the service principal.",
  examples: ["22222222-3333-4444-8555-666666666666"],
});

const typeOf = <T extends string>(credentialType: T) =>
  z.literal(credentialType).meta({
    description: "Type of the credentials, one of those that the connection's type supports.",
    examples: [credentialType],
  });

/** Credentials without a secret. */
const bare = <T extends string>(credentialType: T) => z.strictObject({ credentialType: typeOf(credentialType) });

/** Valid credentials, by their type. */
const shapes = [
  bare("Anonymous"),
  bare("WorkspaceIdentity"),
  z.strictObject({
    credentialType: typeOf("Basic"),
    username: text(256).meta({ description: "Name of the user.", examples: ["loader"] }),
    secret: secretName("the password"),
    keyVault: vaultReference,
  }),
  z.strictObject({ credentialType: typeOf("Key"), secret: secretName("the key"), keyVault: vaultReference }),
  z.strictObject({
    credentialType: typeOf("SharedAccessSignature"),
    secret: secretName("the token"),
    keyVault: vaultReference,
  }),
  z.strictObject({
    credentialType: typeOf("ServicePrincipal"),
    tenantId,
    servicePrincipalClientId: clientId,
    secret: secretName("the client secret"),
    keyVault: vaultReference,
  }),
  z.strictObject({
    credentialType: typeOf("KeyPair"),
    identifier: text(256).meta({ description: "Name of the user of the key pair.", examples: ["LOADER"] }),
    secret: secretName("the private key"),
    passphraseSecret: secretName("the passphrase of that key"),
  }),
] as const;

/** Credentials of a connection, by reference. */
export const credentialsSchema = z.discriminatedUnion("credentialType", shapes).superRefine((given, context) => {
  if (!(given.credentialType in secretKeys)) return;
  const ways = [
    "secret" in given && given.secret !== undefined,
    "keyVault" in given && given.keyVault !== undefined,
  ].filter(Boolean).length;
  const choice = given.credentialType === "KeyPair" ? "secret" : "secret or keyVault";
  if (ways !== 1)
    context.addIssue({
      code: "custom",
      path: ["secret"],
      message: ways === 0 ? `required: ${choice}` : "give either secret or keyVault",
    });
});

/** Declared credentials. */
export type Credentials = z.output<typeof credentialsSchema>;

/** Schema of the words for the versions of the secrets. */
export const secretVersion = z
  .string()
  .refine((version) => version === AS_BEFORE || SECRET_VERSION.test(version), "is no version of a secret");

/** Keys of secrets in the service's credentials, by type; of references to a Key Vault with `Reference` behind them. */
const secretKeys: Readonly<Record<string, string>> = {
  Basic: "password",
  Key: "key",
  SharedAccessSignature: "token",
  ServicePrincipal: "servicePrincipalSecret",
  KeyPair: "privateKey",
};

/** The names of the secrets that credentials need, in the order of their versions. */
export function secretNamesOf(credentials: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  return [credentials?.["secret"], credentials?.["passphraseSecret"]].filter((name) => typeof name === "string");
}

/** Credentials in the service's format, with the secrets in them. */
export interface Resolved {
  readonly body: Readonly<Record<string, unknown>>;
  readonly secrets: readonly string[];
}

/**
 * Looks up the secrets of credentials.
 * @param version the declared versions of the secrets. @default the present ones
 * @returns the name of a secret that no source has in that version
 */
export async function resolveCredentials(
  run: Pick<Run, "secret">,
  credentials: Credentials,
  version: string | undefined,
): Promise<Resolved | { readonly missing: string }> {
  const { credentialType, ...given } = credentials;
  const { secret, passphraseSecret, keyVault, ...plain } = given as Readonly<Record<string, unknown>>;
  const key = secretKeys[credentialType];
  const body: Record<string, unknown> = { credentialType, ...plain };
  if (keyVault !== undefined) return { body: { ...body, [`${key}Reference`]: keyVault }, secrets: [] };
  const isPresent = version === undefined || version === AS_BEFORE || version === DOUBTFUL;
  const versions = isPresent ? [] : version.split("+");
  const source: SecretSource = {
    find: (name) => run.secret(name),
    findVersion: (name, one) => run.secret(name, one),
  };
  const secrets: string[] = [];
  for (const [index, [property, name]] of [
    [key, secret],
    ["passphrase", passphraseSecret],
  ]
    .filter(([, name]) => typeof name === "string")
    .entries()) {
    const value = await secretInVersion(source, String(name), versions[index]);
    if (value === undefined) return { missing: String(name) };
    body[String(property)] = value;
    secrets.push(value, JSON.stringify(value).slice(1, -1));
  }
  return { body, secrets };
}
