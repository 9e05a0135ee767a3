import type { AccessToken, TokenCredential } from "@azure/identity";
import { asConfigured, prepareCredential } from "./azureCredential.ts";
import type { CredentialSettings } from "./azureCredential.ts";
import { chooseKind, remedyFor } from "./credentialKind.ts";
import type { CredentialKind } from "./credentialKind.ts";
import { systemClock } from "../clock.ts";
import type { SecretManager } from "../secretManager.ts";

export { authorityOf } from "./authority.ts";
export { azureCredential } from "./azureCredential.ts";
export { principalOf, tenantOf } from "./tokenClaims.ts";

/** A source of tokens. */
export interface TokenSource {
  /** The credential and the reason for its choice, for messages: `client secret of 3f… (AZURE_CLIENT_SECRET is set)`. */
  readonly name: string;
  /** The next step if the service refuses its tokens, in whole sentences. @default to sign in again */
  readonly remedy?: string;
  /**
   * A bearer token.
   * @param options.refresh requests a new token even though the known one has not expired, because the service refused it
   * @throws Error that names the credential and the next step, never a secret
   */
  token(scope: string, options?: { readonly refresh?: boolean }): Promise<string>;
  /** Object id of the identity, if its tokens do not name it. */
  readonly principalId?: string;
}

/** The emulator takes every caller whose token names nobody for this principal of its seed. */
const EMULATORS_DEPLOYER = "11111111-1111-4111-8111-000000000001";

/** Tokens are renewed this long before they expire. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Shortest use of a token, even if it has expired by this machine's clock, which may be wrong. */
const USE_AT_LEAST_MS = 60_000;
/** Shortest time between renewals of refused tokens. A service that also refuses new tokens needs something else. */
const REFRESH_EVERY_MS = 30_000;

/** Settings of the choice. */
export interface CredentialOptions extends CredentialSettings {
  readonly secrets: SecretManager;
  /** For stack `local`: never use real credentials, whatever the environment holds. */
  readonly endpointIsEmulator: boolean;
  /** `fabric:credential`. @default "auto" */
  readonly kind?: CredentialKind | "auto" | undefined;
}

/**
 * The credential that `fabric:credential` names or the environment holds. Requests no token yet.
 * @throws Error that names all missing variables
 */
export async function chooseCredential(options: CredentialOptions): Promise<TokenSource> {
  const { kind = "auto", now = () => systemClock.now() } = options;
  if (options.endpointIsEmulator) {
    const token = () => Promise.resolve("emulator");
    return { name: "the emulator's own credential", token, principalId: EMULATORS_DEPLOYER };
  }
  const env = await withSecrets(options);
  const choice = kind === "auto" ? chooseKind(env) : asConfigured(kind);
  const { name, make } = prepareCredential(choice, { ...options, env });
  return { ...cachedTokens(name, make, now), remedy: remedyFor(choice) };
}

/** The environment, completed with sign-in secrets from other sources. */
async function withSecrets({ env, secrets, kind }: CredentialOptions): Promise<NodeJS.ProcessEnv> {
  const [local, password] = await Promise.all(
    ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD"].map((name) => secrets.getSecret(name)),
  );
  // the vault is asked only if the kind is named: it is another service, and `auto` looks at the environment alone
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
 * Caches tokens by scope, with one request at a time per scope; the libraries would send one request per waiting caller. A
 * renewal uses a new credential, because credentials also cache tokens and would return the refused one again.
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
          // a failed renewal is no reason to stop while the known token is valid
          if (cached && !refresh && cached.endsAt > now()) return cached.token;
          throw error;
        })
        .finally(() => asked.delete(scope));
      asked.set(scope, asking);
      return asking;
    },
  };
}
