import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../emulator/families/identity.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import { unlistedAmong } from "../../providers/kinds/workspace/unlistedUsers.ts";

const assignment = (id: string, role: string, type = "User") => ({
  id,
  role,
  principal: { id, type, displayName: id, ...(type === "User" && { userDetails: { userPrincipalName: `${id}@x` } }) },
});
const roles = [
  assignment("me", "Admin", "ServicePrincipal"),
  assignment("alice", "Admin"),
  assignment("bob", "Viewer"),
  assignment("team", "Admin", "Group"),
];
const namesOf = (listed: string[], callerId?: string, among = roles) =>
  Object.values(unlistedAmong(among, listed, callerId).unlisted).map(({ name }) => name);

describe("a role counts as unlisted", () => {
  it("A role counts as unlisted unless its principal is declared by name or id, in any case, or is the deploying identity", () => {
    assert.deepEqual(namesOf([], "ME"), ["alice@x", "bob@x", "team"]);
    assert.deepEqual(namesOf(["Alice@X", "TEAM"], "me"), ["bob@x"]);
  });

  it("A role counts as unlisted only below Admin, while the deploying identity is unknown or no Admin by itself", () => {
    assert.deepEqual(namesOf([]), ["bob@x"]);
    assert.deepEqual(namesOf([], "somebody else"), ["bob@x"]);
    const asViewer = roles.map((role) => (role.id === "me" ? { ...role, role: "Viewer" } : role));
    assert.deepEqual(namesOf([], "me", asViewer), ["bob@x"]);
    assert.deepEqual(unlistedAmong(asViewer, [], "me").kept, ["alice@x", "team"]);
  });
});

describe("unlisted users of a workspace", () => {
  const workspaceId = "00000000-0000-4000-8000-000000000001";

  async function started(token = tokenFor(known.deployer, tenantId, "fabric", Date.now())) {
    const emulator = await startEmulator();
    const { workspaces, roles: given } = emulator.service;
    workspaces.put({ id: workspaceId, displayName: "sales", type: "Workspace" });
    const give = (principalId: string, role: string) =>
      given.put({ id: `${workspaceId}/${principalId}`, workspaceId, principalId, role });
    give(known.deployer, "Admin");
    give(known.bob, "Admin");
    const env = {
      FABRIC_ACCESS_TOKEN: token,
      FABRIC_GRAPH_ENDPOINT: emulator.origin,
    };
    const settings = { stack: "dev", features: {}, credential: "auto", transactionLog: "/nowhere" };
    const run = await startRun({ ...settings, endpoint: emulator.url }, env);
    const warnings: string[] = [];
    const read = async (...listed: string[]) => {
      const state = { workspaceId, listed, unlisted: {} };
      const live = await kinds.unlistedUsers.read({ ...run, warn: (line) => warnings.push(line) }, workspaceId, state);
      return live === "gone" ? live : Object.values(live.inputs.unlisted ?? {}).map(({ name }) => name);
    };
    const close = async () => {
      await run.close();
      await emulator.close();
    };
    return { emulator, read, warnings, [Symbol.asyncDispose]: close };
  }

  it("Unlisted users of a workspace may be Admins, where the deploying identity is one by itself", async () => {
    await using service = await started();
    assert.deepEqual(await service.read(), ["bob@contoso.com"]);
    assert.deepEqual(service.warnings, []);
  });

  it("Unlisted users of a workspace are no Admins, and these are named, where the token does not say which of them deploys", async () => {
    await using service = await started("opaque");
    assert.deepEqual(await service.read("bob@contoso.com"), []);
    assert.deepEqual(service.warnings, [], "the only Admin is the deploying identity");
    assert.deepEqual(await service.read(), []);
    assert.match(
      service.warnings.join(),
      /bob@contoso\.com: Admin and not listed, but not removed, because the deploying/,
    );
  });

  it("Unlisted users of a workspace are told apart by id from a declared user who has another name now, and otherwise nobody is one", async () => {
    await using service = await started();
    const { principals } = service.emulator.service;
    // Graph does not know him by the declared name any more
    principals.change(known.bob, { userPrincipalName: "robert@contoso.com" });
    assert.deepEqual(await service.read("bob@contoso.com"), []);
    assert.match(service.warnings.join(), /Nobody is taken for unlisted: .*bob@contoso\.com/);
    assert.deepEqual(await service.read("alice@contoso.com"), ["robert@contoso.com"], "alice is known, and is not he");
  });

  it("Unlisted users of a workspace are gone with their workspace", async () => {
    await using service = await started();
    const { workspaces, roles: given } = service.emulator.service;
    workspaces.put({ id: known.analysts, displayName: "other", type: "Workspace" });
    given.put({
      id: `${known.analysts}/${known.deployer}`,
      workspaceId: known.analysts,
      principalId: known.deployer,
      role: "Admin",
    });
    workspaces.delete(workspaceId);
    assert.equal(await service.read(), "gone");
  });

  it("Unlisted users of a workspace are not the groups, applications and workspace identities that are declared by other names than their ids", async () => {
    await using service = await started();
    const { emulator, read, warnings } = service;
    const { principals, roles: given } = emulator.service;
    const app = "22222222-3333-4444-8555-666666666666";
    principals.put({ id: "loader", type: "ServicePrincipal", displayName: "Loader", aadAppId: app });
    for (const principalId of [known.analysts, "loader", known.carol])
      given.put({ id: `${workspaceId}/${principalId}`, workspaceId, principalId, role: "Member" });
    const bob = "bob@contoso.com";
    const carol = "carol@contoso.com";
    assert.deepEqual(await read(bob, "group=analysts", "serviceprincipal=loader"), [carol]);
    assert.deepEqual(await read(bob, carol, "group=analysts", `applicationid=${app}`), []);
    assert.deepEqual(await read(bob, carol, `workspaceidentity=${known.analysts}`, "serviceprincipal=loader"), []);
    for (const id of ["t1", "t2"]) principals.put({ id, type: "Group", displayName: "Twins" });
    assert.deepEqual(await read(bob, "group=twins"), []);
    assert.match(warnings.at(-1) ?? "", /Nobody is taken for unlisted: There is more than one group/);
  });
});
