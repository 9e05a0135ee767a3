import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { environmentVersion } from "../../lib/content/environmentValues.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, TRANSACTION, deployed, inputsOf, kindOf, saveBefore } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";

/** A copy of an example's folder, relative to the project, that goes at the end. */
class ItemFolder implements Disposable {
  readonly #root = mkdtempSync(join(tmpdir(), "item-"));
  readonly path: string;

  constructor(name: string) {
    cpSync(join("fabric/retail", name), join(this.#root, name), { recursive: true });
    this.path = relative(process.cwd(), join(this.#root, name));
  }

  edit(file: string, change: (text: string) => string): void {
    writeFileSync(join(this.path, file), change(readFileSync(join(this.path, file), "utf8")));
  }

  add(file: string, text: string): void {
    writeFileSync(join(this.path, file), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true });
  }
}

const publishesOf = (bench: Bench) =>
  bench.emulator.requests().filter(({ path }) => path.endsWith("/staging/publish")).length;

/** An environment with a changed definition, which from now on shows other properties. @returns what sends and publishes it */
async function secondPublish(bench: Bench, folder: ItemFolder, properties: Record<string, unknown>) {
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  const inputs = { workspaceId, type: "Environment", displayName: "spark", path: folder.path };
  const made = await deployed(bench, "item", inputs, quick);
  bench.emulator.service.items.change(made.id.split("/")[1] ?? "", { properties });
  folder.edit("Setting/Sparkcompute.yml", (text) => text.replace("driver_cores: 4", "driver_cores: 8"));
  const process = await bench.process("item", {}, quick);
  const { inputs: changed } = check(kindOf("item"), made.olds, inputs);
  return () => process.update(made.id, made.olds, changed);
}

const readsOf = (bench: Bench) =>
  bench.emulator.requests().filter(({ method, path }) => method === "GET" && path.includes("/environments/")).length;

/** Without the pauses of a wait for the service. */
const quick = { isPatient: false };

describe("an environment", () => {
  it("An environment is published when it is made and when its definition changes, and a failed publish is made up for", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("spark.Environment");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId, type: "Environment", displayName: "spark", path: folder.path };
    const made = await deployed(bench, "item", inputs, quick);
    assert.equal(publishesOf(bench), 1);
    const itemId = made.id.split("/")[1] ?? "";
    assert.ok(bench.emulator.service.items.get(itemId)?.publish);

    folder.edit("Setting/Sparkcompute.yml", (text) => text.replace("driver_cores: 4", "driver_cores: 8"));
    const process = await bench.process("item", {}, quick);
    const { inputs: changed } = check(kindOf("item"), made.olds, inputs);
    bench.emulator.faults([{ method: "POST", route: "/staging/publish", status: 400, errorCode: "InvalidRequest" }]);
    let half: Record<string, unknown> | undefined;
    await assert.rejects(
      process.update(made.id, made.olds, changed),
      (error: { properties?: Record<string, unknown> }) => {
        half = error.properties;
        return true;
      },
    );
    assert.equal(half?.["definitionHash"], "unknown");
    const { outs } = await process.update(made.id, half ?? {}, changed);
    assert.equal(publishesOf(bench), 3);
    assert.equal(outs?.["definitionHash"], changed["definitionHash"]);
  });

  it("An environment is published once more where the answer to the first call was lost, and waits for the one that is under way", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("spark.Environment");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    bench.emulator.faults([{ method: "POST", route: "/staging/publish", drop: "after" }]);
    const process = await bench.process("item", {}, quick);
    const { inputs } = check(
      kindOf("item"),
      {},
      { workspaceId, type: "Environment", displayName: "spark", path: folder.path },
    );
    const { id } = await process.create(inputs);
    assert.ok(publishesOf(bench) >= 2);
    assert.ok(bench.emulator.service.items.get(id.split("/")[1] ?? "")?.publish);
  });

  for (const [state, advice] of [
    ["Cancelled", /was cancelled by somebody.*Run again/],
    ["Failed", /failed at the service\. Open the environment/],
    ["Unknown", /ended as 'Unknown'.*run again/],
  ] as const) {
    it(`An environment whose publish ends as ${state} does not count as published`, async () => {
      await using bench = await Bench.start();
      using folder = new ItemFolder("spark.Environment");
      const publish = await secondPublish(bench, folder, { publishDetails: { state } });
      await assert.rejects(publish(), (error: { message: string; properties?: Record<string, unknown> }) => {
        assert.match(error.message, advice);
        assert.equal(error.properties?.["definitionHash"], "unknown");
        return true;
      });
    });
  }

  it("An environment is asked again until it tells the state of its publish", async () => {
    let show: () => void = () => undefined;
    await using bench = await Bench.start(() => void show());
    using folder = new ItemFolder("spark.Environment");
    const publish = await secondPublish(bench, folder, { publishDetails: undefined });
    const { items } = bench.emulator.service;
    show = () =>
      items.all().forEach(({ id }) => items.change(id, { properties: { publishDetails: { state: "Success" } } }));
    const before = readsOf(bench);
    bench.emulator.faults([{ method: "GET", route: "/environments/", nth: 3 }]);
    await publish();
    assert.equal(readsOf(bench) - before, 3);
  });
});

