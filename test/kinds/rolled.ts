import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { check } from "../../providers/engine/resourceKind.ts";
import { itemFiles, itemParts } from "../itemFiles.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, deployed, inputsOf, kindOf, saveBefore } from "./providerBench.ts";
import type { Deployed, ProcessOptions, Properties } from "./providerBench.ts";

/** A stack before a transaction, which is then tried and rolled back, object by object. */
export class Rolled implements AsyncDisposable {
  readonly bench: Bench;
  readonly #root = mkdtempSync(join(tmpdir(), "others-"));

  readonly #options: ProcessOptions;

  private constructor(bench: Bench, options: ProcessOptions) {
    this.bench = bench;
    this.#options = { isPatient: false, ...options };
  }

  /** @param options of the transaction's processes and of the rollback's */
  static async start(options: ProcessOptions = {}): Promise<Rolled> {
    return new Rolled(await Bench.start(), options);
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
    const made = await deployed(this.bench, "item", inputs, this.#options);
    await this.save(made);
    return { made, inputs };
  }

  /** A notebook of somebody else's that the stack has adopted before the transaction. @returns its inputs as the other one's, too */
  async adopted(): Promise<{ readonly made: Deployed; readonly inputs: Properties; readonly foreign: Properties }> {
    const foreign = { workspaceId: await this.workspace(), type: "Notebook", displayName: "flow" };
    await deployed(this.bench, "item", foreign, { ...this.#options, stack: "other" });
    const inputs = { ...foreign, adopt: true, path: this.files("Notebook", "first") };
    const made = await deployed(this.bench, "item", inputs, this.#options);
    await this.save(made);
    return { made, inputs, foreign };
  }

  async update({ kind, id, olds }: Deployed, news: Properties): Promise<Deployed> {
    const process = await this.bench.process(kind, {}, this.#options);
    const { inputs } = check(kindOf(kind), olds, news);
    const { outs } = await process.update(id, olds, inputs).finally(() => process.end());
    return { kind, id, olds: outs as Properties };
  }

  async remove({ kind, id, olds }: Deployed): Promise<void> {
    const process = await this.bench.process(kind, {}, this.#options);
    await process.delete(id, olds).finally(() => process.end());
  }

  /** The rollback makes an object again. */
  async remade({ kind, olds }: Deployed, changed: Properties = {}): Promise<Deployed> {
    const process = await this.bench.process(kind, rollback, this.#options);
    const inputs = { ...inputsOf(kindOf(kind), olds), ...changed };
    const { id, outs } = await process.create(inputs).finally(() => process.end());
    return { kind, id: String(id), olds: outs as Properties };
  }

  /** The rollback gives an object the values that it had in the state. */
  async restored({ kind, id, olds }: Deployed, before: Deployed, changed: Properties = {}): Promise<Deployed> {
    const process = await this.bench.process(kind, rollback, this.#options);
    const inputs = { ...inputsOf(kindOf(kind), before.olds), ...changed };
    const { outs } = await process.update(id, olds, inputs).finally(() => process.end());
    return { kind, id, olds: outs as Properties };
  }

  /** The rollback looks at what the transaction wrote to. @returns what it tells */
  async givenBack(before: Deployed, now = before): Promise<readonly string[]> {
    return (
      (await givenBack(this.bench, before, now))?.left ?? assert.fail("the transaction did not write to the object")
    );
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
