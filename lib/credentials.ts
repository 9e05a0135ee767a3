import { authorityOf } from "./authority.ts";
import type { SecretManager } from "./secretManager.ts";
import type { TokenCredential } from "@azure/identity";

export { authorityOf } from "./authority.ts";
export { azureCredential } from "./azureCredential.ts";

/** Where tokens come from. */
export interface TokenSource {
  /** Which credential was taken, for messages: `client secret (AZURE_CLIENT_SECRET)`. */
  readonly name: string;
  /**
   * A bearer token.
   * @param options.refresh asks for a new one although the known one has not ended: the service refused it
   * @throws Error naming the credential and the next step, never a secret
   */
  token(scope: string, options?: { readonly refresh?: boolean }): Promise<string>;
}

/** Tokens are renewed so long before they end. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** What the choice depends on. */
export interface CredentialOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: SecretManager;
  /** Stack `local`: real credentials are never used, whatever the environment holds. */
  readonly endpointIsEmulator: boolean;
  /** `fabric:tenantId`. */
  readonly tenantId?: string | undefined;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

/**
 * The first credential that the environment holds: a ready token, a client secret, else Azure's default chain (managed
 * identity, Azure CLI and others). Nothing is asked for before the first token.
 */
export async function chooseCredential(options: CredentialOptions): Promise<TokenSource> {
  const { env, secrets, endpointIsEmulator } = options;
  if (endpointIsEmulator) return constantToken("the emulator's own credential", "emulator");
  const ready = env["FABRIC_ACCESS_TOKEN"];
  if (ready) return constantToken("FABRIC_ACCESS_TOKEN", ready);
  const tenantId = env["AZURE_TENANT_ID"] || options.tenantId;
  const clientId = env["AZURE_CLIENT_ID"];
  const clientSecret = clientId ? await secrets.getSecret("AZURE_CLIENT_SECRET") : undefined;
  const authority = authorityOf(env);
  if (clientId && clientSecret) {
    if (!tenantId) throw new Error("Signing in by client secret needs AZURE_TENANT_ID, or fabric:tenantId.");
    return cachedTokens(`client secret of ${clientId}`, options, async () => {
      const { ClientSecretCredential } = await import("@azure/identity");
      return new ClientSecretCredential(tenantId, clientId, clientSecret, authority);
    });
  }
  return cachedTokens("Azure's default credential", options, async () => {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential({ ...authority, ...(tenantId && { tenantId }) });
  });
}

const constantToken = (name: string, token: string): TokenSource => ({ name, token: () => Promise.resolve(token) });

/**
 * Tokens by scope, each asked for once at a time: the libraries below send one request per waiting caller.
 */
function cachedTokens(name: string, options: CredentialOptions, make: () => Promise<TokenCredential>): TokenSource {
  const now = options.now ?? Date.now;
  const known = new Map<string, { readonly token: string; readonly endsAt: number }>();
  const asked = new Map<string, Promise<string>>();
  let credential: Promise<TokenCredential> | undefined;

  const ask = async (scope: string): Promise<string> => {
    credential ??= make();
    try {
      const got = await (await credential).getToken(scope);
      if (!got) throw new Error("no token was returned");
      known.set(scope, { token: got.token, endsAt: got.expiresOnTimestamp });
      return got.token;
    } catch (error) {
      credential = undefined;
      const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : "unknown";
      throw new Error(
        `Signing in by ${name} failed: ${reason} Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, sign in with ` +
          `az login, or give a ready token in FABRIC_ACCESS_TOKEN.`,
      );
    }
  };
  return {
    name,
    token(scope, { refresh = false } = {}) {
      const cached = known.get(scope);
      if (cached && !refresh && cached.endsAt - RENEW_BEFORE_MS > now()) return Promise.resolve(cached.token);
      const waiting = asked.get(scope);
      if (waiting) return waiting;
      // the credential keeps tokens too, and would give the refused one again
      if (refresh) credential = undefined;
      const asking = ask(scope).finally(() => asked.delete(scope));
      asked.set(scope, asking);
      return asking;
    },
  };
}

/** The tenant a token belongs to, as far as it says. Not verified: the service does that. */
export function tenantOf(token: string): string | undefined {
  return claimOf(token, "tid");
}

/** The object id of the identity that a token belongs to, as far as it says. */
export function principalOf(token: string): string | undefined {
  return claimOf(token, "oid");
}

function claimOf(token: string, claim: string): string | undefined {
  const [, payload] = token.split(".");
  if (!payload) return undefined;
  try {
    const value = (JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>)[claim];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
