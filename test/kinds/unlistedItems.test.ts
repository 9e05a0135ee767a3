import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { FabricItem } from "../../lib/api/objects.ts";
import { RUN_FOLDER, writeOwnResources } from "../../lib/checkpoint/runFolder.ts";
import { objectKey } from "../../lib/transactions/entry.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { unlistedAmong } from "../../providers/kinds/item/unlistedItems.ts";

import { givenBack } from "./givenBack.ts";
import { Bench, deployed, kindOf } from "./providerBench.ts";

const items = (...names: string[]): FabricItem[] =>
  names.map((name) => {
    const [type = "", displayName = ""] = name.split("/");
    return { id: name, workspaceId: "w", type, displayName };
  });

describe("items that nobody declares", () => {
  it("Items that nobody declares are told, and what the service makes beside a declared one is not", () => {
    const found = items(
      "Notebook/old",
      "Notebook/Load",
      "Lakehouse/raw",
      "SQLEndpoint/raw",
      "KQLDatabase/eh",
      "KQLDatabase/x",
      "Lakehouse/StagingLakehouseForDataflows_20250101",
      "Warehouse/StagingWarehouseForDataflows_20250101",
      "SemanticModel/DataflowsStagingLakehouse",
      "Lakehouse/DataflowsStagingLakehouse",
    );
    assert.deepEqual(
      unlistedAmong(found, ["notebook/load", "lakehouse/raw", "eventhouse/eh"]).map(({ id }) => id),
      ["KQLDatabase/x", "Notebook/old"],
    );
  });
});

