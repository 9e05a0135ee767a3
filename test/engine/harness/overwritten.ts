import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { notebookParts } from "../../notebookSource.ts";
import { EngineStack } from "./engineStack.ts";

/* Three ways: as the last deployment left it, as somebody has changed it at the service, as it is declared now. */

/** What the deployments of one test say alike. */
export interface Options {
  /** Value of fabric:onDrift. Default: none. */
  readonly onDrift?: string;
  /** Declares a notebook too, and compares contents. */
  readonly notebook?: boolean;
}

export const environment = ({ onDrift, notebook }: Options, description: string, role: string) => ({
  ...(onDrift && { onDrift }),
  ...(notebook && { contentDrift: true }),
  preflight: true,
  workspaces: [
    {
      name: "sales",
      displayName: "sales",
      capacity: "local",
      description,
      users: [{ principal: "bob@contoso.com", role }],
      items: [
        { name: "flow", type: "DataPipeline", displayName: "flow", description },
        ...(notebook ? [{ name: "ingest", path: "items/ingest.Notebook" }] : []),
      ],
    },
  ],
});

function edit({ emulator }: EngineStack): void {
  const { workspaces, items, roles } = emulator.service;
  for (const { id } of workspaces.all()) workspaces.change(id, { description: "theirs" });
  for (const { id, type } of items.all()) {
    items.change(id, type === "Notebook" ? { parts: notebookParts("theirs") } : { description: "theirs" });
  }
  for (const { id } of roles.all().filter(({ principalId }) => principalId === known.bob))
    roles.change(id, { role: "Admin" });
}

export const valuesOf = ({ emulator }: EngineStack) => {
  const { workspaces, items, roles } = emulator.service;
  return [
    workspaces.all()[0]?.description,
    items.all().find(({ displayName }) => displayName === "flow")?.description,
    roles.all().find(({ principalId }) => principalId === known.bob)?.role,
  ];
};
export const theirs = ["theirs", "theirs", "Admin"];

export async function deployedAndEdited(options: Options): Promise<EngineStack> {
  const stack = await EngineStack.start();
  cpSync(join(stack.folder, "fabric/sales/ingest.Notebook"), join(stack.folder, "items/ingest.Notebook"), {
    recursive: true,
  });
  stack.configure(environment(options, "first", "Viewer"));
  const first = await up(stack);
  assert.equal(first.code, 0, first.text);
  edit(stack);
  return stack;
}

export const up = (stack: EngineStack, ...more: string[]) =>
  stack.command("cli/up.ts", ["--yes", "--skip-preview", ...more]);
