import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { partOf } from "../../emulator/definitions/definition.ts";
import { ImpatientClock } from "../lib/fakeClock.ts";
import { TestService } from "./client.ts";

const propertiesOf = async (service: TestService, path: string) =>
  (await service.call("GET", path)).body["properties"] as Record<string, unknown>;

/** Makes an item and waits for it. Returns the path in the collection of its type. */
async function make(service: TestService, workspace: string, collection: string, body: object): Promise<string> {
  const answer = await service.call("POST", `${workspace}/${collection}`, body);
  const made = answer.status === 202 ? (await service.operation(answer)).result : answer;
  assert.ok(made?.body.id, answer.code ?? "");
  return `${workspace}/${collection}/${made.body.id}`;
}

describe("SQL endpoints", () => {
  it("SQL endpoints come with lakehouses, mirrored databases and SQL databases, and with no warehouse", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const definition = { parts: [partOf("mirroring.json", {})] };
    for (const [collection, body] of [
      ["lakehouses", {}],
      ["mirroredDatabases", { definition }],
      ["sqlDatabases", {}],
      ["warehouses", {}],
    ] as const)
      await make(service, path, collection, { displayName: collection, ...body });
    const { body } = await service.call("GET", `${path}/items?type=SQLEndpoint`);
    assert.deepEqual(
      body.value?.map(({ displayName }) => displayName),
      ["lakehouses", "mirroredDatabases", "sqlDatabases"],
    );
  });

  it("SQL endpoints are in progress, without id and address, until they are ready; after a restart they are ready", async () => {
    const store = mkdtempSync(join(tmpdir(), "fabric-emulator-"));
    let path: string;
    {
      await using service = await TestService.start({ store, operationDelayMs: 3_600_000 });
      path = await make(service, await service.workspace(), "lakehouses", { displayName: "bronze" });
      const { sqlEndpointProperties } = await propertiesOf(service, path);
      assert.deepEqual(sqlEndpointProperties, { connectionString: null, id: null, provisioningStatus: "InProgress" });
    }
    await using service = await TestService.start({ store });
    const { sqlEndpointProperties } = await propertiesOf(service, path);
    const { provisioningStatus, connectionString, id } = sqlEndpointProperties as Record<string, string>;
    assert.deepEqual(
      [provisioningStatus, service.emulator.service.items.get(id ?? "")?.type],
      ["Success", "SQLEndpoint"],
    );
    assert.match(connectionString ?? "", /\.datawarehouse\.fabric\.microsoft\.com$/);
  });
});

describe("properties of data items", () => {
  it("Properties of data items name the same server in a workspace, and stay the same from read to read", async () => {
    const clock = new ImpatientClock();
    await using service = await TestService.start({ clock, operationDelayMs: 0 });
    const path = await service.workspace();
    const warehouse = await make(service, path, "warehouses", {
      displayName: "dwh",
      creationPayload: { defaultCollation: "Latin1_General_100_CI_AS_KS_WS_SC_UTF8" },
    });
    const lakehouse = await make(service, path, "lakehouses", { displayName: "bronze" });
    const first = await propertiesOf(service, warehouse);
    await clock.sleep(5_000);
    assert.deepEqual(await propertiesOf(service, warehouse), first);
    assert.deepEqual(
      [first["collationType"], first["creationMode"]],
      ["Latin1_General_100_CI_AS_KS_WS_SC_UTF8", "New"],
    );
    const { sqlEndpointProperties } = await propertiesOf(service, lakehouse);
    assert.equal((sqlEndpointProperties as Record<string, unknown>)["connectionString"], first["connectionString"]);
  });

  it("Properties of data items tell the schema of a lakehouse that its payload or its definition gives one", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const schemaOf = async (displayName: string, body: object) =>
      (await propertiesOf(service, await make(service, path, "lakehouses", { displayName, ...body })))["defaultSchema"];
    assert.equal(await schemaOf("a", {}), undefined);
    assert.equal(await schemaOf("b", { creationPayload: { enableSchemas: true } }), "dbo");
    const definition = (value: object) => ({ definition: { parts: [partOf("lakehouse.metadata.json", value)] } });
    assert.equal(await schemaOf("c", definition({ defaultSchema: "dbo" })), "dbo");
    assert.equal(await schemaOf("d", definition({})), undefined);
  });

  it("Properties of data items have restore points of a SQL database only after a while", async () => {
    const clock = new ImpatientClock();
    await using service = await TestService.start({ clock });
    const started = await service.call("POST", `${await service.workspace()}/sqlDatabases`, { displayName: "db" });
    await clock.sleep(1_000);
    const { result } = await service.operation(started);
    const path = `/workspaces/${String(result?.body["workspaceId"])}/sqlDatabases/${result?.body.id}`;
    const { databaseName, earliestRestorePoint } = await propertiesOf(service, path);
    assert.deepEqual([databaseName, earliestRestorePoint], [`db-${result?.body.id}`, undefined]);
    await clock.sleep(90_000);
    assert.ok((await propertiesOf(service, path))["earliestRestorePoint"]);
  });
});

