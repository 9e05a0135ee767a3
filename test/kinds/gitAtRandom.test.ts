import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import type { FaultRule } from "../../emulator/core/faults.ts";
import { branchId, changesOf } from "../../emulator/families/branches.ts";
import { dice } from "../dice.ts";
import type { Dice } from "../dice.ts";
import { notebookParts } from "../notebookSource.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, deployed, inputsOf, kindOf, saveBefore } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";

/*
 * Workspaces with changes that were never committed, which a transaction moves to another folder, disconnects or pulls, with a
 * failure at any call, while others edit the same items. A rollback gives all of it back, and tells what it cannot.
 */

const RUNS = process.env["FABRIC_SWEEP"] === "all" ? 200 : 12;
const quick = { isPatient: false };
const NAMES = ["orders", "prices", "stock", "sales"] as const;
const FOLDERS = [knownBranch.directoryName, "/elsewhere", "/empty"] as const;
const attempts = { sticky: true, times: 4 } as const;
const FAULTS: readonly FaultRule[] = [
  { status: 400, errorCode: "Broken" },
  { status: 503, errorCode: "Unavailable", ...attempts },
  { drop: "before", ...attempts },
  { drop: "after", ...attempts },
];

const notebook = (displayName: string, text: string) => ({
  ...{ type: "Notebook", displayName, description: text, parts: notebookParts(text) },
});

class Case implements AsyncDisposable {
  readonly bench: Bench;
  readonly #random: Dice;
  readonly told: string[] = [];
  git!: Deployed;
  /** Whether an item has another name than its file, which no connect can pair with the file. */
  isRenamed = false;

  private constructor(bench: Bench, random: Dice) {
    this.bench = bench;
    this.#random = random;
  }

  static async start(random: Dice): Promise<Case> {
    const one = new Case(await Bench.start(), random);
    const { emulator } = one.bench;
    const { id: workspaceId } = await deployed(one.bench, "workspace", { displayName: "sales", capacity: "local" });
    for (const directoryName of FOLDERS.slice(0, 2))
      emulator.commit(
        { ...knownBranch, directoryName },
        one.#some().map((name) => notebook(name, one.#text())),
      );
    one.git = await deployed(
      one.bench,
      "gitConnection",
      {
        ...{ workspaceId, ...knownBranch, connectionId: known.gitHubConnection, allowOverwrite: random(3) > 0 },
        initializationStrategy: one.#pick(["PreferRemote", "PreferWorkspace"]),
      },
      quick,
    );
    await saveBefore(one.bench, one.git);
    return one;
  }

  #pick = <T>(all: readonly T[]): T => all[this.#random(all.length)] ?? assert.fail("nothing to pick from");
  #text = () => this.#pick(["one", "two"]);
  #some = (): string[] => NAMES.filter(() => this.#random(3) > 0);

  get items() {
    return this.bench.emulator.service.items;
  }

  /** Somebody edits, makes, renames and deletes items of the workspace. @returns the names that were touched */
  edit(times: number, isDuring = false): string[] {
    return Array.from({ length: times }, () => {
      const all = this.items.all();
      const item = all.length > 0 ? this.#pick(all) : undefined;
      const free = NAMES.filter((name) => !all.some(({ displayName }) => displayName === name));
      const how = this.#pick(["edit", "edit", "make", "delete", "rename"]);
      const name = free.length > 0 ? this.#pick(free) : undefined;
      if (how === "make" && name !== undefined && !isDuring) {
        this.items.put({ ...notebook(name, "own"), id: `item-${name}-${this.#random(1e6)}`, workspaceId: this.git.id });
        return name;
      }
      if (!item) return "";
      // the deployment may have given the name to another item
      const touched = item.displayName.replace(/ before$/, "");
      this.told.push(`${isDuring ? "during" : "before"}: ${how} ${touched}`);
      if (how === "delete") this.items.delete(item.id);
      else if (how === "rename" && name !== undefined && !isDuring) {
        this.isRenamed = true;
        this.items.change(item.id, { displayName: name });
      } else this.items.change(item.id, { description: "by hand", parts: notebookParts("by hand") });
      return touched;
    });
  }

  /** Somebody commits to the branch that the workspace is connected to. */
  commit(): void {
    if (this.#random(3) > 0) return;
    this.told.push("somebody commits");
    this.bench.emulator.commit(
      knownBranch,
      this.#some().map((name) => notebook(name, this.#pick(["one", "three"]))),
    );
  }

  #fault(): void {
    const rule = this.#pick(FAULTS);
    const nth = 1 + this.#random(14);
    this.told.push(`call ${nth}: ${JSON.stringify(rule)}`);
    this.bench.emulator.faults([{ ...rule, nth }]);
  }

