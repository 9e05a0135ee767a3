import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { partOf } from "../../emulator/definitions/definition.ts";
import { TestService } from "./client.ts";

const propertiesOf = async (service: TestService, path: string) =>
  (await service.call("GET", path)).body["properties"] as Record<string, unknown>;
const items = ({ emulator }: TestService) =>
  emulator.service.items.all().map(({ type, displayName }) => `${type} ${displayName}`);

/** Makes an eventhouse without a definition. Returns its id. */
async function eventhouse(service: TestService, path: string, displayName = "events"): Promise<string> {
  const { status, body } = await service.call("POST", `${path}/eventhouses`, { displayName });
  assert.equal(status, 201);
  return body.id ?? "";
}

/** What becomes of the create of a KQL database: its id, or the code of the failed operation. */
async function database(service: TestService, path: string, body: object): Promise<string> {
  const { state, result } = await service.operation(await service.call("POST", `${path}/items`, body));
  const { error } = state.body as { error: { errorCode: string } | null };
  return error?.errorCode ?? String(result?.body.id);
}

const kql = (displayName: string, parentEventhouseItemId: string) => ({
  type: "KQLDatabase",
  displayName,
  creationPayload: { databaseType: "ReadWrite", parentEventhouseItemId },
});
const kqlByDefinition = (displayName: string, parentEventhouseItemId: string) => ({
  type: "KQLDatabase",
  displayName,
  definition: {
    parts: [partOf("DatabaseProperties.json", { databaseType: "ReadWrite", parentEventhouseItemId })],
  },
});

describe("eventhouses", () => {
  it("Eventhouses come with a database of their name, which is gone with them", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const id = await eventhouse(service, path);
    assert.deepEqual(items(service), ["KQLDatabase events", "Eventhouse events"]);
    const { body } = await service.call("GET", `${path}/kqlDatabases`);
    const [own] = body.value ?? [];
    const { databasesItemIds, queryServiceUri } = await propertiesOf(service, `${path}/eventhouses/${id}`);
    assert.deepEqual(databasesItemIds, [own?.["id"]]);
    const properties = own?.["properties"] as Record<string, unknown>;
    assert.deepEqual([properties["parentEventhouseItemId"], properties["queryServiceUri"]], [id, queryServiceUri]);
    assert.match(String(queryServiceUri), /^https:\/\/trd-\w+\.z1\.kusto\.fabric\.microsoft\.com$/);

    // a second one of that name is a conflict
    const again = await service.outcome("POST", `${path}/items`, kql("events", id));
    assert.deepEqual(again, [409, "ItemDisplayNameAlreadyInUse"]);
    assert.equal((await service.call("DELETE", `${path}/items/${id}`)).status, 200);
    assert.deepEqual(items(service), []);
  });

  it("Eventhouses that are made with a definition come without a database", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const definition = { parts: [partOf("EventhouseProperties.json", {})] };
    const body = { displayName: "events", type: "Eventhouse", definition };
    const { result } = await service.operation(await service.call("POST", `${path}/items`, body));
    const id = result?.body.id ?? "";
    assert.deepEqual((await propertiesOf(service, `${path}/eventhouses/${id}`))["databasesItemIds"], []);
    assert.notEqual(await database(service, path, kqlByDefinition("events", id)), "");
    assert.deepEqual(items(service), ["Eventhouse events", "KQLDatabase events"]);
  });
});

describe("KQL databases", () => {
  it("KQL databases belong to the eventhouse that their payload or their definition names", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const id = await eventhouse(service, path);
    const made = [
      await database(service, path, kql("one", id)),
      await database(service, path, kqlByDefinition("two", id.toUpperCase())),
    ];
    for (const one of made) {
      const { parentEventhouseItemId, databaseType } = await propertiesOf(service, `${path}/kqlDatabases/${one}`);
      assert.deepEqual([String(parentEventhouseItemId).toLowerCase(), databaseType], [id, "ReadWrite"]);
    }
    const { databasesItemIds } = await propertiesOf(service, `${path}/eventhouses/${id}`);
    assert.deepEqual((databasesItemIds as string[]).slice(1), made);
    assert.equal((await service.call("DELETE", `${path}/items/${id}`)).status, 200);
    assert.deepEqual(items(service), []);
  });

  it("KQL databases are not made where the eventhouse is not found: none, a logical id, another type, another workspace", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const elsewhere = await eventhouse(service, await service.workspace("elsewhere"));
    const { body: lakehouse } = await service.call("POST", `${path}/lakehouses`, { displayName: "bronze" });
    const before = items(service);
    for (const id of [
      "00000000-0000-0000-0000-000000000000",
      "4042fb10-1349-b4c0-4361-514b6b19c1fe",
      lakehouse.id ?? "",
      elsewhere,
    ]) {
      assert.equal(await database(service, path, kql("events", id)), "ParentEventhouseItemWasNotFound", id);
      assert.equal(await database(service, path, kqlByDefinition("events", id)), "ParentEventhouseItemWasNotFound", id);
    }
    assert.deepEqual(items(service), before);
  });

  it("KQL databases move with their eventhouse, and not without it", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const folderId = (await service.call("POST", `${path}/folders`, { displayName: "live" })).body.id ?? "";
    const id = await eventhouse(service, path);
    const one = await database(service, path, kql("one", id));
    const move = (item: string, targetFolderId?: string) =>
      service.call("POST", `${path}/items/${item}/move`, targetFolderId === undefined ? {} : { targetFolderId });
    const alone = await move(one, folderId);
    assert.deepEqual([alone.status, alone.code], [400, "CannotMoveChildOnly"]);
    const together = await move(id, folderId);
    assert.deepEqual(
      together.body.value?.map((item) => [item["displayName"], item["folderId"]]),
      [
        ["events", folderId],
        ["events", folderId],
        ["one", folderId],
      ],
    );
    assert.equal((await move(one, folderId)).status, 200, "it is there already");
    assert.deepEqual(await service.outcome("DELETE", `${path}/folders/${folderId}`), [400, "FolderNotEmpty"]);
    const { body } = await service.call("GET", `${path}/items?type=SQLEndpoint`);
    assert.deepEqual(body.value, []);
  });

  it("KQL databases that are deleted by themselves are in the recycle bin by themselves, and with their eventhouse only that is", async () => {
    await using service = await TestService.start({ itemRecovery: true });
    const path = await service.workspace();
    const id = await eventhouse(service, path);
    const one = await database(service, path, kql("one", id));
    const bin = async () =>
      (await service.call("GET", `${path}/recoverableItems`)).body.value?.map(({ displayName }) => displayName);
    await service.call("DELETE", `${path}/items/${one}`);
    assert.deepEqual(await bin(), ["one"]);
    await service.operation(await service.call("POST", `${path}/recoverableItems/${one}/recover`));
    await service.call("DELETE", `${path}/items/${id}`);
    assert.deepEqual(await bin(), ["events"]);
    await service.operation(await service.call("POST", `${path}/recoverableItems/${id}/recover`));
    assert.deepEqual(items(service).sort(), ["Eventhouse events", "KQLDatabase events", "KQLDatabase one"]);
  });
});
