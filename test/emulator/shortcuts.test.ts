import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultSeed } from "../../emulator/core/defaultSeed.ts";
import { TestService } from "./client.ts";

/** A service with two lakehouses: paths of the shortcuts of the first, and what points to the second. */
async function prepared(service: TestService) {
  const workspace = await service.workspace();
  const [source, target] = await Promise.all(
    ["source", "target"].map((displayName) => service.call("POST", `${workspace}/lakehouses`, { displayName })),
  );
  const itemId = target?.body.id ?? "";
  const to = (path: string) => ({
    oneLake: { workspaceId: workspace.replace("/workspaces/", ""), itemId, path },
  });
  return { item: `${workspace}/items/${source?.body.id}`, itemId, to };
}

describe("shortcuts", () => {
  it("Shortcuts are made in folders of several levels, listed, read and removed, and gone with their item", async () => {
    await using service = await TestService.start();
    const { item, to } = await prepared(service);
    const body = { path: "/Files/raw/daily", name: "Orders", target: to("Files") };
    const made = await service.call("POST", `${item}/shortcuts`, body);
    const expected = { path: "Files/raw/daily", name: "Orders", target: { type: "OneLake", ...to("Files") } };
    assert.deepEqual([made.status, made.body], [201, expected]);
    const location = made.headers.get("location") ?? "";
    assert.equal(location, `https://api.fabric.microsoft.com/v1${item}/shortcuts/Files/raw/daily/Orders`);
    await service.call("POST", `${item}/shortcuts`, { ...body, path: "Files", name: "more" });
    const names = async (query = "") =>
      (await service.call("GET", `${item}/shortcuts${query}`)).body.value?.map(({ name }) => name);
    assert.deepEqual(await names(), ["Orders", "more"]);
    assert.deepEqual(await names("?parentPath=Files/raw"), ["Orders"]);

    const own = `${item}/shortcuts/Files/raw/daily/Orders`;
    assert.deepEqual((await service.call("GET", own)).body, expected);
    assert.deepEqual(await service.outcome("GET", `${item}/shortcuts/Files/raw/Orders`), [404, "EntityNotFound"]);
    assert.equal((await service.call("DELETE", own)).status, 200);
    assert.deepEqual(await service.outcome("GET", own), [404, "EntityNotFound"]);
    await service.call("DELETE", item);
    assert.deepEqual(service.emulator.state()["shortcuts"], []);
  });

  it("Shortcuts to a path in OneLake that does not exist are refused: no item, and a folder of an empty lakehouse", async () => {
    await using service = await TestService.start();
    const { item, to } = await prepared(service);
    for (const target of [
      to("Files/images"),
      to("Tables/dbo/orders"),
      to(""),
      { oneLake: { itemId: "00000000-0000-0000-0000-000000000000", path: "Files" } },
    ]) {
      const { status, code, body } = await service.call(
        "POST",
        `${item}/shortcuts?shortcutConflictPolicy=CreateOrOverwrite`,
        { path: "/Files", name: "images", target },
      );
      assert.deepEqual([status, code], [400, "BadRequest"]);
      assert.deepEqual(body["moreDetails"], [
        { errorCode: "RequestBodyValidationFailed", message: "Target path doesn't exist" },
      ]);
    }
  });

  it("Shortcuts point to folders that a seed says exist, and to other shortcuts", async () => {
    await using probe = await TestService.start();
    const { itemId: unused } = await prepared(probe);
    assert.ok(unused);
    const lakehouse = { id: "e1000000-0000-4000-8000-000000000001", type: "Lakehouse", displayName: "target" };
    const workspace = { id: "e2000000-0000-4000-8000-000000000001", displayName: "seeded" };
    const seed = {
      ...defaultSeed,
      workspaces: [workspace],
      items: [{ ...lakehouse, workspaceId: workspace.id }],
      oneLakePaths: [{ itemId: lakehouse.id, path: "/Tables/dbo/orders" }],
    };
    await using service = await TestService.start({ seed });
    const { item } = await prepared(service);
    const make = (name: string, itemId: string, path: string) =>
      service.outcome("POST", `${item}/shortcuts`, { path: "Tables", name, target: { oneLake: { itemId, path } } });
    assert.deepEqual(await make("orders", lakehouse.id, "Tables/dbo/orders"), [201, null]);
    assert.deepEqual(await make("schema", lakehouse.id, "Tables/dbo"), [201, null]);
    assert.deepEqual(await make("other", lakehouse.id, "Tables/dbo/order"), [400, "BadRequest"]);
    const own = item.split("/").at(-1) ?? "";
    assert.deepEqual(await make("again", own, "Tables/orders"), [201, null]);
  });

  it("Shortcuts of a taken name are refused, overwritten or renamed, as the policy says", async () => {
    await using service = await TestService.start();
    const { item, to } = await prepared(service);
    const make = (policy?: string) =>
      service.call("POST", `${item}/shortcuts${policy === undefined ? "" : `?shortcutConflictPolicy=${policy}`}`, {
        path: "Files",
        name: "raw",
        target: to("Tables"),
      });
    assert.equal((await make()).status, 201);
    const refused = await make();
    assert.deepEqual([refused.status, refused.code], [409, "EntityConflict"]);
    assert.equal((await make("CreateOrOverwrite")).status, 200);
    const renamed = await make("GenerateUniqueName");
    assert.equal(renamed.status, 201);
    assert.notEqual(renamed.body["name"], "raw");
    assert.equal((await service.call("GET", `${item}/shortcuts`)).body.value?.length, 2);
  });

  it("Shortcuts to storage elsewhere are taken as they are, and need exactly one target", async () => {
    await using service = await TestService.start();
    const { item, to } = await prepared(service);
    const amazonS3 = { location: "https://b.s3.amazonaws.com", subpath: "/x", connectionId: item.split("/").at(-1) };
    const make = (name: string, target: unknown) =>
      service.call("POST", `${item}/shortcuts`, { path: "Files", name, target });
    const { status, body } = await make("s3", { amazonS3 });
    assert.deepEqual([status, body["target"]], [201, { type: "AmazonS3", amazonS3 }]);
    for (const wrong of [undefined, {}, { amazonS3, ...to("Files") }])
      assert.equal((await make("wrong", wrong)).code, "BadRequest");
  });
});
