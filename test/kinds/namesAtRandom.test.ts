import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { outdatedIn } from "../../cli/rollback/plan.ts";
import { RunFolder } from "../../cli/transaction/runFolder.ts";
import { writeDeclaredNames } from "../../lib/checkpoint/runFolder.ts";
import { writtenBy } from "../../lib/transactions/written.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, TRANSACTION, deployed, inputsOf, kindOf, saveBefore } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";
import { dice } from "../dice.ts";
import type { Dice } from "../dice.ts";

/*
 * Names that a transaction gives its objects anew, in any order and with a failure or a kill at any call; others have swapped some
 * before. A rollback gives every name back, and a run that goes on gives every declared one.
 */

const RUNS = process.env["FABRIC_SWEEP"] === "all" ? 200 : 12;
const quick = { isPatient: false };
const KEYS = ["one", "two", "three"] as const;
type Key = (typeof KEYS)[number];
type Names = Readonly<Record<Key, string>>;
const KINDS = ["item", "workspace", "connection", "folder"] as const;
type Kind = (typeof KINDS)[number];

/** The numbers of a seed, without the first ones, which are alike for seeds in a row. */
function numbersOf(seed: number): Dice {
  const random = dice(seed * 7919 + 1);
  for (let count = 0; count < 5; count++) random(2);
  return random;
}

/** Three objects of a kind, and a transaction that names them anew. */
class Case implements AsyncDisposable {
  readonly bench: Bench;
  readonly kind: Kind;
  readonly #random: Dice;
  readonly before = new Map<Key, Deployed>();
  readonly state = new Map<Key, Deployed>();
  /** What the last run failed at. */
  refusal = "";

  private constructor(bench: Bench, kind: Kind, random: Dice) {
    this.bench = bench;
    this.kind = kind;
    this.#random = random;
  }

  static async start(kind: Kind, random: Dice): Promise<Case> {
    const one = new Case(await Bench.start(), kind, random);
    const workspaceId = (await deployed(one.bench, "workspace", { displayName: "sales", capacity: "local" })).id;
    const inputs: Readonly<Record<Kind, Properties>> = {
      item: { workspaceId, type: "Notebook" },
      folder: { workspaceId },
      workspace: {},
      connection: {
        type: "Web",
        parameters: { url: "https://example.com" },
        credentials: { credentialType: "Anonymous" },
      },
    };
    for (const key of KEYS)
      one.before.set(key, await deployed(one.bench, kind, { ...inputs[kind], displayName: key }, quick));
    await saveBefore(one.bench, ...one.before.values());
    for (const [key, made] of one.before) one.state.set(key, made);
    return one;
  }

