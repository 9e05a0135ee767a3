import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { notebookSource } from "../../notebookSource.ts";
import { EngineStack } from "../harness/engineStack.ts";

const quick = ["--yes", "--skip-preview"];
const target = "5eed0000-0000-4000-8000-000000000001";

/** Files of the stack's folder of items. */
function write(stack: EngineStack, notebooks: readonly string[]): void {
  rmSync(join(stack.folder, "items"), { recursive: true, force: true });
  const platform = (type: string, displayName: string, logicalId?: string) =>
    JSON.stringify({ metadata: { type, displayName }, config: { version: "2.0", ...(logicalId && { logicalId }) } });
  const typeProperties = { notebookId: target, workspaceId: "00000000-0000-0000-0000-000000000000" };
  const activities = notebooks.includes("target") ? [{ name: "Run", type: "TridentNotebook", typeProperties }] : [];
  const files: Record<string, string> = {
    "flow.DataPipeline/.platform": platform("DataPipeline", "flow"),
    "flow.DataPipeline/pipeline-content.json": JSON.stringify({ properties: { activities } }),
  };
  for (const name of notebooks) {
    files[`${name}.Notebook/.platform`] = platform("Notebook", name, name === "target" ? target : undefined);
    files[`${name}.Notebook/notebook-content.py`] = notebookSource(`# ${name}\n`);
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(stack.folder, "items", path)), { recursive: true });
    writeFileSync(join(stack.folder, "items", path), text);
  }
}

describe("a rollback that makes an item anew", () => {
  it("A rollback that makes an item anew puts its new id into the content from before of what refers to it", async () => {
    await using stack = await EngineStack.start();
    const workspaces = [{ name: "sales", capacity: "local", items: [{ from: "items" }] }];
    stack.configure({ features: { useRetryLogic: true, useRollback: true }, workspaces });
    write(stack, ["target", "other"]);
    const first = await stack.command("cli/up.ts", quick);
    assert.equal(first.code, 0, first.text);
    const idOf = (name: string) =>
      stack.emulator.service.items.all().find(({ displayName }) => displayName === name)?.id ?? "";
    const before = idOf("target");
    const content = () => {
      const { parts = [] } = stack.emulator.service.items.get(idOf("flow")) ?? {};
      return parts.map(({ payload }) => Buffer.from(payload, "base64").toString()).join();
    };
    assert.ok(content().includes(before));

    // the other one is refused when the first has gone
    stack.emulator.faults([
      { method: "DELETE", route: `/items/${idOf("other")}`, status: 400, errorCode: "Broken", delayMs: 3000 },
    ]);
    write(stack, []);
    const failed = await stack.command("cli/up.ts", quick);
    assert.notEqual(failed.code, 0, failed.text);
    const now = idOf("target");
    assert.notEqual(now, "", failed.text);
    assert.notEqual(now, before, failed.text);
    assert.ok(content().includes(now), content());
    assert.ok(!content().includes(before), content());
  });
});
