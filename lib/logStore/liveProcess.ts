import { readFileSync, readlinkSync } from "node:fs";

/**
 * Whether a process of this host still runs. One that has ended but that nobody has waited for counts as ended: it exists
 * only in the table of processes, which is where containers without an init leave what was killed.
 */
export function isLiveProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const [state] = statOf(pid);
  return state === undefined || !/[ZX]/.test(state);
}

/** When a process started, in the operating system's own count. Unknown where it has no `/proc`. */
export function startOfProcess(pid: number): string | undefined {
  // the 22nd value of the line, the first after the name being the third
  return statOf(pid)[19];
}

/**
 * Names the place in which a process id means this very process: this boot of this machine, and in it the container.
 * Unknown where there is no `/proc`.
 */
export function processSpace(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** What follows the name in `/proc/<pid>/stat`: "pid (name) state …"; names may hold spaces and brackets. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
