import { spawn } from "node:child_process";

/**
 * Runs a file with Node in this terminal and waits for its end; answers its exit code, or ends this process by the
 * signal that ended it.
 *
 * Ctrl-C reaches the file too, since it is in the same process group, and what it runs may need time to end well: so
 * this process stays until it has ended. SIGTERM, which is mostly sent to one process, is handed on.
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
