import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { known } from "../../emulator/core/defaultSeed.ts";
import { environmentVersion } from "../../lib/content/environmentValues.ts";
import type { Written } from "../../lib/transactions/written.ts";
import { writtenTo } from "../../lib/transactions/written.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { itemFiles, itemParts } from "../itemFiles.ts";
import { rollback } from "./faultyCalls.ts";
import { Bench, TRANSACTION, deployed, inputsOf, kindOf, saveBefore } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";

/* What other people do before a transaction, during it, and until it is rolled back. */

const quick = { isPatient: false };

/** A stack before a transaction, which is then tried and rolled back, object by object. */
class Rolled implements AsyncDisposable {
  readonly bench: Bench;
  readonly #root = mkdtempSync(join(tmpdir(), "others-"));

  private constructor(bench: Bench) {
    this.bench = bench;
  }

  static async start(): Promise<Rolled> {
    return new Rolled(await Bench.start());
  }

  /** A folder with the files of an item, relative to the project. */
  files(type: string, text: string): string {
    const root = join(this.#root, type);
    const metadata = { type, displayName: "flow" };
    const all = { ".platform": JSON.stringify({ metadata, config: {} }), ...itemFiles(type, text) };
    for (const [path, content] of Object.entries(all)) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return relative(process.cwd(), root);
  }

  async workspace(displayName = "sales"): Promise<string> {
    return (await deployed(this.bench, "workspace", { displayName, capacity: "local" })).id;
  }

  /** Saves the state from before the transaction. */
  save = (...objects: readonly Deployed[]) => saveBefore(this.bench, ...objects);

  /** A notebook in a workspace from before the transaction. @param text of its files; nothing is declared of its content without */
  async notebook(text?: string): Promise<{ readonly made: Deployed; readonly inputs: Properties }> {
    const inputs = {
      ...{ workspaceId: await this.workspace(), type: "Notebook", displayName: "flow" },
      ...(text !== undefined && { path: this.files("Notebook", text) }),
    };
    const made = await deployed(this.bench, "item", inputs, quick);
    await this.save(made);
    return { made, inputs };
  }

  async update({ kind, id, olds }: Deployed, news: Properties): Promise<Deployed> {
    const process = await this.bench.process(kind, {}, quick);
    const { inputs } = check(kindOf(kind), olds, news);
    const { outs } = await process.update(id, olds, inputs).finally(() => process.end());
    return { kind, id, olds: outs as Properties };
  }

  async remove({ kind, id, olds }: Deployed): Promise<void> {
    const process = await this.bench.process(kind, {}, quick);
    await process.delete(id, olds).finally(() => process.end());
  }

  /** The rollback makes an object again. */
  async remade({ kind, olds }: Deployed, changed: Properties = {}): Promise<Deployed> {
    const process = await this.bench.process(kind, rollback, quick);
    const inputs = { ...inputsOf(kindOf(kind), olds), ...changed };
    const { id, outs } = await process.create(inputs).finally(() => process.end());
    return { kind, id: String(id), olds: outs as Properties };
  }

  /** The rollback gives an object the values that it had in the state. */
  async restored({ kind, id, olds }: Deployed, before: Deployed, changed: Properties = {}): Promise<Deployed> {
    const process = await this.bench.process(kind, rollback, quick);
    const inputs = { ...inputsOf(kindOf(kind), before.olds), ...changed };
    const { outs } = await process.update(id, olds, inputs).finally(() => process.end());
    return { kind, id, olds: outs as Properties };
  }

  /** The rollback looks at what the transaction wrote to. @returns what it tells */
  async givenBack(before: Deployed, now = before): Promise<readonly string[]> {
    const { kind } = before;
    const run = await this.bench.run(rollback, quick);
    try {
      const log = await this.bench.logs().entries(TRANSACTION);
      const written = writtenTo(log, kindOf(kind).name, before.id) as Written;
      const given = await kindOf(kind).giveBackValues?.(run, now.id, written, now.olds);
      return given?.left ?? [];
    } finally {
      await run.close();
    }
  }

  item = (id: string) => this.bench.emulator.service.items.get(id.split("/")[1] ?? "");
  edit(id: string, type: string, text: string): void {
    this.bench.emulator.service.items.change(id.split("/")[1] ?? "", { parts: itemParts(type, text) });
  }
  content(id: string): string {
    const parts = this.item(id)?.parts ?? [];
    return parts
      .filter(({ path }) => path !== ".platform")
      .map(({ payload }) => Buffer.from(payload, "base64").toString())
      .join();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    rmSync(this.#root, { recursive: true });
  }
}

const UPDATE = { method: "POST", route: "/workspaces/{workspaceId}/items/{itemId}/updateDefinition" } as const;

describe("content that the transaction did not send", () => {
  it("A rollback that is begun again leaves content that its transaction had not sent, but for the new ids in it", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const key = "3c85fcbf-8ce0-4994-89c0-216388c62add";
    const [before, now] = ["11111111-aaaa-4000-8000-000000000001", "11111111-aaaa-4000-8000-000000000002"];
    const inputs = { workspaceId, type: "DataPipeline", displayName: "flow", path: one.files("DataPipeline", "first") };
    const made = await deployed(one.bench, "item", { ...inputs, references: { [key]: before } }, quick);
    await one.save(made);
    one.edit(made.id, "DataPipeline", `theirs ${before}`);
    for (const _time of [1, 2]) {
      await one.restored(made, made, { references: { [key]: now } });
      assert.match(one.content(made.id), new RegExp(`theirs ${now}`));
    }
  });

  it("A rollback gives back content that somebody has set between a run whose definition was refused and the next one", async () => {
    await using one = await Rolled.start();
    const { made, inputs } = await one.notebook("first");
    one.files("Notebook", "second");
    one.bench.emulator.faults([{ ...UPDATE, status: 400, errorCode: "Broken" }]);
    await assert.rejects(one.update(made, inputs), /Broken/);
    one.bench.emulator.faults([]);
    one.edit(made.id, "Notebook", "theirs");
    const changed = await one.update(made, inputs);
    await one.restored(changed, made);
    assert.deepEqual(await one.givenBack(made), []);
    assert.match(one.content(made.id), /theirs/);
  });

  it("A rollback gives back content that somebody has set between two runs, of which the second deleted the item", async () => {
    await using one = await Rolled.start();
    const { made, inputs } = await one.notebook("first");
    one.files("Notebook", "second");
    const changed = await one.update(made, inputs);
    one.edit(made.id, "Notebook", "theirs");
    await one.remove(changed);
    const again = await one.remade(made);
    assert.deepEqual(await one.givenBack(made, again), []);
    assert.match(one.content(again.id), /theirs/);
  });

  it("A rollback that fails while it gives a new item undeclared content gives it the next time", async () => {
    await using one = await Rolled.start();
    const { made } = await one.notebook();
    one.edit(made.id, "Notebook", "theirs");
    await one.remove(made);
    one.bench.emulator.faults([{ ...UPDATE, status: 400, errorCode: "Broken" }]);
    let half: { id?: string; properties?: Properties } = {};
    await assert.rejects(one.remade(made), (error: typeof half) => {
      half = error;
      return true;
    });
    one.bench.emulator.faults([]);
    const id = half.id ?? "";
    await one.restored({ kind: "item", id, olds: half.properties ?? {} }, made);
    assert.match(one.content(id), /theirs/);
  });

  it("A rollback that is killed after it made an item gives it its undeclared content the next time", async () => {
    await using one = await Rolled.start();
    const { made } = await one.notebook();
    one.edit(made.id, "Notebook", "theirs");
    await one.remove(made);
    one.bench.emulator.faults([{ ...UPDATE, status: 400, errorCode: "Broken" }]);
    await assert.rejects(one.remade(made));
    one.bench.emulator.faults([]);
    // the engine was killed before it wrote its state
    const again = await one.remade(made);
    assert.match(one.content(again.id), /theirs/);
  });

  it("A rollback leaves what somebody has put into an adopted item since its transaction let go of it", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const foreign = { workspaceId, type: "Notebook", displayName: "flow" };
    await deployed(one.bench, "item", foreign, { ...quick, stack: "other" });
    const inputs = { ...foreign, adopt: true, path: one.files("Notebook", "first") };
    const made = await deployed(one.bench, "item", inputs, quick);
    await one.save(made);
    await one.remove(made);
    one.edit(made.id, "Notebook", "theirs");
    const again = await one.remade(made);
    assert.equal(again.id, made.id);
    assert.match(one.content(made.id), /theirs/);
  });
});

