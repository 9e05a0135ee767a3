import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { partOf } from "../../emulator/definitions/definition.ts";
import { TestService } from "./client.ts";

const nobody = "99999999-9999-4999-8999-999999999999";

describe("capacities", () => {
  it("Capacities are listed and read, and unknown ones are not found", async () => {
    await using service = await TestService.start();
    const { body } = await service.call("GET", "/capacities");
    assert.deepEqual(
      body.value?.map(({ displayName, state }) => [displayName, state]),
      [
        ["local", "Active"],
        ["local-large", "Active"],
        ["paused", "Inactive"],
      ],
    );
    assert.equal((await service.call("GET", `/capacities/${known.activeCapacity}`)).body["sku"], "F2");
    assert.deepEqual(await service.outcome("GET", `/capacities/${nobody}`), [404, "CapacityNotFound"]);
  });
});

describe("workspaces", () => {
  it("Workspaces are made with their creator as Admin, and say where they are", async () => {
    await using service = await TestService.start();
    const { status, headers, body } = await service.call("POST", "/workspaces", {
      displayName: "sales",
      description: "d",
    });
    assert.equal(status, 201);
    assert.equal(headers.get("location"), `https://api.fabric.microsoft.com/v1/workspaces/${body.id}`);
    assert.deepEqual({ ...body, id: "" }, { id: "", displayName: "sales", description: "d", type: "Workspace" });
    const roles = await service.call("GET", `/workspaces/${body.id}/roleAssignments`);
    assert.deepEqual(
      roles.body.value?.map(({ id, role }) => [id, role]),
      [[known.deployer, "Admin"]],
    );
  });

  it("Workspaces have names that are unique in the tenant, whatever the case and whoever sees them", async () => {
    await using service = await TestService.start();
    await service.workspace("sales");
    assert.deepEqual(await service.outcome("POST", "/workspaces", { displayName: "SALES" }, known.alice), [
      409,
      "WorkspaceNameAlreadyExists",
    ]);
    assert.deepEqual(await service.outcome("POST", "/workspaces", { displayName: "Admin monitoring" }), [
      400,
      "WorkspaceNameIsReserved",
    ]);
    assert.deepEqual(await service.outcome("POST", "/workspaces", {}), [400, "BadRequest"]);
    assert.deepEqual(await service.outcome("POST", "/workspaces", { displayName: "x".repeat(257) }), [
      400,
      "BadRequest",
    ]);
    const other = await service.workspace("other");
    assert.deepEqual(await service.outcome("PATCH", other, { displayName: "sales" }), [
      409,
      "WorkspaceNameAlreadyExists",
    ]);
  });

  it("Workspaces refuse capacities that are paused or unknown", async () => {
    await using service = await TestService.start();
    const make = (capacityId: string) => service.outcome("POST", "/workspaces", { displayName: "sales", capacityId });
    assert.deepEqual(await make(known.pausedCapacity), [400, "CapacityNotInActiveState"]);
    assert.deepEqual(await make(nobody), [404, "CapacityNotFound"]);
    assert.deepEqual(service.emulator.service.workspaces.all(), []);
  });

  it("Workspaces move to another capacity and off it, and tell the progress of that", async () => {
    await using service = await TestService.start({ assignmentReads: 2 });
    const path = await service.workspace();
    const progress = async () => (await service.call("GET", path)).body["capacityAssignmentProgress"];
    assert.deepEqual([await progress(), await progress(), await progress()], ["InProgress", "InProgress", "Completed"]);
    const assigned = await service.call("POST", `${path}/assignToCapacity`, { capacityId: known.secondCapacity });
    assert.deepEqual(
      [assigned.status, assigned.headers.get("x-ms-operation-id"), assigned.headers.get("content-type")],
      [202, null, "application/octet-stream"],
    );
    assert.equal((await service.call("GET", path)).body["capacityId"], known.secondCapacity);
    assert.equal((await service.call("POST", `${path}/unassignFromCapacity`)).status, 202);
    assert.equal((await service.call("GET", path)).body["capacityId"], undefined);
  });

  it("Workspaces are seen and changed by those only who have a role", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    assert.deepEqual(await service.outcome("GET", path, undefined, known.bob), [403, "InsufficientPrivileges"]);
    assert.deepEqual((await service.call("GET", "/workspaces", undefined, known.bob)).body.value, []);
    await service.call("POST", `${path}/roleAssignments`, {
      principal: { id: known.bob, type: "User" },
      role: "Viewer",
    });
    assert.equal((await service.call("GET", path, undefined, known.bob)).status, 200);
    assert.deepEqual(await service.outcome("PATCH", path, { displayName: "x" }, known.bob), [
      403,
      "InsufficientPrivileges",
    ]);
    assert.deepEqual(
      await service.outcome("POST", `${path}/items`, { displayName: "x", type: "Lakehouse" }, known.bob),
      [403, "InsufficientPrivileges"],
    );
    assert.deepEqual(await service.outcome("DELETE", path, undefined, known.bob), [403, "InsufficientPrivileges"]);
    assert.equal((await service.call("GET", "/workspaces?roles=Admin", undefined, known.bob)).body.value?.length, 0);
    assert.deepEqual(await service.outcome("GET", "/workspaces?roles=Boss"), [400, "InvalidParameter"]);
  });

  it("Workspaces take everything in them along when they are deleted", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    await service.call("POST", `${path}/items`, { displayName: "bronze", type: "Lakehouse" });
    await service.call("POST", `${path}/folders`, { displayName: "raw" });
    assert.equal((await service.call("DELETE", path)).status, 200);
    const { items, folders, roles } = service.emulator.service;
    assert.deepEqual([items.all(), folders.all(), roles.all()], [[], [], []]);
    assert.deepEqual(await service.outcome("GET", path), [404, "EntityNotFound"]);
  });
});