describe("the definition of an item", () => {
  it("The definition of an item is sent with a note of the item's values, so that a rollback of a run that was killed then gives back those of others", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("spark.Environment");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId, type: "Environment", displayName: "spark", path: folder.path, description: "" };
    const made = await deployed(bench, "item", inputs, quick);
    const itemId = made.id.split("/")[1] ?? "";
    bench.emulator.service.items.change(itemId, { description: "theirs" });
    folder.edit("Setting/Sparkcompute.yml", (text) => text.replace("driver_cores: 4", "driver_cores: 8"));
    const { inputs: changed } = check(kindOf("item"), made.olds, inputs);
    await (await bench.process("item", {}, quick)).update(made.id, made.olds, changed);
    const log = await bench.logs().entries(TRANSACTION);
    const noted = log.flatMap((entry) =>
      entry.kind === "intent" && entry.compensation?.function === "restoreDefinition" ? [entry.before] : [],
    );
    assert.ok(noted.length > 0);
    for (const before of noted) assert.equal(before?.["description"], "theirs");
  });
});

describe("the definition of an item in a rollback that makes anew what it refers to", () => {
  it("A rollback puts the new id of what it makes anew into content that its deployment had not sent", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("load/weekly.DataPipeline");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const key = "3c85fcbf-8ce0-4994-89c0-216388c62add";
    const [before, now] = ["11111111-aaaa-4000-8000-000000000001", "11111111-aaaa-4000-8000-000000000002"];
    const inputs = { workspaceId, type: "DataPipeline", displayName: "weekly", path: folder.path };
    const made = await deployed(bench, "item", { ...inputs, references: { [key]: before } });
    const content = () => {
      const { parts = [] } = bench.emulator.service.items.get(made.id.split("/")[1] ?? "") ?? {};
      return parts.map(({ payload }) => Buffer.from(payload, "base64").toString()).join();
    };
    assert.ok(content().includes(before));
    await saveBefore(bench, made);
    const process = await bench.process("item", rollback);
    const { inputs: renewed } = check(kindOf("item"), made.olds, { ...inputs, references: { [key]: now } });
    await process.update(made.id, made.olds, renewed);
    assert.ok(content().includes(now), content());
    assert.ok(!content().includes(before), content());
  });
});

describe("the Spark pool of an environment", () => {
  it("The Spark pool of an environment is looked up by its name when the definition is sent, and must exist", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("spark.Environment");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId, type: "Environment", displayName: "spark", path: folder.path };
    const own = {
      name: "Big",
      nodeFamily: "MemoryOptimized",
      nodeSize: "Large",
      autoScale: {},
      dynamicExecutorAllocation: {},
    };
    const response = await fetch(`${bench.emulator.url}/workspaces/${workspaceId}/spark/pools`, {
      method: "POST",
      headers: { authorization: "Bearer made-up", "content-type": "application/json" },
      body: JSON.stringify({
        ...own,
        autoScale: { enabled: true, minNodeCount: 1, maxNodeCount: 2 },
        dynamicExecutorAllocation: { enabled: true, minExecutors: 1, maxExecutors: 1 },
      }),
    });
    assert.equal(response.status, 201, await response.clone().text());
    const { id: poolId } = (await response.json()) as { id: string };
    await assert.rejects(
      deployed(bench, "item", { ...inputs, sparkPool: { type: "Capacity", name: "Big" } }, quick),
      /The workspace has no Spark pool 'Big' of type Capacity\. It can use: .*Workspace 'Big'/,
    );
    const made = await deployed(bench, "item", { ...inputs, sparkPool: { type: "Workspace", name: "Big" } }, quick);
    const [, itemId = ""] = made.id.split("/");
    const compute = bench.emulator.service.items
      .get(itemId)
      ?.parts?.find(({ path }) => path === "Setting/Sparkcompute.yml");
    assert.match(
      Buffer.from(compute?.payload ?? "", "base64").toString(),
      new RegExp(`instance_pool_id: ['"]?${poolId}`),
    );
  });
});

