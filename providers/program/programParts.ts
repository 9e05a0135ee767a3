import settings from "@pulumi/pulumi/runtime/settings.js";
import type { FeatureFlags } from "../../lib/featureFlags.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import type { Configuration } from "../run/configuration.ts";
import { LazyRun } from "./lazyRun.ts";
import { LookUps } from "./lookUps.ts";
import { NamedObjects } from "./namedObjects.ts";
import { SecretVersions } from "./secretVersions.ts";
import { mayAsk, plainUpdateOf } from "./whichRun.ts";

/** What the resources of one program share, whether the project's own program declares them or somebody else's. */
export interface ProgramParts {
  readonly lazyRun: LazyRun;
  readonly names: NamedObjects;
  readonly secretVersions: SecretVersions;
  readonly lookUps: LookUps;
}

/** The shared parts of a program. Nothing is asked for before somebody needs it. */
export function programParts(
  configuration: Configuration,
  { preflight }: Pick<StackConfig, "preflight">,
  env: NodeJS.ProcessEnv,
): ProgramParts {
  const lazyRun = new LazyRun(configuration, env);
  return {
    lazyRun,
    names: new NamedObjects(),
    secretVersions: new SecretVersions(configuration, env, settings.isDryRun()),
    lookUps: new LookUps(lazyRun, mayAsk(env, preflight)),
  };
}

/** A stack, and what its configuration says of transactions. */
export interface ProgramOf {
  readonly stack: string;
  readonly config: Pick<StackConfig, "transactionLog">;
  readonly flags: FeatureFlags;
  /** Whether the program declares objects of Fabric. */
  readonly declaresSome: boolean;
}

/** Prepares the transaction of a plain `pulumi up` with `useRollback`, before the first resource. Other runs need nothing. */
export async function prepareTransaction({ stack, config, flags, declaresSome }: ProgramOf): Promise<void> {
  const engine = plainUpdateOf(process.env);
  if (!flags.useRollback || !engine) return;
  // loaded only where it is needed
  const { prepareProgramTransaction } = await import("./programTransaction.ts");
  await prepareProgramTransaction({ stack, transactionLog: config.transactionLog, engine, declaresSome });
}
