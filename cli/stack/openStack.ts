import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { NoStackError, readConfiguration, saveConfiguration } from "./configuration.ts";
import type { ConfigOptions } from "./configuration.ts";
import { configurationOrNewStack } from "./makeStack.ts";
import { opened } from "./stackSettings.ts";
import { isOptionOn, optionValues } from "../commandLine/optionVariables.ts";
import type { OpenedStack } from "./stackSettings.ts";

/* Opens a command's stack: only some commands may make one, and `--config` is saved before the configuration is read. */

/**
 * An existing stack, with the values of `--config`.
 * @param args absent for a command that runs none of Pulumi's, and so sets nothing
 * @throws NoStackError that says how to make the stack
 */
export async function openedStack(access: StackAccess, args?: readonly string[]): Promise<OpenedStack> {
  if (args) await saveConfiguration(access, configOptions(access, args));
  return opened(access, await readConfiguration(access));
}

/** A stack for an update. A missing stack is made if it has a file. */
export async function openedForUpdate(access: StackAccess, args: readonly string[]): Promise<OpenedStack> {
  const set = configOptions(access, args);
  if (set.values.length === 0) return opened(access, await configurationOrNewStack(access, args));
  try {
    return await openedStack(access, args);
  } catch (error) {
    if (!(error instanceof NoStackError)) throw error;
    await configurationOrNewStack(access, args);
    return openedStack(access, args);
  }
}

function configOptions({ env }: StackAccess, args: readonly string[]): ConfigOptions {
  return { values: optionValues(args, env, "config", "c"), isPath: isOptionOn(args, env, "config-path") };
}
