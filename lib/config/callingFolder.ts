import { readFileSync, readlinkSync } from "node:fs";

/** The CLI starts a language host, which starts the program; a shell or two may stand between. */
const GENERATIONS = 6;

/**
 * The folder in which somebody called the Pulumi CLI that this program runs for. The CLI runs the program in the folder of
 * Pulumi.yaml, and tells it nothing of its own.
 * @returns undefined where the system does not show it
 */
export function callingFolder(pid: number = process.ppid): string | undefined {
  try {
    for (let generation = 0; generation < GENERATIONS && pid > 1; generation++) {
      if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "pulumi") return readlinkSync(`/proc/${pid}/cwd`);
      pid = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    }
  } catch {
    // not Linux, or the process of somebody else
  }
  return undefined;
}
