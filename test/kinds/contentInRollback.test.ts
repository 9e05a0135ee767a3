import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { environmentVersion } from "../../lib/content/environmentValues.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { rollback } from "./faultyCalls.ts";
import { deployed, kindOf } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";
import { Rolled } from "./rolled.ts";

/* The content of items in a rollback: what others have put there, and what nobody can read. */

const quick = { isPatient: false };

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
    const { made } = await one.adopted();
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

describe("a deployment without useRollback", () => {
  const off = { useRollback: false };

  it("A rollback of a deployment without useRollback gives content back that somebody had put there before", async () => {
    await using one = await Rolled.start(off);
    const { made, inputs } = await one.notebook("first");
    one.edit(made.id, "Notebook", "theirs");
    one.files("Notebook", "second");
    const changed = await one.update(made, inputs);
    await one.restored(changed, made);
    assert.deepEqual(await one.givenBack(made), []);
    assert.match(one.content(made.id), /theirs/);
  });

  it("A rollback of a deployment without useRollback gives a deleted item its content again", async () => {
    await using one = await Rolled.start(off);
    const { made } = await one.notebook();
    one.edit(made.id, "Notebook", "theirs");
    await one.remove(made);
    const again = await one.remade(made);
    assert.deepEqual(await one.givenBack(made, again), []);
    assert.match(one.content(again.id), /theirs/);
  });

  it("A destroy reads no definition before it deletes, because nothing takes it back", async () => {
    await using one = await Rolled.start();
    const { made } = await one.notebook("first");
    const process = await one.bench.process("item", { FABRIC_OPERATION: "destroy" });
    await process.delete(made.id, made.olds).finally(() => process.end());
    const routes = one.bench.emulator.requests().map(({ route }) => route);
    assert.deepEqual(
      routes.filter((route) => route.includes("getDefinition")),
      [],
    );
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
