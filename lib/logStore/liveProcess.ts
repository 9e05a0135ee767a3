import { readFileSync, readlinkSync } from "node:fs";

/**
 * Whether a process of this host still runs. A zombie counts as ended: it exists only in the process table. Containers
 * without an init leave killed processes there.
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

/** When a process started, in the unit of the operating system. Unknown without `/proc`. */
export function startOfProcess(pid: number): string | undefined {
  // the 22nd value of the line; the first value after the name is the third
  return statOf(pid)[19];
}

/**
 * Names the scope in which a process id identifies a process: this boot of this machine, and the container in it. Unknown
 * without `/proc`.
 */
export function processSpace(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** The values after the name in `/proc/<pid>/stat`: "pid (name) state …". Names may contain spaces and brackets. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
