import metadata from "@pulumi/pulumi/metadata.js";
import type { ProviderResource } from "@pulumi/pulumi/resource.js";
import type { FeatureFlags } from "../lib/featureFlags.ts";
import { projectFolder } from "../lib/project/projectFolder.ts";
import type { StackConfig } from "../lib/config/stackConfig.ts";
import { kindKeys } from "../providers/kinds/kinds.ts";
import { announcedFlags } from "../providers/program/announcedFlags.ts";
import { refuse } from "../providers/program/plainErrors.ts";
import { providerConfiguration } from "../providers/program/providerConfiguration.ts";
import { prepareTransaction, programParts } from "../providers/program/programParts.ts";
import type { ProgramParts } from "../providers/program/programParts.ts";
import { readStackConfig } from "../providers/program/stackConfigSource.ts";
import { toProviderInputs } from "../providers/run/configuration.ts";
import { tellDeclared } from "./declaredSoFar.ts";
import type { FabricProviderArgs } from "./fabricProvider.ts";

/* What the resources of one program share. */

/** What the resources of a program need. */
export interface Program extends ProgramParts {
  readonly stack: string;
  /** The stack's configuration; it declares no workspaces. */
  readonly config: StackConfig;
  readonly provider: ProviderResource;
}

let program: Program | undefined;

/** The program's shared parts; undefined before its provider is made. */
export const programSoFar = (): Program | undefined => program;

/** Notes the program's provider, and with it the program. */
export function noteProgram(begun: Program): void {
  program = begun;
}

/**
 * Begins the program: reads its configuration, and prepares its transaction.
 * @returns the inputs of its provider, and what its resources share
 * @throws RunError if it has begun before, or the configuration is wrong
 */
export function beginProgram(args: FabricProviderArgs) {
  if (program !== undefined)
    refuse(
      "A stack has one provider of Fabric, because its transaction has one owner. Make it once, before the first resource.",
    );
  const stack = metadata.getStack();
  const config = readProgramConfig(stack, args);
  const flags = flagsOf(config);
  const configuration = providerConfiguration(stack, config);
  const env = process.env;
  tellDeclared(env);
  return {
    inputs: { ...toProviderInputs(configuration), "fabric:stack": prepared(stack, config, flags) },
    shared: { stack, config, ...programParts(configuration, config, env) },
  };
}

/** Keys of the stack's configuration that declare objects. */
const DECLARING = ["workspaces", "azure", ...kindKeys.filter((key) => key.in === "stack").map(({ key }) => key)];

function readProgramConfig(stack: string, args: FabricProviderArgs): StackConfig {
  try {
    const given = Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
    const declared = { ...given, workspaces: [] };
    return readStackConfig({ projectRoot: projectFolder(), stack, declared, undeclared: DECLARING });
  } catch (error) {
    return refuse(error);
  }
}

function flagsOf(config: StackConfig): FeatureFlags {
  try {
    return announcedFlags(config, process.env);
  } catch (error) {
    return refuse(error);
  }
}

/** The name of the stack, as soon as the transaction of a plain `pulumi up` is prepared: no resource comes before that. */
async function prepared(stack: string, config: StackConfig, flags: FeatureFlags): Promise<string> {
  await prepareTransaction({ stack, config, flags, declaresSome: true }).catch(refuse);
  return stack;
}