describe("the value set of a variable library", () => {
  it("The value set of a variable library is the declared one, changes in place, and comes back after somebody changed it", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("settings.VariableLibrary");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId, type: "VariableLibrary", displayName: "settings", path: folder.path };
    const made = await deployed(bench, "item", { ...inputs, activeValueSet: "prod" });
    const itemId = made.id.split("/")[1] ?? "";
    const active = () => bench.emulator.service.items.get(itemId)?.properties?.["activeValueSetName"];
    assert.equal(active(), "prod");

    bench.emulator.service.items.change(itemId, { properties: { activeValueSetName: "Default value set" } });
    const process = await bench.process("item");
    const { inputs: found } = await process.read(made.id, made.olds);
    assert.equal(found?.["activeValueSet"], "Default value set");
    const { inputs: wanted } = check(kindOf("item"), made.olds, { ...inputs, activeValueSet: "prod" });
    await process.update(made.id, { ...made.olds, ...found }, wanted);
    assert.equal(active(), "prod");
  });
});

describe("the value set of a variable library in a rollback", () => {
  /** A library, and a transaction that activates prod. */
  async function activated(bench: Bench, path: string, theirs: string | undefined) {
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId, type: "VariableLibrary", displayName: "settings", path };
    const made = await deployed(bench, "item", inputs);
    const [, itemId = ""] = made.id.split("/");
    const activate = (activeValueSetName: string) =>
      bench.emulator.service.items.change(itemId, { properties: { activeValueSetName } });
    if (theirs !== undefined) activate(theirs);
    const { inputs: wanted } = check(kindOf("item"), made.olds, { ...inputs, activeValueSet: "prod" });
    const process = await bench.process("item");
    await process.update(made.id, made.olds, wanted);
    await process.end();
    const active = () => bench.emulator.service.items.get(itemId)?.properties?.["activeValueSetName"];
    assert.equal(active(), "prod");
    return { made, wanted, active, activate };
  }

  async function rollBack(bench: Bench, { id, olds }: { id: string; olds: Record<string, unknown> }, state: object) {
    const process = await bench.process("item", rollback);
    const { inputs } = check(kindOf("item"), { ...state }, olds);
    await process.update(id, { ...state }, inputs);
    await process.end();
    return (await givenBack(bench, { kind: "item", id }, { id, olds }))?.left ?? assert.fail("nothing was written");
  }

  for (const theirs of [undefined, "dev"])
    it(`A rollback activates the value set that was active before: ${theirs ?? "the default one"}`, async () => {
      await using bench = await Bench.start();
      using folder = new ItemFolder("settings.VariableLibrary");
      if (theirs !== undefined)
        folder.add("valueSets/dev.json", JSON.stringify({ name: "dev", variableOverrides: [] }));
      const { made, wanted, active } = await activated(bench, folder.path, theirs);
      assert.deepEqual(await rollBack(bench, made, wanted), []);
      assert.equal(active(), theirs ?? "Default value set");
    });

  it("A rollback leaves a value set that somebody has activated since the deployment did, and tells it", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("settings.VariableLibrary");
    const { made, wanted, active, activate } = await activated(bench, folder.path, undefined);
    activate("theirs");
    const left = await rollBack(bench, made, wanted);
    assert.equal(left.length, 1, left.join("\n"));
    assert.match(
      left[0] ?? "",
      /^its activeValueSet was changed by somebody else .* before, it was "Default value set"$/,
    );
    assert.equal(active(), "theirs");
  });
});