describe("items that nobody declares, with orphans: delete", () => {
  it("Items that nobody declares and whose delete finds nothing have stayed if they can still be read, and the update fails", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const id = randomUUID();
    bench.emulator.service.items.put({ id, workspaceId, type: "Notebook", displayName: "old", description: "" });
    const inputs = { workspaceId, listed: [], deletedAs: "sales/orphans" };
    const made = await deployed(bench, "unlistedItems", inputs);
    const state = { ...made.olds, unlisted: { [id]: { type: "Notebook", name: "old" } } };
    const { inputs: wanted } = check(kindOf("unlistedItems"), state, inputs);
    bench.emulator.faults([{ method: "DELETE", status: 404, errorCode: "EntityNotFound", times: "forever" }]);
    const process = await bench.process("unlistedItems");
    await assert.rejects(process.update(made.id, state, wanted), /delete Notebook 'old' failed: EntityNotFound/);
  });

  it("Items that nobody declares are deleted if a refresh has shown them, and data only by name", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const put = (type: string, displayName: string) =>
      bench.emulator.service.items.put({ id: randomUUID(), workspaceId, type, displayName, description: "" });
    const names = () =>
      bench.emulator.service.items
        .all()
        .map(({ type, displayName }) => `${type}/${displayName}`)
        .toSorted();
    put("Notebook", "load");
    put("Notebook", "old");
    put("Lakehouse", "raw");
    put("SemanticModel", "raw");
    put("Report", "old");
    const inputs = { workspaceId, listed: ["notebook/load"], deletedAs: "sales/orphans" };
    const made = await deployed(bench, "unlistedItems", inputs);
    assert.equal(names().length, 5, "nothing goes that no refresh has shown");

    const reader = await bench.process("unlistedItems");
    const { inputs: read = {} } = (await reader.read(made.id, made.olds)) as { inputs?: Record<string, unknown> };
    const shown = read["unlisted"] as Record<string, { type: string; name: string }>;
    assert.deepEqual(
      Object.values(shown).map(({ type, name }) => `${type}/${name}`),
      ["Notebook/old", "Report/old"],
    );
    const state = { ...made.olds, unlisted: shown };
    const { inputs: wanted } = check(kindOf("unlistedItems"), state, inputs);
    put("Notebook", "later");
    await (await bench.process("unlistedItems")).update(made.id, state, wanted);
    assert.deepEqual(names(), ["Lakehouse/raw", "Notebook/later", "Notebook/load", "SemanticModel/raw"]);

    process.env["FABRIC_ALLOW_UNPROTECT"] = "sales/orphans";
    try {
      const again = (await (await bench.process("unlistedItems")).read(made.id, made.olds)) as {
        inputs?: Record<string, unknown>;
      };
      assert.deepEqual(
        Object.values(again.inputs?.["unlisted"] as Record<string, { type: string; name: string }>).map(
          ({ type, name }) => `${type}/${name}`,
        ),
        ["Lakehouse/raw", "Notebook/later"],
      );
    } finally {
      delete process.env["FABRIC_ALLOW_UNPROTECT"];
    }
  });

  it("Items that nobody declares and that a transaction has deleted are told by its rollback if somebody has made others of their names", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const put = (displayName: string) => {
      const id = randomUUID();
      bench.emulator.service.items.put({ id, workspaceId, type: "Notebook", displayName, description: "" });
      return id;
    };
    const ids = [put("old"), put("older")];
    const inputs = { workspaceId, listed: [], deletedAs: "sales/orphans" };
    const made = await deployed(bench, "unlistedItems", inputs);
    const unlisted = Object.fromEntries(
      ids.map((id, at) => [id, { type: "Notebook", name: at === 0 ? "old" : "older" }]),
    );
    const state = { ...made.olds, unlisted };
    const { inputs: wanted } = check(kindOf("unlistedItems"), state, inputs);
    const process = await bench.process("unlistedItems");
    await process.update(made.id, state, wanted).finally(() => process.end());
    const theirs = put("old");
    for (const _attempt of [1, 2]) {
      assert.deepEqual((await givenBack(bench, made, { id: made.id, olds: {} }))?.left, [
        "Notebook 'old' was deleted, and is not given back: somebody has made another one of that name since",
      ]);
    }
    const now = bench.emulator.service.items
      .all()
      .map(({ id, displayName }) => (id === theirs ? "theirs" : displayName));
    assert.deepEqual(now.toSorted(), ["older", "theirs"]);
  });

  it("Items that nobody declares are not shown while a declared one of their type is missing, because somebody may have renamed that", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const put = (type: string, displayName: string) => {
      const id = randomUUID();
      bench.emulator.service.items.put({ id, workspaceId, type, displayName, description: "" });
      return id;
    };
    const own = put("Notebook", "renamed by hand");
    put("Report", "old");
    const inputs = { workspaceId, listed: ["notebook/load"], deletedAs: "sales/orphans" };
    const made = await deployed(bench, "unlistedItems", inputs);
    const shownBy = async (env: NodeJS.ProcessEnv) => {
      const reader = await bench.process("unlistedItems", env);
      const { inputs: read = {} } = (await reader.read(made.id, made.olds)) as { inputs?: Record<string, unknown> };
      return Object.values((read["unlisted"] ?? {}) as Record<string, { name: string }>).map(({ name }) => name);
    };
    assert.deepEqual(await shownBy({}), ["old"]);

    // it was renamed, and another one has its name
    put("Notebook", "load");
    const runFolder = mkdtempSync(join(tmpdir(), "run-"));
    const state = { type: "Notebook", displayName: "load" };
    const key = objectKey("Item", `${workspaceId}/${own}`);
    writeOwnResources(runFolder, [{ resource: "Item::sales/Notebook/load", key, state, isPending: false }]);
    assert.deepEqual(await shownBy({ [RUN_FOLDER]: runFolder }), ["old"]);
    rmSync(runFolder, { recursive: true });
  });

  it("Items that nobody declares never include one of the stack's own, whatever name somebody has given it", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const own = { id: randomUUID(), workspaceId, type: "Notebook", displayName: "renamed by hand", description: "" };
    const other = { ...own, id: randomUUID(), displayName: "old" };
    for (const item of [own, other]) bench.emulator.service.items.put(item);
    const folder = mkdtempSync(join(tmpdir(), "fabric-own-"));
    const state = { workspaceId, type: "Notebook", displayName: "load" };
    const key = objectKey("Item", `${workspaceId}/${own.id}`.toUpperCase());
    writeOwnResources(folder, [{ resource: "Item::sales/load", key, state, isPending: false }]);
    const env = { [RUN_FOLDER]: folder };
    const inputs = { workspaceId, listed: ["notebook/load"], deletedAs: "sales/orphans" };
    const made = await deployed(bench, "unlistedItems", inputs);
    const shown = {
      [own.id]: { type: "Notebook", name: own.displayName },
      [other.id]: { type: "Notebook", name: other.displayName },
    };
    const { inputs: read = {} } = (await (await bench.process("unlistedItems", env)).read(made.id, made.olds)) as {
      inputs?: Record<string, unknown>;
    };
    assert.deepEqual(Object.keys(read["unlisted"] as object), [other.id]);
    const before = { ...made.olds, unlisted: shown };
    const { inputs: wanted } = check(kindOf("unlistedItems"), before, inputs);
    await (await bench.process("unlistedItems", env)).update(made.id, before, wanted);
    assert.deepEqual(
      bench.emulator.service.items.all().map(({ id }) => id),
      [own.id],
    );
    rmSync(folder, { recursive: true });
  });

  it("Items that nobody declares do not include a declared one whose letters the service composes in another way", () => {
    const composed = items("Notebook/Übersicht".normalize("NFC"), "Notebook/Übersicht2");
    assert.deepEqual(
      unlistedAmong(composed, ["notebook/übersicht".normalize("NFD")]).map(({ displayName }) => displayName),
      ["Übersicht2"],
    );
    assert.deepEqual(unlistedAmong(items("Notebook/É".normalize("NFD")), ["notebook/é".normalize("NFC")]), []);
  });
});
