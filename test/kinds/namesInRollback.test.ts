import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RunFolder } from "../../cli/transaction/runFolder.ts";
import { outdatedIn } from "../../cli/rollback/plan.ts";
import { writeDeclaredNames } from "../../lib/checkpoint/runFolder.ts";
import { unsettledCreates } from "../../lib/transactions/unsettled.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { undoStep } from "../../providers/engine/undoStep.ts";
import { allKinds } from "../../providers/kinds/kinds.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, TRANSACTION, deployed, inputsOf, kindOf, saveBefore } from "./providerBench.ts";
import type { Deployed, KindKey, Properties } from "./providerBench.ts";

/* Names that a transaction gave and took, and that others gave and took around it: every one comes back, or is told. */

const quick = { isPatient: false };

/** Objects before a transaction, by the keys of their resources, and what is done to them. */
class Names implements AsyncDisposable {
  readonly bench: Bench;
  readonly before = new Map<string, Deployed>();
  /** The objects as the state has them now. */
  readonly state = new Map<string, Deployed>();
  #runFolder: RunFolder | undefined;

  private constructor(bench: Bench) {
    this.bench = bench;
  }

  /** A workspace with a notebook of each name. */
  static async start(...names: readonly string[]): Promise<Names> {
    const one = new Names(await Bench.start());
    const { id } = await deployed(one.bench, "workspace", { displayName: "sales", capacity: "local" });
    for (const name of names) {
      const made = await deployed(one.bench, "item", { workspaceId: id, type: "Notebook", displayName: name }, quick);
      one.before.set(name, made);
    }
    await one.save();
    return one;
  }

  async save(): Promise<void> {
    await saveBefore(this.bench, ...this.before.values());
    for (const [key, made] of this.before) this.state.set(key, made);
  }