  of = (key: Key): Deployed => this.state.get(key) ?? assert.fail(key);
  shuffled = (keys: readonly Key[] = KEYS): Key[] =>
    keys
      .map((key) => ({ key, at: this.#random(1000) }))
      .sort((one, other) => one.at - other.at)
      .map(({ key }) => key);

  /** The keys' names in another order, now and then with a new one. */
  drawn(): Names {
    const [one = "", two = "", three = ""] = this.shuffled();
    return { one, two, three: this.#random(3) === 0 ? "four" : three };
  }

  #collection() {
    const { items, folders, workspaces } = this.bench.emulator.service;
    return { item: items, folder: folders, workspace: workspaces }[this.kind as "item"];
  }
  #ownId = (key: Key) => this.of(key).id.split("/").at(-1) ?? "";

  get names(): Names {
    const { connections } = this.bench.emulator.service;
    const nameOf = (key: Key) =>
      this.kind === "connection"
        ? String(connections.get(this.#ownId(key))?.body["displayName"])
        : (this.#collection().get(this.#ownId(key))?.displayName ?? "gone");
    return Object.fromEntries(KEYS.map((key) => [key, nameOf(key)])) as Names;
  }

  /** Somebody gives the objects these names. */
  rename(names: Names): void {
    const { connections } = this.bench.emulator.service;
    for (const key of KEYS) {
      const id = this.#ownId(key);
      if (this.kind !== "connection") this.#collection().change(id, { displayName: names[key] });
      else connections.change(id, { body: { ...connections.get(id)?.body, displayName: names[key] } });
    }
  }

  /** What the state shows to be changed, in any order; stops at the first failure. @returns whether there was none */
  async #engine(wanted: (key: Key) => Properties, env: NodeJS.ProcessEnv): Promise<boolean> {
    const isOther = (key: Key) =>
      JSON.stringify(sorted(inputsOf(kindOf(this.kind), this.of(key).olds))) !== JSON.stringify(sorted(wanted(key)));
    const process = await this.bench.process(this.kind, env, quick);
    try {
      for (const key of this.shuffled().filter(isOther)) {
        const { id, olds } = this.of(key);
        const { outs } = await process.update(id, olds, wanted(key));
        this.state.set(key, { kind: this.kind, id, olds: outs as Properties });
      }
      return true;
    } catch (error) {
      this.refusal = error instanceof Error ? error.message : String(error);
      const { properties } = error as { properties?: Properties };
      const half = KEYS.find((key) => properties && this.of(key).id === (error as { id?: string }).id);
      if (half && properties) this.state.set(half, { ...this.of(half), olds: properties });
      return false;
    } finally {
      await process.end();
    }
  }

  /** A deployment of these names. @param isNew whether something else of every object is changed, too */
  async up(names: Names, isNew: boolean): Promise<boolean> {
    const resources = KEYS.map((key) => {
      const type = `pulumi-nodejs:dynamic/fabric:${kindOf(this.kind).name}`;
      const { id, olds } = this.of(key);
      return { urn: `urn:pulumi:test::fabric::${type}::${key}`, type, custom: true, id, outputs: olds };
    });
    using folder = new RunFolder({ version: 3, deployment: { resources } });
    const declared = KEYS.map((key) => [`${kindOf(this.kind).name}::${key}`, names[key]]);
    writeDeclaredNames(folder.env, Object.fromEntries(declared) as Names);
    const other = {
      item: { description: "new" },
      workspace: { description: "new" },
      connection: { privacyLevel: "Private" },
      folder: {},
    };
    const wanted = (key: Key) => {
      const { olds } = this.before.get(key) ?? this.of(key);
      const news = { ...inputsOf(kindOf(this.kind), olds), displayName: names[key], ...(isNew && other[this.kind]) };
      return check(kindOf(this.kind), this.of(key).olds, news).inputs;
    };
    return await this.#engine(wanted, folder.env);
  }

  /** Reads what the next command takes for outdated. */
  async reread(isCutOff: boolean): Promise<void> {
    const log = await this.bench.logs().entries(TRANSACTION);
    const resources = KEYS.map((key) => {
      const type = `pulumi-nodejs:dynamic/fabric:${kindOf(this.kind).name}`;
      return { urn: key, type, custom: true, id: this.of(key).id };
    });
    const process = await this.bench.process(this.kind, {}, quick);
    for (const key of outdatedIn(log, { version: 3, deployment: { resources } }, isCutOff) as Key[]) {
      const { id, olds } = this.of(key);
      const { props } = await process.read(id, olds);
      this.state.set(key, { kind: this.kind, id, olds: props as Properties });
    }
    await process.end();
  }

  /** A rollback. @returns what it tells; undefined if it was killed */
  async rollBack(isKilled: boolean): Promise<readonly string[] | undefined> {
    const wanted = (key: Key) => inputsOf(kindOf(this.kind), this.before.get(key)?.olds ?? {});
    if (isKilled) {
      await this.#engine(wanted, rollback);
      return undefined;
    }
    for (let attempt = 0; attempt < 4; attempt++) if (await this.#engine(wanted, rollback)) break;
    const left = KEYS.flatMap((key) =>
      this.of(key).olds["displayName"] === this.before.get(key)?.olds["displayName"]
        ? []
        : [`${key} failed: ${this.refusal}`],
    );
    for (const key of this.shuffled())
      left.push(...((await givenBack(this.bench, this.of(key), this.of(key)))?.left ?? []));
    return left;
  }

  /** Whether the transaction has written to an object, or may have, so that a rollback looks at all of its values. */
  async isWritten(key: Key): Promise<boolean> {
    const written = writtenBy(await this.bench.logs().entries(TRANSACTION));
    return written.some(({ resourceId }) => resourceId === this.of(key).id);
  }

  /** One of the next renames fails, or is the last of a process that is killed. */
  fault(): void {
    const nth = 1 + this.#random(5);
    const end = [{ status: 400, errorCode: "Broken" }, { drop: "after" }, { drop: "before" }] as const;
    const what = end[this.#random(3)] ?? end[0];
    this.bench.emulator.faults([
      { method: "PATCH", nth, times: "status" in what ? 1 : 4, sticky: !("status" in what), ...what },
    ]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]();
  }
}

const sorted = (inputs: Properties) => Object.entries(inputs).sort(([one], [other]) => (one < other ? -1 : 1));

for (const kind of KINDS) {
  describe(`names of objects of kind ${kind}, given anew at random`, { concurrency: 2 }, () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      it(`Names of objects of kind ${kind}, given anew at random, all come back or are all given (seed ${seed})`, async () => {
        const random = numbersOf(seed);
        await using one = await Case.start(kind, random);
        if (random(3) === 0) one.rename(one.drawn());
        const before = one.names;
        const names = one.drawn();
        if (random(4) > 0) one.fault();
        await one.up(names, random(2) === 0);
        one.bench.emulator.faults([]);
        const isCutOff = random(2) === 0;
        let story = `${JSON.stringify(before)} -> ${JSON.stringify(names)} at ${JSON.stringify(one.names)}`;
        if (random(3) === 0) {
          await one.reread(isCutOff);
          one.fault();
          await one.rollBack(true);
          one.bench.emulator.faults([]);
          story += `, killed in its rollback at ${JSON.stringify(one.names)}`;
        }
        if (random(4) === 0) {
          // somebody's later edit stays, and is told if the transaction wrote there
          const [key] = one.shuffled();
          assert.ok(key);
          one.rename({ ...one.names, [key]: "theirs" });
          await one.reread(isCutOff);
          const left = (await one.rollBack(false)) ?? [];
          const told = (await one.isWritten(key)) ? [left[0]] : [];
          assert.deepEqual(
            [left, one.names],
            [told, { ...before, [key]: "theirs" }],
            `${story}, then ${key} by others`,
          );
          if (told.length > 0) assert.match(told[0] ?? "", /its displayName was changed by somebody else/);
          return;
        }
        if (random(2) === 0) {
          await one.reread(true);
          const last = random(2) === 0 ? names : (Object.fromEntries(KEYS.map((key) => [key, key])) as Names);
          assert.ok(await one.up(last, true), `${story}: ${one.refusal}`);
          if (kind !== "folder") assert.deepEqual(one.names, last, story);
        }
        await one.reread(isCutOff);
        assert.deepEqual([await one.rollBack(false), one.names], [[], before], story);
      });
    }
  });
}
