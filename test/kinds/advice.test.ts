import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { connection } from "../../providers/kinds/connection/connection.ts";
import { capacityProblem } from "../../providers/kinds/workspace/capacity.ts";
import { lookUp } from "../../providers/kinds/reference/lookUp.ts";
import { Bench, deployed, kindOf } from "./providerBench.ts";
import type { KindKey, Properties } from "./providerBench.ts";
import { salesBranch } from "../engine/harness/salesBranch.ts";

const basic = { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" };
const sql = { displayName: "sales-sql", type: "SQL", parameters: { server: "s.example" }, credentials: basic };
const checked = (kind: KindKey, inputs: Properties) => check(kindOf(kind), {}, inputs).inputs;

/** The message of a create that the service refuses. */
async function refusal(bench: Bench, kind: KindKey, inputs: Properties): Promise<string> {
  const process = await bench.process(kind);
  const message = await process.create(checked(kind, inputs)).then(
    () => undefined,
    (error: Error) => error.message,
  );
  await process.end();
  return message ?? assert.fail("it was made");
}

const taken = [
  { noun: "workspace", kind: "workspace", route: "/workspaces", errorCode: "WorkspaceNameAlreadyExists" },
  { noun: "item", kind: "item", route: "/workspaces/{workspaceId}/items", errorCode: "ItemDisplayNameAlreadyInUse" },
  { noun: "connection", kind: connection, route: "/connections", errorCode: "DuplicateConnectionName" },
] as const;

/** Inputs of an object, in a workspace that another stack has made. */
async function inputsFor(bench: Bench, noun: string): Promise<Properties> {
  if (noun === "workspace") return { displayName: "sales" };
  if (noun === "connection") return sql;
  const { id: workspaceId } = await deployed(
    bench,
    "workspace",
    { displayName: "w", capacity: "local" },
    { stack: "o" },
  );
  return { workspaceId, type: "Notebook", displayName: "ingest" };
}

describe("advice about a name that is taken", () => {
  for (const { noun, kind, route, errorCode } of taken) {
    it(`With adopt: true, and no ${noun} of the name to be seen, the advice is to wait, never to set adopt: true`, async () => {
      await using bench = await Bench.start();
      const inputs = await inputsFor(bench, noun);
      const rule = { method: "POST", route, status: 409, errorCode, message: "is taken", times: "forever" } as const;
      bench.emulator.faults([rule]);
      const declared = await refusal(bench, kind, { ...inputs, adopt: true });
      assert.match(declared, new RegExp(`${errorCode} \\(409.*adopt: true is declared, .*wait.*run again`));
      assert.doesNotMatch(declared, /set adopt/);
      const undeclared = await refusal(bench, kind, inputs);
      assert.match(undeclared, new RegExp(`no ${noun} of that name.*wait.*run again`, "i"));
      assert.doesNotMatch(undeclared, /adopt/);
    });

    it(`Without adopt: true, the advice names the ${noun} that has the name, and adopt: true`, async () => {
      await using bench = await Bench.start();
      const inputs = await inputsFor(bench, noun);
      const { id } = await deployed(bench, kind, inputs, { stack: "other" });
      const message = await refusal(bench, kind, inputs);
      assert.match(message, new RegExp(`${errorCode} \\(409.*${id.split("/").at(-1)}.*set adopt: true`));
    });
  }

  for (const { noun, kind, route, errorCode } of taken)
    it(`A ${noun} whose name ends in a space is to be renamed, and not to be waited for`, async () => {
      await using bench = await Bench.start();
      const inputs = await inputsFor(bench, noun);
      const { id } = await deployed(bench, kind, inputs, { stack: "other" });
      const [own = ""] = id.split("/").slice(-1);
      const displayName = `${String(inputs["displayName"])} `;
      const { workspaces, items, connections } = bench.emulator.service;
      if (noun === "workspace") workspaces.change(own, { displayName });
      else if (noun === "item") items.change(own, { displayName });
      else connections.change(own, { body: { ...connections.get(own)?.body, displayName } });
      bench.emulator.faults([{ method: "POST", route, status: 409, errorCode, times: "forever" }]);
      const message = await refusal(bench, kind, { ...inputs, adopt: true });
      assert.match(
        message,
        new RegExp(`The name of ${noun} ${own} begins or ends with a space.*rename it in Fabric, and run again`),
      );
      assert.doesNotMatch(message, /wait/);
    });

  it("A name that ends in a space and is referred to is to be changed, or to be given by the id", async () => {
    const id = "22222222-2222-4222-8222-000000000009";
    const shared = { id, displayName: "shared ", type: "Workspace" };
    const run = { listOnce: () => Promise.resolve([shared]), get: () => assert.fail("nothing is read by its id") };
    await assert.rejects(
      lookUp(run as never, { workspace: "shared" }),
      new RegExp(`workspace 'shared', ${id} begins or ends with a space, .*rename it, or give its id`),
    );
    const capacity = { id, displayName: " shared", sku: "F2", region: "West Europe", state: "Active" };
    assert.match(
      capacityProblem([capacity], "shared") ?? "",
      new RegExp(`capacity 'shared', ${id} begins or ends with a space, .*rename it, or give its id`),
    );
  });

  it("A new name that another object has is refused without a word of adopt, which makes nothing of a rename", async () => {
    await using bench = await Bench.start();
    await deployed(bench, "workspace", { displayName: "taken" }, { stack: "other" });
    const { id, olds } = await deployed(bench, "workspace", { displayName: "mine" });
    const process = await bench.process("workspace");
    await assert.rejects(
      process.update(id, olds, { ...olds, displayName: "taken" }),
      (error: Error) =>
        /WorkspaceNameAlreadyExists.*another displayName/.test(error.message) && !/adopt/.test(error.message),
    );
  });
});

describe("advice about what is declared already", () => {
  it("Credentials that the data source refuses are not to be sent untested where they are already", async () => {
    await using bench = await Bench.start();
    bench.emulator.faults([
      { method: "POST", route: "/connections", status: 400, errorCode: "IncorrectCredentials", times: "forever" },
    ]);
    const web = { ...sql, type: "Web", parameters: { url: "https://contoso.com" } };
    assert.match(await refusal(bench, connection, web), /skipTestConnection: true sends them untested/);
    // and SQL cannot be sent untested
    for (const inputs of [{ ...web, skipTestConnection: true }, sql]) {
      const untested = await refusal(bench, connection, inputs);
      assert.match(untested, /IncorrectCredentials.*Check the secret's value/);
      assert.doesNotMatch(untested, /skipTestConnection/);
    }
  });

  it("A connection that is to be adopted and is not there asks for credentials, and not for adopt: true", async () => {
    await using bench = await Bench.start();
    const { credentials, ...without } = sql;
    assert.equal(credentials, basic);
    const message = await refusal(bench, connection, { ...without, adopt: true });
    assert.match(message, /no connection of that name.*credentials/);
    assert.doesNotMatch(message, /or adopt|set adopt/);
    assert.match(await refusal(bench, connection, without), /declare credentials, or adopt: true/);
  });

  it("A workspace that has its capacity by now is not to be given one, and one without is", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "w", capacity: "local" });
    const item = { workspaceId, type: "Notebook", displayName: "ingest" };
    const route = "/workspaces/{workspaceId}/items";
    const rule = {
      method: "POST",
      route,
      status: 400,
      errorCode: "WorkspaceHasNoCapacityAssigned",
      times: "forever",
    } as const;
    bench.emulator.faults([rule]);
    const assigned = await refusal(bench, "item", item);
    assert.match(assigned, /is on capacity 'local'.*run again/i);
    assert.doesNotMatch(assigned, /capacity: NAME_OR_ID/);
    const { id: without } = await deployed(bench, "workspace", { displayName: "v" }, { stack: "other" });
    assert.match(await refusal(bench, "item", { ...item, workspaceId: without }), /capacity: NAME_OR_ID/);
  });

  const roles = [
    ["Viewer", /is Viewer of the workspace: an Admin of it can give it a higher role/],
    ["Admin", /is Admin of the workspace, which is enough .*: the object is gone, or/],
    // a group gives it some
    [undefined, /has no role of its own in the workspace, only what a group may give it/],
  ] as const;
  for (const [role, advice] of roles)
    it(`A refusal for want of a role is told with the role that the identity has: ${role ?? "none"}`, async () => {
      await using bench = await Bench.start();
      const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "w", capacity: "local" });
      const { roles: assigned } = bench.emulator.service;
      const own = assigned.all().find((one) => one.workspaceId === workspaceId);
      if (role !== undefined) assigned.change(own?.id ?? "", { role });
      else assigned.change(own?.id ?? "", { principalId: known.analysts });
      const route = "/workspaces/{workspaceId}/items";
      const rule = {
        method: "POST",
        route,
        status: 403,
        errorCode: "InsufficientPrivileges",
        times: "forever",
      } as const;
      bench.emulator.faults([rule]);
      const message = await refusal(bench, "item", { workspaceId, type: "Notebook", displayName: "ingest" });
      assert.match(message, advice);
    });

  it("Many updates and deletes that are refused in one workspace ask once for its capacity and for the role of the identity", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "w", capacity: "local" });
    const items = [];
    for (const displayName of ["one", "two", "three"])
      items.push(await deployed(bench, "item", { workspaceId, type: "Notebook", displayName }));
    const refused = { status: 403, errorCode: "InsufficientPrivileges", times: "forever" } as const;
    bench.emulator.faults([
      { ...refused, method: "PATCH" },
      { ...refused, method: "DELETE" },
    ]);
    const run = await bench.run();
    const before = bench.emulator.requests().length;
    const handler = await bench.process("item", {}, { run });
    for (const { id, olds } of items) {
      const news = { ...olds, description: "new" };
      await assert.rejects(handler.update(id, olds, news), /is Admin of the workspace/);
      await assert.rejects(handler.delete(id, olds), /is Admin of the workspace/);
    }
    const asked = bench.emulator.requests().slice(before);
    const count = (route: string) => asked.filter(({ path }) => path.endsWith(route)).length;
    assert.deepEqual([count("/capacities"), count("/roleassignments")], [1, 1]);
  });

  const refusals = [
    ["ConnectionNotFound", /Connection 44444444-.* does not exist, or is not shared with/],
    ["PrincipalTypeNotSupported", /role User on connection 44444444-/],
  ] as const;
  for (const [errorCode, advice] of refusals) {
    it(`Git credentials that are declared are not asked for again: ${errorCode}`, async () => {
      await using bench = await Bench.start();
      const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "w", capacity: "local" });
      bench.emulator.faults([
        { method: "POST", route: "/workspaces/{workspaceId}/git/connect", status: 400, errorCode, times: "forever" },
      ]);
      const connectionId = "44444444-4444-4444-8444-000000000001";
      const message = await refusal(bench, "gitConnection", { ...salesBranch, workspaceId, connectionId });
      assert.match(message, advice);
      assert.doesNotMatch(message, /needs git\.connectionId/);
      const { ownerName, ...rest } = salesBranch as Properties;
      const automatic = {
        ...rest,
        workspaceId,
        gitProviderType: "AzureDevOps",
        projectName: "p",
        connectionId: undefined,
      };
      const unnamed = await refusal(bench, "gitConnection", { ...automatic, organizationName: ownerName });
      if (errorCode === "PrincipalTypeNotSupported") assert.match(unnamed, /needs git\.connectionId/);
    });
  }
});
