import type { StackConfig } from "../../lib/config/stackConfig.ts";
import type { Configuration } from "../run/configuration.ts";

/** The part of a stack's configuration that its provider needs. */
export type ProviderSettings = Pick<
  StackConfig,
  | "endpoint"
  | "tenantId"
  | "features"
  | "credential"
  | "keyVaultUrl"
  | "transactionLog"
  | "contentDrift"
  | "onDrift"
  | "preflight"
  | "throttleBudget"
>;

/** The configuration of a stack's provider. Pure. */
export function providerConfiguration(stack: string, config: ProviderSettings): Configuration {
  const { endpoint, tenantId, features, credential, keyVaultUrl, transactionLog } = config;
  return {
    stack,
    endpoint,
    tenantId,
    features,
    credential,
    keyVaultUrl,
    onDrift: config.contentDrift ? (config.onDrift ?? "overwrite") : config.onDrift,
    // said only where it matters, so that the provider's inputs stay as they are in existing states
    contentDrift: config.onDrift !== undefined && !config.contentDrift ? false : undefined,
    preflight: config.preflight || undefined,
    throttleBudget: config.throttleBudget,
    transactionLog,
  };
}
