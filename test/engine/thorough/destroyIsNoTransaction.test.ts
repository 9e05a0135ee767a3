import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/* A destroy is logged, and is no transaction: a failed one is run again, and nothing is made again by a rollback. */

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };
const items = [{ name: "bronze", type: "Lakehouse", displayName: "bronze" }];
const workspace = { name: "sales", displayName: "sales-test", capacity: "local", items };
const noItem = { method: "POST", route: "/workspaces/{workspaceId}/items", status: 400, errorCode: "Broken" } as const;
const stuck = {
  method: "DELETE",
  route: "/workspaces/{workspaceId}",
  status: 400,
  errorCode: "StillInUse",
  times: "forever",
} as const;

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, " ");
const filesOf = (stack: EngineStack) => readdirSync(join(stack.folder, ".fabric/transactions"));

async function deployed(): Promise<EngineStack> {
  const stack = await EngineStack.start();
  stack.configure({ features, workspaces: [workspace] });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
  return stack;
}

/** All ways to destroy a stack. */
const ways = [
  ["pulumi destroy", (stack: EngineStack) => stack.run(["destroy", ...quick])],
  ["pulumi destroy --run-program", (stack: EngineStack) => stack.run(["destroy", ...quick, "--run-program"])],
  ["npm run destroy", (stack: EngineStack) => stack.command("cli/pulumiCommand.ts", ["destroy", ...quick])],
  [
    "npm run destroy -- --run-program",
    (stack: EngineStack) => stack.command("cli/pulumiCommand.ts", ["destroy", ...quick, "--run-program"]),
  ],
] as const;

async function assertNothingToRollBack(stack: EngineStack): Promise<void> {
  const before = worldOf(stack);
  const rollback = await stack.command("cli/rollback.ts");
  assert.match(rollback.text, /has no transaction that could be rolled back|[Tt]here is nothing to roll back/);
  assert.deepEqual(worldOf(stack), before);
}

describe("a destroy with useRollback on", () => {
  for (const [name, destroy] of ways) {
    it(`A destroy with useRollback on is no transaction, failed or not: ${name}`, async () => {
      await using stack = await deployed();
      stack.emulator.faults([stuck]);
      const failed = await destroy(stack);
      assert.notEqual(failed.code, 0, failed.text);
      assert.match(oneLine(failed.text), /Run (the same command|destroy) again, with the same options/);
      assert.doesNotMatch(failed.text, /npm run rollback/);
      assert.ok(!filesOf(stack).includes("test.open"), "a transaction was announced");
      await assertNothingToRollBack(stack);

      stack.emulator.faults([]);
      const done = await destroy(stack);
      assert.equal(done.code, 0, done.text);
      assert.deepEqual(stack.emulator.service.workspaces.all(), []);
      assert.doesNotMatch(done.text, /npm run rollback|Run .* again|cut off/);
      await assertNothingToRollBack(stack);
      const up = await stack.command("cli/up.ts", quick);
      assert.equal(up.code, 0, up.text);
      assert.doesNotMatch(up.text, /goes on with it/);
    });
  }

  it("A destroy with useRollback on of one target is none either", async () => {
    await using stack = await deployed();
    const { deployment } = await stack.state();
    const urn = deployment.resources?.find(({ type }) => type.endsWith(":Item"))?.urn ?? assert.fail();
    const route = "/workspaces/{workspaceId}/items/{itemId}";
    stack.emulator.faults([{ method: "DELETE", route, status: 400, errorCode: "StillInUse" }]);
    const failed = await stack.run(["destroy", ...quick, "--run-program", "--target", urn]);
    assert.notEqual(failed.code, 0, failed.text);
    assert.match(oneLine(failed.text), /Run the same command again, with the same options/);
    await assertNothingToRollBack(stack);
    const done = await stack.run(["destroy", ...quick, "--run-program", "--target", urn]);
    assert.equal(done.code, 0, done.text);
    await assertNothingToRollBack(stack);
  });
});

describe("a failed up", () => {
  it("A failed up keeps its transaction through a refresh with --run-program, and the next up says that it failed", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces: [workspace] });
    stack.emulator.faults([noItem]);
    const up = await stack.up();
    const id = /Deployment (test-\S+) is incomplete/.exec(up.text)?.[1] ?? assert.fail(up.text);
    const refresh = await stack.run(["refresh", ...quick, "--run-program"]);
    assert.equal(refresh.code, 0, refresh.text);
    assert.ok(filesOf(stack).includes("test.open"), "the refresh has ended the transaction");
    const again = await stack.command("cli/up.ts", ["--yes", "--skip-preview"], { FEATURE_USE_ROLLBACK: "false" });
    assert.equal(again.code, 0, again.text);
    assert.match(again.text, new RegExp(`Transaction ${id} failed: this run goes on with it`));
  });

  for (const args of [[], ["--run-program"]]) {
    it(`A failed up leaves no orphan to npm run destroy ${args.join(" ")}`, async () => {
      await using stack = await EngineStack.start();
      stack.configure({ features: { useRetryLogic: true }, workspaces: [workspace] });
      // its answer is lost, and looking for it fails too: no state knows of it
      stack.emulator.faults([
        { method: "POST", route: "/workspaces", drop: "after" },
        { method: "GET", route: "/workspaces", nth: 2, times: 8, status: 500, errorCode: "Broken" },
      ]);
      const up = await stack.command("cli/up.ts", quick);
      assert.equal(up.code, 2, up.text);
      assert.equal(stack.emulator.service.workspaces.all().length, 1);
      stack.emulator.faults([]);
      const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick, ...args], {
        FEATURE_USE_ROLLBACK: "true",
      });
      assert.equal(destroy.code, 0, destroy.text);
      assert.match(destroy.text, /Cleaning up Workspace 'sales-test'/);
      assert.deepEqual(stack.emulator.service.workspaces.all(), []);
      await assertNothingToRollBack(stack);
    });
  }
});
