import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import { collection, remove } from "../../emulator/core/collection.ts";
import { defaultSeed, known } from "../../emulator/core/defaultSeed.ts";
import { defineFamily } from "../../emulator/core/family.ts";
import { member, route, tenant, within } from "../../emulator/core/guard.ts";
import { ok, page, requiredText, ServiceError } from "../../emulator/core/service.ts";
import type { Stored } from "../../emulator/core/store.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import { startOperation } from "../../emulator/families/operations.ts";
import { workspace } from "../../emulator/families/workspaces.ts";
import type { Role } from "../../emulator/families/workspaces.ts";
import { TestService } from "./client.ts";

/*
 * A family that the emulator does not know: nurseries in the tenant, which are made by operations, and trees in workspaces,
 * which come from a nursery and may lie in a folder. All that is needed stands in this one definition.
 */

interface Nursery extends Stored {
  readonly displayName: string;
}
interface Tree extends Stored {
  readonly workspaceId: string;
  readonly nurseryId: string;
  readonly folderId?: string | undefined;
}

const nurseries = collection<Nursery>("nurseries");
const trees = collection<Tree>("trees", {
  ownedBy: { workspaces: "workspaceId", nurseries: "nurseryId" },
  liesIn: { folders: "folderId" },
});
const nursery = member(
  tenant,
  "/nurseries/{nurseryId}",
  nurseries,
  () => new ServiceError(404, "NurseryNotFound", "The nursery could not be found"),
);
const tree = (atLeast: Role) =>
  member(
    workspace(atLeast),
    "/trees/{treeId}",
    trees,
    () => new ServiceError(404, "TreeNotFound", "The tree could not be found"),
  );

const gardening = defineFamily({
  name: "gardening",
  collections: { nurseries, trees },
  routes: [
    route("GET", tenant, "/nurseries", (_tenant, call, service) =>
      page(call, service, nurseries.in(service).all(), "/nurseries"),
    ),
    route("POST", tenant, "/nurseries", (_tenant, call, service) => {
      const displayName = requiredText(call.body, "displayName", 100);
      return startOperation(call, service, true, () => nurseries.in(service).put({ id: randomUUID(), displayName }));
    }),
    route("PATCH", nursery, "", ({ id }, call, service) =>
      ok(nurseries.in(service).change(id, { displayName: requiredText(call.body, "displayName", 100) })),
    ),
    route("DELETE", nursery, "", ({ id }, _call, service) => {
      remove(service, nurseries, id);
      return ok();
    }),
    route("GET", tree("Viewer"), "", (tree) => ok(tree)),
    route("DELETE", tree("Contributor"), "", ({ id }, _call, service) => {
      remove(service, trees, id);
      return ok();
    }),
  ],
  seed: {
    nurseries: z.array(z.looseObject({ id: z.string(), displayName: z.string().default("seeded") })).default([]),
  },
  populate(service, seed) {
    for (const { id, displayName } of seed.nurseries) nurseries.in(service).put({ id, displayName });
  },
});

const start = (options: { readonly store?: string } = {}) =>
  TestService.start({ ...options, families: [gardening], seed: { ...defaultSeed, nurseries: [{ id: "n1" }] } });

