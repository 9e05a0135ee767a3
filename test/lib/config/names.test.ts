import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseStackConfig, StackConfigError } from "../../../lib/config/stackConfig.ts";
import { kindKeys } from "../../../providers/kinds/kinds.ts";
import { gitHub } from "./exampleStack.ts";

const key = { credentialType: "Key", secret: "SALES_GITHUB_PAT" };
const connection = { name: "sales-github", type: "GitHubSourceControl", credentials: key };
const reference = { name: "shared", workspace: "Shared data" };
const { connectionId: _id, ...git } = gitHub;
const sales = { name: "sales", identity: true, git: { ...git, connection: "sales-github" } };
const fine = {
  connections: [{ ...connection, roles: [{ principal: { workspaceIdentity: "shared" }, role: "User" }] }],
  references: [reference, { name: "network", gateway: "contoso network" }],
  workspaces: [{ ...sales, users: [{ principal: { workspaceIdentity: "Sales" }, role: "Member" }] }],
};

function problemsOf(raw: Record<string, unknown>): string[] {
  try {
    parseStackConfig({ ...fine, ...raw }, { projectRoot: ".", stack: "dev", env: {}, kindKeys });
    return [];
  } catch (error) {
    assert.ok(error instanceof StackConfigError, String(error));
    return error.problems.map(({ path, message }) => `${path}: ${message}`);
  }
}
const connections = (...list: object[]) => problemsOf({ connections: [connection, ...list] });
const references = (...list: object[]) => problemsOf({ references: [reference, ...list] });
const workspace = (more: object) => problemsOf({ workspaces: [{ ...sales, ...more }] });

describe("names in the configuration", () => {
  it("Names in the configuration mean connections, references, and identities of workspaces, in whatever case", () => {
    assert.deepEqual(problemsOf({}), []);
    assert.deepEqual(
      connections({ ...connection, name: "vnet", connectivityType: "VirtualNetworkGateway", gateway: "NETWORK" }),
      [],
    );
  });

  it("Names in the configuration that mean nothing are refused with their path and the nearest name", () => {
    const [wrongGit] = workspace({ git: { ...git, connection: "sales-githb" } });
    assert.match(
      wrongGit ?? "",
      /workspaces\[0\]\.git\.connection: names nothing in connections or references; did you mean sales-github\?/,
    );
    const [both] = workspace({ git: { ...gitHub, connection: "sales-github" } });
    assert.match(both ?? "", /git\.connection: give either connection or connectionId/);
    const [identity] = problemsOf({
      workspaces: [
        { ...sales, identity: false, users: [{ principal: { workspaceIdentity: "sales" }, role: "Member" }] },
      ],
    });
    assert.match(
      identity ?? "",
      /users\[0\]\.principal\.workspaceIdentity: names nothing in references, and no workspace with identity: true/,
    );
    const vnet = { ...connection, name: "vnet", connectivityType: "VirtualNetworkGateway" };
    assert.match(
      connections({ ...vnet, gateway: "netwrk" })[0] ?? "",
      /gateway: names nothing in references; did you mean network\?/,
    );
    assert.match(
      connections(vnet)[0] ?? "",
      /connections\[1\]\.gateway: required for a VirtualNetworkGateway connection/,
    );
    const vault = (connectionId: string) => ({ credentialType: "Key", keyVault: { connectionId, secretName: "pat" } });
    const own = { ...connection, name: "a", credentials: vault("a") };
    assert.match(connections(own)[0] ?? "", /keyVault\.connectionId: is this connection itself/);
    const chain = [
      { ...connection, name: "a", credentials: vault("b") },
      { ...connection, name: "b", credentials: vault("a") },
    ];
    assert.match(
      connections(...chain).join("\n"),
      /connections\[1\]\.credentials\.keyVault\.connectionId: names a connection that needs a Key Vault itself/,
    );
  });

  it("Names in the configuration that two things have are refused", () => {
    assert.match(
      connections({ ...connection, name: "other", displayName: "Sales-GitHub" })[0] ?? "",
      /connections\[1\]\.displayName: same displayName as/,
    );
    assert.match(
      references({ name: "sales-github", connection: "x" }).join("\n"),
      /references\[1\]\.name: is the name of one of connections, too/,
    );
    assert.match(
      references({ name: "sales", workspace: "x" }).join("\n"),
      /references\[1\]\.name: is the name of one of workspaces, too/,
    );
    const twice = [
      { principal: "a@contoso.com", role: "User" },
      { principal: "A@contoso.com", role: "Owner" },
    ];
    assert.match(
      connections({ ...connection, name: "other", displayName: "x", roles: twice })[0] ?? "",
      /roles\[1\]\.principal: has a role in this connection already/,
    );
  });

  it("Names in the configuration of a reference mean exactly one thing", () => {
    for (const wrong of [
      {},
      { item: "gold" },
      { workspace: "a", connection: "b" },
      { capacity: "a", type: "Lakehouse" },
    ])
      assert.equal(references({ name: "wrong", ...wrong }).length, 1, JSON.stringify(wrong));
    assert.deepEqual(references({ name: "right", workspace: "a", item: "gold", type: "Lakehouse" }), []);
  });

  it("Names in the configuration never hold a secret's value, and the message does not repeat it", () => {
    const [problem] = connections({ ...connection, name: "other", credentials: { ...key, secret: "P@ssw0rd canary" } });
    assert.match(problem ?? "", /credentials\.secret: must be the name of a secret, never its value/);
    assert.ok(!problem?.includes("canary"));
    assert.match(
      connections({ ...connection, name: "other", credentials: undefined })[0] ?? "",
      /credentials: required, unless adopt is true/,
    );
  });
});
