import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { detailsOf, summaryOf } from "../engine/harness/engineEvents.ts";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { itemOfBranches, walkSeed } from "../engine/harness/environmentDraw.ts";
import { environmentsOf } from "../engine/harness/environmentWalk.ts";
import type { Environment } from "../engine/harness/environmentWalk.ts";
import { worldOf } from "../engine/harness/worldOf.ts";
import { seedsOf, sweep } from "./sweep.ts";
import { seenWrites, writesOfSteps } from "../engine/harness/writesOfSteps.ts";

/*
 * Pairs of environments by chance, and by the seed that a failure names: from one to the other and back, the preview says
 * what up does, and up does at the service what it says. Environments are walked through in a row and back again, so that
 * each pair costs two deployments.
 */

const name = "previews of pairs of environments by chance";
const walks = 40;
const pairsOfWalk = 5;

const empty: Environment = { workspaces: [], files: {}, contents: [] };

describe("a preview of an environment that becomes another", () => {
  it("A preview of an environment that becomes another tells what up does there and back", async () => {
    const points = seedsOf(name, walks);
    const steps = await sweep({ name, points, few: points.slice(0, 1), attempt: walkedThrough });
    const compared = steps.reduce((sum, count) => sum + count, 0);
    console.log(`${steps.length * pairsOfWalk} pairs there and back, ${compared} steps compared, 0 mismatches`);
  });
});

/** Walks through the environments of a seed and back. @returns how many steps were compared */
async function walkedThrough(seed: number): Promise<number> {
  await using stack = await EngineStack.start({ emulator: { seed: walkSeed } });
  const environments = environmentsOf(seed, pairsOfWalk + 1);
  const worlds: unknown[] = [];
  let from = empty;
  let steps = 0;
  for (const environment of environments) {
    steps += await change(stack, from, environment, seed);
    worlds.push(conditionOf(stack, environment));
    from = environment;
  }
  for (const [index, environment] of [...environments.entries()].reverse().slice(1)) {
    steps += await change(stack, from, environment, seed);
    explained(seed, from, environment, () =>
      assert.deepEqual(conditionOf(stack, environment), worlds[index], "it came back as something else"),
    );
    from = environment;
  }
  return steps;
}

/**
 * Deploys the next environment, and compares what was said, what was done, and what is left to do.
 * @returns how many steps there were
 */
async function change(stack: EngineStack, from: Environment, to: Environment, seed: number): Promise<number> {
  // Git is written to where a workspace is connected: somebody empties what an earlier connection left there
  const { branches } = stack.emulator.service;
  for (const { id } of branches.all()) if (id.includes("/own/")) branches.delete(id);
  for (const root of ["items", "moved"]) rmSync(join(stack.folder, root), { recursive: true, force: true });
  for (const [path, content] of Object.entries(to.files)) {
    mkdirSync(dirname(join(stack.folder, path)), { recursive: true });
    writeFileSync(join(stack.folder, path), content);
  }
  stack.configure({ workspaces: to.workspaces });

  const preview = await stack.preview();
  const begun = stack.emulator.requests().length;
  const up = await stack.up();
  const seen = stack.emulator.requests().slice(begun);
  // reads everything first: where nothing differs, what follows is a plain preview
  const again = await stack.preview({}, "--refresh");
  explained(seed, from, to, () => {
    assert.equal(preview.code, 0, preview.text);
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(
      detailsOf(up.events.changes),
      detailsOf(preview.events.changes),
      "up did not do what was previewed",
    );
    assert.deepEqual(seenWrites(seen), writesOfSteps(up.events.changes, stack.emulator), "the service saw other calls");
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(summaryOf(again.events.drift), [], "the service has something else than the state");
    assert.deepEqual(detailsOf(again.events.changes), [], "a second preview shows changes");
  });
  return up.steps.length;
}

/** Does something that fails with the seed and both environments. */
function explained(seed: number, from: Environment, to: Environment, work: () => void): void {
  try {
    work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Seed ${seed}: ${reason}\n\nFrom:\n${shown(from)}\nTo:\n${shown(to)}`, { cause: error });
  }
}

/**
 * The service's condition, without what depends on the way: commits, contents that are not declared, and items that Git
 * or the service puts there. The endpoint of a lakehouse keeps the name that the lakehouse was made with.
 */
function conditionOf(stack: EngineStack, { contents }: Environment): unknown {
  const world = worldOf(stack) as Record<string, string[]>;
  const isDeclared = ({ workspaceId, type, displayName }: Record<string, unknown>) =>
    contents.some((one) => isDeepStrictEqual(one, [String(workspaceId).replace("workspace ", ""), type, displayName]));
  const items = (world["items"] ?? [])
    .map((text) => JSON.parse(text) as Record<string, unknown>)
    .filter(({ type, displayName }) => type !== "SQLEndpoint" && displayName !== itemOfBranches)
    .map((item) => ({ ...item, ...(!isDeclared(item) && { parts: undefined }) }));
  const gitConnections = (world["gitConnections"] ?? []).map((text) => ({
    ...(JSON.parse(text) as object),
    head: undefined,
    synced: undefined,
  }));
  return { ...world, items, gitConnections };
}

const shown = ({ workspaces, files }: Environment) =>
  stringify({ workspaces, files }, { aliasDuplicateObjects: false, lineWidth: 0 });
