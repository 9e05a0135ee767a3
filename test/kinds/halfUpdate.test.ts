import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import type { FaultRule } from "../../emulator/core/faults.ts";
import { check, diff } from "../../providers/engine/resourceKind.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, TRANSACTION, conditionOf, deployed, inputsOf, kindOf } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";
import { notebookParts, notebookSource } from "../notebookSource.ts";

/*
 * Updates of several writes, each call of which fails in turn, as the engine's provider process makes them: what the state
 * is told, what a refresh makes of it, and that the next update, or a rollback, ends them. `npm run test:crash` tries every
 * end after every fault of every call, npm test one of the four ends after a fault of every other call.
 */

/** One object that was deployed and is to be changed. */
interface Change extends Deployed {
  readonly news: Properties;
}

async function workspaceOn(bench: Bench, capacity?: string): Promise<string> {
  const inputs = { displayName: "sales", description: "before", ...(capacity && { capacity }) };
  return (await deployed(bench, "workspace", inputs)).id;
}

const notebook = (displayName: string, text: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts(text),
});

/** A folder with the definition of a notebook, as inputs name it. */
function definition(bench: Bench, text: string): string {
  const folder = join(bench.folder, text, "ingest.Notebook");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "notebook-content.py"), notebookSource(text));
  const metadata = { type: "Notebook", displayName: "ingest" };
  const config = { version: "2.0", logicalId: known.alice };
  writeFileSync(join(folder, ".platform"), JSON.stringify({ metadata, config }));
  return relative(process.cwd(), folder);
}

async function role(bench: Bench, id: string, principalId: string, role: string): Promise<void> {
  bench.emulator.service.roles.put({ id: `${id}/${principalId}`, workspaceId: id, principalId, role });
  return Promise.resolve();
}

const git = { ...knownBranch, connectionId: known.gitHubConnection };

async function linked(bench: Bench, content: "equal" | "changed", news: Properties): Promise<Change> {
  bench.emulator.commit(knownBranch, [notebook("load", "1"), notebook("report", "1")]);
  const other = content === "equal" ? "1" : "2";
  bench.emulator.commit({ ...knownBranch, branchName: "next" }, [notebook("load", other), notebook("report", "1")]);
  const workspaceId = await workspaceOn(bench, "local");
  return {
    ...(await deployed(bench, "gitConnection", { workspaceId, ...git })),
    news: { workspaceId, ...git, ...news },
  };
}

/** The changes that need more than one write, and a few that need one. */
const changes: Readonly<Record<string, (bench: Bench) => Promise<Change>>> = {
  "name, description and capacity of a workspace": async (bench) => ({
    ...(await deployed(bench, "workspace", { displayName: "sales", description: "before", capacity: "local" })),
    news: { displayName: "sales-2", description: "after", capacity: "local-large" },
  }),
  "description of a workspace, and a capacity that it has had from somebody else": async (bench) => {
    const change = await deployed(bench, "workspace", { displayName: "sales", description: "before" });
    bench.emulator.service.workspaces.change(change.id, { capacityId: known.secondCapacity });
    return { ...change, news: { displayName: "sales", description: "after", capacity: "local" } };
  },
  "description of a workspace, and no capacity any more": async (bench) => ({
    ...(await deployed(bench, "workspace", { displayName: "sales", description: "before", capacity: "local" })),
    news: { displayName: "sales", description: "after" },
  }),
  "description of a workspace on a capacity that nobody declares": async (bench) => {
    const change = await deployed(bench, "workspace", { displayName: "sales", description: "before" });
    bench.emulator.service.workspaces.change(change.id, { capacityId: known.secondCapacity });
    return { ...change, news: { displayName: "sales-2", description: "after" } };
  },
  "name, folder and definition of an item": async (bench) => {
    const workspaceId = await workspaceOn(bench, "local");
    const folder = await deployed(bench, "folder", { workspaceId, displayName: "raw" });
    const item = { workspaceId, type: "Notebook" };
    return {
      ...(await deployed(bench, "item", { ...item, displayName: "ingest", path: definition(bench, "one") })),
      news: {
        ...item,
        displayName: "load",
        description: "after",
        folderId: folder.id.split("/")[1],
        path: definition(bench, "two"),
      },
    };
  },
  "name and place of a folder": async (bench) => {
    const workspaceId = await workspaceOn(bench, "local");
    const parent = await deployed(bench, "folder", { workspaceId, displayName: "raw" });
    return {
      ...(await deployed(bench, "folder", { workspaceId, displayName: "daily" })),
      news: { workspaceId, displayName: "Daily", parentFolderId: parent.id.split("/")[1] },
    };
  },
  "role of a user": async (bench) => {
    const inputs = { workspaceId: await workspaceOn(bench), principal: known.bob, type: "User" };
    return {
      ...(await deployed(bench, "workspaceUser", { ...inputs, role: "Viewer" })),
      news: { ...inputs, role: "Member" },
    };
  },
  "two roles that nobody declares": async (bench) => {
    const workspaceId = await workspaceOn(bench);
    const change = await deployed(bench, "unlistedUsers", { workspaceId, listed: [] });
    await role(bench, workspaceId, known.bob, "Viewer");
    await role(bench, workspaceId, known.carol, "Member");
    const refresh = await bench.process("unlistedUsers", { FABRIC_TRANSACTION_ID: "test-0" });
    const { props } = await refresh.read(change.id, change.olds);
    return { ...change, olds: props as Properties, news: { workspaceId, listed: [] } };
  },
  "branch of a Git connection, to one with the same items": (bench) => linked(bench, "equal", { branchName: "next" }),
  "branch of a Git connection, to one with other items, and its credentials": (bench) =>
    linked(bench, "changed", { branchName: "next", connectionId: known.secondGitHubConnection }),
  "credentials of a Git connection": (bench) => linked(bench, "equal", { connectionId: known.secondGitHubConnection }),
};

