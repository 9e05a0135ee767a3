import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { crash, projectCommand } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/* kill -9 in each write that concerns a connection, and what the next command makes of it. */

const projectUp = projectCommand("cli/up.ts", "--yes", "--skip-preview");
const secrets = { SALES_SQL_PASSWORD: "canary-of-a-crash", OTHER_PASSWORD: "canary-of-another" };
const features = { useRetryLogic: true, useRollback: true };

const connectionWith = (privacyLevel: string, secret: string, role: string) => ({
  features,
  protectData: false,
  workspaces: [{ name: "sales" }],
  connections: [
    {
      name: "sales-sql",
      type: "SQL",
      parameters: { server: "sales.database.windows.net" },
      privacyLevel,
      credentials: { credentialType: "Basic", username: "loader", secret },
      roles: [{ principal: "Analysts", type: "Group", role }],
    },
  ],
});
const nothing = { features, protectData: false, workspaces: [{ name: "sales" }], connections: [] };
const first = connectionWith("Private", "SALES_SQL_PASSWORD", "User");
const second = connectionWith("Public", "OTHER_PASSWORD", "UserWithReshare");

const points = [
  ["the create of a connection", nothing, first, { method: "POST", route: "/connections" }],
  [
    "the create of a role in it",
    nothing,
    first,
    { method: "POST", route: "/connections/{connectionId}/roleAssignments" },
  ],
  ["the change of its properties", first, second, { method: "PATCH", route: "/connections/{connectionId}", nth: 1 }],
  ["the change of its credentials", first, second, { method: "PATCH", route: "/connections/{connectionId}", nth: 2 }],
  [
    "the change of a role in it",
    first,
    second,
    { method: "PATCH", route: "/connections/{connectionId}/roleAssignments/{connectionRoleAssignmentId}" },
  ],
  ["its delete", first, nothing, { method: "DELETE", route: "/connections/{connectionId}" }],
] as const;

describe("after kill -9", () => {
  for (const [what, before, after, call] of points) {
    for (const end of ["rollback", "up"] as const) {
      it(`After kill -9 in ${what}, ${end === "up" ? "the next up makes it whole" : "a rollback makes it as before"}`, async () => {
        const hit = Promise.withResolvers<void>();
        await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve }, env: secrets });
        stack.configure(before);
        const begun = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
        assert.equal(begun.code, 0, begun.text);
        const world = worldOf(stack);
        stack.configure(after);
        await crash(stack, hit.promise, { command: projectUp, rule: { ...call, holdMs: 400, drop: "after" } });
        const isRollback = end === "rollback";
        const ended = await stack.command(isRollback ? "cli/rollback.ts" : "cli/up.ts", ["--yes"]);
        // a connection that was deleted is made anew: what was bound to it is lost, and told
        assert.equal(ended.code, isRollback && what === "its delete" ? 2 : 0, ended.text);
        if (isRollback) assert.deepEqual(worldOf(stack), world);
        else assert.deepEqual((await stack.preview()).steps, []);
        const { connectionRoles } = stack.emulator.service;
        const role = connectionRoles.all().find(({ principalId }) => principalId === known.analysts)?.role;
        const declared = (isRollback ? before : after).connections[0]?.roles[0]?.role;
        assert.equal(role, declared);
      });
    }
  }
});
