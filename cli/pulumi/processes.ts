import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { runsProgram } from "./longConfiguration.ts";

/** Says to the language host which parts of a run share its process (cli/languageHost/runHere.cjs). */
const PROCESSES = "FABRIC_PROCESSES";

const ownProgram = resolve(import.meta.dirname, "../../index.ts");

/**
 * Which parts of a command's run share the language host's process, where each of them would load Pulumi's SDK: `one` for program
 * and provider, `provider` for the provider of a run without a program. Of programs only this project's, which blocks no process.
 * @param args of the command
 * @param env its own FABRIC_PROCESSES wins. FABRIC_TRANSACTION_ID is there if the caller begins and ends the transaction
 */
export function sharedProcess(args: readonly string[], env: NodeJS.ProcessEnv, projectRoot: string): NodeJS.ProcessEnv {
  if (env[PROCESSES] !== undefined) return {};
  const [command = ""] = args;
  if (command === "up" && env["FABRIC_TRANSACTION_ID"] && isOwnProgram(projectRoot)) return { [PROCESSES]: "one" };
  return ["destroy", "refresh"].includes(command) && !runsProgram(args, env) ? { [PROCESSES]: "provider" } : {};
}

function isOwnProgram(projectRoot: string): boolean {
  try {
    return realpathSync(join(projectRoot, "index.ts")) === realpathSync(ownProgram);
  } catch {
    // the package has no program of its own, and other people's programs may have another name
    return false;
  }
}
