import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { known } from "../../emulator/defaultSeed.ts";
import type { FaultRule } from "../../emulator/faults.ts";
import { EngineStack } from "./engineStack.ts";

/* kill -9 of everything in the middle of a call; then one up. FABRIC_CRASH_SWEEP=all tries every call, npm test a few. */

const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Member" }],
      git: {
        gitProviderType: "GitHub",
        ownerName: "contoso",
        repositoryName: "sales",
        branchName: "main",
        directoryName: "/fabric",
        connectionId: known.gitHubConnection,
      },
      items: [
        { name: "bronze", type: "Lakehouse", folder: "/raw" },
        { name: "ingest", path: "fabric/sales/ingest.Notebook" },
      ],
    },
  ],
};
const writes = [
  "/workspaces",
  "/workspaces/{workspaceId}/roleAssignments",
  "/workspaces/{workspaceId}/git/connect",
  "/workspaces/{workspaceId}/git/initializeConnection",
  "/workspaces/{workspaceId}/git/updateFromGit",
  "/workspaces/{workspaceId}/folders",
  "/workspaces/{workspaceId}/items",
];
const sample =
  process.env["FABRIC_CRASH_SWEEP"] === "all"
    ? writes
    : ["/workspaces", "/workspaces/{workspaceId}/git/connect", "/workspaces/{workspaceId}/items"];

/** A process and everything it started, by process id. */
function familyOf(pid: number): number[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
  const pairs = table.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const family = [pid];
  for (const parent of family) family.push(...pairs.filter(([, ppid]) => ppid === parent).map(([child]) => child));
  return family;
}

/** Runs `up` and kills everything when the rule hits. */
async function crash(stack: EngineStack, hit: Promise<void>, rule: FaultRule): Promise<void> {
  stack.emulator.faults([rule]);
  const child = spawn("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "test"], {
    cwd: stack.folder,
    env: stack.env,
    stdio: "ignore",
  });
  const exit = once(child, "exit");
  await Promise.race([hit, exit.then(() => assert.fail("it ended before the fault"))]);
  for (const pid of familyOf(child.pid ?? 0).reverse()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  }
  await exit;
  stack.emulator.faults([]);
}

describe("after kill -9 in the middle of a call, one up", () => {
  for (const route of sample) {
    for (const [side, rule] of [
      ["before the service acts", { delayMs: 400, drop: "before" }],
      ["after it has acted, before the answer", { holdMs: 400, drop: "after" }],
    ] as const) {
      it(`makes everything as declared, nothing twice and nothing lost: POST ${route}, ${side}`, async () => {
        const hit = Promise.withResolvers<void>();
        await using stack = await EngineStack.start({ emulator: { onFault: hit.resolve } });
        stack.configure(environment);
        await crash(stack, hit.promise, { method: "POST", route, ...rule });
        assert.equal((await stack.run(["cancel", "--yes", "--stack", "test"])).code, 0);
        const up = await stack.up();
        assert.equal(up.code, 0, up.text);
        const { workspaces, roles, folders, items, gitConnections } = stack.emulator.service;
        assert.equal(workspaces.all().length, 1);
        assert.equal(roles.all().length, 2);
        assert.equal(folders.all().length, 1);
        assert.deepEqual(
          items
            .all()
            .map(({ type, displayName }) => `${type} ${displayName}`)
            .sort(),
          ["Lakehouse bronze", "Notebook exploration", "Notebook ingest", "SQLEndpoint bronze"],
        );
        assert.ok(gitConnections.all()[0]?.head);
        assert.deepEqual((await stack.preview()).steps, []);
        const adopted = (await stack.state()).deployment.resources?.filter(
          ({ outputs }) => outputs?.["adopted"] ?? outputs?.["adoptedRole"],
        );
        assert.deepEqual(adopted, [], "what this stack made is its own, and destroy must remove it");
        assert.equal((await stack.destroy()).code, 0);
        assert.deepEqual([workspaces.all(), items.all(), gitConnections.all()], [[], [], []]);
      });
    }
  }
});
