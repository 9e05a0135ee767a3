import { resolve } from "node:path";
import { referenceOf } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { settleProxies } from "../../lib/network/proxy.ts";
import { pathOfCaller, takeOption } from "./commandLine.ts";
import { isJsonOutput, noteResult, printOnlyResult, printResult, takeOutput } from "./commandOutput.ts";
import { assertEndpointVariable } from "../stack/endpointVariable.ts";
import { NoStackError } from "../stack/configuration.ts";
import { RefusedError } from "../../lib/transactions/refusedError.ts";
import { CONFIG_FILE, readProjectFile } from "../../lib/project/projectFile.ts";
import { variableOf } from "./optionVariables.ts";
import { projectRoot, pulumiEnvironment } from "../pulumi/pulumi.ts";
import { stackName } from "./stackName.ts";
import { removeTornSideFiles, restoreLostState, staleLockOf } from "../stack/stateFiles.ts";
import { WHICH_STACK, whichStack } from "./unnamedStack.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** A command of the project for one stack. */
export interface StackCommand {
  /** Its name, as in `npm run NAME`. */
  readonly name: string;
  /** Printed by `--help`, and if nothing tells which stack is meant. */
  readonly usage: string;
  /** Whether it can print its result as JSON (`--output json`). */
  readonly hasJson?: boolean;
  /** Whether it reads only what was written down, and never reaches the service. */
  readonly isOffline?: boolean;
  /**
   * @param access the stack, and how the CLI is called for it
   * @param args without the options that `access` holds
   * @returns the exit code
   */
  readonly run: (access: StackAccess, args: readonly string[]) => Promise<number>;
}

/**
 * Lets a command survive a closed stdout or stderr (a closed terminal, an ended step of a pipeline) and finish what it has
 * begun. Otherwise Pulumi's SDK reports the failed output by printing, which fails again, forever.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

/** A command line, split into its stack and the rest. */
export interface StackArguments {
  readonly access: StackAccess;
  readonly rest: readonly string[];
}

/**
 * Takes the options for stack, folder and file off a command line. Paths become absolute, and the file goes into the
 * environment, where every call of the CLI finds it.
 * @param env PULUMI_OPTION_STACK and PULUMI_OPTION_CWD stand for options that are not on the command line, as for the CLI
 * @returns undefined if no stack is named
 * @throws Error if the stack or the folder is another project's
 */
export function stackArguments(args: readonly string[], env: NodeJS.ProcessEnv): StackArguments | undefined {
  const folder = takeOption(args, "cwd", "C");
  const isElsewhere = (path: string) => pathOfCaller(path, projectRoot, env) !== resolve(projectRoot);
  const elsewhere = folder.values.find(isElsewhere);
  if (elsewhere !== undefined) throw new Error(`Nothing was done: run npm in ${elsewhere} instead of giving --cwd.`);
  // the CLI would work there, and this command decide on what is here
  const set = env[variableOf("cwd")];
  if (set && isElsewhere(set))
    throw new Error(`Nothing was done: run npm in ${set} instead of setting PULUMI_OPTION_CWD.`);
  const { values, rest } = takeOption(folder.rest, "stack", "s");
  const text = values.at(-1) ?? (env[variableOf("stack")] || undefined);
  if (text === undefined) return undefined;
  const named = stackName(text, readProjectFile(projectRoot).name);
  const file = takeOption(rest, "config-file");
  const path = file.values.at(-1) || env[CONFIG_FILE];
  const own = { ...env, ...absolutePaths(env), ...(path && { [CONFIG_FILE]: pathOfCaller(path, projectRoot, env) }) };
  const paths = OF_FILES.reduce((before, option) => withAbsolutePath(before, option, env), file.rest);
  return {
    access: { projectRoot, stack: named.name, reference: named.reference, env: pulumiEnvironment(named.name, own) },
    rest: paths,
  };
}

/** Names a stack to the CLI. */
export const stackOption = (access: StackAccess): readonly string[] => ["--stack", referenceOf(access)];

/** Options that name a file, beside that of the configuration. */
const OF_FILES: readonly string[] = ["save-plan", "plan", "event-log"];

/** The variables of these options. */
const absolutePaths = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    OF_FILES.map(variableOf).flatMap((name) => (env[name] ? [[name, pathOfCaller(env[name], projectRoot, env)]] : [])),
  );

function withAbsolutePath(args: readonly string[], option: string, env: NodeJS.ProcessEnv): readonly string[] {
  const { values, rest } = takeOption(args, option);
  return [...rest, ...values.map((path) => `--${option}=${pathOfCaller(path, projectRoot, env)}`)];
}

/** Runs a command with this process's arguments, and sets the exit code: 1 if it was refused, 2 if the command cannot run at all. */
export async function runStackCommand(
  { name, usage, hasJson = false, isOffline = false, run }: StackCommand,
  given: readonly string[] = process.argv.slice(2),
): Promise<void> {
  let args = given;
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return;
  }
  outliveReaders();
  let stackOfResult: string | undefined;
  try {
    if (hasJson) {
      const output = takeOutput(given);
      args = output.rest;
      if (output.isJson) printOnlyResult();
    }
    // a rollback runs a Pulumi program in this very process
    settleProxies();
    const found = stackArguments(args, process.env);
    if (found === undefined) {
      const question = whichStack(name, args, process.env);
      console.error(question === WHICH_STACK ? `${question}\n\n${usage}` : question);
      noteResult({ error: question });
      process.exitCode = 2;
      return;
    }
    const { stack, env } = found.access;
    stackOfResult = stack;
    // what a killed CLI left would stop the first call of the CLI, which reads the configuration
    if (staleLockOf(stack, env)) {
      removeTornSideFiles(stack, env);
      restoreLostState(stack, env);
    }
    if (!isOffline) assertEndpointVariable(env);
    process.exitCode = await run(found.access, found.rest);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof NoStackError || error instanceof RefusedError ? 1 : 2;
    noteResult({ error: messageOf(error) });
  } finally {
    if (isJsonOutput()) printResult({ command: name, stack: stackOfResult, exitCode: process.exitCode });
  }
}
