import type { AccessToken, TokenCredential } from "@azure/identity";
import { asConfigured, prepareCredential } from "./azureCredential.ts";
import type { CredentialSettings } from "./azureCredential.ts";
import { chooseKind } from "./credentialKind.ts";
import type { CredentialKind } from "./credentialKind.ts";
import type { SecretManager } from "../secretManager.ts";

export { authorityOf } from "./authority.ts";
export { azureCredential } from "./azureCredential.ts";
export { principalOf, tenantOf } from "./tokenClaims.ts";

/** A source of tokens. */
export interface TokenSource {
  /** Which credential was taken and why, for messages: `client secret of 3f… (AZURE_CLIENT_SECRET is set)`. */
  readonly name: string;
  /**
   * A bearer token.
   * @param options.refresh asks for a new token although the known one has not expired, because the service refused it
   * @throws Error naming the credential and the next step, never a secret
   */
  token(scope: string, options?: { readonly refresh?: boolean }): Promise<string>;
}

/** Tokens are renewed so long before they end. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A token is used for so long even if it has ended by this machine's clock, which may be wrong. */
const USE_AT_LEAST_MS = 60_000;
/** A refused token is renewed no more often than this: who refuses new ones too is not asking for another. */
const REFRESH_EVERY_MS = 30_000;

/** What the choice depends on. */
export interface CredentialOptions extends CredentialSettings {
  readonly secrets: SecretManager;
  /** Stack `local`: real credentials are never used, whatever the environment holds. */
  readonly endpointIsEmulator: boolean;
  /** `fabric:credential`. @default "auto" */
  readonly kind?: CredentialKind | "auto" | undefined;
}

/**
 * The credential that `fabric:credential` names, or that the environment holds. Requests no token yet.
 * @throws Error naming all variables that are missing
 */
export async function chooseCredential(options: CredentialOptions): Promise<TokenSource> {
  const { kind = "auto", now = Date.now } = options;
  if (options.endpointIsEmulator) {
    return { name: "the emulator's own credential", token: () => Promise.resolve("emulator") };
  }
  const env = await withSecrets(options);
  const choice = kind === "auto" ? chooseKind(env) : asConfigured(kind);
  const { name, make } = prepareCredential(choice, { ...options, env });
  return cachedTokens(name, make, now);
}

/** The environment, with those secrets of the sign-in that may lie elsewhere. */
async function withSecrets({ env, secrets, kind }: CredentialOptions): Promise<NodeJS.ProcessEnv> {
  const [local, password] = await Promise.all(
    ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD"].map((name) => secrets.getSecret(name)),
  );
  // only if the kind is named: the vault is another service, and `auto` looks at the environment alone
  const clientSecret = local ?? (kind === "clientSecret" ? await secrets.getSecret("FABRIC_CLIENT_SECRET") : undefined);
  return {
    ...env,
    ...(clientSecret && { AZURE_CLIENT_SECRET: clientSecret }),
    ...(password && { AZURE_CLIENT_CERTIFICATE_PASSWORD: password }),
  };
}

interface KnownToken {
  readonly token: string;
  readonly endsAt: number;
  /** When the token must be renewed. */
  readonly until: number;
  /** When it was last renewed because the service refused it. */
  readonly refreshedAt: number;
}

/**
 * Tokens by scope, one request at a time for each: the libraries below would send one request per waiting caller. A renewal
 * uses a new credential, because credentials cache tokens too and would return the refused one again.
 */
function cachedTokens(name: string, make: (isRenewal: boolean) => TokenCredential, now: () => number): TokenSource {
  const known = new Map<string, KnownToken>();
  const asked = new Map<string, Promise<string>>();
  const first = make(false);

  const ask = async (scope: string, refresh: boolean): Promise<string> => {
    const got: AccessToken | null = await (known.has(scope) ? make(true) : first).getToken(scope);
    if (!got) throw new Error(`Signing in by ${name} failed: no token was returned.`);
    known.set(scope, {
      token: got.token,
      endsAt: got.expiresOnTimestamp,
      until: Math.max(got.expiresOnTimestamp - RENEW_BEFORE_MS, now() + USE_AT_LEAST_MS),
      refreshedAt: refresh ? now() : Number.NEGATIVE_INFINITY,
    });
    return got.token;
  };
  return {
    name,
    token(scope, { refresh = false } = {}) {
      const cached = known.get(scope);
      const isFresh = cached && cached.until > now();
      const isWanted = refresh && !(cached && now() - cached.refreshedAt < REFRESH_EVERY_MS);
      if (isFresh && !isWanted) return Promise.resolve(cached.token);
      const waiting = asked.get(scope);
      if (waiting) return waiting;
      const asking = ask(scope, refresh)
        .catch((error: unknown) => {
          // a renewal that fails is no reason to stop while the known token is good
          if (cached && !refresh && cached.endsAt > now()) return cached.token;
          throw error;
        })
        .finally(() => asked.delete(scope));
      asked.set(scope, asking);
      return asking;
    },
  };
}
