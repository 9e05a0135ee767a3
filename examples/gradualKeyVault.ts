import { FeatureFlags } from "../lib/featureFlags.ts";
import { SecretManager } from "../lib/secretManager.ts";

/** What a service principal signs in with. */
export interface ApiCredentials {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/**
 * Credentials during a gradual adoption of Key Vault: from the vault where `FEATURE_USE_KEY_VAULT` is on, from the
 * environment everywhere else. Tenant and client are the vault's own sign-in and always come from the environment.
 */
export async function getApiCredentials(
  env: NodeJS.ProcessEnv = process.env,
  secrets?: SecretManager,
): Promise<ApiCredentials> {
  const flags = FeatureFlags.load({}, env);
  if (!flags.useKeyVault) {
    const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = env;
    return { tenantId: AZURE_TENANT_ID, clientId: AZURE_CLIENT_ID, clientSecret: AZURE_CLIENT_SECRET };
  }
  const manager = secrets ?? new SecretManager({ flags, env });
  return {
    tenantId: await manager.getSecret("AZURE_TENANT_ID"),
    clientId: await manager.getSecret("AZURE_CLIENT_ID"),
    clientSecret: await manager.getSecret("FABRIC_CLIENT_SECRET"),
  };
}
