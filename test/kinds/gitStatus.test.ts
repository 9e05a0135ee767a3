import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isBehind, losersOf } from "../../providers/kinds/git/status.ts";
import type { GitStatus } from "../../providers/kinds/git/status.ts";

type Change = GitStatus["changes"][number];

const change = (
  workspaceChange: Change["workspaceChange"],
  remoteChange: Change["remoteChange"],
  more: { itemType?: string; conflictType?: "None" | "Conflict" | "SameChanges" } = {},
): GitStatus => {
  const { itemType = "Notebook", conflictType = workspaceChange && remoteChange ? "Conflict" : "None" } = more;
  const itemMetadata = { itemIdentifier: {}, itemType, displayName: "x" };
  return {
    changes: [
      { itemMetadata, workspaceChange: workspaceChange ?? null, remoteChange: remoteChange ?? null, conflictType },
    ],
  };
};
const remote = { initializationStrategy: "PreferRemote", allowOverwrite: false };
const workspace = { initializationStrategy: "PreferWorkspace", allowOverwrite: false };

describe("the Git status of a workspace", () => {
  it("The Git status of a workspace is behind where the branch has changes, and not where a commit lies elsewhere or the workspace has some", () => {
    assert.equal(isBehind(change(null, "Modified")), true);
    assert.equal(isBehind(change("Modified", null)), false);
    assert.equal(isBehind({ workspaceHead: "a", remoteCommitHash: "b", changes: [] }), false);
  });

  it("The Git status of a workspace has losers where both sides changed and the workspace's would be overwritten", () => {
    assert.deepEqual(losersOf(change("Modified", "Modified"), remote), ["Notebook 'x' was changed in the workspace"]);
    assert.deepEqual(losersOf(change("Modified", "Deleted"), remote), ["Notebook 'x' was changed in the workspace"]);
    assert.deepEqual(losersOf(change("Added", "Added", { conflictType: "SameChanges" }), remote), []);
    assert.deepEqual(losersOf(change("Modified", "Modified"), workspace), []);
    assert.deepEqual(losersOf(change("Modified", null), remote), []);
    assert.deepEqual(losersOf(change(null, "Deleted"), remote), []);
  });

  it("The Git status of a workspace has losers where the branch deleted an item that holds data, whichever side is preferred", () => {
    for (const policy of [remote, workspace]) {
      const lost = losersOf(change(null, "Deleted", { itemType: "Lakehouse" }), policy);
      assert.deepEqual(lost, ["Lakehouse 'x' was deleted in the branch, and holds data"]);
    }
  });

  it("The Git status of a workspace has none where overwriting is allowed", () => {
    const status = change("Modified", "Deleted", { itemType: "Lakehouse" });
    assert.deepEqual(losersOf(status, { ...remote, allowOverwrite: true }), []);
  });
});