describe("role assignments", () => {
  const give = (id: string, role: string, type = "User") => ({ principal: { id, type }, role });

  it("Role assignments are given once, changed and taken away", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/roleAssignments`;
    const made = await service.call("POST", path, give(known.alice, "viewer"));
    assert.deepEqual(
      [made.status, made.body],
      [201, { id: known.alice, principal: { id: known.alice, type: "User" }, role: "Viewer" }],
    );
    assert.deepEqual(await service.outcome("POST", path, give(known.alice, "Admin")), [
      409,
      "PrincipalAlreadyHasWorkspaceRolePermissions",
    ]);
    const changed = await service.call("PATCH", `${path}/${known.alice}`, { role: "Member" });
    assert.deepEqual(
      [changed.body["role"], (changed.body["principal"] as { userDetails: unknown }).userDetails],
      ["Member", { userPrincipalName: "alice@contoso.com" }],
    );
    assert.equal((await service.call("DELETE", `${path}/${known.alice}`)).status, 200);
    assert.deepEqual(await service.outcome("GET", `${path}/${known.alice}`), [404, "EntityNotFound"]);
  });

  it("Role assignments correct a wrong type, and refuse what does not exist", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/roleAssignments`;
    assert.equal(
      ((await service.call("POST", path, give(known.analysts, "Viewer", "User"))).body["principal"] as { type: string })
        .type,
      "Group",
    );
    const unknown = await service.call("POST", path, give(nobody, "Viewer"));
    assert.deepEqual([unknown.status, unknown.code], [400, "PrincipalNotFound"]);
    assert.deepEqual(await service.outcome("POST", path, give(known.bob, "Boss")), [400, "MissingWorkspaceRole"]);
    assert.deepEqual(await service.outcome("POST", path, give(known.bob, "Viewer", "Robot")), [
      400,
      "InvalidPrincipalType",
    ]);
  });

  it("Role assignments keep the last Admin", async () => {
    await using service = await TestService.start();
    const own = `${await service.workspace()}/roleAssignments/${known.deployer}`;
    assert.equal((await service.call("DELETE", own)).status, 400);
    assert.equal((await service.call("PATCH", own, { role: "Member" })).status, 400);
  });
});

