import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { DOUBTFUL } from "../../providers/engine/field.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { itemFiles, itemParts } from "../itemFiles.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, deployed, kindOf } from "./providerBench.ts";
import type { Properties } from "./providerBench.ts";

/** A deployed item whose definition a transaction has replaced, and what happens to it then. */
class Replaced implements AsyncDisposable {
  readonly bench: Bench;
  readonly #root = mkdtempSync(join(tmpdir(), "later-"));
  readonly #type: string;
  #id = "";
  #inputs: Properties = {};
  /** As the state has it before the transaction. */
  #before: Properties = {};
  /** As the state has it now. */
  state: Properties = {};

  private constructor(bench: Bench, type: string) {
    this.bench = bench;
    this.#type = type;
  }

  static async start(type: string, rewrites: boolean): Promise<Replaced> {
    const one = new Replaced(await Bench.start(), type);
    one.bench.emulator.service.levers.rewriteDefinitions = rewrites;
    const { id: workspaceId } = await deployed(one.bench, "workspace", { displayName: "sales", capacity: "local" });
    one.write("first");
    one.#inputs = { workspaceId, type, displayName: "flow", path: relative(process.cwd(), one.#root) };
    const made = await deployed(one.bench, "item", one.#inputs, { isPatient: false });
    one.#id = made.id;
    one.#before = one.state = made.olds;
    return one;
  }

  write(text: string): void {
    const metadata = { type: this.#type, displayName: "flow" };
    const files = { ".platform": JSON.stringify({ metadata, config: {} }), ...itemFiles(this.#type, text) };
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(this.#root, path, ".."), { recursive: true });
      writeFileSync(join(this.#root, path), content);
    }
  }

  /** A run of the transaction deploys other files. */
  async deploy(text: string): Promise<void> {
    this.write(text);
    const process = await this.bench.process("item", {}, { isPatient: false });
    const { inputs } = check(kindOf("item"), this.state, this.#inputs);
    await process.update(this.#id, this.state, inputs);
    this.state = inputs;
    await process.end();
  }

  /** What the next run of the transaction reads. */
  async refresh(): Promise<void> {
    const process = await this.bench.process("item", {}, { isPatient: false });
    const { inputs } = await process.read(this.#id, this.state);
    this.state = { ...this.state, ...inputs };
    await process.end();
  }

  /** Somebody edits the item. */
  edit(text: string): void {
    const [, itemId = ""] = this.#id.split("/");
    this.bench.emulator.service.items.change(itemId, { parts: itemParts(this.#type, text) });
  }

  rename(displayName: string): void {
    const [, itemId = ""] = this.#id.split("/");
    this.bench.emulator.service.items.change(itemId, { displayName });
  }

  get content(): string {
    const [, itemId = ""] = this.#id.split("/");
    const parts = this.bench.emulator.service.items.get(itemId)?.parts ?? [];
    const texts = parts.filter(({ path }) => path !== ".platform").map(({ payload }) => Buffer.from(payload, "base64"));
    return texts.map((text) => /first|second|third|theirs/.exec(text.toString())?.[0] ?? "").join("");
  }

  /** Rolls the transaction back as far as this item goes. @returns what was told */
  async rollBack(): Promise<readonly string[]> {
    // by then, the files may be others
    this.write("much later");
    const process = await this.bench.process("item", rollback, { isPatient: false });
    const { definitionHash } = this.#before;
    const { inputs } = check(kindOf("item"), this.state, this.#before);
    // the engine restores only what is different in the state
    try {
      if (this.state["definitionHash"] !== definitionHash)
        await process.update(this.#id, this.state, { ...inputs, definitionHash });
    } finally {
      await process.end();
    }
    this.state = this.#before;
    const item = { kind: "item", id: this.#id, olds: this.#before } as const;
    return (await givenBack(this.bench, item, item))?.left ?? assert.fail("the transaction did not write to the item");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
    rmSync(this.#root, { recursive: true });
  }
}

const LATER = [/^its definition was changed by somebody else since this deployment wrote to it, and stays/];
const assertTold = (told: readonly string[], wanted: readonly RegExp[]) => {
  assert.equal(told.length, wanted.length, told.join("\n"));
  for (const [index, pattern] of wanted.entries()) assert.match(told[index] ?? "", pattern);
};

for (const [type, rewrites] of [
  ["Notebook", false],
  ["DataPipeline", true],
  ["Environment", false],
] as const)
  describe(`the definition of a ${type} at a service that ${rewrites ? "rewrites" : "keeps"} definitions`, () => {
    it("A rollback gives a definition back if nobody has edited it", async () => {
      await using one = await Replaced.start(type, rewrites);
      await one.deploy("second");
      assertTold(await one.rollBack(), []);
      assert.equal(one.content, "first");
    });

    it("A rollback leaves a definition that somebody has edited since the deployment sent it, and tells it", async () => {
      await using one = await Replaced.start(type, rewrites);
      await one.deploy("second");
      one.edit("theirs");
      const { state } = one;
      assertTold(await one.rollBack(), LATER);
      assert.equal(one.content, "theirs");
      one.state = state;
      assertTold(await one.rollBack(), LATER);
      assert.equal(one.content, "theirs");
    });

    it("A rollback gives back a definition that somebody has set between a run that was cut off and the next one", async () => {
      await using one = await Replaced.start(type, rewrites);
      const { state } = one;
      await one.deploy("second");
      // killed before the engine wrote its state
      one.state = state;
      one.edit("theirs");
      await one.refresh();
      await one.deploy("third");
      assert.equal(one.content, "third");
      assertTold(await one.rollBack(), []);
      assert.equal(one.content, "theirs");
    });

    it("A rollback gives back a definition that a refresh had found, and that the declared one has replaced", async () => {
      await using one = await Replaced.start(type, rewrites);
      one.edit("theirs");
      one.state = { ...one.state, definitionHash: "of theirs" };
      await one.deploy("first");
      assert.equal(one.content, "first");
      assertTold(await one.rollBack(), []);
      assert.equal(one.content, "theirs");
    });

    it("A rollback that is cut off while it compares a definition leaves what somebody has edited", async () => {
      for (const nth of [1, 2]) {
        await using one = await Replaced.start(type, rewrites);
        await one.deploy("second");
        one.edit("theirs");
        const { state } = one;
        const rule = {
          method: "POST",
          route: "/workspaces/{workspaceId}/items/{itemId}/updateDefinition",
          nth,
        } as const;
        one.bench.emulator.faults([{ ...rule, status: 400, errorCode: "Broken" }]);
        await assert.rejects(one.rollBack(), /Broken/);
        one.bench.emulator.faults([]);
        one.state = state;
        assertTold(await one.rollBack(), LATER);
        assert.equal(one.content, "theirs");
      }
    });

    // an environment is sent again, because what it has published cannot be told
    if (type !== "Environment")
      it("A rollback writes no definition if the write that it undoes has changed nothing, and the service still refuses it", async () => {
        await using one = await Replaced.start(type, rewrites);
        const rule = { method: "POST", route: "/workspaces/{workspaceId}/items/{itemId}/updateDefinition" } as const;
        one.bench.emulator.faults([{ ...rule, status: 503, errorCode: "Unavailable", times: "forever" }]);
        await assert.rejects(one.deploy("second"), /Unavailable/);
        one.state = { ...one.state, definitionHash: DOUBTFUL };
        assertTold(await one.rollBack(), []);
        assert.equal(one.content, "first");
      });

    it("A rollback gives a definition back although somebody has renamed the item since", async () => {
      await using one = await Replaced.start(type, rewrites);
      await one.deploy("second");
      one.rename("renamed");
      assertTold(await one.rollBack(), [/^its displayName was changed by somebody else/]);
      assert.equal(one.content, "first");
    });

    it("A rollback gives back the definition from before if a run that was cut off is gone on with", async () => {
      await using one = await Replaced.start(type, rewrites);
      const { state } = one;
      await one.deploy("second");
      one.state = state;
      await one.refresh();
      await one.deploy("third");
      assertTold(await one.rollBack(), []);
      assert.equal(one.content, "first");
    });
  });
