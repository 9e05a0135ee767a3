import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WorkspaceConfig } from "../../../lib/config/stackConfig.ts";
import { nameFindings, rightsFindings, takenItems } from "../../../providers/program/preflight.ts";
import type { Asked } from "../../../providers/program/preflight.ts";
import type { RoleAssignment } from "../../../providers/kinds/workspace/workspaceUser.ts";

const item = { name: "bronze", type: "Lakehouse", displayName: "bronze", adopt: false };
const config: WorkspaceConfig = {
  name: "sales",
  displayName: "Sales",
  adopt: false,
  usersAuthoritative: false,
  users: [],
  items: [item],
};
const asked = (more: Partial<WorkspaceConfig> = {}, workspaceId?: string, managed: readonly string[] = []): Asked => ({
  config: { ...config, ...more },
  planned: { workspaceId, users: [], items: [undefined] },
  managedIds: new Set(managed),
});
const there = { id: "W1", displayName: "sales", type: "Workspace" };
const certainties = (findings: readonly { readonly isCertain: boolean }[]) =>
  findings.map(({ isCertain }) => isCertain);

describe("before a workspace is made, preflight", () => {
  it("Before a workspace is made, preflight finds its name taken, unless it adopts, or the stack itself has the other one", () => {
    assert.deepEqual(certainties(nameFindings(asked(), there)), [true]);
    assert.deepEqual(nameFindings(asked({ adopt: true }), there), []);
    assert.deepEqual(nameFindings(asked({}, undefined, ["w1"]), there), []);
    assert.deepEqual(nameFindings(asked(), undefined), []);
  });

  it("Before a workspace is made, preflight only wonders where a managed one is", () => {
    assert.deepEqual(certainties(nameFindings(asked({}, "W1"), undefined)), [false]);
    assert.deepEqual(nameFindings(asked({}, "W1"), there), []);
  });
});

describe("before an item is made, preflight", () => {
  const taken = { id: "I1", workspaceId: "W1", type: "Lakehouse", displayName: "Bronze" };

  it("Before an item is made, preflight finds its name taken among those of its type", () => {
    assert.deepEqual(certainties(takenItems(asked(), [taken])), [true]);
    assert.deepEqual(takenItems(asked(), [{ ...taken, type: "Warehouse" }]), []);
    assert.deepEqual(takenItems(asked({ items: [{ ...item, adopt: true }] }), [taken]), []);
  });

  it("Before an item is made, preflight is not sure in a workspace that the stack has, because a replaced item looks new", () => {
    assert.deepEqual(certainties(takenItems(asked({}, "W1"), [taken])), [false]);
    assert.deepEqual(takenItems(asked({}, "W1", ["w1/i1"]), [taken]), [], "the one that has the name gets another");
  });
});

describe("the rights of the deploying identity", () => {
  const role = (id: string, type: string, role: string): RoleAssignment => ({ id, principal: { id, type }, role });
  const needed = { role: "Member", why: "giving roles" };

  it("The rights of the deploying identity are too few where its own role says so, and no group has more", () => {
    const own = role("ME", "ServicePrincipal", "Viewer");
    const others = [role("alice", "User", "Admin"), role("analysts", "Group", "Contributor")];
    assert.deepEqual(certainties(rightsFindings([own, ...others], "me", "sales", needed)), [true]);
    const admins = role("admins", "Group", "Admin");
    assert.deepEqual(certainties(rightsFindings([own, admins], "me", "sales", needed)), [false]);
  });

  it("The rights of the deploying identity are not doubted where the role is enough, or comes from somewhere else", () => {
    assert.deepEqual(rightsFindings([role("me", "User", "Member")], "me", "sales", needed), []);
    assert.deepEqual(rightsFindings([role("admins", "Group", "Viewer")], "me", "sales", needed), []);
  });
});
