import type { TokenCredential } from "@azure/identity";
import type { SecretClient, SecretClientOptions } from "@azure/keyvault-secrets";
import { authorityOf } from "../signIn/authority.ts";
import { azureCredential } from "../signIn/azureCredential.ts";
import { chooseAzureKind, isComplete } from "../signIn/credentialKind.ts";
import { settleProxies } from "../network/proxy.ts";
import { isLoopback } from "../api/trustedHost.ts";
import { wrongAddress } from "../api/wrongAddress.ts";

/** The part of Azure's client that is used. */
export type VaultClient = Pick<SecretClient, "getSecret" | "setSecret">;

/**
 * Makes the credential for the vault.
 * @param env the environment, completed with the variables of a client secret from `.env`
 */
export type VaultCredential = (env: NodeJS.ProcessEnv) => Promise<TokenCredential>;

/**
 * The configured address of the vault.
 * @throws Error if the address is missing, or its host must not receive secrets
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

/** The time limit of vault and sign-in leaves room for one retry. */
const retryOptions = { maxRetries: 1, maxRetryDelayInMs: 500 };

/** Time limit of one request of a sign-in. Azure's library sets none, and ignores the signal of a caller that has given up. */
const SIGN_IN_REQUEST_MS = 5_000;

type Policy = NonNullable<SecretClientOptions["additionalPolicies"]>[number]["policy"];

const limitedTime: Policy = {
  name: "limitedTime",
  sendRequest(request, next) {
    request.timeout ||= SIGN_IN_REQUEST_MS;
    return next(request);
  },
};

/** Drops a `Retry-After` above a second: the client would wait that long, although the fallback has the value. */
const noLongWaits: Policy = {
  name: "noLongWaits",
  async sendRequest(request, next) {
    const response = await next(request);
    if (Number(response.headers.get("retry-after")) > 1) response.headers.delete("retry-after");
    return response;
  },
};

/** Makes Azure's own client. The client and the sign-in are imported only now, because that takes a quarter of a second. */
export async function makeVaultClient(
  url: string,
  env: NodeJS.ProcessEnv,
  credential: VaultCredential = credentialOfEnvironment,
): Promise<VaultClient> {
  settleProxies();
  const [{ SecretClient: Client }, signIn] = await Promise.all([import("@azure/keyvault-secrets"), credential(env)]);
  return new Client(url, signIn, {
    retryOptions,
    additionalPolicies: [{ policy: noLongWaits, position: "perRetry" }],
    // the library compares the host with the token's audience, and a host on this machine never matches
    disableChallengeResourceVerification: isLoopback(new URL(url)),
  });
}

/**
 * The credential from the environment, chosen as for the deployment itself; otherwise Azure's default chain. The chain also
 * applies if AZURE_TOKEN_CREDENTIALS is set, because that variable lists what the chain must try.
 */
const credentialOfEnvironment: VaultCredential = async (env) => {
  const requests = { retryOptions, additionalPolicies: [{ policy: limitedTime, position: "perRetry" as const }] };
  const { kinds } = chooseAzureKind(env);
  const [kind, ...others] = kinds;
  if (kind && others.length === 0 && isComplete(kind, env) && !env["AZURE_TOKEN_CREDENTIALS"])
    return (await azureCredential({ kind, env, requests })).credential;
  const { DefaultAzureCredential } = await import("@azure/identity");
  return new DefaultAzureCredential({ ...requests, ...authorityOf(env) });
};