  /** A process of the transaction in a run whose program declares these names. */
  async #deploying(kind: KindKey, names: Readonly<Record<string, string>>) {
    this.#runFolder?.[Symbol.dispose]();
    const resources = [...this.state].map(([key, { kind, id, olds }]) => {
      const type = `pulumi-nodejs:dynamic/fabric:${kindOf(kind).name}`;
      return { urn: `urn:pulumi:test::fabric::${type}::${key}`, type, custom: true, id, outputs: olds };
    });
    this.#runFolder = new RunFolder({ version: 3, deployment: { resources } });
    const declared = Object.entries(names).map(([key, name]) => [`${kindOf(kind).name}::${key}`, name]);
    writeDeclaredNames(this.#runFolder.env, Object.fromEntries(declared) as Record<string, string>);
    return this.bench.process(kind, this.#runFolder.env, quick);
  }

  /** The transaction changes an object, in a run that declares these names. */
  async update(key: string, names: Readonly<Record<string, string>>, change: Properties = {}): Promise<void> {
    const { kind, id, olds } = this.of(key);
    const process = await this.#deploying(kind, names);
    const news = { ...inputsOf(kindOf(kind), olds), displayName: names[key], ...change };
    const { inputs } = check(kindOf(kind), olds, news);
    const { outs } = await process.update(id, olds, inputs).finally(() => process.end());
    this.state.set(key, { kind, id, olds: outs as Properties });
  }

  /** The transaction deletes an object. */
  async remove(key: string): Promise<void> {
    const { kind, id, olds } = this.of(key);
    const process = await this.#deploying(kind, {});
    await process.delete(id, olds).finally(() => process.end());
  }

  /** The transaction makes an object, which the state does not hold yet. */
  async make(kind: KindKey, inputs: Properties): Promise<Deployed> {
    const process = await this.#deploying(kind, {});
    const { inputs: checked } = check(kindOf(kind), {}, inputs);
    const { id, outs } = await process.create(checked).finally(() => process.end());
    return { kind, id: String(id), olds: outs as Properties };
  }

  /** The rollback removes what was not there before. */
  async removed(key: string): Promise<void> {
    const { kind, id, olds } = this.of(key);
    const process = await this.bench.process(kind, rollback, quick);
    await process.delete(id, olds).finally(() => process.end());
  }

  /** The rollback makes an object again. @returns its warnings */
  async remade(key: string): Promise<readonly string[]> {
    const { kind, olds } = this.before.get(key) ?? this.of(key);
    const said: string[] = [];
    const run = { ...(await this.bench.run(rollback, quick)), warn: (line: string) => void said.push(line) };
    const process = await this.bench.process(kind, rollback, { ...quick, run });
    const { id, outs } = await process.create(inputsOf(kindOf(kind), olds)).finally(() => process.end());
    this.state.set(key, { kind, id: String(id), olds: outs as Properties });
    return said;
  }

  /** The rollback restores an object. */
  async restored(key: string): Promise<void> {
    const { kind, id, olds } = this.of(key);
    const process = await this.bench.process(kind, rollback, quick);
    const inputs = inputsOf(kindOf(kind), this.before.get(key)?.olds ?? {});
    const { outs } = await process.update(id, olds, inputs).finally(() => process.end());
    this.state.set(key, { kind, id, olds: outs as Properties });
  }

  /** The rollback gives an object back what the transaction found. @returns what it tells */
  async givenBack(key: string): Promise<readonly string[]> {
    const told = await givenBack(this.bench, this.of(key), this.of(key));
    return told?.left ?? assert.fail("the transaction did not write to the object");
  }

  /** The rollback removes what no state holds. */
  async undoByTheLog(): Promise<void> {
    const kept = new Set([...this.state.values()].map(({ id }) => id.toLowerCase()));
    const open = unsettledCreates(await this.bench.logs().logs()).filter(
      (left) => !kept.has((left.resourceId ?? "").toLowerCase()),
    );
    const run = await this.bench.run({ ...rollback, FABRIC_CONFIRM_GONE: "true" }, quick);
    for (const left of open.toReversed()) await undoStep(allKinds, left)(run, (id) => kept.has(id.toLowerCase()));
    await run.close();
  }

  of = (key: string): Deployed => this.state.get(key) ?? assert.fail(`there is no ${key}`);

  rename(key: string, displayName: string): void {
    this.bench.emulator.service.items.change(this.of(key).id.split("/")[1] ?? "", { displayName });
  }

  /** The names at the service, in the order of the keys. */
  get names(): (string | undefined)[] {
    const { items } = this.bench.emulator.service;
    return [...this.state.values()].map(({ id }) => items.get(id.split("/")[1] ?? "")?.displayName);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#runFolder?.[Symbol.dispose]();
    await this.bench[Symbol.asyncDispose]();
  }
}

describe("names that others have given", () => {
  for (const isRestored of [true, false]) {
    const how = isRestored ? "restores them" : "gives back what they were";
    it(`A rollback that ${how} swaps two names again that somebody had swapped before its transaction`, async () => {
      await using one = await Names.start("one", "two");
      one.rename("one", "passing");
      one.rename("two", "one");
      one.rename("one", "two");
      const names = { one: "one", two: "two" };
      await one.update("one", names, { description: "new" });
      await one.update("two", names, { description: "new" });
      assert.deepEqual(one.names, ["one", "two"]);
      for (const key of ["one", "two"])
        if (isRestored) await one.restored(key);
        else assert.deepEqual(await one.givenBack(key), []);
      if (isRestored) for (const key of ["one", "two"]) assert.deepEqual(await one.givenBack(key), []);
      assert.deepEqual(one.names, ["two", "one"]);
    });
  }

  it("A rollback leaves a name to an object of the stack that somebody has given it, and that its transaction did not write to", async () => {
    await using one = await Names.start("one", "two");
    await one.update("one", { one: "three", two: "two" });
    one.rename("two", "one");
    await assert.rejects(one.restored("one"), /ItemDisplayNameAlreadyInUse/);
    assert.deepEqual(one.names, ["three", "one"]);
  });

  it("A deployment gives an object of the stack its declared name back if another one needs the name that somebody has given it", async () => {
    await using one = await Names.start("one", "two");
    one.rename("two", "three");
    await one.update("one", { one: "three", two: "two" });
    assert.deepEqual(one.names, ["three", "two"]);
    await one.restored("one");
    for (const key of ["one", "two"]) assert.deepEqual(await one.givenBack(key), []);
    assert.deepEqual(one.names, ["one", "three"]);
  });
});

describe("temporary names", () => {
  it("A temporary name that a killed rollback has given is not taken for one from before by the runs after it", async () => {
    await using one = await Names.start("one", "two");
    const names = { one: "two", two: "one" };
    for (const key of ["one", "two"]) await one.update(key, names);
    await one.restored("one");
    assert.match(one.names[1] ?? "", /^one_/);
    // the rollback is killed, and the transaction is gone on with
    for (const key of ["one", "two"]) await one.update(key, names);
    assert.deepEqual(one.names, ["two", "one"]);
    for (const key of ["one", "two"]) await one.restored(key);
    assert.deepEqual(one.names, ["one", "two"]);
  });

  it("A temporary name makes the next run read its object again if the object's own update did not come", async () => {
    await using one = await Names.start("one", "two");
    const { emulator } = one.bench;
    const rename = { method: "PATCH", route: "/workspaces/{workspaceId}/items/{itemId}" } as const;
    emulator.faults([{ ...rename, nth: 3, status: 400, errorCode: "Broken" }]);
    await assert.rejects(one.update("one", { one: "two", two: "one" }), /Broken/);
    emulator.faults([]);
    assert.match(one.names[1] ?? "", /^two_/);
    const log = await one.bench.logs().entries(TRANSACTION);
    const resources = [...one.state].map(([key, { id }]) => {
      const type = "pulumi-nodejs:dynamic/fabric:Item";
      return { urn: key, type, custom: true, id };
    });
    const state = { version: 3, deployment: { resources } };
    assert.ok(outdatedIn(log, state, false).includes("two"));
  });
});

describe("objects with adopt: true", () => {
  it("A rollback does not take another object of the stack for one that it must make again, although somebody gave it that name", async () => {
    await using one = await Names.start("one", "two");
    const { kind, id, olds } = one.of("one");
    one.before.set("one", { kind, id, olds: { ...olds, adopt: true } });
    await one.save();
    await one.remove("one");
    one.rename("two", "one");
    await assert.rejects(one.remade("one"), /has the name, and is not the one from before/);
  });

  it("A rollback adopts an object again that its transaction let go of, under its own name, and gives it the name that somebody had given it", async () => {
    await using one = await Names.start();
    const { id: workspaceId } = await deployed(one.bench, "workspace", { displayName: "stock", capacity: "local" });
    const theirs = { workspaceId, type: "Notebook", displayName: "theirs" };
    await deployed(one.bench, "item", theirs, { ...quick, stack: "other" });
    one.before.set("adopted", await deployed(one.bench, "item", { ...theirs, adopt: true }, quick));
    await one.save();
    one.rename("adopted", "of others");
    await one.remove("adopted");
    assert.deepEqual(one.names, ["theirs"]);
    await one.remade("adopted");
    assert.deepEqual(await one.givenBack("adopted"), []);
    assert.deepEqual(one.names, ["of others"]);
    const writes = one.bench.emulator.requests().filter(({ method }) => method === "PATCH");
    assert.equal(writes.length, 2, "the object got no temporary name");
  });

  it("A rollback gives an adopted object its name again that its transaction let go of, and does not say that somebody took it away", async () => {
    await using one = await Names.start();
    const { id: workspaceId } = await deployed(one.bench, "workspace", { displayName: "stock", capacity: "local" });
    const theirs = { workspaceId, type: "Notebook", displayName: "theirs" };
    await deployed(one.bench, "item", theirs, { ...quick, stack: "other" });
    const adopted = await deployed(one.bench, "item", { ...theirs, adopt: true }, quick);
    const process = await one.bench.process("item", { FABRIC_TRANSACTION_ID: "test-0" }, quick);
    const inputs = { ...inputsOf(kindOf("item"), adopted.olds), displayName: "ours" };
    const { outs } = await process.update(adopted.id, adopted.olds, inputs);
    await process.end();
    one.before.set("adopted", { ...adopted, olds: outs as Properties });
    await one.save();
    await one.remove("adopted");
    assert.deepEqual(one.names, ["theirs"]);
    const said = await one.remade("adopted");
    assert.deepEqual(await one.givenBack("adopted"), []);
    assert.deepEqual([one.names, said], [["ours"], []]);
  });
});

describe("names of objects that are not declared any more", () => {
  it("A deployment gives an object the name of one that it deletes at its end, and a rollback gives both theirs back", async () => {
    await using one = await Names.start("one", "two");
    await one.update("one", { one: "two" });
    await one.restored("one");
    await one.restored("two");
    assert.deepEqual(one.names, ["one", "two"]);
    await one.update("one", { one: "two" });
    await one.remove("two");
    assert.deepEqual(one.names, ["two", undefined]);
  });

  it("A deployment gives no object the name of an adopted one that keeps it when it is let go of", async () => {
    await using one = await Names.start("one");
    const workspaceId = one.of("one").id.split("/")[0];
    const theirs = { workspaceId, type: "Notebook", displayName: "theirs" };
    await deployed(one.bench, "item", theirs, { ...quick, stack: "other" });
    one.state.set("adopted", await deployed(one.bench, "item", { ...theirs, adopt: true }, quick));
    await assert.rejects(one.update("one", { one: "theirs" }), /ItemDisplayNameAlreadyInUse/);
    assert.deepEqual(one.names, ["one", "theirs"]);
  });
});

describe("adopted objects", () => {
  it("A rollback gives an adopted object the name that it had, also if another one needs the name that the transaction gave it", async () => {
    await using one = await Names.start("one");
    const workspaceId = one.of("one").id.split("/")[0];
    const theirs = { workspaceId, type: "Notebook", displayName: "theirs" };
    await deployed(one.bench, "item", theirs, { ...quick, stack: "other" });
    one.state.set("adopted", await one.make("item", { ...theirs, adopt: true }));
    await one.update("one", { one: "two" });
    await one.update("adopted", { adopted: "one" });
    await one.restored("one");
    await one.removed("adopted");
    assert.deepEqual(one.names, ["one", "theirs"]);
  });
});

describe("objects that a transaction has deleted", () => {
  it("A rollback makes an object again whose name its transaction has given to another one", async () => {
    await using one = await Names.start("one", "two");
    await one.remove("one");
    await one.update("two", { two: "one" });
    await one.remade("one");
    await one.restored("two");
    assert.deepEqual(one.names, ["one", "two"]);
    assert.equal(one.of("two").id, one.before.get("two")?.id);
  });

  it("A rollback takes an item back from the recycle bin although its transaction has made another one of that name", async () => {
    await using one = await Names.start("one");
    one.bench.emulator.service.levers.itemRecovery = true;
    const { id } = one.of("one");
    await one.remove("one");
    const { id: made } = await one.make("item", {
      workspaceId: id.split("/")[0],
      type: "Notebook",
      displayName: "one",
    });
    await one.remade("one");
    assert.equal(one.of("one").id, id);
    assert.deepEqual(one.names, ["one"]);
    await one.undoByTheLog();
    assert.equal(one.bench.emulator.service.items.get(made.split("/")[1] ?? ""), undefined);
  });

  it("A rollback takes items back from the recycle bin by their ids, whatever names they had when they were deleted", async () => {
    await using one = await Names.start("one", "two", "three");
    one.bench.emulator.service.levers.itemRecovery = true;
    const ids = () => [...one.state.values()].map(({ id }) => id);
    const before = ids();
    for (const key of ["one", "two"]) await one.update(key, { one: "two", two: "one" });
    one.rename("three", "of others");
    for (const key of ["one", "two", "three"]) await one.remove(key);
    // its name in the recycle bin is the one that another one is given
    for (const key of ["one", "three"]) await one.remade(key);
    await assert.rejects(one.remade("two"), /was deleted as 'one'/);
    one.rename("one", "passing");
    await one.remade("two");
    assert.deepEqual(ids(), before);
    one.rename("one", "one");
    for (const key of ["one", "two", "three"]) assert.deepEqual(await one.givenBack(key), []);
    assert.deepEqual(one.names, ["one", "two", "of others"]);
  });
});

const connection = (displayName: string, url: string) => ({
  ...{ displayName, type: "Web", parameters: { url } },
  credentials: { credentialType: "Anonymous" },
});

describe("connections", () => {
  it("Connections that swap their names get no credentials of each other", async () => {
    await using one = await Names.start();
    const { connections } = one.bench.emulator.service;
    const basic = { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" };
    const web = connection("web", "https://example.com");
    one.before.set("sql", await deployed(one.bench, "connection", { ...web, displayName: "sql", credentials: basic }));
    one.before.set("web", await deployed(one.bench, "connection", web));
    await one.save();
    const had = connections.get(one.of("web").id)?.credentials;
    await one.update("sql", { sql: "web", web: "sql" });
    assert.equal(connections.get(one.of("web").id)?.credentials, had);
  });

  for (const isLost of [false, true]) {
    const how = isLost ? "and whose answer was lost" : "and that no state holds";
    it(`A rollback makes a connection again instead of taking the one that its transaction has made in its place, ${how}`, async () => {
      await using one = await Names.start();
      const made = await deployed(one.bench, "connection", connection("crm", "https://before.example.com"));
      one.before.set("crm", made);
      await one.save();
      await one.remove("crm");
      const route = "/connections";
      const look = { method: "GET", route, nth: 3, status: 400, errorCode: "Broken" } as const;
      if (isLost) one.bench.emulator.faults([{ method: "POST", route, drop: "after" }, look]);
      const making = one.make("connection", connection("crm", "https://after.example.com"));
      if (isLost) await assert.rejects(making);
      else await making;
      one.bench.emulator.faults([]);
      if (isLost) await assert.rejects(one.remade("crm"));
      else await one.remade("crm");
      await one.undoByTheLog();
      if (isLost) await one.remade("crm");
      const paths = one.bench.emulator.service.connections.all().map(({ body }) => body["connectionDetails"]);
      assert.ok(JSON.stringify(paths).includes("before.example.com"), JSON.stringify(paths));
      assert.ok(!JSON.stringify(paths).includes("after.example.com"), JSON.stringify(paths));
    });
  }
});

describe("folders", () => {
  it("A folder gets another name and another place in one deployment, and both back, although others have these names where it was and will be", async () => {
    await using one = await Names.start();
    const { id: workspaceId } = await deployed(one.bench, "workspace", { displayName: "stock", capacity: "local" });
    const folder = (displayName: string, parentFolderId?: string) =>
      deployed(one.bench, "folder", { workspaceId, displayName, ...(parentFolderId && { parentFolderId }) }, quick);
    const ownId = ({ id }: Deployed) => id.split("/")[1] ?? "";
    const [from, to] = [ownId(await folder("from")), ownId(await folder("to"))];
    one.before.set("raw", await folder("raw", from));
    await folder("done", from);
    await folder("raw", to);
    await one.save();
    const { folders } = one.bench.emulator.service;
    const place = () => {
      const { displayName, parentFolderId } = folders.get(ownId(one.of("raw"))) ?? {};
      return [displayName, parentFolderId];
    };
    await one.update("raw", { raw: "done" }, { parentFolderId: to });
    assert.deepEqual(place(), ["done", to]);
    await one.restored("raw");
    assert.deepEqual(place(), ["raw", from]);
  });
});