describe("a transaction that was gone on with after a rollback of it was incomplete", () => {
  it("A rollback gives content back again if its transaction has sent its own once more after an incomplete rollback", async () => {
    await using one = await Rolled.start();
    const { made, inputs } = await one.notebook("first");
    one.edit(made.id, "Notebook", "theirs");
    const shown = { ...made, olds: { ...made.olds, definitionHash: "of theirs" } };
    for (const _attempt of [1, 2]) {
      await one.update(shown, inputs);
      assert.match(one.content(made.id), /first/);
      assert.deepEqual(await one.givenBack(made), []);
      assert.match(one.content(made.id), /theirs/);
    }
  });
});

describe("content that cannot be compared", () => {
  it("A rollback leaves a definition that nobody can read by then, and tells it", async () => {
    await using one = await Rolled.start();
    const { made, inputs } = await one.notebook("first");
    one.files("Notebook", "second");
    const changed = await one.update(made, inputs);
    one.edit(made.id, "Notebook", "theirs");
    one.bench.emulator.faults([
      { method: "POST", route: "/getDefinition", times: "forever", status: 400, errorCode: "ItemHasProtectedLabel" },
    ]);
    await assert.rejects(one.restored(changed, made), /nobody can read its definition/);
    assert.match(one.content(made.id), /theirs/);
  });

  it("A rollback that was cut off while it compared a definition leaves what somebody has put into the item since", async () => {
    await using one = await Rolled.start();
    const { made, inputs } = await one.notebook("first");
    one.files("Notebook", "second");
    const changed = await one.update(made, inputs);
    one.edit(made.id, "Notebook", "theirs");
    one.bench.emulator.faults([{ ...UPDATE, nth: 2, status: 400, errorCode: "Broken" }]);
    await assert.rejects(one.restored(changed, made), /Broken/);
    one.bench.emulator.faults([]);
    assert.match(one.content(made.id), /second/);
    one.edit(made.id, "Notebook", "newest");
    await one.restored(changed, made);
    assert.match(one.content(made.id), /newest/);
    assert.match((await one.givenBack(made)).join(), /its definition was changed by somebody else/);
  });
});

