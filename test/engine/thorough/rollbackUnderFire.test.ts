import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { FaultRule } from "../../../emulator/core/faults.ts";
import { crash, projectCommand } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";
import { salesBranch } from "../harness/salesBranch.ts";

/* Rollbacks whose own calls fail, and rollbacks that are killed. */

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];
const workspace = (name: string, items: readonly object[] = []) => ({
  name,
  displayName: `${name}-test`,
  capacity: "local",
  users: [{ principal: "alice@contoso.com", role: "Member" }],
  git: salesBranch,
  items: [
    { name: "bronze", type: "Lakehouse", folder: "/raw" },
    { name: "flow", type: "DataPipeline", displayName: "flow" },
    ...items,
  ],
});
/** Makes the deployment fail at its end. */
const lastFails: FaultRule = {
  method: "POST",
  route: "/workspaces/{workspaceId}/items",
  nth: 4,
  delayMs: 500,
  status: 400,
  errorCode: "CorruptedPayload",
};

async function started(onFault?: () => void): Promise<EngineStack> {
  const stack = await EngineStack.start({ emulator: onFault ? { onFault } : {} });
  cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
  stack.configure({ features, workspaces: [workspace("sales"), workspace("finance")] });
  return stack;
}

describe("a rollback whose own calls fail", () => {
  it("A rollback whose own calls fail tries again, and is complete when every delete failed once", async () => {
    await using stack = await started();
    const before = worldOf(stack);
    stack.emulator.faults([
      lastFails,
      { method: "DELETE", each: true, status: 503, errorCode: "Unavailable" },
      { method: "POST", route: "/workspaces/{workspaceId}/git/disconnect", each: true, status: 503 },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    const refused = stack.emulator.requests().filter(({ status }) => status === 503);
    assert.ok(refused.length >= 8, `only ${refused.length} calls failed`);
    assert.deepEqual(worldOf(stack), before);
  });

  it("A rollback whose own calls fail goes on where a delete is refused, so that one try more is enough", async () => {
    await using stack = await started();
    const before = worldOf(stack);
    stack.emulator.faults([lastFails, { method: "DELETE", each: true, status: 400, errorCode: "StillInUse" }]);
    const up = await stack.command("cli/up.ts", quick);
    const again = up.code === 2 ? await stack.command("cli/rollback.ts") : { code: 0, text: "" };
    assert.equal(again.code, 0, up.text + again.text);
    assert.deepEqual(worldOf(stack), before);
  });

  it("A rollback whose own calls fail names exactly what cannot be removed, and removes the rest", async () => {
    await using stack = await started();
    stack.emulator.faults([
      lastFails,
      {
        method: "DELETE",
        route: "/workspaces/{workspaceId}",
        status: 400,
        errorCode: "StillInUse",
        sticky: true,
        times: "forever",
      },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    const { workspaces, items, folders, gitConnections, roles } = stack.emulator.service;
    const [left, ...others] = workspaces.all();
    assert.deepEqual(others, []);
    const table = up.text.slice(up.text.indexOf("To be done by hand:")).split("\n");
    const rows = table.filter((line) => /^ {2}\S/.test(line));
    assert.equal(rows.length, 1, up.text);
    assert.match(rows[0] ?? "", new RegExp(`^ {2}Workspace '\\w+' \\(${left?.id}\\) .*StillInUse \\(400, request`));
    assert.match(up.text, new RegExp(`az rest --method delete .*/v1/workspaces/${left?.id}\n`));
    const inside = [...items.all(), ...folders.all(), ...gitConnections.all()].map(({ id }) => id);
    const isFromGit = items.all().every(({ displayName }) => displayName === "exploration");
    assert.ok(isFromGit, inside.join());
    assert.equal(roles.all().length, 1, "only the deploying identity's own role");
    stack.emulator.faults([]);
    const again = await stack.command("cli/rollback.ts");
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(workspaces.all(), []);
  });
});

describe("a rollback that is killed in the middle", () => {
  for (const [where, rule] of [
    ["while it removes", { method: "DELETE", nth: 2, holdMs: 400, drop: "after" }],
    ["before it has removed the last", { method: "DELETE", nth: 6, delayMs: 400, drop: "before" }],
  ] as const) {
    it(`A rollback that is killed in the middle is completed by npm run rollback: ${where}`, async () => {
      const hits = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let count = 0;
      await using stack = await started(() => hits[count++]?.resolve());
      const before = worldOf(stack);
      stack.configure({ features: { useRetryLogic: true }, workspaces: [workspace("sales"), workspace("finance")] });
      stack.emulator.faults([lastFails]);
      assert.equal((await stack.command("cli/up.ts", quick)).code, 2);
      const hit = hits[1]?.promise ?? assert.fail();
      const killed = await crash(stack, hit, { command: projectCommand("cli/rollback.ts"), rule });
      assert.ok(killed, "the rollback ended before it was killed");
      const again = await stack.command("cli/rollback.ts");
      assert.equal(again.code, 0, again.text);
      assert.match(again.text, /fully rolled back/);
      assert.deepEqual(worldOf(stack), before);
    });
  }
});
