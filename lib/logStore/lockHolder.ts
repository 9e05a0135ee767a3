import { hostname } from "node:os";
import { isLiveProcess, startOfProcess, processSpace } from "./liveProcess.ts";
import type { Holder } from "./logStore.ts";

/**
 * This process, as the holder of a lock.
 * @param now milliseconds since the epoch
 */
export function ownHolder(now: number): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date(now).toISOString(),
    processStart: startOfProcess(process.pid),
    processSpace: processSpace(),
  };
}

/**
 * Whether the holder of a lock is known to have ended. Only processes of this host can be checked, and a container cannot
 * check the processes of another one.
 */
export function isDead(holder: Holder): boolean {
  if (holder.host !== hostname() || holder.processSpace !== processSpace()) return false;
  const { pid, processStart } = holder;
  return !isLiveProcess(pid) || (processStart !== undefined && startOfProcess(pid) !== processStart);
}
