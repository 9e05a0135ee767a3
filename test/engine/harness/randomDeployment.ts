import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { RequestRecord } from "../../../emulator/core/requestRecord.ts";
import { foreign } from "../../doubles/foreignAnswers.ts";
import { Wire } from "../../doubles/wire.ts";
import { crash, projectCommand } from "./crash.ts";
import { summaryOf, detailsOf } from "./engineEvents.ts";
import { EngineStack } from "./engineStack.ts";
import { walkSeed } from "./environmentDraw.ts";
import type { Environment } from "./environmentWalk.ts";
import { randomOf } from "./existingEnvironment.ts";
import { drawEdit, edit, edited } from "./foreignEdits.ts";
import type { Drawing, Edit } from "./foreignEdits.ts";
import { assertAsDeployed } from "./asDeployed.ts";
import { drawFolderPair } from "./folderDraw.ts";
import { drawFolderEdit } from "./folderEdits.ts";
import { leftoversIn, unexplained } from "./leftoversOf.ts";
import { overtaken } from "./overtakenEdits.ts";
import { drawPair, drawPlot, pairOf, seedsOfPair } from "./randomPoint.ts";
import type { Pair, Plot, Trouble } from "./randomPoint.ts";
import { compared, storedIn } from "./serviceObjects.ts";
import type { Changed, Stored } from "./serviceObjects.ts";

/*
 * A deployment from one environment by chance to another, of which one call goes wrong, while other people change the same
 * objects before the run and during it. A seed decides all of it.
 */

const quick = ["--yes", "--skip-preview"];

/** How a deployment ended: by the exit code of the run with the trouble, or of what was done about a kill. */
export type Outcome = "exit 0" | "exit 1" | "exit 2";

/** What the deployments of a series are drawn with. */
export interface Series {
  readonly drawPair: (number: number) => Pair;
  readonly drawEdit: (drawing: Drawing) => Edit | undefined;
}

/** Environments of every kind. */
const environments: Series = { drawPair, drawEdit };
/** Folders of items. */
export const folders: Series = { drawPair: drawFolderPair, drawEdit: drawFolderEdit };

/** A pair whose first environment is deployed, and how the second one is deployed without trouble. */
interface Origin {
  readonly series: Series;
  readonly pair: Pair;
  readonly stack: EngineStack;
  readonly calls: readonly RequestRecord[];
  /** What the service has after the second one. */
  readonly whole: Stored;
}

/**
 * Deploys a pair of environments, and then its second one again and again, each time with another trouble.
 * @returns how each ended
 * @throws AssertionError with all that was drawn for each that did not end as it should
 */
