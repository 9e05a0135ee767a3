import { LockedError } from "../../lib/logStore/logStore.ts";
import type { Lock, LogStore } from "../../lib/logStore/logStore.ts";
import { referenceOf } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { refuse } from "../commandLine/commandOutput.ts";
import { IgnoredSignals } from "../pulumi/ignoredSignals.ts";
import { runPulumi } from "../pulumi/pulumi.ts";
import { changeFormOfState, removeTornSideFiles, restoreLostState, staleLockOf } from "../stack/stateFiles.ts";

/** Removes Pulumi's lock of a stack, if the process that took it is gone. */
export async function freeStaleLock(access: StackAccess): Promise<void> {
  const { stack, env } = access;
  const stale = staleLockOf(stack, env);
  if (!stale) return;
  const since = `since ${stale.since}`;
  console.error(`The stack is locked by process ${stale.pid} (${since}), which is gone: the lock is removed.`);
  removeTornSideFiles(stack, env);
  restoreLostState(stack, env);
  await runPulumi(["cancel", "--yes", "--stack", referenceOf(access)], env);
}

/**
 * Runs a command that may change a stack, alone. A second command on the same log prints a message, does nothing, and ends
 * with 1. Pulumi's own lock of the stack is removed if the process that took it is gone.
 * @param isReader whether the command needs no log, and so works where the log cannot be written
 * @returns the exit code
 */
export async function withStackToItself(
  access: StackAccess,
  store: LogStore,
  run: () => Promise<number>,
  { isReader = false }: { readonly isReader?: boolean } = {},
): Promise<number> {
  const { stack } = access;
  let lock: Lock | undefined;
  try {
    lock = await store.lock(`${stack}.run`);
  } catch (error) {
    if (error instanceof LockedError)
      return refuse(`Another deployment of stack '${stack}' is going on, so nothing was done. ${error.message}`);
    if (!isReader) throw error;
  }
  using _signals = new IgnoredSignals();
  try {
    await freeStaleLock(access);
    changeFormOfState(stack, access.env);
    return await run();
  } finally {
    await lock?.release();
  }
}
