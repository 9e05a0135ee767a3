import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { isAddress } from "../../lib/logStore/blobPlace.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import type { FlagName } from "../../lib/featureFlags.ts";
import { assertNoSecrets } from "../../lib/config/secrets.ts";
import { trustedVaultUrl } from "../../lib/api/trustedHost.ts";

/** What the commands around Pulumi need of a stack's configuration, before any program runs. */
export interface StackSettings {
  readonly flags: FeatureFlags;
  /** `fabric:transactionLog`: absolute path of a folder, or the URL of a blob container. */
  readonly transactionLog: string;
  /** `fabric:keyVaultUrl`, overridden by KEY_VAULT_URL. */
  readonly keyVaultUrl: string | undefined;
  /** How many resources the file declares, about: folders are not counted. */
  readonly resources: number;
}

/**
 * Reads a stack's file. Everything in it is checked by the program; here only what is read has to make sense.
 * @throws StackConfigError if one of the settings is a secret
 * @throws Error where a `FEATURE_USE_…` variable is neither true nor false, or the vault is a host that nobody trusts
 */
export function readStackSettings(projectRoot: string, stack: string, env: NodeJS.ProcessEnv): StackSettings {
  const file = join(projectRoot, `Pulumi.${stack}.yaml`);
  const content = (existsSync(file) ? parse(readFileSync(file, "utf8")) : undefined) as
    { config?: Record<string, unknown> } | null | undefined;
  const config = content?.config ?? {};
  const features = Object.entries((config["fabric:features"] ?? {}) as Record<string, unknown>);
  const known = features.map(([name, value]) => [name, value === true || value === "true"]);
  const log = config["fabric:transactionLog"];
  const vault = config["fabric:keyVaultUrl"];
  // what is needed here cannot be decrypted here; the program looks at everything else
  assertNoSecrets(stack, { features: config["fabric:features"], transactionLog: log, keyVaultUrl: vault });
  return {
    flags: FeatureFlags.load(Object.fromEntries(known) as Partial<Record<FlagName, boolean>>, env),
    transactionLog:
      typeof log === "string" && isAddress(log)
        ? log
        : resolve(projectRoot, typeof log === "string" ? log : ".fabric/transactions"),
    keyVaultUrl: trustedVaultUrl(typeof vault === "string" ? vault : undefined, env),
    resources: resourcesIn(config["fabric:workspaces"]),
  };
}

function resourcesIn(workspaces: unknown): number {
  if (!Array.isArray(workspaces)) return 0;
  const lengthOf = (list: unknown) => (Array.isArray(list) ? list.length : 0);
  return (workspaces as ({ users?: unknown; git?: unknown; items?: unknown } | null)[]).reduce(
    (count, workspace) =>
      count + 1 + lengthOf(workspace?.users) + (workspace?.git ? 1 : 0) + lengthOf(workspace?.items),
    0,
  );
}
