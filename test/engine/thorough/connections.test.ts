import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";

const quick = ["--yes", "--skip-preview"];
const secret = "canary-first-password-77aa";
const rotated = "canary-second-password-88bb";

const sql = {
  name: "sales-sql",
  type: "SQL",
  parameters: { server: "sales.database.windows.net", database: "sales" },
  credentials: { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" },
  roles: [{ principal: "Analysts", type: "Group", role: "User" }],
};
const gitHub = {
  name: "sales-github",
  type: "GitHubSourceControl",
  credentials: { credentialType: "Key", secret: "SALES_GITHUB_PAT" },
};
const workspace = {
  name: "sales",
  capacity: "local",
  identity: true,
  users: [{ principal: { workspaceIdentity: "sales" }, role: "Contributor" }],
  git: { ...knownBranch, connection: "sales-github" },
};

describe("connections", () => {
  it("Connections are made with their roles, used by Git under their names, sent again when a secret changes, and given back their credentials in a rollback", async () => {
    await using stack = await EngineStack.start({
      env: { SALES_SQL_PASSWORD: secret, SALES_GITHUB_PAT: "canary-github-token-99cc" },
    });
    const { service } = stack.emulator;
    const named = (name: string) => service.connections.all().find(({ body }) => body["displayName"] === name);
    const features = { useRetryLogic: true, useRollback: true };
    const declared = { features, protectData: false, connections: [sql, gitHub], workspaces: [workspace] };

    stack.configure(declared);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const outputs = JSON.parse((await stack.run(["stack", "output", "--json"])).text) as {
      connections: Record<string, { id: string }>;
    };
    const made = named("sales-sql");
    assert.deepEqual(outputs.connections, {
      "sales-sql": { id: made?.id },
      "sales-github": { id: named("sales-github")?.id },
    });
    const roles = service.connectionRoles.all().filter(({ ownerId }) => ownerId === made?.id);
    assert.deepEqual(roles.map(({ role }) => role).sort(), ["Owner", "User"]);
    const [connected] = service.gitConnections.all();
    assert.match(JSON.stringify(connected), new RegExp(named("sales-github")?.id ?? "none"));
    const identity = service.workspaces.all().find(({ displayName }) => displayName === "sales")?.identity;
    const given = service.roles.all().filter(({ principalId }) => principalId === identity?.servicePrincipalId);
    assert.deepEqual(
      given.map(({ role }) => role),
      ["Contributor"],
    );

    const unchanged = await stack.run(["preview", "--refresh"]);
    assert.deepEqual([unchanged.code, unchanged.steps], [0, []], unchanged.text);

    const other = await stack.preview({ SALES_SQL_PASSWORD: rotated });
    assert.match(other.text, /secretVersion/);
    const rotation = await stack.command("cli/up.ts", quick, { SALES_SQL_PASSWORD: rotated });
    assert.equal(rotation.code, 0, rotation.text);
    const after = named("sales-sql")?.credentials;
    assert.notEqual(after, made?.credentials);

    // the secret keeps its value, its user changes, and something else fails
    stack.configure({
      ...declared,
      connections: [{ ...sql, credentials: { ...sql.credentials, username: "reader" } }, gitHub],
      workspaces: [workspace, { name: "failing" }],
    });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces", status: 400, errorCode: "Broken", delayMs: 1500, times: "forever" },
    ]);
    const failed = await stack.command("cli/up.ts", quick, { SALES_SQL_PASSWORD: rotated });
    stack.emulator.faults([]);
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    const sent = stack.emulator
      .requests()
      .filter(({ method, path }) => method === "PATCH" && path.includes(made?.id ?? "?"));
    assert.equal(sent.length, 3, "rotated, changed, given back");
    assert.equal(named("sales-sql")?.credentials, after);

    // the old value is nowhere any more
    stack.emulator.faults([
      { method: "POST", route: "/workspaces", status: 400, errorCode: "Broken", delayMs: 1500, times: "forever" },
    ]);
    const lost = await stack.command("cli/up.ts", quick, { SALES_SQL_PASSWORD: "canary-third-password-11dd" });
    stack.emulator.faults([]);
    assert.equal(lost.code, 2, lost.text);
    assert.match(lost.text, /Connection 'sales-sql'.*its credentials are those of this deployment/s);

    const texts = readdirSync(stack.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
    const everything = [
      ...texts,
      up.text,
      rotation.text,
      failed.text,
      lost.text,
      JSON.stringify(stack.emulator.state()),
    ];
    assert.ok(texts.length > 5);
    assert.ok(!everything.some((text) => /canary-\w+-(password|token)/.test(text)), "a secret lies around");
  });
});
