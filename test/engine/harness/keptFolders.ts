import { rmSync } from "node:fs";
import { afterEach } from "node:test";

/*
 * Folders of engine tests. They go with their stacks; with FABRIC_KEEP=1 those of a failed test stay, and are named.
 * A stack ends before its test has failed (`await using`), or long after (`after`): so a folder waits for the test's end.
 */

const isKeeping = process.env["FABRIC_KEEP"] === "1";
/** In use, ended with the running test still to end, and to be kept. */
const open = new Set<string>();
const waiting = new Set<string>();
const kept = new Set<string>();

const remove = (folder: string) => rmSync(folder, { recursive: true, force: true });

function keep(title: string, folders: Iterable<string>): void {
  for (const folder of folders) {
    kept.add(folder);
    console.log(
      `FABRIC_KEEP: ${title}\n  ${folder} (state, .fabric/transactions, commands.log, requests.jsonl, events-*.json)`,
    );
  }
}

/** Notes the folder of a stack that begins. */
export function folderBegun(folder: string): void {
  open.add(folder);
}

/** Removes the folder of a stack that has ended, unless it is to be kept. */
export function folderEnded(folder: string): void {
  open.delete(folder);
  if (!isKeeping) remove(folder);
  else if (!kept.has(folder)) waiting.add(folder);
}

if (isKeeping) {
  afterEach((test) => {
    const { fullName, error } = test as typeof test & { readonly error?: unknown };
    // `null` is a test without an error
    if (error) keep(fullName, new Set([...waiting, ...open].filter((folder) => !kept.has(folder))));
    else for (const folder of waiting) remove(folder);
    waiting.clear();
  });
  process.on("exit", (code) => {
    // a hook has failed, and no test has had its turn
    if (code !== 0 && kept.size === 0) keep("a hook of this file", waiting);
    else for (const folder of waiting) remove(folder);
  });
}
