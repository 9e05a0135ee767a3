import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import type { RequestRecord } from "../../../emulator/core/requestRecord.ts";
import { foreign } from "../../doubles/foreignAnswers.ts";
import { Wire } from "../../doubles/wire.ts";
import { crash, projectCommand } from "../harness/crash.ts";
import { summaryOf, detailsOf } from "../harness/engineEvents.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { walkSeed } from "../harness/environmentDraw.ts";
import type { Environment } from "../harness/environmentWalk.ts";
import { randomOf } from "../harness/existingEnvironment.ts";
import { drawEdit, edit, edited } from "../harness/foreignEdits.ts";
import type { Edit } from "../harness/foreignEdits.ts";
import { leftoversIn, unexplained } from "../harness/leftoversOf.ts";
import { drawPair, drawPlot, pairOf } from "../harness/randomPoint.ts";
import type { Pair, Plot, Trouble } from "../harness/randomPoint.ts";
import { compared, storedIn } from "../harness/serviceObjects.ts";
import type { Stored } from "../harness/serviceObjects.ts";

/*
 * Deployments from one environment by chance to another, of which one call goes wrong, while other people change the same
 * objects before the run and during it. A seed decides all of a point: `FABRIC_SWEEP_SEED` is the first, FABRIC_SWEEP_POINTS says
 * how many there are. FABRIC_SWEEP_RECORD names a file with the outcome of each point: those that passed are not tried again.
 *
 * Points that pull from Git are deployed and not compared, because a rollback does not take pulls back yet; FABRIC_SWEEP_PULLS=true
 * compares them, too.
 */

const isWhole = process.env["FABRIC_CRASH_SWEEP"] === "all";
const firstSeed = Number(process.env["FABRIC_SWEEP_SEED"] ?? "1");
const count = Number(process.env["FABRIC_SWEEP_POINTS"] ?? (isWhole ? "500" : "3"));
const record = process.env["FABRIC_SWEEP_RECORD"];
const comparesPulls = process.env["FABRIC_SWEEP_PULLS"] === "true";
/** Two at a time: each is several processes. */
const LANES = 2;

const quick = ["--yes", "--skip-preview"];

/** How a point ended: by the exit code of the run with the trouble, or of what was done about a kill. */
type Outcome = "exit 0" | "exit 1" | "exit 2" | "pulls: not compared";

describe("a deployment between two environments by chance, with trouble at one call and edits by other people", () => {
  it(`ends as its exit code says, and as declared without the trouble (seeds ${firstSeed} to ${firstSeed + count - 1})`, async () => {
    const done = new Set(record && existsSync(record) ? passedIn(record) : []);
    const seeds = Array.from({ length: count }, (_, index) => firstSeed + index).filter((seed) => !done.has(seed));
    const origins = new Origins(seeds);
    const outcomes: Record<string, number> = {};
    const faults: string[] = [];
    const lane = async () => {
      for (const seed of next(seeds)) {
        try {
          const outcome = await origins.use(seed, (origin) => endOf(origin, seed));
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          note(seed, outcome);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          faults.push(`Seed ${seed}: ${reason}`);
          note(seed, `failed: ${reason}`);
        }
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    console.log(`random sweep from seed ${firstSeed}: ${JSON.stringify(outcomes)}, ${faults.length} failed`);
    assert.deepEqual(faults, []);
  });
});

/** The seeds that no lane has taken yet, one after the other. */
function* next(seeds: number[]): Generator<number> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) yield seed;
}

const passedIn = (file: string) =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .flatMap((line) => {
      const { seed, outcome } = JSON.parse(line) as { seed: number; outcome: string };
      return outcome.startsWith("failed") ? [] : [seed];
    });

function note(seed: number, outcome: string): void {
  if (record !== undefined) appendFileSync(record, `${JSON.stringify({ seed, outcome })}\n`);
}

/** A pair whose first environment is deployed, and how the second one is deployed without trouble. */
interface Origin {
  readonly pair: Pair;
  readonly stack: EngineStack;
  readonly calls: readonly RequestRecord[];
}

/** The pairs that points share: each is deployed once, and goes when its last point has been tried. */
class Origins {
  readonly #left = new Map<number, number>();
  readonly #deployed = new Map<number, Promise<Origin>>();

  constructor(seeds: readonly number[]) {
    for (const seed of seeds) this.#left.set(pairOf(seed), (this.#left.get(pairOf(seed)) ?? 0) + 1);
  }