describe("what goes with an item that a transaction deletes", () => {
  /** A transaction deletes an item, and its rollback makes it anew. @returns the new item's id, and what is told */
  async function deletedAndRemade(bench: Bench, made: Deployed) {
    const { id, olds } = made;
    await saveBefore(bench, made);
    const deploying = await bench.process("item");
    await deploying.delete(id, olds);
    await deploying.end();
    const undoing = await bench.process("item", rollback);
    const { id: again, outs } = await undoing.create(inputsOf(kindOf("item"), olds));
    await undoing.end();
    const told = await givenBack(bench, made, { id: String(again), olds: outs as Properties });
    return { itemId: String(again).split("/")[1] ?? "", told: told?.left ?? assert.fail("nothing was written") };
  }

  it("A value set that somebody has activated comes back with a library that a rollback makes anew", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("settings.VariableLibrary");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = { workspaceId, type: "VariableLibrary", displayName: "settings", path: folder.path };
    const made = await deployed(bench, "item", inputs);
    bench.emulator.service.items.change(made.id.split("/")[1] ?? "", { properties: { activeValueSetName: "prod" } });
    const { itemId, told } = await deletedAndRemade(bench, made);
    assert.deepEqual(told, []);
    assert.equal(bench.emulator.service.items.get(itemId)?.properties?.["activeValueSetName"], "prod");
  });

  it("The connections that somebody has bound a semantic model to come back with a model that a rollback makes anew", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("sales.SemanticModel");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const [, other] = bench.emulator.service.store.collection("connections").all() as unknown as { id: string }[];
    const inputs = { workspaceId, type: "SemanticModel", displayName: "sales", path: folder.path };
    const made = await deployed(bench, "item", inputs);
    const connections = [
      { id: other?.id, connectionDetails: { type: "GitHubSourceControl", path: "https://github.com" } },
    ];
    bench.emulator.service.items.change(made.id.split("/")[1] ?? "", { connections });
    const { itemId, told } = await deletedAndRemade(bench, made);
    assert.deepEqual(told, []);
    assert.deepEqual(
      bench.emulator.service.items.get(itemId)?.connections?.map(({ id }) => id),
      [other?.id],
    );
  });
});

describe("the connections of a semantic model", () => {
  it("The connections of a semantic model are bound, unless they are, and come back after somebody changed them", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("sales.SemanticModel");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const connection = String((bench.emulator.state()["connections"] as { id: string }[])[0]?.id);
    const inputs = { workspaceId, type: "SemanticModel", displayName: "sales", path: folder.path };
    const declared = { ...inputs, connections: [connection.toUpperCase()] };
    const made = await deployed(bench, "item", declared);
    const itemId = made.id.split("/")[1] ?? "";
    const bound = () => bench.emulator.service.items.get(itemId)?.connections?.map(({ id }) => id);
    assert.deepEqual(bound(), [connection]);
    const binding = bench.emulator.requests().find(({ path }) => path.endsWith("/bindconnection"));
    const { connectionBinding } = (binding?.body ?? {}) as { readonly connectionBinding?: object };
    assert.deepEqual(Object.keys(connectionBinding ?? {}).sort(), ["connectionDetails", "connectivityType", "id"]);

    bench.emulator.service.items.change(itemId, { connections: [] });
    const process = await bench.process("item");
    const { inputs: found } = await process.read(made.id, made.olds);
    assert.deepEqual(found?.["connections"], []);
    const { inputs: wanted } = check(kindOf("item"), made.olds, declared);
    await process.update(made.id, { ...made.olds, ...found }, wanted);
    assert.deepEqual(bound(), [connection]);
    await process.end();

    const unknown = { ...inputs, displayName: "other", connections: [workspaceId] };
    await assert.rejects(
      deployed(bench, "item", unknown),
      /needs the connection .*, which the deploying identity does not see/,
    );
  });
});