export async function tryPair(number: number, series = environments): Promise<readonly Outcome[]> {
  const origin = await deploy(series, number);
  await using _stack = origin.stack;
  const outcomes: Outcome[] = [];
  const faults: string[] = [];
  for (const seed of seedsOfPair(number)) {
    try {
      outcomes.push(await endOf(origin, seed));
    } catch (error) {
      faults.push(`Seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  assert.equal(faults.length, 0, faults.join("\n\n"));
  return outcomes;
}

/** One of the deployments of a pair, by its seed. @throws AssertionError with all that was drawn */
export async function trySeed(seed: number, series = environments): Promise<Outcome> {
  const origin = await deploy(series, pairOf(seed));
  await using _stack = origin.stack;
  return await endOf(origin, seed);
}

async function deploy(series: Series, number: number): Promise<Origin> {
  const pair = series.drawPair(number);
  const stack = await EngineStack.start({ emulator: { seed: walkSeed } });
  try {
    declare(stack, pair.from);
    const first = await stack.command("cli/up.ts", quick);
    assert.equal(first.code, 0, `the first environment cannot be deployed: ${first.text}\n${shown(pair)}`);
    await using whole = await EngineStack.copyOf(stack, { seed: walkSeed });
    declare(whole, pair.to);
    const second = await whole.command("cli/up.ts", quick);
    assert.equal(second.code, 0, `the second environment cannot be deployed: ${second.text}\n${shown(pair)}`);
    return { series, pair, stack, calls: [...whole.emulator.requests()], whole: storedIn(whole) };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

/** Declares an environment, with the files that it names. */
function declare(stack: EngineStack, { workspaces, files, settings }: Environment): void {
  for (const root of ["items", "moved"]) rmSync(join(stack.folder, root), { recursive: true, force: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(stack.folder, path)), { recursive: true });
    writeFileSync(join(stack.folder, path), content);
  }
  stack.configure({ features: { useRetryLogic: true, useRollback: true }, ...settings, workspaces });
}

/** A command that has ended. */
interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** A point, by its seed. @throws AssertionError with all that was drawn, if it did not end as it should */
async function endOf({ series, pair, stack: origin, calls, whole }: Origin, seed: number): Promise<Outcome> {
  const random = randomOf(seed * 104_729);
  const plot = drawPlot(random, calls);
  let act: () => void = () => undefined;
  await using stack = await EngineStack.copyOf(origin, { seed: walkSeed, onFault: () => act() });
  // every command reaches the service over it: an open transaction stays at the address where it began
  await using wire = await Wire.to(Number(new URL(stack.emulator.origin).port));
  stack.env["FABRIC_ENDPOINT"] = `http://127.0.0.1:${wire.port}/v1`;
  stack.env["FABRIC_GRAPH_ENDPOINT"] = `http://127.0.0.1:${wire.port}`;
  const place = { stack, wire };
  declare(stack, pair.to);
  const drawn = (amount: number, label: string) =>
    Array.from({ length: amount }, (_, index) =>
      series.drawEdit({ random, label: `${label}${index}`, service: stack.emulator.service }),
    ).filter((one) => one !== undefined);
  const editsBefore = edit(stack, drawn(plot.editsBefore, "before"));
  const editsDuring = drawn(plot.editsDuring, "during");
  const before = storedIn(stack);
  const told: string[] = [];
  try {
    const during: Edit[] = [];
    if (plot.first) {
      const first = await runInto(place, plot.first, (hit) => (act = hit));
      told.push(`first run, ${plot.first.what}: ${first.code}\n${first.text}`);
    }
    let editedAt: string | undefined;
    let ended = await runInto(
      place,
      plot.trouble,
      (hit) => (act = hit),
      () => {
        if (editedAt !== undefined) return;
        editedAt = new Date().toISOString();
        during.push(...edit(stack, editsDuring));
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
    const lost = overtaken({ edits: during, at: editedAt ?? "" }, { requests: stack.emulator.requests(), before });
    assertAsSaid(stack, { code, text: ended.text }, { before, during, lost });
    if (code === 2 && plot.isRolledBackByHand) {
      const again = await stack.command("cli/rollback.ts");
      told.push(`rolled back again: ${again.code}\n${again.text}`);
      assertAsSaid(stack, { code: again.code === 2 ? 2 : 1, text: again.text }, { before, during, lost });
    }
    const last = await stack.command("cli/up.ts", [...quick, "--refresh"]);
    told.push(`without the trouble: ${last.code}\n${last.text}`);
    assert.equal(last.code, 0, "the same deployment without the trouble fails");
    const preview = await stack.preview({}, "--refresh");
    told.push(`preview: ${preview.text}`);
    assert.equal(preview.code, 0, "its preview fails");
    assert.deepEqual(detailsOf(preview.events.changes), [], "its preview shows changes");
    assert.deepEqual(summaryOf(preview.events.drift), [], "its preview shows drift");
    if (series === folders)
      assertAsDeployed(stack, { whole, edits: [...editsBefore, ...during], settings: pair.to.settings });
    return `exit ${code as 0 | 1 | 2}`;
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
  { stack, wire }: { readonly stack: EngineStack; readonly wire: Wire },
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
  const pattern = new RegExp(`/v1${route.replace(/\{\w+\}/g, "[^/]+")}$`, "i");
  let passed = 0;
  wire.replaceAnswers(({ method: sent, url }) => {
    if (sent !== method || !pattern.test(url.replace(/\?.*/, "")) || ++passed !== nth) return undefined;
    onHit();
    return foreign["a page with 200"];
  });
  try {
    return await stack.command("cli/up.ts", up);
  } finally {
    wire.replaceAnswers(() => undefined);
  }
}

/** What an outcome is compared with. */
interface Expected {
  /** Before the first run, with the edits from before it. */
  readonly before: Stored;
  /** What other people have done during the run. */
  readonly during: readonly Edit[];
  /** Objects whose edit this deployment has overwritten before it could see the edit: they may be either way. */
  readonly lost: (difference: Changed) => boolean;
}

/** Compares the service with what an exit code says of it. Exit code 0 is checked by the deployment that follows. */
function assertAsSaid(stack: EngineStack, { code, text }: Ended, { before, during, lost }: Expected): void {
  const after = storedIn(stack);
  const wanted = edited(before, during);
  if (code === 0) return;
  if (code === 1) {
    const changed = compared(wanted, after).changed.filter((one) => !lost(one));
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
  assert.deepEqual(
    missed.filter((one) => !lost(one)),
    [],
    "what is different was not told",
  );
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
      typeof part === "string"
        ? part
        : stringify({ ...part.settings, workspaces: part.workspaces }, { aliasDuplicateObjects: false, lineWidth: 0 }),
    )
    .join("\n");
