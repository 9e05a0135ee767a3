import { readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { projectFileIn } from "../../lib/project/projectFolder.ts";
import { runsProgram } from "../stack/longConfiguration.ts";

/** Says to the language host which parts of a run share its process (cli/languageHost/runHere.cjs). */
const PROCESSES = "FABRIC_PROCESSES";

const ownProgram = resolve(import.meta.dirname, "../../index.ts");

/**
 * Which parts of a command's run share the language host's process, where each of them would load Pulumi's SDK: `one` for program
 * and provider, `provider` for the provider of a run without a program. Only this project's program may, which blocks no
 * process and has no providers of other people.
 * @param args of the command
 * @param env its own FABRIC_PROCESSES wins. FABRIC_TRANSACTION_ID is there if the caller begins and ends the transaction
 */
export function sharedProcess(args: readonly string[], env: NodeJS.ProcessEnv, projectRoot: string): NodeJS.ProcessEnv {
  if (env[PROCESSES] !== undefined || !isOwnProgram(projectRoot)) return {};
  const [command = ""] = args;
  if (command === "up" && env["FABRIC_TRANSACTION_ID"]) return { [PROCESSES]: "one" };
  return ["destroy", "refresh"].includes(command) && !runsProgram(args, env) ? { [PROCESSES]: "provider" } : {};
}

/** Whether `main` in the project's file is this project's program. */
function isOwnProgram(projectRoot: string): boolean {
  const file = projectFileIn(projectRoot);
  try {
    // the library for YAML costs time and memory, and a file that is written otherwise only costs the sharing
    if (file === undefined || !/^main:[ \t]*index\.ts[ \t]*\r?$/m.test(readFileSync(file, "utf8"))) return false;
    return realpathSync(join(projectRoot, "index.ts")) === realpathSync(ownProgram);
  } catch {
    // the package has no program of its own
    return false;
  }
}
