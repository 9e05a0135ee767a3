import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  RUN_FOLDER,
  writeDeclaredNames,
  writeDeclaredTypes,
  writeOwnResources,
} from "../../../lib/checkpoint/runFolder.ts";
import { expectedMs } from "../../../providers/run/forecast.ts";
import { Progress } from "../../../providers/run/progress.ts";

const RANKS = ["Workspace", "WorkspaceUser", "GitConnection", "Item"];

interface Declared {
  readonly kind: string;
  readonly name: string;
  readonly type?: string;
}

/** The resources of some workspaces: three users, Git, and items by turns. */
const environment = (workspaces: number, items: number): Declared[] =>
  Array.from({ length: workspaces }, (_, index) => `w${index}`).flatMap((name) => [
    { kind: "Workspace", name },
    ...["a", "b", "c"].map((user) => ({ kind: "WorkspaceUser", name: `${name}/${user}` })),
    { kind: "GitConnection", name },
    ...Array.from({ length: items }, (_, item) => ({
      kind: "Item",
      name: `${name}/i${item}`,
      type: ["Lakehouse", "Notebook", "DataPipeline"][item % 3] ?? "",
    })),
  ]);

/** Numbers from 0 to 1, the same in every run. */
function* draws(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

interface Said {
  readonly at: number;
  readonly line: string;
}

/** The whole time that each line promises, as a part of the time that the run took. */
const totalsOf = (said: readonly Said[], took: number) =>
  said.map(({ at, line }) => {
    const [, amount = "0", unit] = /About (\d+) (s|min)/.exec(line) ?? [];
    return (at / 1000 + Number(amount) * (unit === "min" ? 60 : 1)) / (took / 1000);
  });

/**
 * Deploys in a time of its own: 50 places, each rank of a workspace after the one before, and times drawn from the ranges of the
 * service.
 * @param slowness how much longer the service takes than measured
 */
function deploy(declared: readonly Declared[], slowness = 1, env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), "fabric-progress-"));
  const own = { PULUMI_PARALLEL: "50", ...env, [RUN_FOLDER]: folder };
  writeOwnResources(folder, []);
  const resourceOf = ({ kind, name }: Declared) => `${kind}::${name}`;
  writeDeclaredTypes(
    own,
    Object.fromEntries(declared.flatMap((one) => (one.type ? [[resourceOf(one), one.type]] : []))),
  );
  writeDeclaredNames(
    own,
    Object.fromEntries(declared.map((one) => [resourceOf(one), one.kind === "Workspace" ? one.name : null])),
  );
  let now = 0;
  const lines: Said[] = [];
  const progress = new Progress({ env: own, now: () => now, say: (line) => void lines.push({ at: now, line }) });
  const draw = draws(7);
  const workspaceOf = ({ name }: Declared) => name.split("/")[0] ?? "";
  const rankIn = new Map(declared.map((one) => [one, `${workspaceOf(one)} ${RANKS.indexOf(one.kind)}`]));
  const waiting = new Set(declared);
  /** What waits only for a place: first come, first served. */
  const queue = new Set<Declared>();
  const running = new Map<Declared, { readonly endsAt: number; readonly ended: (id?: string) => void }>();
  /** Steps that have not ended, by workspace and rank. */
  const left = new Map([...Map.groupBy(rankIn.values(), (rank) => rank)].map(([rank, all]) => [rank, all.length]));
  const isReady = (one: Declared) =>
    RANKS.slice(0, RANKS.indexOf(one.kind)).every((_, rank) => !left.get(`${workspaceOf(one)} ${rank}`));
  while (waiting.size + running.size > 0) {
    for (const one of waiting) if (isReady(one)) queue.add(one);
    for (const one of queue) {
      if (running.size >= 50) break;
      queue.delete(one);
      waiting.delete(one);
      const properties = { displayName: one.name, workspaceId: `id of ${workspaceOf(one)}`, type: one.type };
      const ended = progress.begin(one.kind, properties, "create");
      const what = one.type ? `Item ${one.type}` : one.kind;
      running.set(one, { endsAt: now + expectedMs({ what, change: "create" }, draw.next().value) * slowness, ended });
    }
    const [first] = [...running].toSorted(([, left], [, right]) => left.endsAt - right.endsAt);
    if (!first) break;
    const [one, { endsAt, ended }] = first;
    now = endsAt;
    running.delete(one);
    const rank = rankIn.get(one) ?? "";
    left.set(rank, (left.get(rank) ?? 0) - 1);
    ended(`id of ${one.name}`);
  }
  rmSync(folder, { recursive: true });
  return { lines, totals: totalsOf(lines, now), seconds: now / 1000 };
}