describe("the connection of a semantic model to a lake", () => {
  it("The connection of a semantic model to a lake is bound with the slash at the end of the path that the list leaves out", async () => {
    await using bench = await Bench.start();
    using folder = new ItemFolder("sales.SemanticModel");
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const connections = bench.emulator.service.store.collection<{ id: string; body: object }>("connections");
    const [connection] = connections.all();
    const path = "https://onelake.dfs.fabric.microsoft.com";
    connections.change(connection?.id ?? "", {
      body: { ...connection?.body, connectionDetails: { type: "AzureDataLakeStorage", path } },
    });
    const inputs = { workspaceId, type: "SemanticModel", displayName: "sales", path: folder.path };
    await deployed(bench, "item", { ...inputs, connections: [connection?.id] });
    const binding = bench.emulator.requests().find(({ path }) => path.endsWith("/bindconnection"));
    const { connectionBinding } = (binding?.body ?? {}) as { readonly connectionBinding?: Record<string, unknown> };
    assert.deepEqual(connectionBinding?.["connectionDetails"], { type: "AzureDataLakeStorage", path: `${path}/` });
  });
});

describe("the connections of a semantic model in a rollback", () => {
  for (const isBoundBefore of [false, true])
    it(`A rollback gives a semantic model the connections back that it had: ${isBoundBefore ? "another one" : "none"}`, async () => {
      await using bench = await Bench.start();
      using folder = new ItemFolder("sales.SemanticModel");
      const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
      const [one, other] = bench.emulator.service.store.collection("connections").all() as unknown as { id: string }[];
      const inputs = { workspaceId, type: "SemanticModel", displayName: "sales", path: folder.path };
      const made = await deployed(bench, "item", inputs);
      const [, itemId = ""] = made.id.split("/");
      const bound = () => bench.emulator.service.items.get(itemId)?.connections?.map(({ id }) => id) ?? [];
      if (isBoundBefore)
        bench.emulator.service.items.change(itemId, {
          connections: [
            { id: other?.id, connectionDetails: { type: "GitHubSourceControl", path: "https://github.com" } },
          ],
        });
      const { inputs: wanted } = check(kindOf("item"), made.olds, { ...inputs, connections: [one?.id] });
      const process = await bench.process("item");
      await process.update(made.id, made.olds, wanted);
      await process.end();
      assert.ok(bound().includes(one?.id));
      const undoing = await bench.process("item", rollback);
      const { inputs: before } = check(kindOf("item"), wanted, made.olds);
      await undoing.update(made.id, wanted, before);
      await undoing.end();
      assert.deepEqual(bound(), isBoundBefore ? [other?.id] : []);
    });
});

describe("a value from the environment", () => {
  it("A value from the environment is sent, is kept by its name only, and is sent again when it changes", async () => {
    const name = "CANARY_OF_CONTENT";
    const secret = 'canary "of" content';
    await using bench = await Bench.start();
    using folder = new ItemFolder("load/loadOrders.Notebook");
    folder.edit("notebook-content.py", (text) => `${text}\nhost = "dev-host"\n`);
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const inputs = (value: string) => ({
      ...{ workspaceId, type: "Notebook", displayName: "load", path: folder.path },
      variables: { [name]: environmentVersion(name, { [name]: value }) ?? "" },
      values: [{ find: "dev-host", to: `$ENV:${name}` }],
    });
    const run = await bench.run({ [name]: secret, FABRIC_TRANSACTION_ID: "test-0" });
    const made = await deployed(bench, "item", inputs(secret), { run });
    const contentOf = () => {
      const parts = bench.emulator.service.items.get(made.id.split("/")[1] ?? "")?.parts ?? [];
      const { payload = "" } = parts.find(({ path }) => path === "notebook-content.py") ?? {};
      return Buffer.from(payload, "base64").toString();
    };
    assert.match(contentOf(), /host = "canary "of" content"/);
    assert.doesNotMatch(JSON.stringify(made), /canary "?of/i);

    const provider = await bench.process("item", { [name]: "another" });
    const { inputs: changed } = check(kindOf("item"), made.olds, inputs("another"));
    assert.equal(changed["definitionHash"], made.olds["definitionHash"]);
    await provider.update(made.id, made.olds, changed);
    assert.match(contentOf(), /host = "another"/);
    await provider.end();

    const other = await bench.process("item", { [name]: "a third" });
    await assert.rejects(other.update(made.id, made.olds, changed), /CANARY_OF_CONTENT as the program read it/);
  });
});