  /** The deployment: runs with a change of the connection, and one of names that the engine takes back itself. */
  async up(): Promise<{ isDeleted: boolean; giveNamesBack: () => void }> {
    let isDeleted = false;
    for (let runs = 1 + this.#random(2); runs > 0 && !isDeleted; runs--) isDeleted = await this.#run();
    return { isDeleted, giveNamesBack: this.#exchangeNames() };
  }

  /** @returns whether the connection was deleted */
  async #run(): Promise<boolean> {
    const what = this.#pick(["elsewhere", "elsewhere", "empty", "disconnect", "credentials", "back", "pull"]);
    this.told.push(what);
    if (what === "pull") this.commit();
    if (this.#random(3) > 0) this.#fault();
    let isDeleted = false;
    const process = await this.bench.process("gitConnection", {}, quick);
    const { id, olds } = this.git;
    try {
      if (what === "disconnect") {
        await process.delete(id, olds);
        isDeleted = true;
      } else {
        const { head } = this.bench.emulator.service.branches.get(branchId(knownBranch)) ?? {};
        const changes: Readonly<Record<string, Properties>> = {
          credentials: { connectionId: known.secondGitHubConnection },
          back: { directoryName: knownBranch.directoryName },
          pull: { directoryName: knownBranch.directoryName, commit: head },
        };
        const news = changes[what] ?? { directoryName: `/${what}` };
        const { outs } = await process.update(id, olds, { ...olds, ...news });
        this.git = { ...this.git, olds: outs as Properties };
      }
    } catch (error) {
      const { properties, message } = error as Error & { properties?: Properties };
      this.told.push(message);
      if (properties) this.git = { ...this.git, olds: properties };
    }
    await process.end();
    this.bench.emulator.faults([]);
    return isDeleted;
  }

  /** Gives the name of one item to a new one. @returns takes it back */
  #exchangeNames(): () => void {
    const all = this.items.all();
    if (all.length === 0 || this.#random(2) === 0) return () => undefined;
    const item = this.#pick(all);
    const { displayName } = item;
    this.told.push(`the name ${displayName} goes to another item`);
    this.items.change(item.id, { displayName: `${displayName} before` });
    this.items.put({ ...item, id: `${item.id}-new` });
    return () => {
      this.items.delete(`${item.id}-new`);
      if (this.items.get(item.id)) this.items.change(item.id, { displayName });
    };
  }

  /** Rolls back, once or until nothing fails. @returns what is told in the end */
  async rollBack(saved: Deployed, { isDeleted, giveNamesBack }: Awaited<ReturnType<Case["up"]>>): Promise<string[]> {
    if (this.#random(2) === 0) this.#fault();
    let isRestored = false;
    for (let attempt = 1; attempt < 4; attempt++) {
      try {
        const process = await this.bench.process("gitConnection", rollback, quick);
        const inputs = inputsOf(kindOf("gitConnection"), saved.olds);
        try {
          if (!isRestored) {
            const { props } = isDeleted ? {} : await process.read(saved.id, this.git.olds);
            const { outs } = props ? await process.update(saved.id, props, inputs) : await process.create(inputs);
            this.git = { ...this.git, olds: outs as Properties };
          }
          isRestored = true;
        } finally {
          await process.end();
        }
        giveNamesBack();
        return [...((await givenBack(this.bench, saved, { id: saved.id, olds: this.git.olds }))?.left ?? [])];
      } catch (error) {
        this.told.push(`rollback ${attempt}: ${(error as Error).message}`);
        const { properties } = error as { properties?: Properties };
        if (properties) this.git = { ...this.git, olds: properties };
        this.bench.emulator.faults([]);
      }
    }
    return assert.fail("the rollback does not come to its end");
  }

  /** What the workspace holds, by name; without ids. */
  get held(): Readonly<Record<string, string>> {
    const all = this.items.all().map(({ displayName, description, parts }) => {
      const text = (parts ?? []).filter(({ path }) => path !== ".platform");
      return [displayName, JSON.stringify({ description, text })] as const;
    });
    return Object.fromEntries(all.toSorted());
  }

  /** How Git sees the workspace. */
  get status(): unknown {
    const { service } = this.bench.emulator;
    const connection = service.gitConnections.get(this.git.id);
    if (!connection) return "not connected";
    const branch = service.branches.get(branchId(connection.details));
    const isSynced = Boolean(connection.head);
    const changes = changesOf(service, connection, branch?.items ?? []);
    const here = changes
      .filter(({ workspaceChange }) => workspaceChange)
      .map(({ itemMetadata }) => itemMetadata.displayName);
    return { details: connection.details, isSynced, here: here.toSorted() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}

async function tryOne(seed: number): Promise<void> {
  await using one = await Case.start(dice(seed * 7919 + 1));
  one.edit(dice(seed)(4));
  const saved = one.git;
  const before = { held: one.held, status: one.status };
  try {
    const up = await one.up();
    const touched = one.edit(dice(seed + 1)(2), true);
    one.commit();
    const left = await one.rollBack(saved, up);
    one.told.push(...left.map((reason) => `left: ${reason}`));
    const after = { held: one.held, status: one.status };
    const isExcused = (name: string) => touched.includes(name) || left.some((reason) => reason.includes(`'${name}'`));
    // what a pull brought in stays with the commit
    if (left.some((reason) => reason.startsWith("it stays at commit"))) {
      assert.ok(one.told.includes("pull"));
      return;
    }
    const without = (held: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(held).filter(([name]) => !isExcused(name)));
    assert.deepEqual(without(after.held), without(before.held));
    const isComparable = touched.length === 0 && left.length === 0 && !one.isRenamed;
    if (isComparable && !one.told.includes("somebody commits")) assert.deepEqual(after.status, before.status);
  } catch (error) {
    throw new Error(`Seed ${seed}: ${(error as Error).message}\n${one.told.join("\n")}`, { cause: error });
  }
}

describe("Git at random", () => {
  it("A rollback gives a workspace its folder of Git and its items back, committed or not, at whatever call a deployment and its rollback fail", async () => {
    const faults: string[] = [];
    for (let seed = 1; seed <= RUNS; seed++)
      await tryOne(seed).catch((error: unknown) => faults.push((error as Error).message));
    assert.equal(faults.length, 0, `${faults.length} of ${RUNS}:\n${faults.slice(0, 3).join("\n\n")}`);
  });
});