  async use<T>(seed: number, work: (origin: Origin) => Promise<T>): Promise<T> {
    const pair = pairOf(seed);
    const deployed = this.#deployed.get(pair) ?? deploy(drawPair(pair));
    this.#deployed.set(pair, deployed);
    try {
      return await work(await deployed);
    } finally {
      const left = (this.#left.get(pair) ?? 1) - 1;
      this.#left.set(pair, left);
      if (left === 0) await (await deployed.catch(() => undefined))?.stack[Symbol.asyncDispose]();
    }
  }
}

async function deploy(pair: Pair): Promise<Origin> {
  const stack = await EngineStack.start({ emulator: { seed: walkSeed } });
  try {
    declare(stack, pair.from);
    const first = await stack.command("cli/up.ts", quick);
    assert.equal(first.code, 0, `the first environment cannot be deployed: ${first.text}\n${shown(pair)}`);
    await using whole = await EngineStack.copyOf(stack, { seed: walkSeed });
    declare(whole, pair.to);
    const second = await whole.command("cli/up.ts", quick);
    assert.equal(second.code, 0, `the second environment cannot be deployed: ${second.text}\n${shown(pair)}`);
    return { pair, stack, calls: [...whole.emulator.requests()] };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

/** Declares an environment, with the files that it names. */
function declare(stack: EngineStack, { workspaces, files }: Environment): void {
  for (const root of ["items", "moved"]) rmSync(join(stack.folder, root), { recursive: true, force: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(stack.folder, path)), { recursive: true });
    writeFileSync(join(stack.folder, path), content);
  }
  stack.configure({ features: { useRetryLogic: true, useRollback: true }, workspaces });
}

/** A command that has ended. */
interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** A point, by its seed. @throws AssertionError with all that was drawn, if it did not end as it should */
async function endOf({ pair, stack: origin, calls }: Origin, seed: number): Promise<Outcome> {
  const random = randomOf(seed * 104_729);
  const plot = drawPlot(random, calls);
  let act: () => void = () => undefined;
  await using stack = await EngineStack.copyOf(origin, { seed: walkSeed, onFault: () => act() });
  declare(stack, pair.to);
  const drawn = (amount: number, label: string) =>
    Array.from({ length: amount }, (_, index) =>
      drawEdit({ random, label: `${label}${index}`, service: stack.emulator.service }),
    ).filter((one) => one !== undefined);
  const editsBefore = edit(stack, drawn(plot.editsBefore, "before"));
  const editsDuring = drawn(plot.editsDuring, "during");
  const before = storedIn(stack);
  const told: string[] = [];
  try {
    const during: Edit[] = [];
    if (plot.first) {
      const first = await runInto(stack, plot.first, (hit) => (act = hit));
      told.push(`first run, ${plot.first.what}: ${first.code}\n${first.text}`);
    }
    let isEdited = false;
    let ended = await runInto(
      stack,
      plot.trouble,
      (hit) => (act = hit),
      () => {
        if (!isEdited) during.push(...edit(stack, editsDuring));
        isEdited = true;
      },
      plot.refreshes ? ["--refresh"] : [],
    );
    stack.emulator.faults([]);
    told.push(`the run: ${ended.code}\n${ended.text}`);
    let isUp = true;
    // killed: one of the two commands brings it to an end
    if (ended.code === null) {
      isUp = !plot.isRolledBackByHand;
      ended = await stack.command(isUp ? "cli/up.ts" : "cli/rollback.ts", isUp ? quick : []);
      told.push(`after the kill, ${isUp ? "up" : "rollback"}: ${ended.code}\n${ended.text}`);
    }
    const code = isUp ? ended.code : ended.code === 2 ? 2 : 1;
    const outcome: Outcome = pair.pulls && !comparesPulls ? "pulls: not compared" : `exit ${code as 0 | 1 | 2}`;
    const isCompared = outcome !== "pulls: not compared";
    if (isCompared) assertAsSaid(stack, { code, text: ended.text }, { before, during });
    if (code === 2 && plot.isRolledBackByHand) {
      const again = await stack.command("cli/rollback.ts");
      told.push(`rolled back again: ${again.code}\n${again.text}`);
      if (isCompared) assertAsSaid(stack, { code: again.code === 2 ? 2 : 1, text: again.text }, { before, during });
    }
    const last = await stack.command("cli/up.ts", [...quick, "--refresh"]);
    told.push(`without the trouble: ${last.code}\n${last.text}`);
    if (isCompared) {
      assert.equal(last.code, 0, "the same deployment without the trouble fails");
      const preview = await stack.preview({}, "--refresh");
      told.push(`preview: ${preview.text}`);
      assert.equal(preview.code, 0, "its preview fails");
      assert.deepEqual(detailsOf(preview.events.changes), [], "its preview shows changes");
      assert.deepEqual(summaryOf(preview.events.drift), [], "its preview shows drift");
    }
    return outcome;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const all = [reason, story(plot, editsBefore, editsDuring), told.map(withoutProgress).join("\n"), shown(pair)];
    throw new Error(all.join("\n"), { cause: error });
  } finally {
    act = () => undefined;
  }
}

/** What a command printed, without the lines that say that the engine is at work. */
const withoutProgress = (text: string) =>
  text
    .split("\n")
    .filter((line) => !/^(@| [ ~+-]{1,2} .*(refresh|refreshing|running|creating|updating|deleting)\b)/.test(line))
    .join("\n");

/** Runs npm run up into trouble. @returns how it ended; without a code if it was killed */
async function runInto(
  stack: EngineStack,
  { rule, victim, method, route, nth }: Trouble,
  listen: (hit: () => void) => void,
  onHit: () => void = () => undefined,
  args: readonly string[] = [],
): Promise<Ended> {
  const up = [...quick, ...args];
  if (victim) {
    const hit = Promise.withResolvers<void>();
    listen(() => {
      onHit();
      hit.resolve();
    });
    let ended: Ended = { code: null, text: "" };
    const onEnd = (code: number | null, text: string) => (ended = { code, text });
    const command = projectCommand("cli/up.ts", ...up);
    await crash(stack, hit.promise, { command, rule: rule ?? {}, victim, onEnd });
    return ended;
  }
  listen(onHit);
  if (rule) {
    stack.emulator.faults([rule]);
    return stack.command("cli/up.ts", up);
  }
  await using wire = await Wire.to(Number(new URL(stack.emulator.origin).port));
  const pattern = new RegExp(`/v1${route.replace(/\{\w+\}/g, "[^/]+")}$`, "i");
  let passed = 0;
  wire.replaceAnswers(({ method: sent, url }) => {
    if (sent !== method || !pattern.test(url.replace(/\?.*/, "")) || ++passed !== nth) return undefined;
    onHit();
    return foreign["a page with 200"];
  });
  return stack.command("cli/up.ts", up, {
    FABRIC_ENDPOINT: `http://127.0.0.1:${wire.port}/v1`,
    FABRIC_GRAPH_ENDPOINT: `http://127.0.0.1:${wire.port}`,
  });
}

/** What an outcome is compared with. */
interface Expected {
  /** Before the first run, with the edits from before it. */
  readonly before: Stored;
  /** What other people have done during the run. */
  readonly during: readonly Edit[];
}

/** Compares the service with what an exit code says of it. Exit code 0 is checked by the deployment that follows. */
function assertAsSaid(stack: EngineStack, { code, text }: Ended, { before, during }: Expected): void {
  const after = storedIn(stack);
  const wanted = edited(before, during);
  if (code === 0) return;
  if (code === 1) {
    const { changed } = compared(wanted, after);
    assert.deepEqual(changed, [], "it was said to be rolled back, and is not");
    return;
  }
  assert.equal(code, 2, "no exit code that means something");
  const leftovers = leftoversIn(text);
  // a run that did not roll back says so, and lists what it did: what follows is compared
  if (leftovers.length === 0) {
    assert.ok(text.includes("What it did remains"), "it names neither leftovers nor what remains");
    return;
  }
  const { missed, needless } = unexplained(leftovers, { wanted, after, plain: compared(before, after) });
  assert.deepEqual(missed, [], "what is different was not told");
  assert.deepEqual(needless, [], "what was told is not different");
}

const story = (
  { first, trouble, isRolledBackByHand, refreshes }: Plot,
  before: readonly Edit[],
  during: readonly Edit[],
) =>
  [
    ...(first ? [`First run ${first.what}.`] : []),
    `${trouble.what}${refreshes ? ", with --refresh" : ""}; then ${isRolledBackByHand ? "rollback" : "up"}.`,
    `Before: ${before.map(({ what }) => what).join("; ")}`,
    `During: ${during.map(({ what }) => what).join("; ")}`,
  ].join("\n");

const shown = ({ from, to }: Pair) =>
  ["From:", from, "To:", to]
    .map((part) =>
      typeof part === "string" ? part : stringify(part.workspaces, { aliasDuplicateObjects: false, lineWidth: 0 }),
    )
    .join("\n");
