import { readFileSync } from "node:fs";

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
  try {
    // "pid (name) state …"; names may hold spaces and brackets
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return true;
  }
}
