import { projectCommand } from "./crash.ts";
import type { EngineStack } from "./engineStack.ts";
import { ENTER, Terminal } from "./terminal.ts";

/* A person before a terminal: the real prompt, and Ctrl-C. */

export const workspaces = [
  {
    name: "sales",
    displayName: "sales-test",
    capacity: "local",
    items: [{ name: "flow", type: "DataPipeline", displayName: "flow" }],
  },
];

export const features = { useRetryLogic: true, useRollback: true };

export const command = projectCommand("cli/up.ts");

export const prompt = /Do you want to perform this update\?/;

export const createItem = { method: "POST", route: "/workspaces/{workspaceId}/items" } as const;

/** Says yes at the prompt, and waits until the first item is being made. */
export async function begun(stack: EngineStack, hit: Promise<void>, holdMs: number): Promise<Terminal> {
  stack.configure({ features, workspaces });
  stack.emulator.faults([{ ...createItem, holdMs }]);
  const terminal = new Terminal(stack, command);
  await terminal.shows(prompt);
  terminal.type("yes");
  await terminal.shows(/> yes/);
  terminal.type(ENTER);
  await hit;
  return terminal;
}
