import { readFileSync, readlinkSync } from "node:fs";

/**
 * Most parent processes to look at: the CLI starts a language host, the host starts the program, and shells may come between.
 */
const GENERATIONS = 6;

/**
 * The folder from which the user called the Pulumi CLI. The CLI runs the program in the folder of Pulumi.yaml and does not pass
 * on its own folder.
 * @returns undefined if the system does not show the folder
 */
export function callingFolder(pid: number = process.ppid): string | undefined {
  try {
    for (let generation = 0; generation < GENERATIONS && pid > 1; generation++) {
      if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "pulumi") return readlinkSync(`/proc/${pid}/cwd`);
      pid = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    }
  } catch {
    // not Linux, or another user's process
  }
  return undefined;
}
