import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { callApi } from "./harness/existingEnvironment.ts";
import { salesBranch } from "./harness/salesBranch.ts";

/* fabric:preflight: a preview that asks the service for what an up would fail at. */

const missing = "99999999-9999-4999-8999-999999999999";
const fine = {
  name: "fine",
  displayName: "fine-test",
  capacity: "local",
  users: [{ principal: "alice@contoso.com", role: "Admin" }],
  git: salesBranch,
  items: [{ name: "bronze", type: "Lakehouse" }],
};
const broken = [
  { name: "taken", displayName: "THEIRS" },
  { name: "paused", displayName: "paused-test", capacity: "paused" },
  { name: "nowhere", displayName: "nowhere-test", capacity: "F64-typo" },
  { ...fine, name: "unshared", displayName: "unshared-test", git: { ...salesBranch, connectionId: missing } },
  { name: "strangers", displayName: "strangers-test", users: [{ principal: "nobody@contoso.com", role: "Viewer" }] },
  {
    name: "adopted",
    displayName: "ours too",
    adopt: true,
    items: [{ name: "flow", type: "DataPipeline", displayName: "flow" }],
  },
];

describe("a preview with preflight", () => {
  let stack: EngineStack;
  before(async () => {
    stack = await EngineStack.start();
    await callApi(stack, "POST", "/workspaces", { displayName: "theirs" });
    const capacityId = known.activeCapacity;
    const { id } = await callApi(stack, "POST", "/workspaces", { displayName: "ours too", capacityId });
    await callApi(stack, "POST", `/workspaces/${id}/items`, { type: "DataPipeline", displayName: "flow" });
  });
  after(() => stack[Symbol.asyncDispose]());
  const callsOf = async (work: () => Promise<{ code: number; text: string }>) => {
    const begun = stack.emulator.requests().length;
    const { code, text } = await work();
    return { code, text, calls: stack.calls(begun).sort() };
  };

  it("A preview with preflight tells everything that an up would fail at, each with its resource, and fails; npm run up then does nothing", async () => {
    stack.configure({ preflight: true, workspaces: [fine, ...broken] });
    const { code, text, calls } = await callsOf(() => stack.preview());
    assert.notEqual(code, 0, text);
    const told = text.slice(text.indexOf("Diagnostics:"));
    for (const [resource, error] of [
      ["Workspace (taken)", "Workspace 'THEIRS' exists already"],
      ["Workspace (paused)", "Capacity 'paused' is paused"],
      ["Workspace (nowhere)", "There is no capacity 'F64-typo'"],
      ["GitConnection (unshared)", `Connection ${missing} does not exist, or is not shared`],
      ["WorkspaceUser (strangers/nobody@contoso.com)", "look up nobody@contoso.com failed: Request_ResourceNotFound"],
      ["Item (adopted/flow)", "DataPipeline 'flow' exists already in the workspace"],
    ] as const) {
      const section = told.slice(told.indexOf(`fabric:${resource}`)).split("\n\n")[0];
      assert.ok(section?.includes(`error: ${error}`), `${resource}:\n${told}`);
    }
    assert.doesNotMatch(told, /fabric:\w+ \(fine/);
    assert.deepEqual(
      calls.filter((call) => !call.startsWith("GET")),
      [],
    );
    const up = await callsOf(() => stack.command("cli/up.ts", ["--yes"]));
    assert.notEqual(up.code, 0, up.text);
    assert.deepEqual(
      up.calls.filter((call) => !call.startsWith("GET")),
      [],
    );
  });

  it("A preview with preflight asks once for each list, connection and person, for what exists almost nothing, and nothing in the up itself", async () => {
    stack.configure({ preflight: true, workspaces: [fine, { ...fine, name: "other", displayName: "other-test" }] });
    const first = await callsOf(() => stack.preview());
    assert.equal(first.code, 0, first.text);
    assert.deepEqual(first.calls, ["GET /capacities", "GET /connections", "GET /v1.0/users/{user}", "GET /workspaces"]);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const second = await callsOf(() => stack.preview());
    assert.equal(second.code, 0, second.text);
    assert.deepEqual(second.calls, ["GET /capacities", "GET /workspaces"]);
  });

  it("A preview with preflight checks new connections against the types that the service supports, and that their secrets exist", async () => {
    const sql = { name: "sales-sql", type: "SQL", parameters: { server: "sales.database.windows.net" } };
    const basic = { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" };
    const connections = [
      { ...sql, credentials: { credentialType: "WorkspaceIdentity" } },
      {
        ...sql,
        name: "wrong",
        parameters: { sever: "sales" },
        credentials: { credentialType: "Key", secret: "NO_SUCH" },
      },
      { ...sql, name: "secretless", credentials: basic },
    ];
    stack.configure({ preflight: true, connections, workspaces: [] });
    const { code, text, calls } = await callsOf(() => stack.preview());
    assert.notEqual(code, 0, text);
    for (const error of [
      "Connection 'wrong': Sql needs the parameter server.",
      "Connection 'wrong': Sql knows no parameter sever; did you mean server?",
      "Connection 'wrong': credentialType Key is not supported",
      "Connection 'wrong': Secret NO_SUCH is in none of",
      "Connection 'secretless': Secret SALES_SQL_PASSWORD is in none of",
    ])
      assert.ok(text.includes(`error: ${error}`), `${error}\n${text}`);
    assert.doesNotMatch(text, /Connection 'sales-sql'/);
    assert.deepEqual(calls, ["GET /connections/supportedConnectionTypes"]);

    stack.configure({ connections, workspaces: [] });
    const quiet = await callsOf(() => stack.preview());
    assert.deepEqual([quiet.code, quiet.calls], [0, []], quiet.text);
  });
});