describe("variable libraries", () => {
  it("Variable libraries have the active value set that a PATCH gives them, if it is one of theirs", async () => {
    await using service = await TestService.start();
    const parts = [
      partOf("variables.json", { variables: [] }),
      partOf("valueSets/PPE.json", { name: "PPE", variableOverrides: [] }),
      partOf("valueSets/other.json", { name: "Prod", variableOverrides: [] }),
    ];
    const body = { displayName: "vars", definition: { parts } };
    const path = await make(service, await service.workspace(), "variableLibraries", body);
    const active = async () => (await propertiesOf(service, path))["activeValueSetName"];
    assert.equal(await active(), "Default value set");
    const patch = (activeValueSetName: unknown) => service.call("PATCH", path, { properties: { activeValueSetName } });
    const { status, body: patched } = await patch("PPE");
    assert.deepEqual(
      [status, patched["properties"]],
      [200, { $type: "VariableLibraryProperties", activeValueSetName: "PPE" }],
    );
    for (const name of ["PPE2", "other", "", 1, null]) {
      const { status: refused, code } = await patch(name);
      assert.deepEqual([refused, code], [400, "InvalidRequest"], String(name));
    }
    assert.equal(await active(), "PPE");
    // the value set is no part of the definition, so an update of that keeps it
    await service.operation(await service.call("POST", `${path}/updateDefinition`, { definition: { parts } }));
    await service.call("PATCH", path, { description: "new" });
    assert.equal(await active(), "PPE");
    await patch("Prod");
    assert.equal(await active(), "Prod");
  });
});

