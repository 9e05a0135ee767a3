import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

const quick = ["--yes", "--skip-preview"];
const payload = (text: string) => Buffer.from(text).toString("base64");

/** A folder with one notebook. */
function writeNotebook(stack: EngineStack, name: string): void {
  const path = join(stack.folder, "content", `${name}.Notebook`);
  mkdirSync(path, { recursive: true });
  const platform = { metadata: { type: "Notebook", displayName: name }, config: { version: "2.0" } };
  writeFileSync(join(path, ".platform"), JSON.stringify(platform));
  writeFileSync(join(path, "notebook-content.py"), `# Fabric notebook source\n\nprint("${name}")\n`);
}

describe("items that nobody declares, with orphans: delete", () => {
  it("Items that nobody declares go when a refresh has shown them and a preview has listed them, and a rollback gives them back with their content", async () => {
    await using stack = await EngineStack.start();
    const items = () => stack.emulator.service.items.all();
    const names = () =>
      items()
        .map(({ displayName }) => displayName)
        .toSorted();
    writeNotebook(stack, "load");
    const sales = { name: "sales", capacity: "local", items: [{ from: "content", orphans: "delete" }] };
    const settings = { features: { useRollback: true } };
    stack.configure({ ...settings, workspaces: [sales] });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const workspaceId = items()[0]?.workspaceId ?? "";
    const parts = [
      {
        path: "notebook-content.py",
        payload: payload("# Fabric notebook source\n\nprint(1)\n"),
        payloadType: "InlineBase64",
      },
    ] as const;
    const orphan = { id: randomUUID(), workspaceId, type: "Notebook", displayName: "old", description: "", parts };
    stack.emulator.service.items.put(orphan);
    const unseen = await stack.command("cli/up.ts", quick);
    assert.equal(unseen.code, 0, unseen.text);
    assert.deepEqual(names(), ["load", "old"]);

    const refreshed = await stack.refresh();
    assert.equal(refreshed.code, 0, refreshed.text);
    const preview = await stack.preview();
    assert.match(preview.text, /UnlistedItems sales\/orphans update/);
    assert.deepEqual(names(), ["load", "old"]);

    // the other workspace's item fails after the delete
    const other = { name: "finance", capacity: "local", items: [{ name: "flow", type: "DataPipeline" }] };
    stack.configure({ ...settings, workspaces: [sales, other] });
    stack.emulator.faults([
      {
        ...{ method: "POST", route: "/workspaces/{workspaceId}/items", times: 1 },
        ...{ status: 400, errorCode: "CorruptedPayload", delayMs: 8000 },
      },
    ]);
    const failed = await stack.command("cli/up.ts", quick);
    assert.equal(failed.code, 1, failed.text);
    assert.ok(stack.calls().includes("DELETE /workspaces/{workspaceId}/items/{itemId}"), failed.text);
    const back = items().find(({ displayName }) => displayName === "old");
    assert.equal(back?.parts?.find(({ path }) => path === "notebook-content.py")?.payload, parts[0].payload);

    stack.emulator.faults([]);
    stack.configure({ ...settings, workspaces: [sales] });
    assert.equal((await stack.refresh()).code, 0);
    const done = await stack.command("cli/up.ts", quick);
    assert.equal(done.code, 0, done.text);
    assert.deepEqual(names(), ["load"]);
  });
});