describe("folders", () => {
  it("Folders are nested, moved and renamed, and only removed when empty", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/folders`;
    const outer = (await service.call("POST", path, { displayName: "outer" })).body.id;
    const inner = (await service.call("POST", path, { displayName: "inner", parentFolderId: outer })).body.id;
    assert.deepEqual(await service.outcome("DELETE", `${path}/${outer}`), [400, "FolderNotEmpty"]);
    assert.deepEqual(await service.outcome("POST", `${path}/${outer}/move`, { targetFolderId: inner }), [
      400,
      "InfiniteFolderHierarchyLoop",
    ]);
    assert.equal((await service.call("GET", `${path}?recursive=False`)).body.value?.length, 1);
    const moved = await service.call("POST", `${path}/${inner}/move`, {});
    assert.deepEqual([moved.status, "parentFolderId" in moved.body], [200, false]);
    assert.equal(
      (await service.call("PATCH", `${path}/${inner}`, { displayName: "other" })).body["displayName"],
      "other",
    );
    assert.equal((await service.call("DELETE", `${path}/${outer}`)).status, 200);
    assert.deepEqual(await service.outcome("GET", `${path}/${outer}`), [404, "FolderNotFound"]);
  });

  it("Folders refuse bad names, taken names and an eleventh level", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/folders`;
    for (const displayName of ["a/b", "a?", " a", "recycled", "a%b"]) {
      assert.deepEqual(
        await service.outcome("POST", path, { displayName }),
        [400, "InvalidFolderDisplayName"],
        displayName,
      );
    }
    let parentFolderId = (await service.call("POST", path, { displayName: "level1" })).body.id;
    assert.deepEqual(await service.outcome("POST", path, { displayName: "LEVEL1" }), [
      409,
      "FolderDisplayNameAlreadyInUse",
    ]);
    for (let level = 2; level <= 10; level++) {
      const { status, body } = await service.call("POST", path, { displayName: "x", parentFolderId });
      assert.equal(status, 201, `level ${level}`);
      parentFolderId = body.id;
    }
    assert.deepEqual(await service.outcome("POST", path, { displayName: "x", parentFolderId }), [
      400,
      "FolderDepthOutOfRange",
    ]);
  });
});

