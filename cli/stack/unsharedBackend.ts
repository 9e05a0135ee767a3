import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { programFolder, readProjectFile, stackFileOf } from "../../lib/project/projectFile.ts";
import { assertSharedBackend } from "../../lib/project/stateBackend.ts";
import { readYamlFile } from "../../lib/config/yamlFile.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { optionValues } from "../commandLine/optionVariables.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/*
 * Before a stack is made: the program refuses to keep its state in the clone, and would do so when the stack is there already.
 * The stack is not there to ask Pulumi for its configuration, so this decides only where the files tell it for certain.
 */

const KEY = "allowLocalBackend";
const PROGRAM = resolve(import.meta.dirname, "../../index.ts");

/**
 * Refuses to make a stack that the program would refuse then.
 * @param args of the command: `--config` may set the key
 * @throws Error that explains how to choose a shared backend
 */
export function assertSharedForNewStack(access: StackAccess, args: readonly string[]): void {
  const why = unsharedBackend(access, args);
  if (why !== undefined) throw new Error(`${why} Nothing was done.`);
}

/** Why an up of a stack that does not exist yet would be refused, if so. */
export function unsharedBackend(access: StackAccess, args: readonly string[]): string | undefined {
  const { projectRoot, stack, env } = access;
  // a program of one's own decides for itself
  if (!isOwnProgram(projectRoot) || mayBeSetElsewhere(access, args)) return undefined;
  const set = (contentOf(access)["config"] as Record<string, unknown> | undefined)?.[`fabric:${KEY}`];
  try {
    assertSharedBackend(stack, set === true || set === "true", env, projectRoot);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function isOwnProgram(projectRoot: string): boolean {
  try {
    return realpathSync(join(programFolder(projectRoot), "index.ts")) === PROGRAM;
  } catch {
    return false;
  }
}

/** Whether the key may have a value that does not stand in the stack's file. */
function mayBeSetElsewhere(access: StackAccess, args: readonly string[]): boolean {
  const ofProject = readProjectFile(access.projectRoot).content["config"];
  const given = optionValues(args, access.env, "config", "c");
  return "environment" in contentOf(access) || JSON.stringify([ofProject, given]).includes(KEY);
}

/** The stack's file; empty if there is none. @throws Error that names file and line of invalid YAML */
function contentOf({ projectRoot, stack, env }: StackAccess): Readonly<Record<string, unknown>> {
  const file = stackFileOf(projectRoot, stack, env);
  const content = existsSync(file) ? readYamlFile(file) : undefined;
  return typeof content === "object" ? ((content ?? {}) as Record<string, unknown>) : {};
}
