import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";
import { worldOf } from "./harness/worldOf.ts";

/* A destroy is logged, and is no transaction: a failed one is run again, and nothing is made again by a rollback. */

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };
const items = [{ name: "bronze", type: "Lakehouse", displayName: "bronze" }];
const workspace = { name: "sales", displayName: "sales-test", capacity: "local", items };
const noItem = { method: "POST", route: "/workspaces/{workspaceId}/items", status: 400, errorCode: "Broken" } as const;

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, " ");
const filesOf = (stack: EngineStack) => readdirSync(join(stack.folder, ".fabric/transactions"));

async function deployed(): Promise<EngineStack> {
  const stack = await EngineStack.start();
  stack.configure({ features, workspaces: [workspace] });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
  return stack;
}

async function assertNothingToRollBack(stack: EngineStack): Promise<void> {
  const before = worldOf(stack);
  const rollback = await stack.command("cli/rollback.ts");
  assert.match(rollback.text, /has no transaction that could be rolled back|[Tt]here is nothing to roll back/);
  assert.deepEqual(worldOf(stack), before);
}

describe("a destroy with useRollback on", () => {
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
});
