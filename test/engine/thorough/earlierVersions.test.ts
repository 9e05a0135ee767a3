import assert from "node:assert/strict";
import { copyFileSync, cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/*
 * Open transactions that earlier versions of this project have left, recorded with those versions' own code: their states,
 * their logs, and what the service held. This version goes on with them, rolls them back and destroys them.
 */

const recorded = join(import.meta.dirname, "recorded/format1");
const quick = ["--yes", "--skip-preview"];

type Snapshot = Record<string, readonly { readonly id: string }[]>;

function fill({ emulator }: EngineStack, snapshot: Snapshot): void {
  const { store } = emulator.service;
  store.clear();
  for (const [name, objects] of Object.entries(snapshot))
    for (const object of objects) store.collection(name).put(structuredClone(object));
}

/** A stack as the earlier version has left it, and what the service was like before its transaction. */
async function leftBy(name: string): Promise<{ stack: EngineStack; before: unknown }> {
  const folder = join(recorded, name);
  const snapshot = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8")) as Snapshot;
  const stack = await EngineStack.start();
  copyFileSync(join(folder, "Pulumi.test.yaml"), join(stack.folder, "Pulumi.test.yaml"));
  cpSync(join(folder, "transactions"), join(stack.folder, ".fabric/transactions"), { recursive: true });
  const imported = await stack.run(["stack", "import", "--stack", "test", "--file", join(folder, "state.json")]);
  assert.equal(imported.code, 0, imported.text);
  fill(stack, snapshot("before.json"));
  const before = worldOf(stack);
  fill(stack, snapshot("service.json"));
  return { stack, before };
}

for (const [name, what] of [
  ["cutOffInACreate", "that was cut off in a create"],
  ["failedUpdate", "whose update failed"],
  ["adoption", "that adopted what existed, and failed"],
] as const) {
  describe(`a transaction of an earlier version ${what}`, () => {
    it(`A transaction of an earlier version ${what} is gone on with: all is as declared then, and nothing is there twice`, async () => {
      const { stack, before } = await leftBy(name);
      await using _stack = stack;
      const up = await stack.command("cli/up.ts", quick);
      assert.equal(up.code, 0, up.text);
      assert.deepEqual((await stack.preview()).steps, []);
      const names = (world: unknown) => JSON.stringify((world as Record<string, unknown>)["workspaces"]);
      assert.notEqual(names(worldOf(stack)), names(before));
      const { workspaces, items } = stack.emulator.service;
      const keys = items.all().map(({ workspaceId, type, displayName }) => `${workspaceId} ${type} ${displayName}`);
      assert.equal(new Set(keys).size, keys.length, `twice: ${keys.join("; ")}`);
      assert.equal(workspaces.all().length, 1);
    });

    it(`A transaction of an earlier version ${what} is rolled back to what was there before`, async () => {
      const { stack, before } = await leftBy(name);
      await using _stack = stack;
      const rollback = await stack.command("cli/rollback.ts");
      assert.equal(rollback.code, 0, rollback.text);
      assert.deepEqual(worldOf(stack), before, rollback.text);
    });

    it(`A transaction of an earlier version ${what} is destroyed, and what existed before stays`, async () => {
      const { stack, before } = await leftBy(name);
      await using _stack = stack;
      const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]);
      assert.equal(destroy.code, 0, destroy.text);
      const left = stack.emulator.service.workspaces.all().map(({ displayName }) => displayName);
      assert.deepEqual(left, name === "adoption" ? ["theirs"] : [], destroy.text);
      if (name === "adoption") assert.deepEqual(worldOf(stack), before);
    });
  });
}
