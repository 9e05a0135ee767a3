import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench, deployed } from "./providerBench.ts";

describe("a workspace identity", () => {
  it("A workspace identity is provisioned with the ids that the service gives it, and deprovisioned", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
    const own = await deployed(bench, "workspaceIdentity", { workspaceId });
    const { identity } = bench.emulator.service.workspaces.get(workspaceId) ?? {};
    assert.equal(own.id, workspaceId);
    assert.deepEqual(
      [own.olds["applicationId"], own.olds["servicePrincipalId"]],
      [identity?.applicationId, identity?.servicePrincipalId],
    );

    const process = await bench.process("workspaceIdentity");
    await process.delete(own.id, own.olds);
    assert.equal(bench.emulator.service.workspaces.get(workspaceId)?.identity, undefined);
    assert.equal((await process.read(own.id, own.olds)).id, "");
  });

  it("A workspace identity is deprovisioned once more where the answer to the first call was lost", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
    const own = await deployed(bench, "workspaceIdentity", { workspaceId });
    const process = await bench.process("workspaceIdentity");
    bench.emulator.faults([{ method: "POST", route: "/deprovisionIdentity", drop: "after" }]);
    await process.delete(own.id, own.olds);
    assert.equal(bench.emulator.service.workspaces.get(workspaceId)?.identity, undefined);
  });

  it("A workspace identity that existed before is adopted, and stays when its resource goes", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
    const identity = { applicationId: "a-1", servicePrincipalId: "s-1" };
    bench.emulator.service.workspaces.change(workspaceId, { identity });
    const theirs = await deployed(bench, "workspaceIdentity", { workspaceId });
    assert.equal(theirs.olds["applicationId"], "a-1");

    const process = await bench.process("workspaceIdentity");
    await process.delete(theirs.id, theirs.olds);
    assert.deepEqual(bench.emulator.service.workspaces.get(workspaceId)?.identity, identity);
  });
});
