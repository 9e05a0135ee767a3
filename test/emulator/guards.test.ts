import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { TestService } from "./client.ts";

const nobody = "99999999-9999-4999-8999-999999999999";

/** What is answered for an unknown id in a path; items of the recycle bin have no code of their own. */
const codes: Readonly<Record<string, string>> = {
  workspaceId: "EntityNotFound",
  principalId: "EntityNotFound",
  folderId: "FolderNotFound",
  itemId: "ItemNotFound",
  capacityId: "CapacityNotFound",
  connectionId: "EntityNotFound",
  gatewayId: "EntityNotFound",
  operationId: "OperationNotFound",
  managedPrivateEndpointId: "PrivateEndpointNotFound",
  poolId: "EntityNotFound",
  "shortcutPathAndName...": "EntityNotFound",
};

const bodyFor = (method: string) => (method === "GET" ? undefined : {});

/** Every route that the emulator has, with its parameters. */
async function routesOf({ emulator }: TestService) {
  const answer = await fetch(`${emulator.origin}/_emulator/coverage`);
  const { routes } = (await answer.json()) as { routes: string[] };
  return routes.map((route) => {
    const [method = "", template = ""] = route.split(" ");
    const parameters = [...template.matchAll(/\{(.+?)\}/g)].map(([, name = ""]) => name);
    return { route, method, template, parameters };
  });
}

describe("guards", () => {
  it("Guards refuse every route with an unknown id in its path, with the code of what is missing", async () => {
    await using service = await TestService.start();
    const workspace = await service.workspace();
    const item = { type: "Notebook", displayName: "real", workspaceId: workspace.replace("/workspaces/", "") };
    service.emulator.service.items.put({ id: "real-item", description: "", ...item });
    const real: Readonly<Record<string, string>> = { workspaceId: item.workspaceId, itemId: "real-item" };
    const routes = (await routesOf(service)).filter(({ parameters }) => parameters.length > 0);
    assert.ok(routes.length > 250);
    for (const { route, method, template, parameters } of routes) {
      for (const [at, parameter] of parameters.entries()) {
        const before = parameters.slice(0, at);
        // what stands before the unknown one exists, or the answer is about that
        if (before.some((one) => real[one] === undefined)) break;
        const known = before.reduce((path, one) => path.replace(`{${one}}`, real[one] ?? ""), template);
        const path = known.replace(/\{.+?\}/g, nobody);
        const code = template.includes("recoverableItems") ? "EntityNotFound" : codes[parameter];
        assert.deepEqual(await service.outcome(method, path, bodyFor(method)), [404, code], `${route}: ${parameter}`);
      }
    }
  });

  it("Guards refuse every route of a workspace to who has no role in it, and every write to who only views it", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    const viewer = { principal: { id: known.bob, type: "User" }, role: "Viewer" };
    assert.equal((await service.call("POST", `${path}/roleAssignments`, viewer)).status, 201);
    const routes = (await routesOf(service)).filter(({ parameters }) => parameters.includes("workspaceId"));
    const refused = [403, "InsufficientPrivileges"];
    for (const { route, method, template } of routes) {
      const real = template.replace("/workspaces/{workspaceId}", path).replace(/\{.+?\}/g, nobody);
      assert.deepEqual(await service.outcome(method, real, bodyFor(method), known.alice), refused, `${route}: no role`);
      if (method === "GET") continue;
      assert.deepEqual(await service.outcome(method, real, bodyFor(method), known.bob), refused, `${route}: Viewer`);
    }
  });

  it("Guards find below a workspace only what belongs to it, and below a type only items of it", async () => {
    await using service = await TestService.start();
    const [mine, theirs] = [await service.workspace("mine"), await service.workspace("theirs")];
    const folder = (await service.call("POST", `${theirs}/folders`, { displayName: "raw" })).body.id;
    const lakehouse = (await service.call("POST", `${theirs}/lakehouses`, { displayName: "bronze" })).body.id;
    assert.equal((await service.call("GET", `${theirs}/folders/${folder}`)).status, 200);
    assert.equal((await service.call("GET", `${theirs}/lakehouses/${lakehouse}`)).status, 200);
    assert.deepEqual(await service.outcome("GET", `${mine}/folders/${folder}`), [404, "FolderNotFound"]);
    assert.deepEqual(await service.outcome("DELETE", `${mine}/items/${lakehouse}`), [404, "ItemNotFound"]);
    for (const [method, path] of [
      ["GET", ""],
      ["PATCH", ""],
      ["DELETE", ""],
      ["POST", "/getDefinition"],
      ["POST", "/updateDefinition"],
    ] as const) {
      const outcome = await service.outcome(method, `${theirs}/notebooks/${lakehouse}${path}`, bodyFor(method));
      assert.deepEqual(outcome, [404, "ItemNotFound"], `${method} ${path}`);
    }
  });
});
