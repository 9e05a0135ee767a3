import { trustedVaultUrl } from "../../lib/api/trustedHost.ts";
import type { Clock } from "../../lib/clock.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { SecretManager } from "../../lib/secretManager.ts";
import { credentialSetting } from "../../lib/signIn/credentialKind.ts";
import { chooseCredential, tenantOf } from "../../lib/signIn/credentials.ts";
import type { TokenSource } from "../../lib/signIn/credentials.ts";
import type { Configuration } from "./configuration.ts";

/** The parts of a run that its tokens come from. */
export interface SignIn {
  readonly flags: FeatureFlags;
  readonly secrets: SecretManager;
  readonly tokens: TokenSource;
}

/**
 * Chooses how a run signs in. Requests no token yet.
 * @throws Error if there is no credential, or the host of the vault is not trusted
 */
export async function signIn(configuration: Configuration, env: NodeJS.ProcessEnv, clock: Clock): Promise<SignIn> {
  const flags = FeatureFlags.load(configuration.features, env);
  const secretEnv = { ...env, KEY_VAULT_URL: trustedVaultUrl(configuration.keyVaultUrl, env) };
  const secrets = new SecretManager({ flags, env: secretEnv, clock });
  const tokens = await chooseCredential({
    env,
    secrets,
    // stack `local` never uses a real credential, whatever endpoint its file names
    endpointIsEmulator: configuration.endpoint === "emulator" || configuration.stack === "local",
    tenantId: configuration.tenantId,
    kind: credentialSetting(configuration.credential),
  });
  return { flags, secrets, tokens };
}

/**
 * The tenant of a token, if the token names one.
 * @throws Error if the stack belongs to another tenant
 */
export function tenantOfToken(
  token: string,
  { tenantId: wanted }: Configuration,
  { name }: TokenSource,
): string | undefined {
  const tenantId = tenantOf(token);
  if (!wanted || !tenantId || tenantId.toLowerCase() === wanted.toLowerCase()) return tenantId;
  throw new Error(
    `This stack belongs to tenant ${wanted} (fabric:tenantId), and ${name} is signed in to tenant ${tenantId}. ` +
      `Nothing was changed. Sign in to the right tenant.`,
  );
}
