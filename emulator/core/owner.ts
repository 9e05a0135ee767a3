import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLiveProcess } from "../../lib/logStore/liveProcess.ts";

interface Owner {
  readonly pid: number;
  readonly url: string;
}

const fileOf = (folder: string) => join(folder, "owner.json");

function ownerOf(folder: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(folder), "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

/**
 * The URL of the emulator that runs on a store; undefined if none does. A process that died without releasing the store does
 * not count.
 */
export async function findRunningEmulator(folder: string): Promise<string | undefined> {
  const owner = ownerOf(folder);
  if (!owner || !isLiveProcess(owner.pid)) return undefined;
  try {
    const answer = await fetch(`${new URL(owner.url).origin}/_emulator/state`, { signal: AbortSignal.timeout(1_000) });
    await answer.body?.cancel();
    return answer.ok ? owner.url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Takes a store for this process. Two emulators on one store would overwrite each other's objects.
 * @throws Error if a live process owns the store
 */
export async function takeStore(folder: string, url: string): Promise<void> {
  const running = await findRunningEmulator(folder);
  if (running) {
    throw new Error(
      `An emulator runs on ${folder} already (${running}, process ${ownerOf(folder)?.pid ?? "?"}). Use it, or stop it first.`,
    );
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(folder), JSON.stringify({ pid: process.pid, url } satisfies Owner), { mode: 0o600 });
}

/** Releases the store. */
export function releaseStore(folder: string): void {
  if (ownerOf(folder)?.pid === process.pid) rmSync(fileOf(folder), { force: true });
}