const attempts = { sticky: true, times: 4 } as const;
const faults: Readonly<Record<string, FaultRule>> = {
  "is refused": { status: 400, errorCode: "Broken" },
  "is forbidden": { status: 403, errorCode: "InsufficientPrivileges" },
  "is answered by 503 for ever": { status: 503, errorCode: "Unavailable", ...attempts },
  "loses its answer": { drop: "after", ...attempts },
  "starts an operation that fails after its effect": {
    operationError: { errorCode: "Broken", message: "no", hasEffect: true },
  },
  "is the last before Ctrl-C": {},
};

/** What failed an update: half-made if the engine is told an id. */
interface Half {
  readonly error: Error & { id?: string; properties?: Properties; reasons?: string[] };
  readonly state: Properties;
}

/** Deploys a change with a fault. @returns undefined if it succeeded all the same */
async function failing(
  bench: Bench,
  change: Change,
  news: Properties,
  stop: AbortController,
): Promise<Half | undefined> {
  const process = await bench.process(change.kind, {}, { stop: stop.signal });
  try {
    await process.update(change.id, change.olds, news);
    return undefined;
  } catch (thrown) {
    const error = thrown as Half["error"];
    return { error, state: error.properties ?? change.olds };
  } finally {
    bench.emulator.faults([]);
    await process.end();
  }
}

/** Gives an object back what the transaction found, as a rollback does after its restore. */
async function giveBack(bench: Bench, { kind, id }: Change, state: Properties, env: NodeJS.ProcessEnv): Promise<void> {
  assert.deepEqual((await givenBack(bench, { kind, id }, { id, olds: state }, env))?.left ?? [], []);
}

/** The inputs of a state, and whether the engine would update it to what is declared. */
function isChanged({ kind, olds }: Pick<Change, "kind" | "olds">, news: Properties): boolean {
  const changed = kindOf(kind);
  assert.deepEqual(diff(changed, olds, news).replaces, []);
  return Object.keys(changed.fields).some((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]));
}

const isWhole = process.env["FABRIC_SWEEP"] === "all";
const ends = ["update", "refresh and rollback", "refresh and update", "rollback"] as const;

for (const [row, [what, prepare]] of Object.entries(changes).entries()) {
  describe(`an update of ${what}`, { concurrency: 4 }, () => {
    for (const [column, [how, rule]] of Object.entries(faults).entries()) {
      for (const end of isWhole ? ends : ends.slice((row + column) % ends.length).slice(0, 1)) {
        it(`An update of ${what} one call of which ${how} is ended by the next ${end}`, async () => {
          const isStop = rule.status === undefined && rule.drop === undefined && !rule.operationError;
          let tried = 0;
          for (let nth = 1; nth < 30; nth++) {
            if (!isWhole && nth > 1 && (nth + row + column) % 2 === 0) continue;
            let stop = new AbortController();
            await using bench = await Bench.start(() => isStop && stop.abort());
            const change = await prepare(bench);
            const changed = kindOf(change.kind);
            const { inputs: news, failures } = check(changed, change.olds, change.news);
            assert.deepEqual(failures, []);
            const before = conditionOf(bench);
            const first = bench.emulator.requests().length;
            stop = new AbortController();
            bench.emulator.faults([{ ...rule, nth }]);
            const half = await failing(bench, change, news, stop);
            if (!half) {
              // past the last call, or a fault that did no harm
              if (bench.emulator.requests().length - first < nth) break;
              continue;
            }
            tried++;
            const at = `call ${nth}: ${half.error.message}`;
            const isTouched = !isEqual(conditionOf(bench), before);
            if (isTouched)
              assert.equal(half.error.id, change.id, `${at}: the state does not know that something was done`);
            if (isTouched) assert.deepEqual(half.error.reasons, [half.error.message]);
            let state = half.state;
            const isRollback = end.endsWith("rollback");
            const env = isRollback ? { FABRIC_ROLLBACK_OF: TRANSACTION } : {};
            if (end.startsWith("refresh")) {
              const refresh = await bench.process(change.kind, env);
              const { props } = await refresh.read(change.id, state);
              state = props as Properties;
              await refresh.end();
            }
            const isMarked = half.error.id !== undefined && !end.startsWith("refresh");
            const saved = inputsOf(changed, change.olds);
            const wanted = isRollback ? saved : news;
            if (isMarked || isChanged({ ...change, olds: state }, wanted)) {
              const next = await bench.process(change.kind, env);
              const { outs } = await next.update(change.id, state, wanted);
              state = outs as Properties;
              await next.end();
            }
            if (isRollback) await giveBack(bench, change, state, env);
            if (isRollback) assert.deepEqual(conditionOf(bench), before, at);
            else assert.deepEqual(conditionOf(bench), await worldAfter(prepare), at);
          }
          // not every update starts an operation
          assert.ok(tried > 0 || rule.operationError, "no fault failed the update");
        });
      }
    }
  });
}

function isEqual(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}

const worlds = new Map<unknown, Promise<unknown>>();

/** What the service looks like after the change without a fault. */
function worldAfter(prepare: (bench: Bench) => Promise<Change>): Promise<unknown> {
  const world = worlds.get(prepare) ?? changedWorld(prepare);
  worlds.set(prepare, world);
  return world;
}

async function changedWorld(prepare: (bench: Bench) => Promise<Change>): Promise<unknown> {
  await using bench = await Bench.start();
  const { kind, id, olds, news } = await prepare(bench);
  const process = await bench.process(kind);
  await process.update(id, olds, check(kindOf(kind), olds, news).inputs);
  return conditionOf(bench);
}