describe("objects of others under the name of one of ours", () => {
  it("A rollback takes no item that somebody has made under the name of one that was taken away", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const foreign = { workspaceId, type: "Notebook", displayName: "flow" };
    await deployed(one.bench, "item", foreign, { ...quick, stack: "other" });
    const inputs = { ...foreign, adopt: true, path: one.files("Notebook", "first") };
    const made = await deployed(one.bench, "item", inputs, quick);
    await one.save(made);
    one.files("Notebook", "second");
    await one.update(made, inputs);
    one.bench.emulator.service.items.delete(made.id.split("/")[1] ?? "");
    const theirs = await deployed(one.bench, "item", foreign, { ...quick, stack: "other" });
    one.edit(theirs.id, "Notebook", "theirs");
    await assert.rejects(one.remade(made), /has the name, and is not the one from before/);
    assert.match(one.content(theirs.id), /theirs/);
  });

  it("A rollback does not make what somebody had taken away before it, also if it has to make anew what that was in", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const folder = await deployed(one.bench, "folder", { workspaceId, displayName: "raw" });
    const inner = { workspaceId, displayName: "daily", parentFolderId: folder.id.split("/")[1] };
    const within = await deployed(one.bench, "folder", inner);
    const inputs = { workspaceId, type: "DataPipeline", displayName: "flow", folderId: inner.parentFolderId };
    const item = await deployed(one.bench, "item", inputs, quick);
    const workspace = {
      kind: "workspace",
      id: workspaceId,
      olds: { displayName: "sales", capacity: "local" },
    } as const;
    await one.save(folder, within, item);
    const { items, folders } = one.bench.emulator.service;
    items.delete(item.id.split("/")[1] ?? "");
    folders.delete(within.id.split("/")[1] ?? "");
    for (const each of [item, within, folder]) await one.remove(each);
    // nobody knows whether the workspace was deleted
    one.bench.emulator.faults([
      { method: "DELETE", route: "/workspaces/{workspaceId}", drop: "before", times: "forever" },
    ]);
    await assert.rejects(one.remove(workspace));
    const again = await one.remade(folder);
    const [, folderId] = again.id.split("/");
    assert.notEqual(again.id, folder.id);
    assert.equal((await one.remade(item, { folderId })).id, item.id);
    assert.equal((await one.remade(within, { parentFolderId: folderId })).id, within.id);
    assert.deepEqual([items.all().length, folders.all().length], [0, 1]);
  });

  it("A rollback does not make what somebody had taken away before it, also if it has to make anew the workspace that that was in", async () => {
    await using one = await Rolled.start();
    const workspace = await deployed(one.bench, "workspace", { displayName: "sales", capacity: "local" });
    const other = await one.workspace("stock");
    const at = (workspaceId: string, displayName: string) =>
      deployed(one.bench, "item", { workspaceId, type: "DataPipeline", displayName }, quick);
    const [taken, stays] = [await at(workspace.id, "flow"), await at(workspace.id, "load")];
    const alike = await at(other, "flow");
    const bob = { workspaceId: workspace.id, principal: known.bob, type: "User", role: "Viewer" };
    const role = await deployed(one.bench, "workspaceUser", bob);
    await one.save(workspace, taken, stays, alike, role);
    const { items, roles } = one.bench.emulator.service;
    items.delete(taken.id.split("/")[1] ?? "");
    roles.delete(role.id);
    for (const each of [taken, stays, role, workspace]) await one.remove(each);
    const again = await one.remade(workspace);
    assert.notEqual(again.id, workspace.id);
    for (const each of [taken, role]) assert.equal((await one.remade(each, { workspaceId: again.id })).id, each.id);
    await one.remade(stays, { workspaceId: again.id });
    const there = items.all().map(({ workspaceId, displayName }) => [workspaceId, displayName]);
    assert.deepEqual(
      there.sort(),
      [
        [other, "flow"],
        [again.id, "load"],
      ].sort(),
    );
    assert.ok(!roles.all().some(({ principalId }) => principalId === known.bob));
  });

  it("A rollback leaves a role that somebody has given anew since its transaction removed it, and tells it", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const inputs = { workspaceId, principal: known.bob, type: "User", role: "Viewer" };
    const made = await deployed(one.bench, "workspaceUser", inputs);
    await one.save(made);
    await one.remove(made);
    await deployed(one.bench, "workspaceUser", { ...inputs, role: "Contributor" }, { stack: "other" });
    const again = await one.remade(made);
    const left = await one.givenBack(made, again);
    const role = one.bench.emulator.service.roles.all().find(({ principalId }) => principalId === known.bob)?.role;
    assert.equal(role, "Contributor");
    assert.equal(left.length, 1);
  });
});

