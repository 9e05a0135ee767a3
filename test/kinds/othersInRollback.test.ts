import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { deployed } from "./providerBench.ts";
import { Rolled } from "./rolled.ts";

/* What other people have made or taken away, before a transaction, during it, and until it is rolled back. */

const quick = { isPatient: false };

describe("objects of others under the name of one of ours", () => {
  it("A rollback takes no item that somebody has made under the name of one that was taken away", async () => {
    await using one = await Rolled.start();
    const { made, inputs, foreign } = await one.adopted();
    one.files("Notebook", "second");
    await one.update(made, inputs);
    one.bench.emulator.service.items.delete(made.id.split("/")[1] ?? "");
    const theirs = await deployed(one.bench, "item", foreign, { ...quick, stack: "other" });
    one.edit(theirs.id, "Notebook", "theirs");
    await assert.rejects(one.remade(made), /has the name, and is not the one from before/);
    assert.match(one.content(theirs.id), /theirs/);
  });

  it("A rollback does not make what somebody had taken away before it, also if it has to make anew what that was in", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const folder = await deployed(one.bench, "folder", { workspaceId, displayName: "raw" });
    const inner = { workspaceId, displayName: "daily", parentFolderId: folder.id.split("/")[1] };
    const within = await deployed(one.bench, "folder", inner);
    const inputs = { workspaceId, type: "DataPipeline", displayName: "flow", folderId: inner.parentFolderId };
    const item = await deployed(one.bench, "item", inputs, quick);
    const workspace = {
      kind: "workspace",
      id: workspaceId,
      olds: { displayName: "sales", capacity: "local" },
    } as const;
    await one.save(folder, within, item);
    const { items, folders } = one.bench.emulator.service;
    items.delete(item.id.split("/")[1] ?? "");
    folders.delete(within.id.split("/")[1] ?? "");
    for (const each of [item, within, folder]) await one.remove(each);
    // nobody knows whether the workspace was deleted
    one.bench.emulator.faults([
      { method: "DELETE", route: "/workspaces/{workspaceId}", drop: "before", times: "forever" },
    ]);
    await assert.rejects(one.remove(workspace));
    const again = await one.remade(folder);
    const [, folderId] = again.id.split("/");
    assert.notEqual(again.id, folder.id);
    assert.equal((await one.remade(item, { folderId })).id, item.id);
    assert.equal((await one.remade(within, { parentFolderId: folderId })).id, within.id);
    assert.deepEqual([items.all().length, folders.all().length], [0, 1]);
  });

  it("A rollback does not make what somebody had taken away before it, also if it has to make anew the workspace that that was in", async () => {
    await using one = await Rolled.start();
    const workspace = await deployed(one.bench, "workspace", { displayName: "sales", capacity: "local" });
    const other = await one.workspace("stock");
    const at = (workspaceId: string, displayName: string) =>
      deployed(one.bench, "item", { workspaceId, type: "DataPipeline", displayName }, quick);
    const [taken, stays] = [await at(workspace.id, "flow"), await at(workspace.id, "load")];
    const alike = await at(other, "flow");
    const bob = { workspaceId: workspace.id, principal: known.bob, type: "User", role: "Viewer" };
    const role = await deployed(one.bench, "workspaceUser", bob);
    await one.save(workspace, taken, stays, alike, role);
    const { items, roles } = one.bench.emulator.service;
    items.delete(taken.id.split("/")[1] ?? "");
    roles.delete(role.id);
    for (const each of [taken, stays, role, workspace]) await one.remove(each);
    const again = await one.remade(workspace);
    assert.notEqual(again.id, workspace.id);
    for (const each of [taken, role]) assert.equal((await one.remade(each, { workspaceId: again.id })).id, each.id);
    await one.remade(stays, { workspaceId: again.id });
    const there = items.all().map(({ workspaceId, displayName }) => [workspaceId, displayName]);
    assert.deepEqual(
      there.sort(),
      [
        [other, "flow"],
        [again.id, "load"],
      ].sort(),
    );
    assert.ok(!roles.all().some(({ principalId }) => principalId === known.bob));
  });

  it("A rollback leaves a role that somebody has given anew since its transaction removed it, and tells it", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const inputs = { workspaceId, principal: known.bob, type: "User", role: "Viewer" };
    const made = await deployed(one.bench, "workspaceUser", inputs);
    await one.save(made);
    await one.remove(made);
    await deployed(one.bench, "workspaceUser", { ...inputs, role: "Contributor" }, { stack: "other" });
    const again = await one.remade(made);
    const left = await one.givenBack(made, again);
    const role = one.bench.emulator.service.roles.all().find(({ principalId }) => principalId === known.bob)?.role;
    assert.equal(role, "Contributor");
    assert.equal(left.length, 1);
  });
});