/** Updates notebooks, 10 at a time, in a time of its own; the engine compares one after the other, while the first are changed. */
function updateItems(names: readonly string[], isDefinition: boolean) {
  const folder = mkdtempSync(join(tmpdir(), "fabric-progress-"));
  const env = { PULUMI_PARALLEL: "10", [RUN_FOLDER]: folder };
  writeOwnResources(folder, []);
  writeDeclaredTypes(env, {});
  writeDeclaredNames(env, {});
  let now = 0;
  const said: Said[] = [];
  const progress = new Progress({ env, now: () => now, say: (line) => void said.push({ at: now, line }) });
  const olds = { definitionHash: "one", type: "Notebook", workspaceId: "w" };
  const news = { ...olds, definitionHash: isDefinition ? "two" : "one" };
  const draw = draws(3);
  const change = isDefinition ? "updateDefinition" : "update";
  const waiting = [...names];
  const running: { readonly endsAt: number; readonly ended: () => void }[] = [];
  for (const name of waiting.slice(0, 10)) progress.expectUpdate("Item", name, olds, news);
  while (waiting.length + running.length > 0) {
    while (running.length < 10 && waiting.length > 0) {
      waiting.shift();
      const ended = progress.beginUpdate("Item", olds, news);
      running.push({ endsAt: now + expectedMs({ what: "Item Notebook", change }, draw.next().value), ended });
    }
    for (const name of names) progress.expectUpdate("Item", name, olds, news);
    running.sort((one, other) => one.endsAt - other.endsAt);
    const first = running.shift();
    if (!first) break;
    now = first.endsAt;
    first.ended();
  }
  rmSync(folder, { recursive: true });
  return { lines: said.map(({ line }) => line), totals: totalsOf(said, now) };
}

describe("what a deployment will take", () => {
  for (const [what, declared] of [
    ["10 workspaces", environment(10, 3)],
    ["50 workspaces", environment(50, 3)],
    ["200 items", environment(1, 200)],
  ] as const) {
    it(`What a deployment will take is said at its beginning, within 15 %: ${what}`, () => {
      const { lines, totals, seconds } = deploy(declared);
      assert.match(lines[0]?.line ?? "", new RegExp(`^About .* for ${declared.length} objects\\.$`));
      assert.equal(lines[0]?.at, 0);
      for (const total of totals) assert.ok(Math.abs(total - 1) <= 0.15, `${totals.join()} of ${seconds} s`);
    });

    it(`What a deployment will take is corrected if the service takes twice as long: ${what}`, () => {
      const { lines, totals, seconds } = deploy(declared, 2);
      assert.ok((totals[0] ?? 1) < 0.7, totals.join());
      assert.match(lines.at(-1)?.line ?? "", /^About .* more: \d+ of \d+ objects are done\.$/);
      assert.ok(Math.abs((totals.at(-1) ?? 0) - 1) <= 0.15, `${totals.join()} of ${seconds} s`);
    });
  }

  it("What a deployment will take is said of updates as soon as the engine has compared enough, within 15 %", () => {
    const names = Array.from({ length: 200 }, (_, index) => `i${index}`);
    for (const isDefinition of [true, false]) {
      const { lines, totals } = updateItems(names, isDefinition);
      assert.match(lines[0] ?? "", /^About .* more: \d+ of 200 objects are done\.$/);
      for (const total of totals) assert.ok(Math.abs(total - 1) <= 0.15, `${totals.join()}: ${lines.join(" ")}`);
    }
  });

  it("What a deployment will take is not said if that is a few seconds", () => {
    assert.deepEqual(deploy([{ kind: "Workspace", name: "w0" }]).lines, []);
  });
});