describe("definitions that cannot be read", () => {
  it("A rollback gives an item whose definition nobody could read none of its like in another workspace, and tells that it is lost", async () => {
    await using one = await Rolled.start();
    const made: Deployed[] = [];
    for (const displayName of ["sales", "stock"]) {
      const item = { workspaceId: await one.workspace(displayName), type: "Notebook", displayName: "flow" };
      made.push(await deployed(one.bench, "item", item, quick));
    }
    const [sales, stock] = made as [Deployed, Deployed];
    one.edit(sales.id, "Notebook", "theirs");
    one.edit(stock.id, "Notebook", "labelled");
    await one.save(...made);
    await one.remove(sales);
    one.bench.emulator.faults([
      { method: "POST", route: "/getDefinition", times: "forever", status: 400, errorCode: "ItemHasProtectedLabel" },
    ]);
    await one.remove(stock);
    one.bench.emulator.faults([]);
    const again = await one.remade(stock);
    assert.doesNotMatch(one.content(again.id), /theirs/);
    assert.deepEqual(await one.givenBack(stock, again), [
      "it had to be made anew, and its definition from before was not kept",
    ]);
    const readable = await one.remade(sales);
    assert.match(one.content(readable.id), /theirs/);
    assert.deepEqual(await one.givenBack(sales, readable), []);
  });

  it("A rollback tells if it cannot give an adopted item the definition back that nobody could read", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const foreign = { workspaceId, type: "Notebook", displayName: "flow" };
    const theirs = await deployed(one.bench, "item", foreign, { ...quick, stack: "other" });
    one.edit(theirs.id, "Notebook", "theirs");
    await one.save();
    const read = { method: "POST", route: "/workspaces/{workspaceId}/items/{itemId}/getDefinition" } as const;
    one.bench.emulator.faults([{ ...read, times: "forever", status: 400, errorCode: "ItemHasProtectedLabel" }]);
    const process = await one.bench.process("item", {}, quick);
    const { inputs } = check(kindOf("item"), {}, { ...foreign, adopt: true, path: one.files("Notebook", "first") });
    const { id, outs } = await process.create(inputs);
    await process.end();
    assert.match(one.content(theirs.id), /first/);
    const undoing = await one.bench.process("item", rollback, quick);
    await assert.rejects(undoing.delete(String(id), outs as Properties), /was not kept/);
    await undoing.end();
  });
});