describe("environments", () => {
  const environment = async (service: TestService, body: object = {}) =>
    make(service, await service.workspace(), "environments", { displayName: "spark", ...body });
  const details = async (service: TestService, path: string) =>
    (await propertiesOf(service, path))["publishDetails"] as Record<string, unknown>;

  it("Environments are published after their operation, which has no result, and not twice at once", async () => {
    const clock = new ImpatientClock();
    await using service = await TestService.start({ clock, timing: "recorded" });
    const path = await environment(service);
    const started = await service.call("POST", `${path}/staging/publish?beta=False`, {});
    assert.deepEqual(
      [started.status, started.headers.get("content-type"), started.headers.get("retry-after")],
      [202, "application/octet-stream", "120"],
    );
    const running = await details(service, path);
    assert.deepEqual([running["state"], "endTime" in running], ["Running", false]);
    assert.deepEqual(running["componentPublishInfo"], {
      sparkLibraries: { state: "Running" },
      sparkSettings: { state: "Success" },
    });
    assert.deepEqual(await service.outcome("POST", `${path}/staging/publish`), [400, "InvalidEnvironmentPublish"]);
    await clock.sleep(7_000);
    const { state } = await service.operation(started);
    assert.deepEqual([state.body["status"], state.headers.get("location")], ["Succeeded", null]);
    assert.equal((await details(service, path))["state"], "Running", "the operation is over before the publish is");
    await clock.sleep(775_000);
    const published = await details(service, path);
    assert.deepEqual([published["state"], published["targetVersion"]], ["Success", running["targetVersion"]]);
    assert.equal((await service.call("POST", `${path}/staging/publish`)).status, 202);
  });

  it("Environments are not published by an operation that fails", async () => {
    await using service = await TestService.start();
    const path = await environment(service);
    const before = await details(service, path);
    const operationError = { errorCode: "PublishFailed", message: "" };
    service.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/environments/{itemId}/staging/publish", operationError },
    ]);
    const { state } = await service.operation(await service.call("POST", `${path}/staging/publish`));
    assert.equal(state.body["status"], "Failed");
    assert.deepEqual(await details(service, path), before);
  });

  it("Environments have a publish cancelled while it runs, and only then", async () => {
    await using service = await TestService.start({ operationDelayMs: 3_600_000 });
    const path = await environment(service);
    const cancel = `${path}/staging/cancelPublish`;
    assert.deepEqual(await service.outcome("POST", cancel), [400, "InvalidEnvironmentCancel"]);
    const begun = await service.call("POST", `${path}/staging/publish?beta=true`);
    assert.equal(begun.status, 200);
    assert.equal((await service.call("POST", cancel)).status, 200);
    assert.equal((await details(service, path))["state"], "Cancelled");
    assert.deepEqual(await service.outcome("POST", cancel), [400, "InvalidEnvironmentCancel"]);
  });

  it("Environments show libraries once there are some, and published ones once they are published", async () => {
    await using service = await TestService.start({ operationDelayMs: 0 });
    const bare = await environment(service);
    for (const list of ["libraries", "staging/libraries"])
      assert.deepEqual(await service.outcome("GET", `${bare}/${list}`), [404, "EnvironmentLibrariesNotFound"]);
    const definition = { parts: [partOf("Libraries/CustomLibraries/a.whl", "PK")] };
    const workspace = bare.replace(/\/environments.*/, "");
    const path = await make(service, workspace, "environments", { displayName: "other", definition });
    assert.deepEqual((await service.call("GET", `${path}/staging/libraries`)).body["libraries"], [
      { name: "a.whl", libraryType: "Custom" },
    ]);
    assert.deepEqual(await service.outcome("GET", `${path}/libraries`), [404, "EnvironmentLibrariesNotFound"]);
    await service.operation(await service.call("POST", `${path}/staging/publish`));
    assert.equal((await service.call("GET", `${path}/libraries`)).status, 200);
  });

  it("Environments keep changes to their staged compute, and show the version as text", async () => {
    await using service = await TestService.start({ operationDelayMs: 0 });
    const path = await environment(service);
    const compute = `${path}/staging/sparkcompute`;
    const changes = {
      runtimeVersion: 1.2,
      driverCores: 4,
      instancePool: { name: "big" },
      enableNativeExecutionEngine: true,
    };
    const { body } = await service.call("PATCH", compute, changes);
    assert.deepEqual((await service.call("GET", compute)).body, body);
    assert.deepEqual([body["runtimeVersion"], body["driverCores"], body["executorCores"]], ["1.2", 4, 8]);
    assert.deepEqual(body["instancePool"], {
      name: "big",
      type: "Workspace",
      id: "00000000-0000-0000-0000-000000000000",
    });
    assert.equal("enableNativeExecutionEngine" in body, false);
    assert.equal((await service.call("GET", `${path}/sparkcompute`)).body["driverCores"], 8);
  });
});

