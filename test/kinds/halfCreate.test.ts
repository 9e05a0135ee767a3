import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import type { FaultRule } from "../../emulator/core/faults.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { Bench, conditionOf, deployed, inputsOf, kindOf } from "./providerBench.ts";
import type { KindKey, Properties } from "./providerBench.ts";
import { notebookParts, notebookSource } from "../notebookSource.ts";

/*
 * Creates of several steps, each call of which fails in turn: what stays half-made in the state is finished by the next
 * update, also after a refresh, which takes the engine's mark away.
 */

/** An object that is to be made. */
interface Plan {
  readonly kind: KindKey;
  readonly inputs: Properties;
}

const notebook = (displayName: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts("1"),
});

async function workspace(bench: Bench): Promise<string> {
  return (await deployed(bench, "workspace", { displayName: "sales", capacity: "local" })).id;
}

const git = { ...knownBranch, connectionId: known.gitHubConnection };

function withDefinition(bench: Bench, workspaceId: string): Properties {
  const folder = join(bench.folder, "ingest.Notebook");
  mkdirSync(folder);
  writeFileSync(join(folder, "notebook-content.py"), notebookSource("two"));
  const metadata = { type: "Notebook", displayName: "ingest" };
  writeFileSync(join(folder, ".platform"), JSON.stringify({ metadata, config: { logicalId: known.alice } }));
  const path = relative(process.cwd(), folder);
  return { workspaceId, type: "Notebook", displayName: "ingest", description: "ours", path };
}

const plans: Readonly<Record<string, (bench: Bench) => Promise<Plan>>> = {
  "a workspace whose capacity takes a while": (bench) => {
    bench.emulator.service.levers.assignmentReads = 2;
    return Promise.resolve({ kind: "workspace", inputs: { displayName: "sales", capacity: "local" } });
  },
  "a Git connection whose branch holds items": async (bench) => {
    bench.emulator.commit(knownBranch, [notebook("load"), notebook("report")]);
    return { kind: "gitConnection", inputs: { workspaceId: await workspace(bench), ...git } };
  },
  "a Git connection whose workspace holds items": async (bench) => {
    const workspaceId = await workspace(bench);
    await deployed(bench, "item", { workspaceId, type: "Notebook", displayName: "own" });
    return { kind: "gitConnection", inputs: { workspaceId, ...git, branchName: "empty" } };
  },
  "a Git connection of equal sides": async (bench) => {
    const workspaceId = await workspace(bench);
    const own = await deployed(bench, "item", { workspaceId, type: "Notebook", displayName: "own" });
    bench.emulator.service.items.change(own.id.split("/")[1] ?? "", { parts: notebook("own").parts });
    bench.emulator.commit(knownBranch, [notebook("own"), notebook("other")]);
    return { kind: "gitConnection", inputs: { workspaceId, ...git } };
  },
  "an item that existed before with another definition": async (bench) => {
    const workspaceId = await workspace(bench);
    await deployed(bench, "item", { workspaceId, type: "Notebook", displayName: "ingest" });
    return { kind: "item", inputs: { ...withDefinition(bench, workspaceId), adopt: true } };
  },
  "an item with a definition": async (bench) => ({
    kind: "item",
    inputs: withDefinition(bench, await workspace(bench)),
  }),
};

const isWhole = process.env["FABRIC_SWEEP"] === "all";
const attempts = { sticky: true, times: 4 } as const;
const faults: Readonly<Record<string, FaultRule>> = {
  "is refused": { status: 400, errorCode: "Broken" },
  "is answered by 503 for ever": { status: 503, errorCode: "Unavailable", ...attempts },
  "loses its answer": { drop: "after", ...attempts },
  "starts an operation that fails after its effect": {
    operationError: { errorCode: "Broken", message: "no", hasEffect: true },
  },
  "is the last before Ctrl-C": {},
};

for (const [what, prepare] of Object.entries(plans)) {
  describe(`the creation of ${what}`, { concurrency: 4 }, () => {
    for (const [how, rule] of Object.entries(faults)) {
      it(`The creation of ${what} one call of which ${how} is finished by the next deployment, with and without a refresh in between`, async () => {
        let tried = 0;
        for (let nth = 1; nth < 30; nth++) {
          // by turns with and without a refresh, or both
          const end = await endOf(prepare, { ...rule, nth }, nth % 2 === 0);
          if (end === "past its end") break;
          if (end !== "failed") continue;
          tried++;
          if (isWhole) await endOf(prepare, { ...rule, nth }, nth % 2 !== 0);
        }
        // not every creation starts an operation
        assert.ok(tried > 0 || rule.operationError, "no fault failed the creation");
      });
    }
  });
}

async function endOf(
  prepare: (bench: Bench) => Promise<Plan>,
  rule: FaultRule & { readonly nth: number },
  isRefreshed: boolean,
): Promise<"past its end" | "succeeded" | "failed"> {
  let stop = new AbortController();
  const isStop = rule.status === undefined && rule.drop === undefined && !rule.operationError;
  await using bench = await Bench.start(() => isStop && stop.abort());
  const { kind, inputs } = await prepare(bench);
  const { inputs: news, failures } = check(kindOf(kind), {}, inputs);
  assert.deepEqual(failures, []);
  const before = bench.emulator.requests().length;
  stop = new AbortController();
  bench.emulator.faults([rule]);
  const process = await bench.process(kind, {}, { stop: stop.signal, useRollback: false });
  let half: { id?: string; properties?: Properties; message: string };
  try {
    await process.create(news);
    return bench.emulator.requests().length - before < rule.nth ? "past its end" : "succeeded";
  } catch (error) {
    half = error as typeof half;
  } finally {
    bench.emulator.faults([]);
    await process.end();
  }
  const next = await bench.process(kind, {}, { useRollback: false });
  if (half.id === undefined) await next.create(news);
  else {
    let state = half.properties ?? {};
    if (isRefreshed) state = (await next.read(half.id, state)).props as Properties;
    const isAsDeclared = JSON.stringify(inputsOf(kindOf(kind), state)) === JSON.stringify(inputsOf(kindOf(kind), news));
    if (!isRefreshed || !isAsDeclared) await next.update(half.id, state, news);
  }
  await next.end();
  assert.deepEqual(conditionOf(bench), await whole(prepare), `call ${rule.nth}: ${half.message}`);
  const isWaitedFor = bench.emulator.service.workspaces.all().every(({ assignmentReads = 0 }) => assignmentReads === 0);
  assert.ok(isWaitedFor, `call ${rule.nth}: the capacity is still being assigned`);
  return "failed";
}

const wholes = new Map<unknown, Promise<unknown>>();

/** What the service looks like after the creation without a fault. */
function whole(prepare: (bench: Bench) => Promise<Plan>): Promise<unknown> {
  const made = wholes.get(prepare) ?? madeWhole(prepare);
  wholes.set(prepare, made);
  return made;
}

async function madeWhole(prepare: (bench: Bench) => Promise<Plan>): Promise<unknown> {
  await using bench = await Bench.start();
  const { kind, inputs } = await prepare(bench);
  await (await bench.process(kind, {}, { useRollback: false })).create(check(kindOf(kind), {}, inputs).inputs);
  return conditionOf(bench);
}
