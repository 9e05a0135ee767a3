import type { LogStore } from "../logStore/logStore.ts";
import { takenFile } from "./transactionFiles.ts";

/**
 * The stack that took over each log of a former name, by the log's id.
 * @param names of the files in the store
 */
export async function takenLogs(store: LogStore, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const stacks = names.flatMap((name) => /^([\w.-]+)\.taken$/.exec(name)?.[1] ?? []);
  const taken = new Map<string, string>();
  for (const stack of stacks)
    for (const id of (await store.read(takenFile(stack)))?.toString().split("\n") ?? []) taken.set(id, stack);
  return taken;
}
