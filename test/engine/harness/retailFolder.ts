import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EngineStack } from "./engineStack.ts";

/* The sample folder of 22 item types, fabric/retail, as a folder of a stack that a test may change. */

const example = resolve(import.meta.dirname, "../../../fabric/retail");

/** A stack with a folder of its own, which a test may change. */
export async function stackWithFolder(): Promise<EngineStack> {
  const stack = await EngineStack.start();
  cpSync(example, join(stack.folder, "items/retail"), { recursive: true });
  stack.configure(retail());
  return stack;
}

export const retail = (entry: object = {}, features: object = {}) => ({
  features: { useRetryLogic: true, ...features },
  environment: "dev",
  workspaces: [
    {
      name: "retail",
      capacity: "local",
      items: [{ from: "items/retail", folder: "/shop", orphans: "report", ...entry }],
    },
  ],
});

export function edit(stack: EngineStack, path: string, change: (text: string) => string): void {
  const file = join(stack.folder, "items/retail", path);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

export interface Item {
  readonly id: string;
  readonly type: string;
  readonly displayName: string;
  readonly folderId?: string;
}
export const itemsOf = (stack: EngineStack) => stack.emulator.state()["items"] as Item[];
export const idOf = (stack: EngineStack, type: string, name: string) =>
  itemsOf(stack).find((item) => item.type === type && item.displayName === name)?.id;
