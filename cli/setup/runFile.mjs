import { spawn } from "node:child_process";
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";

/**
 * Runs a file with Node in this terminal and waits for its end. Returns its exit code; if a signal ended the file, ends this
 * process by the same signal.
 *
 * Ctrl-C also reaches the file, because both are in the same process group. The file may need time to end well, so this process
 * stays until the file has ended. SIGTERM usually goes to one process only, so it is passed on.
 */
export async function runFile(node, file, args, env) {
  const child = spawn(node, [file, ...args], { env, stdio: "inherit" });
  const wait = () => undefined;
  const handOn = () => child.kill("SIGTERM");
  process.on("SIGINT", wait).on("SIGHUP", wait).on("SIGTERM", handOn);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...end) => resolve(end));
  });
  process.off("SIGINT", wait).off("SIGHUP", wait).off("SIGTERM", handOn);
  if (signal) process.kill(process.pid, signal);
  return code ?? 1;
}

/** Runs a file in this very process, as if Node had been started with it. The file sets the exit code. */
export async function runHere(file, args, env) {
  Object.assign(process.env, env);
  // Node reads the variable at its start only. Node 20, on which the set-up can run, has no such cache
  nodeModule.enableCompileCache?.(env.NODE_COMPILE_CACHE);
  process.argv = [process.argv[0], file, ...args];
  await import(pathToFileURL(file).href);
}

/** Removes the `--` of npm's syntax, which pnpm passes on after the script's own words. */
export function withoutSeparator(args) {
  const own = args.findIndex((arg) => arg.startsWith("-"));
  return args[own] === "--" ? args.toSpliced(own, 1) : args;
}
