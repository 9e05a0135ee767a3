import assert from "node:assert/strict";
import { copyFileSync, cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/*
 * A state of an earlier version, which knew items by type and name, and no folders of items. It holds four items with a
 * `path`, one of them with a `name` of its own.
 */
const recorded = join(import.meta.dirname, "recorded/pathEntries");

async function leftByEarlierVersion(): Promise<EngineStack> {
  const stack = await EngineStack.start();
  copyFileSync(join(recorded, "Pulumi.test.yaml"), join(stack.folder, "Pulumi.test.yaml"));
  cpSync(join(recorded, "items"), join(stack.folder, "items"), { recursive: true });
  const imported = await stack.run(["stack", "import", "--stack", "test", "--file", join(recorded, "state.json")]);
  assert.equal(imported.code, 0, imported.text);
  const { store } = stack.emulator.service;
  store.clear();
  const snapshot = JSON.parse(readFileSync(join(recorded, "service.json"), "utf8")) as Record<string, { id: string }[]>;
  for (const [name, objects] of Object.entries(snapshot))
    for (const object of objects) store.collection(name).put(object);
  return stack;
}

function edit(stack: EngineStack, path: string, change: (text: string) => string): void {
  const file = join(stack.folder, "items/retail", path);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

/** What the notebook refers to was sent as it stood in the file; now it is resolved, once. */
const REFERENCES = ["logicalId", "parts", "references"].map((property) => `Item retail/Notebook/explore: ${property}`);
const folder = { workspaces: [{ name: "retail", capacity: "local", items: [{ from: "items/retail" }] }] };

describe("items of an earlier version", () => {
  it("Items of an earlier version are unchanged, but for references that were never resolved", async () => {
    await using stack = await leftByEarlierVersion();
    const preview = await stack.preview();
    assert.deepEqual([preview.code, preview.changes], [0, REFERENCES], preview.text);
  });

  it("Items of an earlier version go on as items of a folder, in place", async () => {
    await using stack = await leftByEarlierVersion();
    stack.configure(folder);
    const preview = await stack.preview();
    assert.deepEqual([preview.code, preview.changes], [0, REFERENCES], preview.text);
    assert.deepEqual(
      preview.steps.filter((step) => !step.startsWith("update")),
      [],
      preview.text,
    );
  });

  it("Items of an earlier version are renamed in place by their .platform file, by their folder, and by a new logical id", async () => {
    await using stack = await leftByEarlierVersion();
    stack.configure(folder);
    edit(stack, "load/rates.Dataflow/.platform", (text) => text.replace('"rates"', '"Rates"'));
    edit(stack, "explore.Notebook/.platform", (text) =>
      text.replace('"explore"', '"look"').replace(/"logicalId": ".{8}/, '"logicalId": "99999999'),
    );
    renameSync(join(stack.folder, "items/retail/watch"), join(stack.folder, "items/retail/see"));
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(
      up.steps.filter((step) => step.includes("Item")),
      ["update Item retail/Dataflow/rates", "update Item retail/Notebook/explore", "update Item retail/alarms"],
    );
    const names = stack.emulator.service.items.all().map(({ displayName }) => displayName);
    assert.deepEqual(names.filter((name) => name !== "orders").sort(), ["Rates", "alarms", "look"]);
    assert.deepEqual((await stack.preview()).steps, []);

    // back to entries, and another key
    const entries = ["orders.Lakehouse", "explore.Notebook", "load/rates.Dataflow", "see/alarms.Reflex"].map(
      (path) => ({
        path: `items/retail/${path}`,
        ...(path.includes("/") && { folder: `/${path.split("/")[0]}` }),
        ...(path.endsWith("Notebook") && { name: "look" }),
      }),
    );
    stack.configure({ workspaces: [{ name: "retail", capacity: "local", items: entries }] });
    const back = await stack.preview();
    assert.deepEqual([back.code, back.changes], [0, []], back.text);
    assert.deepEqual(
      back.steps.filter((step) => /create|delete|replace/.test(step)),
      [],
      back.text,
    );
  });
});
