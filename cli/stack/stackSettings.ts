import { resolve } from "node:path";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { isAddress } from "../../lib/logStore/blobPlace.ts";
import { STACK_NAME } from "../../providers/run/configuration.ts";
import { LOG_PLACE } from "../../lib/logStore/openLogStore.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import type { FlagName } from "../../lib/featureFlags.ts";
import { trustedVaultUrl } from "../../lib/api/trustedHost.ts";
import { withWorkspaceFiles } from "../../lib/config/workspaceFiles.ts";
import { configurationBytes } from "./longConfiguration.ts";
import type { Configured } from "./configuration.ts";

/** The part of a stack's configuration that the commands around Pulumi need before any program runs. */
export interface StackSettings {
  readonly flags: FeatureFlags;
  /** `fabric:transactionLog`: absolute path of a folder, or the URL of a blob container. */
  readonly transactionLog: string;
  /** `fabric:keyVaultUrl`, overridden by KEY_VAULT_URL. */
  readonly keyVaultUrl: string | undefined;
  /** Rough number of resources that the stack's file and those of its workspaces declare: folders are not counted. */
  readonly resources: number;
  /** Least bytes of the environment variable in which the vendor's language host hands the configuration on. */
  readonly configurationBytes: number;
}

/**
 * The commands' settings from a stack's configuration. The program checks the whole configuration; this function checks only
 * the values that it reads. Reads the files of workspaces, to count what they declare.
 * @param config Pulumi's own answer (`readConfiguration`)
 * @throws Error if a `FEATURE_USE_…` variable is neither true nor false, or the host of the vault is not trusted
 */
export function stackSettings(config: Configured, projectRoot: string, env: NodeJS.ProcessEnv): StackSettings {
  const features = Object.entries((config["features"] ?? {}) as Record<string, unknown>);
  const known = features.map(([name, value]) => [name, value === true || value === "true"]);
  const log = env[LOG_PLACE] || config["transactionLog"];
  const vault = config["keyVaultUrl"];
  return {
    flags: FeatureFlags.load(Object.fromEntries(known) as Partial<Record<FlagName, boolean>>, env),
    transactionLog:
      typeof log === "string" && isAddress(log)
        ? log
        : resolve(projectRoot, typeof log === "string" ? log : ".fabric/transactions"),
    keyVaultUrl: trustedVaultUrl(typeof vault === "string" ? vault : undefined, env),
    resources: resourcesIn(withWorkspaceFiles(config, projectRoot).raw["workspaces"]),
    configurationBytes: configurationBytes(config),
  };
}

/** A stack whose configuration was read. Its environment makes child processes decide as the commands do. */
export interface OpenedStack {
  readonly access: StackAccess;
  readonly settings: StackSettings;
}

/**
 * Passes the stack's name, the place of the log and the vault on through the environment. The state holds only those of the
 * last update, and a relative folder depends on where a process runs.
 */
export function opened(access: StackAccess, config: Configured): OpenedStack {
  const settings = stackSettings(config, access.projectRoot, access.env);
  const env: NodeJS.ProcessEnv = { ...access.env, [LOG_PLACE]: settings.transactionLog, [STACK_NAME]: access.stack };
  if (settings.keyVaultUrl !== undefined) env["KEY_VAULT_URL"] = settings.keyVaultUrl;
  return { access: { ...access, env }, settings };
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