describe("bindings of semantic models", () => {
  const parts = [partOf("definition.pbism", {}), partOf("model.bim", {})];
  const source = { type: "SQL", path: "contoso.database.windows.net;sales" };

  it("Bindings of semantic models name a connection that exists, one for each data source, and are taken away", async () => {
    await using service = await TestService.start();
    const body = { displayName: "sales", definition: { parts } };
    const path = await make(service, await service.workspace(), "semanticModels", body);
    const bind = (connectionBinding: unknown) => service.call("POST", `${path}/bindConnection`, { connectionBinding });
    const bound = async () => {
      const { body: list } = await service.call("GET", `${path.replace("semanticModels", "items")}/connections`);
      return list.value?.map(({ id }) => id);
    };
    const binding = { connectivityType: "ShareableCloud", connectionDetails: source };
    const made = await bind({ ...binding, id: known.gitHubConnection });
    assert.deepEqual([made.status, made.headers.get("content-type")], [200, "application/octet-stream"]);
    await bind({ ...binding, id: known.secondGitHubConnection });
    assert.deepEqual(await bound(), [known.secondGitHubConnection]);
    for (const wrong of [
      { ...binding, id: known.alice },
      { ...binding, id: known.gitHubConnection, connectionDetails: { type: "SQL" } },
      undefined,
    ]) {
      const { status, code } = await bind(wrong);
      assert.deepEqual([status, code], [400, "InvalidRequest"]);
    }
    await bind({ connectivityType: "None", connectionDetails: source });
    assert.deepEqual(await bound(), []);
  });
});

describe("spark of workspaces", () => {
  it("Spark of workspaces has the starter pool, own pools and settings, and nothing without a capacity", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/spark`;
    const names = async () => (await service.call("GET", `${path}/pools`)).body.value?.map(({ name }) => name);
    assert.deepEqual(await names(), ["Starter Pool"]);
    const pool = {
      name: "big",
      nodeFamily: "MemoryOptimized",
      nodeSize: "Small",
      autoScale: { enabled: true, minNodeCount: 1, maxNodeCount: 3 },
      dynamicExecutorAllocation: { enabled: false, minExecutors: 1, maxExecutors: 1 },
    };
    const made = await service.call("POST", `${path}/pools`, pool);
    assert.deepEqual([made.status, made.body["dynamicExecutorAllocation"]], [201, { enabled: false }]);
    for (const name of ["BIG", "starter pool"])
      assert.deepEqual(await service.outcome("POST", `${path}/pools`, { ...pool, name }), [400, "BadRequest"]);
    const own = `${path}/pools/${made.body.id}`;
    const autoScale = { enabled: true, minNodeCount: 2, maxNodeCount: 3 };
    assert.deepEqual((await service.call("PATCH", own, { autoScale })).body["autoScale"], autoScale);
    assert.deepEqual(await names(), ["Starter Pool", "big"]);
    assert.equal((await service.call("DELETE", own)).status, 200);
    assert.deepEqual(await service.outcome("GET", own), [404, "EntityNotFound"]);

    const changed = await service.call("PATCH", `${path}/settings`, { automaticLog: { enabled: false } });
    assert.deepEqual(changed.body["automaticLog"], { enabled: false });
    assert.deepEqual((await service.call("GET", `${path}/settings`)).body, changed.body);
    assert.deepEqual(changed.body["environment"], { runtimeVersion: "1.3" });

    const { body } = await service.call("POST", "/workspaces", { displayName: "pro" });
    for (const what of ["pools", "settings"])
      assert.deepEqual(await service.outcome("GET", `/workspaces/${body.id}/spark/${what}`), [
        400,
        "WorkspaceHasNoCapacityAssigned",
      ]);
  });
});

describe("paths", () => {
  it("Paths may end with a slash", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    assert.equal((await service.call("GET", `${path}/environments/`)).status, 200);
    assert.equal((await service.call("GET", `${path}/items/?type=Lakehouse`)).status, 200);
  });
});