describe("a new family", () => {
  it("A new family answers by its routes, with operations, refusals and coverage like every other", async () => {
    await using service = await start();
    const { result } = await service.operation(await service.call("POST", "/nurseries", { displayName: "north" }));
    assert.equal(result?.body["displayName"], "north");
    const path = `/nurseries/${result?.body.id}`;
    assert.equal((await service.call("PATCH", path, { displayName: "south" })).body["displayName"], "south");
    const { body } = await service.call("GET", "/nurseries");
    assert.deepEqual(
      body.value?.map(({ displayName }) => displayName),
      ["seeded", "south"],
    );
    assert.equal((await service.call("DELETE", path)).status, 200);
    assert.deepEqual(await service.outcome("PATCH", path, { displayName: "x" }), [404, "NurseryNotFound"]);
    const coverage = (await (await fetch(`${service.emulator.origin}/_emulator/coverage`)).json()) as {
      routes: string[];
      requests: Record<string, number>;
    };
    assert.ok(coverage.routes.includes("DELETE /workspaces/{workspaceId}/trees/{treeId}"));
    assert.equal(coverage.requests["PATCH /nurseries/{nurseryId}"], 2);
  });

  it("A new family has its objects guarded by the workspace that they belong to", async () => {
    await using service = await start();
    const [mine, theirs] = [await service.workspace("mine"), await service.workspace("theirs")];
    const workspaceId = mine.replace("/workspaces/", "");
    trees.in(service.emulator.service).put({ id: "p1", workspaceId, nurseryId: "n1" });
    assert.equal((await service.call("GET", `${mine}/trees/p1`)).status, 200);
    assert.deepEqual(await service.outcome("GET", `${theirs}/trees/p1`), [404, "TreeNotFound"]);
    assert.deepEqual(await service.outcome("DELETE", `${mine}/trees/p1`, undefined, known.alice), [
      403,
      "InsufficientPrivileges",
    ]);
  });

  it("A new family loses what belongs to an object with that object, and keeps folders from being removed under it", async () => {
    await using service = await start();
    const path = await service.workspace();
    const workspaceId = path.replace("/workspaces/", "");
    const folderId = (await service.call("POST", `${path}/folders`, { displayName: "beds" })).body.id ?? "";
    const { service: objects } = service.emulator;
    const grow = (id: string) => trees.in(objects).put({ id, workspaceId, nurseryId: "N1", folderId });
    grow("p1");
    assert.deepEqual(await service.outcome("DELETE", `${path}/folders/${folderId}`), [400, "FolderNotEmpty"]);
    assert.equal((await service.call("DELETE", "/nurseries/n1")).status, 200);
    assert.deepEqual(trees.in(objects).all(), []);
    grow("p2");
    trees.in(objects).put({ id: "elsewhere", workspaceId: "w", nurseryId: "n" });
    assert.equal((await service.call("DELETE", path)).status, 200);
    assert.deepEqual(
      trees
        .in(objects)
        .all()
        .map(({ id }) => id),
      ["elsewhere"],
    );
  });

  it("A new family is kept in the store, and is there again after a restart and a reset", async () => {
    const store = mkdtempSync(join(tmpdir(), "fabric-emulator-"));
    {
      await using service = await start({ store });
      await service.operation(await service.call("POST", "/nurseries", { displayName: "north" }));
    }
    await using service = await start({ store });
    const names = () => (service.emulator.state()["nurseries"] as Nursery[]).map(({ displayName }) => displayName);
    assert.deepEqual(names(), ["seeded", "north"]);
    service.emulator.reset();
    assert.deepEqual(names(), ["seeded"]);
  });

  it("A new family is refused with all that it and another claim, and with owners that nobody has", async () => {
    const claiming = defineFamily({
      name: "folders",
      collections: {
        folders: collection("folders"),
        bushes: collection<Tree>("shrubs", { ownedBy: { wrokspaces: "workspaceId" } }),
        levers: collection("levers"),
      },
      routes: [
        route(
          "GET",
          within(tenant, "/Capacities/{id}", (_tenant, id) => id),
          "",
          () => ok(),
        ),
      ],
      seed: { folders: z.string() },
    });
    await assert.rejects(startEmulator({ families: [claiming] }), ({ message }: Error) => {
      for (const problem of [
        "family folders is there twice",
        "collection folders is there twice",
        "seed key folders is there twice",
        "route GET /capacities/{} (fabric) is there twice",
        "collection shrubs stands under the name bushes",
        "collection shrubs names wrokspaces, which no family has",
        "collection levers has a name that the service uses itself",
      ])
        assert.ok(message.includes(problem), `${problem}\n${message}`);
      return true;
    });
  });

  it("A new family cannot have a parameter that nothing resolves, nor objects below what they do not belong to", () => {
    const unguarded = () => route("GET", tenant, "/nurseries/{nurseryId}", () => ok());
    assert.throws(unguarded, /GET \/nurseries\/\{nurseryId\}: a parameter needs a guard/);
    assert.throws(() => within(tenant, "/a/{b}/c/{d}", (_tenant, id) => id), /one parameter/);
    const lost = () =>
      member(workspace("Viewer"), "/nurseries/{nurseryId}", nurseries, () => new ServiceError(404, "", ""));
    assert.throws(lost, /nurseries do not say by what they belong to workspaces/);
  });
});
