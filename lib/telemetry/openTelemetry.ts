import type { FeatureFlags } from "../featureFlags.ts";
import { SecretManager } from "../secretManager.ts";
import { TelemetryLogger } from "../telemetryLogger.ts";
import type { Deployment } from "../telemetryLogger.ts";

/** What the telemetry of a run is made from. */
export interface TelemetrySettings {
  readonly flags: FeatureFlags;
  readonly env: NodeJS.ProcessEnv;
  /** `fabric:keyVaultUrl` or KEY_VAULT_URL. */
  readonly keyVaultUrl?: string | undefined;
  /** Looks up the connection string; its values are never sent. @default a new one */
  readonly secrets?: SecretManager;
  /** Asked at each record. */
  readonly deployment: () => Deployment;
}

/**
 * The telemetry of a run. With `useKeyVault` the connection string is a secret like any other:
 * `applicationinsights-connection-string` of the vault, otherwise the environment's.
 */
export async function openTelemetry(settings: TelemetrySettings): Promise<TelemetryLogger> {
  const { flags, env, keyVaultUrl, deployment } = settings;
  const isInVault = flags.useTelemetry && flags.useKeyVault;
  const secrets =
    settings.secrets ??
    (isInVault ? new SecretManager({ flags, env: { ...env, KEY_VAULT_URL: keyVaultUrl } }) : undefined);
  const connectionString = isInVault ? await secrets?.getSecret("APPLICATIONINSIGHTS_CONNECTION_STRING") : undefined;
  return new TelemetryLogger({
    flags,
    env,
    deployment,
    ...(connectionString !== undefined && { connectionString }),
    secrets: () => secrets?.given() ?? [],
  });
}
