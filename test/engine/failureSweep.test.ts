import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "./engineStack.ts";
import { worldOf } from "./worldOf.ts";

/*
 * A deployment onto an existing environment, with every kind of change in it, fails at its k-th call to the service and is
 * rolled back. FABRIC_CRASH_SWEEP=all tries every call, npm test a few.
 */

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];
const isWhole = process.env["FABRIC_CRASH_SWEEP"] === "all";
const most = 60;

const first = {
  name: "sales",
  displayName: "sales-test",
  description: "before",
  capacity: "local",
  users: [
    { principal: "alice@contoso.com", role: "Member" },
    { principal: "bob@contoso.com", role: "Viewer" },
  ],
  items: [
    { name: "ingest", path: "items/ingest.Notebook", folder: "/daily" },
    { name: "flow", type: "DataPipeline", displayName: "flow" },
    { name: "bronze", type: "Lakehouse", displayName: "bronze" },
  ],
};
const second = {
  ...first,
  description: "after",
  users: [
    { principal: "alice@contoso.com", role: "Admin" },
    { principal: "carol@contoso.com", role: "Viewer" },
  ],
  items: [
    { name: "ingest", path: "items/ingest.Notebook", folder: "/weekly" },
    { name: "bronze", type: "Lakehouse", displayName: "bronze", creationPayload: { enableSchemas: true } },
    { name: "last", type: "Notebook", displayName: "last" },
  ],
};

describe("a deployment that fails at a call", () => {
  for (const [what, rule] of [
    ["is refused", { status: 400, errorCode: "Broken" }],
    ["loses its answer", { drop: "after" }],
  ] as const) {
    it(`which ${what} is rolled back to what was there before, or succeeds in spite of it`, async () => {
      let tried = 0;
      let rolledBack = 0;
      for (const nth of isWhole ? Array.from({ length: most }, (_, index) => index + 1) : [6, 14]) {
        await using stack = await EngineStack.start();
        cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
        stack.configure({ features, workspaces: [first] });
        assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
        const before = worldOf(stack);
        const calls = stack.emulator.requests().length;
        stack.configure({ features, workspaces: [second] });
        stack.emulator.faults([{ ...rule, nth }]);
        const up = await stack.command("cli/up.ts", quick);
        const isHit = stack.emulator.requests().length - calls >= nth;
        assert.ok(up.code === 0 || up.code === 1, `call ${nth}, exit code ${up.code}:\n${up.text}`);
        if (up.code === 1) assert.deepEqual(worldOf(stack), before, `call ${nth}:\n${up.text}`);
        else assert.deepEqual((await stack.preview()).steps, [], `call ${nth}`);
        tried++;
        if (up.code === 1) rolledBack++;
        if (!isHit) break;
      }
      assert.ok(rolledBack > 0 || "drop" in rule, "no refused call failed the deployment");
      console.log(`${what}: ${tried} calls tried, ${rolledBack} deployments rolled back`);
    });
  }
});
