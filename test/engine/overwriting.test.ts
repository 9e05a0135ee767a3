import assert from "node:assert/strict";
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { notebookParts } from "../notebookSource.ts";

/* Three ways: as the last deployment left it, as somebody has changed it at the service, as it is declared now. */

const environment = (description: string, role: string) => ({
  contentDrift: true,
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
        { name: "ingest", path: "items/ingest.Notebook" },
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

const valuesOf = ({ emulator }: EngineStack) => {
  const { workspaces, items, roles } = emulator.service;
  return [
    workspaces.all()[0]?.description,
    items.all().find(({ displayName }) => displayName === "flow")?.description,
    roles.all().find(({ principalId }) => principalId === known.bob)?.role,
  ];
};
const theirs = ["theirs", "theirs", "Admin"];

async function deployedAndEdited(): Promise<EngineStack> {
  const stack = await EngineStack.start();
  const notebook = join(stack.folder, "items/ingest.Notebook");
  cpSync(join(stack.folder, "fabric/sales/ingest.Notebook"), notebook, { recursive: true });
  stack.configure(environment("first", "Viewer"));
  const first = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
  assert.equal(first.code, 0, first.text);
  edit(stack);
  appendFileSync(join(notebook, "notebook-content.py"), "# second\n");
  return stack;
}
const up = (stack: EngineStack, ...more: string[]) => stack.command("cli/up.ts", ["--yes", "--skip-preview", ...more]);

describe("what somebody changed at the service and a deployment would overwrite", () => {
  it("Preview and up name each value that goes with onDrift: overwrite, which is the default", async () => {
    await using stack = await deployedAndEdited();
    stack.configure(environment("second", "Member"));
    const preview = await stack.preview();
    assert.match(
      preview.text,
      /description is "theirs" instead of "first", and "second" is declared\. That is overwritten/,
    );
    assert.match(preview.text, /role is "Admin" instead of "Viewer", and "Member" is declared/);
    const content = /The definition of Notebook 'ingest' was changed at the service since it was deployed.*overwritten/;
    assert.match(preview.text, content);
    assert.deepEqual(valuesOf(stack), theirs);
    const done = await up(stack);
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /role is "Admin" instead of "Viewer", and "Member" is declared\. That is overwritten/);
    assert.match(done.text, content);
    assert.deepEqual(valuesOf(stack), ["second", "second", "Member"]);
  });
});
