import type { FeatureFlags } from "../featureFlags.ts";
import { SecretManager } from "../secretManager.ts";
import { TelemetryLogger } from "../telemetryLogger.ts";
import type { Deployment } from "../telemetryLogger.ts";

/** Settings for the telemetry of a run. */
export interface TelemetrySettings {
  readonly flags: FeatureFlags;
  readonly env: NodeJS.ProcessEnv;
  /** `fabric:keyVaultUrl` or KEY_VAULT_URL. */
  readonly keyVaultUrl?: string | undefined;
  /** Looks up the connection string. Telemetry redacts the values that it returned. @default a new one */
  readonly secrets?: SecretManager;
  /** Further values that telemetry redacts; called at each use. @default none */
  readonly further?: () => Iterable<string>;
  /** Called for each record. */
  readonly deployment: () => Deployment;
}

/**
 * The telemetry of a run. With `useKeyVault`, the connection string is a secret like any other: the vault's
 * `applicationinsights-connection-string`, else the environment's.
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
    secrets: () => [...(secrets?.given() ?? []), ...(settings.further?.() ?? [])],
  });
}