describe("a definition with a value of the environment", () => {
  it("A rollback without the value that its deployment had touches no definition, and keeps no secret of it", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const name = "CANARY_OF_CONTENT";
    const inputs = (value: string) => ({
      ...{
        workspaceId,
        type: "Notebook",
        displayName: "flow",
        path: one.files("Notebook", `dev-host ${value.at(-1)}`),
      },
      variables: { [name]: environmentVersion(name, { [name]: value }) ?? "" },
      values: [{ find: "dev-host", to: `$ENV:${name}` }],
    });
    const run = (value: string, more = {}) => one.bench.run({ [name]: value, ...more }, quick);
    const first = inputs("canary-1");
    const made = await deployed(one.bench, "item", first, {
      run: await run("canary-1", { FABRIC_TRANSACTION_ID: "test-0" }),
    });
    await one.save(made);
    const deploying = await one.bench.process("item", {}, { run: await run("canary-1") });
    const second = { ...inputs("canary-1"), path: one.files("Notebook", "dev-host second") };
    const { inputs: changed } = check(kindOf("item"), made.olds, second);
    const { outs } = await deploying.update(made.id, made.olds, changed);
    await deploying.end();
    assert.match(one.content(made.id), /canary-1 second/);
    await assert.rejects(
      one.restored({ ...made, olds: outs as Properties }, made),
      /nobody can tell without CANARY_OF_CONTENT as the deployment had it/,
    );
    assert.match(one.content(made.id), /canary-1 second/);
    const folder = join(one.bench.folder, "log");
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const path = join(folder, file);
      if (!statSync(path).isFile()) continue;
      const bytes = readFileSync(path);
      const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      const parts = file.includes("definitions") ? (JSON.parse(text) as { payload: string }[]) : [];
      const all = [text, ...parts.map(({ payload }) => Buffer.from(payload, "base64").toString())].join();
      assert.doesNotMatch(all, /canary-1/, file);
    }
  });
});

describe("two workspaces with the same items", () => {
  for (const first of [0, 1])
    it(`A rollback gives an item in a new workspace its own content, and not that of the like in another workspace (${first})`, async () => {
      await using one = await Rolled.start();
      const made: Deployed[] = [];
      const workspaces: Deployed[] = [];
      for (const displayName of ["sales", "stock"]) {
        const workspace = await deployed(one.bench, "workspace", { displayName, capacity: "local" });
        const path = one.files("Notebook", "first");
        const inputs = { workspaceId: workspace.id, type: "Notebook", displayName: "flow", path };
        const item = await deployed(one.bench, "item", inputs, quick);
        one.edit(item.id, "Notebook", `theirs ${displayName}`);
        workspaces.push(workspace);
        made.push(item);
      }
      await one.save(...workspaces, ...made);
      const gone = [made[first], made[1 - first]] as [Deployed, Deployed];
      const goneWorkspaces = [workspaces[first], workspaces[1 - first]] as [Deployed, Deployed];
      for (const item of gone) await one.remove(item);
      for (const workspace of goneWorkspaces) await one.remove(workspace);
      one.files("Notebook", "later");
      for (const [index, displayName] of ["sales", "stock"].entries()) {
        const workspace = await one.remade(workspaces[index] as Deployed);
        const item = await one.remade(made[index] as Deployed, { workspaceId: workspace.id });
        assert.match(one.content(item.id), new RegExp(`theirs ${displayName}`));
      }
    });
});