describe("items", () => {
  const definition = { parts: [partOf("notebook-content.py", "# Fabric notebook source\n\nprint(1)\n")] };

  it("Items are made at once or by an operation, as their type is", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const lakehouse = await service.call("POST", `${path}/items`, { displayName: "bronze", type: "Lakehouse" });
    assert.deepEqual(
      [lakehouse.status, lakehouse.headers.get("etag"), lakehouse.headers.get("location")],
      [201, '""', null],
    );
    const started = await service.call("POST", `${path}/notebooks`, {
      displayName: "ingest",
      type: "Notebook",
      definition,
    });
    const { result } = await service.operation(started);
    assert.deepEqual([result?.body["type"], result?.body["displayName"]], ["Notebook", "ingest"]);
    assert.equal((await service.call("POST", `${path}/environments`, { displayName: "a" })).status, 201);
    assert.equal((await service.call("POST", `${path}/environments`, { displayName: "b", definition })).status, 202);
    const listed = await service.call("GET", `${path}/items`);
    assert.ok(
      listed.body.value?.some(({ type }) => type === "SQLEndpoint"),
      "a lakehouse brings its SQL endpoint",
    );
    assert.deepEqual((await service.call("GET", `${path}/items?type=Notebook`)).body.value?.length, 1);
  });

  it("Items have names that are unique by type, and refuse what is wrong with a create", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/items`;
    const make = (body: Record<string, unknown>) =>
      service.outcome("POST", path, { displayName: "a", type: "Lakehouse", ...body });
    assert.deepEqual(await make({}), [201, null]);
    assert.deepEqual(await make({ displayName: "A" }), [409, "ItemDisplayNameAlreadyInUse"]);
    assert.deepEqual(await make({ type: "DataPipeline" }), [201, null]);
    assert.deepEqual(await make({ displayName: "b", type: "Spreadsheet" }), [400, "InvalidItemType"]);
    assert.deepEqual(await make({ displayName: "b", folderId: nobody }), [404, "FolderNotFound"]);
    assert.deepEqual(await make({ displayName: "b", definition, creationPayload: {} }), [
      400,
      "RequestWithDefinitionAndCreationPayloadNotSupported",
    ]);
    assert.deepEqual(
      await make({
        displayName: "b",
        definition: { parts: [{ path: "x", payload: "%%%", payloadType: "InlineBase64" }] },
      }),
      [400, "CorruptedPayload"],
    );
    assert.deepEqual(await make({ displayName: "b", definition: { parts: [] } }), [400, "MissingDefinitionParts"]);
    assert.deepEqual(await make({ displayName: "b", description: "x".repeat(257) }), [400, "BadRequest"]);
  });

  it("Items cannot be made without a capacity, nor seen on a paused one", async () => {
    await using service = await TestService.start();
    const { body } = await service.call("POST", "/workspaces", { displayName: "pro" });
    assert.deepEqual(
      await service.outcome("POST", `/workspaces/${body.id}/items`, { displayName: "a", type: "Lakehouse" }),
      [403, "FeatureNotAvailable"],
    );
    const path = await service.workspace("sales");
    const item = await service.call("POST", `${path}/items`, { displayName: "a", type: "Lakehouse" });
    service.emulator.service.capacities.change(known.activeCapacity, { state: "Inactive" });
    assert.equal((await service.call("GET", `${path}/items/${item.body.id}`)).status, 404);
  });

  it("Items give their definition back with the part that names them, and take a new one", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const made = await service.operation(
      await service.call("POST", `${path}/items`, { displayName: "ingest", type: "Notebook", definition }),
    );
    const item = `${path}/items/${made.result?.body.id}`;
    const got = await service.operation(await service.call("POST", `${item}/getDefinition`));
    const parts = (got.result?.body["definition"] as { parts: { path: string }[] }).parts;
    assert.deepEqual(
      parts.map((part) => part.path),
      ["notebook-content.py", ".platform"],
    );
    const platform = Buffer.from(
      JSON.stringify({ metadata: { type: "Notebook", displayName: "renamed", description: "new" } }),
    ).toString("base64");
    const renaming = {
      definition: {
        parts: [...definition.parts, { path: ".platform", payload: platform, payloadType: "InlineBase64" }],
      },
    };
    await service.operation(await service.call("POST", `${item}/updateDefinition`, renaming));
    assert.equal(
      (await service.call("GET", item)).body["displayName"],
      "ingest",
      "metadata counts only where it is asked for",
    );
    await service.operation(await service.call("POST", `${item}/updateDefinition?updateMetadata=True`, renaming));
    assert.equal((await service.call("GET", item)).body["displayName"], "renamed");
    const model = await service.operation(
      await service.call("POST", `${path}/items`, { displayName: "m", type: "MLModel" }),
    );
    assert.deepEqual(await service.outcome("POST", `${path}/items/${model.result?.body.id}/getDefinition`), [
      400,
      "OperationNotSupportedForItem",
    ]);
  });

  it("Items are changed, moved and removed, and their name stays taken for a while", async () => {
    await using service = await TestService.start({ nameReservationMs: 60_000 });
    const path = await service.workspace();
    const folder = (await service.call("POST", `${path}/folders`, { displayName: "raw" })).body.id;
    const { body } = await service.call("POST", `${path}/items`, { displayName: "a", type: "Lakehouse" });
    const item = `${path}/items/${body.id}`;
    assert.equal((await service.call("PATCH", item, { description: "new" })).body["description"], "new");
    assert.equal(
      (await service.call("POST", `${item}/move`, { targetFolderId: folder })).body.value?.[0]?.["folderId"],
      folder,
    );
    assert.equal((await service.call("DELETE", item)).status, 200);
    assert.deepEqual(await service.outcome("GET", item), [404, "ItemNotFound"]);
    const again = await service.call("POST", `${path}/items`, { displayName: "a", type: "Lakehouse" });
    assert.deepEqual(
      [again.status, again.code, again.body["isRetriable"]],
      [409, "ItemDisplayNameNotAvailableYet", true],
    );
  });

  it("Items are found under the typed collection in any case, with properties there", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const { body } = await service.call("POST", `${path}/LAKEHOUSES`, {
      displayName: "a",
      creationPayload: { enableSchemas: true },
    });
    const typed = await service.call("GET", `${path}/lakeHouses/${body.id}`);
    assert.equal((typed.body["properties"] as { defaultSchema: string }).defaultSchema, "dbo");
    assert.deepEqual(await service.outcome("GET", `${path}/notebooks/${body.id}`), [404, "ItemNotFound"]);
  });
});

describe("connections", () => {
  it("Connections are made, listed and removed, and keep no secret", async () => {
    await using service = await TestService.start();
    const secret = "canary-of-the-connection";
    const body = {
      displayName: "sql",
      connectivityType: "ShareableCloud",
      connectionDetails: { type: "SQL", parameters: [{ name: "server", value: "s" }] },
      credentialDetails: { credentials: { credentialType: "Basic", username: "u", password: secret } },
    };
    const made = await service.call("POST", "/connections", body);
    assert.equal(made.status, 201);
    assert.deepEqual(await service.outcome("POST", "/connections", body), [409, "DuplicateConnectionName"]);
    assert.ok(!JSON.stringify(service.emulator.state()).includes(secret));
    assert.equal((await service.call("DELETE", `/connections/${made.body.id}`)).status, 200);
    assert.deepEqual(await service.outcome("GET", `/connections/${made.body.id}`), [404, "EntityNotFound"]);
  });
});

describe("types of items without recorded traffic", () => {
  for (const [type, collection] of [
    ["AppBackend", "appBackends"],
    ["AzureDatabricksStorage", "azureDatabricksStorages"],
    ["EventSchemaSet", "eventSchemaSets"],
    ["MirroredAzureDatabricksCatalog", "mirroredAzureDatabricksCatalogs"],
    ["MirroredCatalog", "mirroredCatalogs"],
    ["OrgApp", "orgApps"],
    ["OrgAppAudience", "orgAppAudiences"],
    ["Plan", "plans"],
  ] as const)
    it(`Items of type ${type} are made, listed and read in their own collection`, async () => {
      await using service = await TestService.start();
      const path = await service.workspace();
      const { status, body } = await service.call("POST", `${path}/${collection}`, { displayName: "one" });
      assert.equal(status, 201);
      assert.equal((await service.call("GET", `${path}/${collection}/${String(body["id"])}`)).body["type"], type);
      const { body: all } = await service.call("GET", `${path}/items?type=${type}`);
      assert.deepEqual(
        all.value?.map(({ id }) => id),
        [body["id"]],
      );
    });
});

describe("the recycle bin of a workspace", () => {
  it("The recycle bin of a workspace keeps deleted items where the tenant says so, and gives them back with their ids, but for a name that is taken", async () => {
    await using service = await TestService.start({ itemRecovery: true });
    const path = await service.workspace();
    const item = { displayName: "bronze", type: "Lakehouse" };
    const { body: made } = await service.call("POST", `${path}/items`, item);
    assert.equal((await service.call("DELETE", `${path}/items/${String(made["id"])}`)).status, 200);
    const { body: bin } = await service.call("GET", `${path}/recoverableItems`);
    assert.deepEqual(
      (bin["value"] as { id: string; displayName: string }[]).map(({ id, displayName }) => [id, displayName]),
      [[made["id"], "bronze"]],
    );
    const recover = `${path}/recoverableItems/${String(made["id"])}/recover`;
    const { body: other } = await service.call("POST", `${path}/items`, item);
    assert.deepEqual(await service.outcome("POST", recover), [409, "ItemDisplayNameAlreadyInUse"]);
    await service.call("PATCH", `${path}/items/${String(other["id"])}`, { displayName: "silver" });
    assert.equal((await service.call("POST", recover)).status, 202);
    assert.equal((await service.call("GET", `${path}/items/${String(made["id"])}`)).body["displayName"], "bronze");
    assert.deepEqual(await service.outcome("POST", recover), [404, "EntityNotFound"]);
  });

  it("The recycle bin of a workspace does not get what is deleted for good, and what is in it can be deleted for good", async () => {
    await using service = await TestService.start({ itemRecovery: true });
    const path = await service.workspace();
    const deleted = async (displayName: string, query: string) => {
      const { body } = await service.call("POST", `${path}/items`, { displayName, type: "Lakehouse" });
      const id = String(body["id"]);
      assert.equal((await service.call("DELETE", `${path}/items/${id}${query}`)).status, 200);
      return id;
    };
    const bin = async () => (await service.call("GET", `${path}/recoverableItems`)).body.value?.map(({ id }) => id);
    await deleted("one", "?hardDelete=true");
    const soft = await deleted("two", "?hardDelete=false");
    assert.deepEqual(await bin(), [soft]);
    assert.equal((await service.call("DELETE", `${path}/recoverableItems/${soft}`)).status, 200);
    assert.deepEqual(await bin(), []);
    assert.deepEqual(await service.outcome("DELETE", `${path}/recoverableItems/${soft}`), [404, "EntityNotFound"]);
  });

  it("The recycle bin of a workspace stays empty by default", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const { body } = await service.call("POST", `${path}/items`, { displayName: "bronze", type: "Lakehouse" });
    await service.call("DELETE", `${path}/items/${String(body["id"])}`);
    assert.deepEqual((await service.call("GET", `${path}/recoverableItems`)).body["value"], []);
  });
});
