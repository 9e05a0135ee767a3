import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { Bench, TRANSACTION, conditionOf, deployed, kindOf } from "./providerBench.ts";
import type { Properties } from "./providerBench.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";

/* Role assignments whose ids are not their principals': "not found" under one id proves nothing of the other. */

async function rolesOfTheirOwn(): Promise<{ bench: Bench; workspaceId: string }> {
  const bench = await Bench.start();
  bench.emulator.service.levers.ownRoleIds = true;
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
  return { bench, workspaceId };
}

/** Creates an object in a run. @returns its properties */
async function createdIn(bench: Bench, run: LiveRun, kind: "workspace" | "workspaceUser", inputs: Properties) {
  const process = await bench.process(kind, {}, { run });
  const { id, outs } = await process.create(check(kindOf(kind), {}, inputs).inputs);
  const properties: Properties = outs ?? {};
  return { ...properties, id: String(id), adoptedRole: properties["adoptedRole"] };
}

describe("the role of the deploying identity in a new workspace", () => {
  for (const drop of ["before", "after"] as const) {
    it(`The role of the deploying identity in a new workspace is known not to be this deployment's, if a call is lost ${drop} its effect`, async () => {
      await using bench = await Bench.start();
      const run = await bench.run();
      const { id: workspaceId } = await createdIn(bench, run, "workspace", { displayName: "sales" });
      bench.emulator.faults([{ method: "POST", route: "/workspaces/{workspaceId}/roleAssignments", drop }]);
      const own = { workspaceId, principal: known.deployer, type: "ServicePrincipal", role: "Admin" };
      const { adoptedRole } = await createdIn(bench, run, "workspaceUser", own);
      assert.equal(adoptedRole, "Admin");
      const log = await bench.logs().entries(TRANSACTION);
      const removals = log.filter(
        (entry) => entry.kind === "intent" && entry.compensation?.function === "removeWorkspaceUser",
      );
      assert.deepEqual(removals, [], "a rollback would lock the deploying identity out");
    });
  }
});

const roleOfBob = ({ emulator }: Bench) =>
  emulator.service.roles.all().find(({ principalId }) => principalId === known.bob)?.role;

describe("a role assignment that has an id of its own", () => {
  for (const [who, forget] of [
    ["this version", false],
    ["an earlier version, whose state does not hold that id,", true],
  ] as const) {
    it(`A role assignment that has an id of its own is changed and removed, if ${who} has given the role`, async () => {
      const { bench, workspaceId } = await rolesOfTheirOwn();
      await using _bench = bench;
      const inputs = { workspaceId, principal: known.bob, type: "User", role: "Viewer" };
      const { id, olds } = await deployed(bench, "workspaceUser", inputs);
      assert.equal(id, `${workspaceId}/${known.bob}`);
      const state = (from: Properties): Properties => (forget ? { ...from, assignmentId: undefined } : from);
      const process = await bench.process("workspaceUser");
      const read = await process.read(id, state(olds));
      assert.equal((read.props as Properties)["role"], "Viewer");
      const news = check(kindOf("workspaceUser"), olds, { ...inputs, role: "Member" }).inputs;
      const { outs } = await process.update(id, state(olds), news);
      assert.equal(roleOfBob(bench), "Member");
      await process.delete(id, state(outs as Properties));
      assert.equal(roleOfBob(bench), undefined);
      await process.delete(id, state(outs as Properties));
    });
  }

  it("A role assignment that has an id of its own that existed before is given back with the role that it had", async () => {
    const { bench, workspaceId } = await rolesOfTheirOwn();
    await using _bench = bench;
    bench.emulator.service.roles.put({
      id: `${workspaceId}/${known.bob}`,
      workspaceId,
      principalId: known.bob,
      role: "Viewer",
    });
    const before = conditionOf(bench);
    const { id, olds } = await deployed(bench, "workspaceUser", {
      workspaceId,
      principal: known.bob,
      type: "User",
      role: "Member",
    });
    assert.equal(roleOfBob(bench), "Member");
    await (await bench.process("workspaceUser")).delete(id, olds);
    assert.deepEqual(conditionOf(bench), before);
  });

  it("A role assignment that has an id of its own that nobody declares is removed once a refresh has shown it", async () => {
    const { bench, workspaceId } = await rolesOfTheirOwn();
    await using _bench = bench;
    const { id, olds } = await deployed(bench, "unlistedUsers", { workspaceId, listed: [] });
    bench.emulator.service.roles.put({
      id: `${workspaceId}/${known.bob}`,
      workspaceId,
      principalId: known.bob,
      role: "Viewer",
    });
    const process = await bench.process("unlistedUsers", { FABRIC_TRANSACTION_ID: TRANSACTION });
    const { props } = await process.read(id, olds);
    const news = check(kindOf("unlistedUsers"), {}, { workspaceId, listed: [] }).inputs;
    await process.update(id, props as Properties, news);
    assert.equal(roleOfBob(bench), undefined);
  });
});