describe("what nobody declares", () => {
  const roleOfBob = ({ bench }: Rolled) =>
    bench.emulator.service.roles.all().find(({ principalId }) => principalId === known.bob)?.role;

  /** A transaction takes away what a refresh of its own has shown. */
  async function takenAway(one: Rolled, made: Deployed): Promise<void> {
    await one.save(made);
    const process = await one.bench.process(made.kind, {}, quick);
    const { inputs } = await process.read(made.id, made.olds);
    await process.end();
    await one.update({ ...made, olds: { ...made.olds, ...inputs } }, inputsOf(kindOf(made.kind), made.olds));
  }

  it("A rollback gives roles back that nobody declares and that only a refresh of its transaction had shown", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const made = await deployed(one.bench, "unlistedUsers", { workspaceId, listed: [] });
    const role = { workspaceId, principal: known.bob, type: "User", role: "Viewer" };
    await deployed(one.bench, "workspaceUser", role, { stack: "other" });
    await takenAway(one, made);
    assert.equal(roleOfBob(one), undefined);
    assert.deepEqual(await one.givenBack(made), []);
    assert.equal(roleOfBob(one), "Viewer");
  });

  it("A rollback leaves the role that somebody has given a person whose undeclared one is gone, and tells it", async () => {
    await using one = await Rolled.start();
    const workspaceId = await one.workspace();
    const made = await deployed(one.bench, "unlistedUsers", { workspaceId, listed: [] });
    const role = { workspaceId, principal: known.bob, type: "User", role: "Viewer" };
    await deployed(one.bench, "workspaceUser", role, { stack: "other" });
    await takenAway(one, made);
    await deployed(one.bench, "workspaceUser", { ...role, role: "Member" }, { stack: "third" });
    const [told = "", ...others] = await one.givenBack(made);
    assert.match(
      told,
      /^bob@contoso.com has got the role Member from somebody else, which stays; before, it was Viewer/,
    );
    assert.deepEqual(others, []);
    assert.equal(roleOfBob(one), "Member");
  });

  for (const isReadable of [true, false])
    it(`A rollback makes an item again that nobody declares, once, and ${isReadable ? "with its definition" : "tells that nobody could read its definition"}`, async () => {
      await using one = await Rolled.start();
      const workspaceId = await one.workspace();
      const made = await deployed(one.bench, "unlistedItems", { workspaceId, listed: [], deletedAs: "sales" });
      const item = { workspaceId, type: "Notebook", displayName: "old" };
      const theirs = await deployed(one.bench, "item", item, { ...quick, stack: "other" });
      one.edit(theirs.id, "Notebook", "theirs");
      const read = { method: "POST", route: "/workspaces/{workspaceId}/items/{itemId}/getDefinition" } as const;
      if (!isReadable)
        one.bench.emulator.faults([{ ...read, times: "forever", status: 400, errorCode: "ItemHasProtectedLabel" }]);
      await takenAway(one, made);
      assert.equal(one.item(theirs.id), undefined);
      for (const _attempt of [1, 2]) {
        const told = await one.givenBack(made);
        assert.deepEqual(
          told,
          isReadable ? [] : ["Notebook 'old' had to be made anew, and its definition cannot be given back"],
        );
        const [again, ...others] = one.bench.emulator.service.items.all();
        assert.deepEqual(others, []);
        assert.equal(again?.displayName, "old");
        if (isReadable) assert.match(one.content(`${workspaceId}/${again?.id ?? ""}`), /theirs/);
      }
    });
});
