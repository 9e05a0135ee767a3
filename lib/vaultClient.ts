import type { TokenCredential } from "@azure/identity";
import type { SecretClient, SecretClientOptions } from "@azure/keyvault-secrets";
import { authorityOf } from "./credentials.ts";
import { isLoopback } from "./trustedHost.ts";
import { wrongAddress } from "./wrongAddress.ts";

/** The part of Azure's client that is used. */
export type VaultClient = Pick<SecretClient, "getSecret" | "setSecret">;

/** Reads one of the variables that sign in: the environment's, else that of `.env`. */
export type ReadVariable = (name: string) => string | undefined;

/** Makes the credential that the vault is asked with. */
export type VaultCredential = (read: ReadVariable) => Promise<TokenCredential>;

/**
 * The vault's address, as configured.
 * @throws Error where it is missing, or a secret must not be sent there
 */
export function vaultUrlOf(env: NodeJS.ProcessEnv): string {
  const url = env["KEY_VAULT_URL"];
  const wrong = url ? wrongAddress(url, ["https:"]) : undefined;
  if (url && !wrong) return url;
  throw new Error(
    `useKeyVault is on, and KEY_VAULT_URL ${wrong ? `must be ${wrong}` : "is missing"}. Set it, or fabric:keyVaultUrl, to ` +
      "https://NAME.vault.azure.net.",
  );
}

/** One repetition fits into the time that vault and sign-in have. */
const retryOptions = { maxRetries: 1, maxRetryDelayInMs: 500 };

/** How long one request of a sign-in may take. Azure's library sets no limit, and does not listen when nobody waits any more. */
const SIGN_IN_REQUEST_MS = 5_000;

type Policy = NonNullable<SecretClientOptions["additionalPolicies"]>[number]["policy"];

const limitedTime: Policy = {
  name: "limitedTime",
  sendRequest(request, next) {
    request.timeout ||= SIGN_IN_REQUEST_MS;
    return next(request);
  },
};

/** The client would wait as long as the vault wants; above a second the answer is wanted at once, for the fallback. */
const noLongWaits: Policy = {
  name: "noLongWaits",
  async sendRequest(request, next) {
    const response = await next(request);
    if (Number(response.headers.get("retry-after")) > 1) response.headers.delete("retry-after");
    return response;
  },
};

/** Azure's own client. It and the sign-in are loaded only now: they take a quarter of a second. */
export async function makeVaultClient(
  url: string,
  read: ReadVariable,
  credential: VaultCredential = credentialOfEnvironment,
): Promise<VaultClient> {
  const [{ SecretClient: Client }, signIn] = await Promise.all([import("@azure/keyvault-secrets"), credential(read)]);
  return new Client(url, signIn, {
    retryOptions,
    additionalPolicies: [{ policy: noLongWaits, position: "perRetry" }],
    // the library compares the host with the token's audience, which this machine can never match
    disableChallengeResourceVerification: isLoopback(new URL(url)),
  });
}

/** A client secret where there is one, else Azure's default chain. */
const credentialOfEnvironment: VaultCredential = async (read) => {
  const { ClientSecretCredential, DefaultAzureCredential } = await import("@azure/identity");
  const [tenantId, clientId, secret] = [read("AZURE_TENANT_ID"), read("AZURE_CLIENT_ID"), read("AZURE_CLIENT_SECRET")];
  const options = {
    retryOptions,
    additionalPolicies: [{ policy: limitedTime, position: "perRetry" as const }],
    ...authorityOf({ AZURE_AUTHORITY_HOST: read("AZURE_AUTHORITY_HOST") }),
  };
  return tenantId && clientId && secret
    ? new ClientSecretCredential(tenantId, clientId, secret, options)
    : new DefaultAzureCredential(options);
};
