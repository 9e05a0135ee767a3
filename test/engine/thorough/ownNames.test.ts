import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };
const notebook = (name: string, displayName = name) => ({ name, type: "Notebook", displayName });

const before = [
  { name: "a", displayName: "north", capacity: "local", items: [notebook("one"), notebook("two"), notebook("three")] },
  { name: "b", displayName: "south", capacity: "local" },
  {
    name: "c",
    displayName: "west",
    capacity: "local",
    items: [notebook("kept"), { ...notebook("raw"), folder: "/in" }],
  },
];
/** Names swapped, a name given up and taken, and a workspace with everything in it under another key. */
const after = [
  {
    name: "a",
    displayName: "south",
    capacity: "local",
    items: [notebook("one", "two"), notebook("two", "one"), notebook("three", "four")],
  },
  { name: "b", displayName: "north", capacity: "local", items: [notebook("new")] },
  {
    name: "other",
    displayName: "west",
    capacity: "local",
    items: [notebook("kept"), { ...notebook("raw"), folder: "/in" }],
  },
];
after[0]?.items.push(notebook("taker", "three"));

const idsOf = ({ emulator: { service } }: EngineStack) =>
  [...service.workspaces.all(), ...service.items.all()].map(({ id }) => id).sort();

describe("a deployment that swaps names, takes names that it gives up, and gives objects other keys", () => {
  it("A deployment that swaps names, takes names that it gives up, and gives objects other keys keeps every object", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces: before });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    const ids = idsOf(stack);
    stack.configure({ features, workspaces: after });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const now = idsOf(stack);
    assert.deepEqual(
      ids.filter((id) => !now.includes(id)),
      [],
      up.text,
    );
    assert.equal(now.length, ids.length + 2, up.text);
    assert.equal((await stack.refresh()).code, 0);
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("A deployment that swaps names, takes names that it gives up, and gives objects other keys is rolled back to the same objects if it fails", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces: before });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    const world = worldOf(stack);
    stack.configure({ features, workspaces: after });
    // what takes a name that is given up comes last; the one before has it, and must let go of it
    const refusal = {
      method: "POST",
      route: "/workspaces/{workspaceId}/items",
      status: 400,
      errorCode: "Broken",
    } as const;
    stack.emulator.faults([{ ...refusal, nth: 2 }]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.deepEqual(worldOf(stack), world, up.text);
    assert.notDeepEqual((await stack.preview()).steps, []);
  });

  it("A deployment of objects whose names somebody has swapped is rolled back to the swapped names if it fails", async () => {
    await using stack = await EngineStack.start();
    const { items, workspaces } = stack.emulator.service;
    const declare = (description: string, more: readonly object[] = []) => {
      const both = ["one", "two"].map((name) => ({ ...notebook(name), description }));
      const [a, b] = [{ name: "a", items: [...both, ...more] }, { name: "b" }];
      stack.configure({ features, workspaces: [a, b].map((one) => ({ capacity: "local", description, ...one })) });
    };
    declare("first");
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    for (const all of [items, workspaces] as const) {
      const [one, two] = all.all();
      assert.ok(one && two);
      all.change(one.id, { displayName: two.displayName });
      all.change(two.id, { displayName: one.displayName });
    }
    const world = worldOf(stack);
    const named = () => [...items.all(), ...workspaces.all()].map(({ id, displayName }) => [id, displayName]);
    const names = named();
    declare("second", [notebook("refused")]);
    const refusal = { method: "POST", route: "/workspaces/{workspaceId}/items" } as const;
    stack.emulator.faults([{ ...refusal, status: 400, errorCode: "Broken", delayMs: 3_000 }]);
    const up = await stack.command("cli/up.ts", quick);
    assert.match(up.text, /Notebook 'one' was changed at the service/);
    assert.equal(up.code, 1, up.text);
    assert.deepEqual(named(), names, up.text);
    assert.deepEqual(worldOf(stack), world, up.text);
  });
});
