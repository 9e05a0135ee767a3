import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { readExistingWorkspace } from "../../cli/import/existingWorkspace.ts";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { readItemDefinition } from "../../lib/api/itemDefinition.ts";
import { FabricError, isOutcomeUnknown } from "../../lib/api/fabricError.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import type { Run } from "../../providers/run/run.ts";
import { PLAINLY_ACCEPTED, foreign, sayingNothing } from "../doubles/foreignAnswers.ts";
import type { WireAnswer } from "../doubles/foreignAnswers.ts";
import { Wire } from "../doubles/wire.ts";
import type { Passed } from "../doubles/wire.ts";
import { ImpatientClock } from "../lib/fakeClock.ts";
import { visibleWorkspaces } from "../../providers/run/visible.ts";

/*
 * A step of a deployment, each of its calls, and each answer in the place of the service's. The service itself acts on
 * every request: what came back says nothing of that. A part of the answers to each call, all of them with
 * FABRIC_SWEEP=all (`npm run test:all`).
 */

const isWhole = process.env["FABRIC_SWEEP"] === "all";
/** Every so many-th answer is tried, beginning at another one with each call; and the first two, a page and JSON with 200, always. */
const PART = 5;

/** What one engine call does. What it returns would become the state. */
type Step = (run: Run) => Promise<unknown>;
type Properties = Record<string, unknown>;

const make = (kind: unknown, id: (run: Run) => Promise<string>) => ({
  create: (inputs: Properties) => (run: Run) => (kind as ResourceKind).create(run, inputs, () => undefined),
  read: (state: Properties) => async (run: Run) => (kind as ResourceKind).read(run, await id(run), state),
  update: (old: Properties, inputs: Properties) => async (run: Run) =>
    (kind as ResourceKind).update(run, await id(run), old, inputs),
  delete: (state: Properties) => async (run: Run) => (kind as ResourceKind).delete(run, await id(run), state),
});

/** Calls whose right answers say nothing. */
const mayStaySilent =
  /^DELETE|^POST .*\/(connect|disconnect|assignToCapacity|unassignFromCapacity|updateDefinition|updateFromGit|commitToGit)$/;
const isPlainlyAccepted = (call: string) => /\/(assignToCapacity|unassignFromCapacity)$/.test(call);
/** Reads that are no GET. */
const isRead = (call: string) => /^GET|\/getDefinition$/.test(call);
const isCreate = (call: string) => /^POST .*\/(workspaces|roleAssignments|folders|items)$/.test(call);

describe("no answer but the service's own is believed, and nothing happens twice", () => {
  let emulator: Emulator;
  let wire: Wire;
  const root = mkdtempSync(join(tmpdir(), "fabric-foreign-"));
  let folders = 0;
  const workspaceId = "33333333-3333-4333-8333-333333333333";
  const inside = { workspaceId };
  const service = () => emulator.service;

  /** Does a step in a process of its own, as far as it knows; with what it warned of. */
  async function perform(step: Step): Promise<unknown> {
    const configuration = { stack: "test", endpoint: "emulator", features: { useRetryLogic: true } } as const;
    const run = await startRun(
      { ...configuration, credential: "auto", transactionLog: join(root, String(folders++)) },
      {
        FABRIC_ENDPOINT: `http://127.0.0.1:${wire.port}/v1`,
        FABRIC_GRAPH_ENDPOINT: `http://127.0.0.1:${wire.port}`,
        FABRIC_RETRY_BASE_MS: "1",
      },
    );
    try {
      return await step({ ...run, clock: new ImpatientClock(), warn: () => undefined });
    } finally {
      await run.close();
    }
  }

  /** As `POST /v1/workspaces/{id}/items`. */
  const callOf = ({ method, url }: Passed) =>
    `${method} ${(url.split("?")[0] ?? "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "{id}")}`;
  const onlyId = (objects: readonly { readonly id: string }[]) => Promise.resolve(objects.at(-1)?.id ?? "");
  const inWorkspace = (objects: () => readonly { readonly id: string }[]) => async () =>
    `${workspaceId}/${await onlyId(objects())}`;

  const workspace = make(kinds.workspace, () => Promise.resolve(workspaceId));
  const user = make(kinds.workspaceUser, () => Promise.resolve(`${workspaceId}/${known.alice}`));
  const folder = make(
    kinds.folder,
    inWorkspace(() => service().folders.all()),
  );
  const item = make(
    kinds.item,
    inWorkspace(() => service().items.all()),
  );
  const git = make(kinds.gitConnection, () => Promise.resolve(workspaceId));
  const unlisted = make(kinds.unlistedUsers, () => Promise.resolve(workspaceId));

  const alice = { ...inside, principal: "alice@contoso.com", type: "User", principalId: known.alice };
  const raw = { ...inside, displayName: "raw" };
  const pipeline = { ...inside, type: "DataPipeline", displayName: "load", description: "", adopt: false };
  const bronze = { ...inside, type: "Lakehouse", displayName: "bronze", description: "", adopt: false };
  const path = "fabric/sales/ingest.Notebook";
  const { hash: definitionHash } = readItemDefinition(path);
  const notebook = { ...inside, type: "Notebook", displayName: "ingest", description: "", path, definitionHash };
  const defined = { definitionHash: "some", sent: { definitionHash: "some", contentHash: "some" } };
  const connection = {
    ...inside,
    ...knownBranch,
    connectionId: known.gitHubConnection,
    initializationStrategy: "PreferRemote",
    allowOverwrite: true,
    gitConnectionState: "ConnectedAndInitialized",
  };
  const bothReads: Step = async (run) => {
    const read = workspace.read({ displayName: "sales", capacity: "local", capacityId: known.activeCapacity });
    return [await read(run), await read(run)];
  };

  /** One after the other, each on what the ones before have left. */
  const steps: Readonly<Record<string, Step>> = {
    "making a workspace": workspace.create({ displayName: "other", description: "", capacity: "local", adopt: false }),
    "making a workspace without a capacity": workspace.create({ displayName: "third", description: "", adopt: false }),
    "reading a workspace": bothReads,
    "changing a workspace": workspace.update(
      { displayName: "sales", capacity: "local" },
      { displayName: "sales", description: "new", capacity: "local-large" },
    ),
    "taking a workspace off its capacity": workspace.update(
      { displayName: "sales", capacity: "local-large" },
      { displayName: "sales", description: "new" },
    ),
    "putting a workspace on its capacity": workspace.update(
      { displayName: "sales" },
      { displayName: "sales", description: "new", capacity: "local" },
    ),
    "giving a role": user.create({ ...alice, role: "Viewer" }),
    "reading a role": user.read({ ...alice, role: "Viewer" }),
    "looking for unlisted users": unlisted.read({ ...inside, listed: [], unlisted: {} }),
    "changing a role": user.update({ ...alice, role: "Viewer" }, { ...alice, role: "Member" }),
    "taking a role": user.delete({ ...alice, role: "Member" }),
    "making a folder": folder.create(raw),
    "reading a folder": folder.read(raw),
    "renaming a folder": folder.update(raw, { ...raw, displayName: "landing" }),
    "deleting a folder": folder.delete({ ...raw, displayName: "landing" }),
    "making an item": item.create(bronze),
    "making an item with a definition": item.create(notebook),
    "sending another definition": item.update({ ...notebook, definitionHash: "another" }, notebook),
    "making another item": item.create(pipeline),
    "reading an item": item.read(pipeline),
    "reading an item with its definition": (run) =>
      item.read({ ...pipeline, ...defined })({ ...run, watchesContent: true }),
    "changing an item": item.update(pipeline, { ...pipeline, description: "new" }),
    "importing a workspace": async (run) => {
      const [first] = (await visibleWorkspaces(run)).filter(({ id }) => id === workspaceId);
      return first && readExistingWorkspace(run, first);
    },
    "deleting an item": item.delete(pipeline),
    "connecting to Git": git.create(connection),
    "reading a Git connection": git.read({ ...connection, commit: "as before" }),
    "importing a connected workspace": async (run) => {
      const [first] = (await visibleWorkspaces(run)).filter(({ id }) => id === workspaceId);
      return first && readExistingWorkspace(run, first);
    },
    "changing the credentials for Git": git.update(connection, {
      ...connection,
      connectionId: known.secondGitHubConnection,
    }),
    "disconnecting from Git": git.delete(connection),
    "deleting a workspace": workspace.delete({ displayName: "sales" }),
  };

  const snapshot = () => structuredClone(service().store.snapshot());
  function restore(snapshot: ReturnType<Emulator["service"]["store"]["snapshot"]>): void {
    service().store.clear();
    for (const [name, objects] of Object.entries(snapshot))
      for (const object of objects) service().store.collection(name).put(structuredClone(object));
  }
  /** How many there are of each kind, so that nothing was made twice. */
  const counts = () =>
    [service().workspaces, service().roles, service().folders, service().items, service().gitConnections].map(
      (collection) => collection.all().length,
    );

  before(async () => {
    emulator = await startEmulator();
    wire = await Wire.to(Number(new URL(emulator.origin).port));
    Object.assign(service().levers, { operationDelayMs: 0 });
    service().workspaces.put({
      id: workspaceId,
      displayName: "sales",
      type: "Workspace",
      description: "",
      capacityId: known.activeCapacity,
    });
    const role = (principalId: string, role: "Admin" | "Viewer") =>
      service().roles.put({ id: `${workspaceId}/${principalId}`, workspaceId, principalId, role });
    role(known.deployer, "Admin");
    role(known.bob, "Viewer");
  });
  after(async () => {
    await wire[Symbol.asyncDispose]();
    await emulator.close();
    rmSync(root, { recursive: true, force: true });
  });

  for (const [title, step] of Object.entries(steps)) {
    it(`No answer but the service's own is believed, and nothing happens twice when ${title}`, async (test) => {
      const from = snapshot();
      const first = wire.passed.length;
      const right = await perform(step);
      const calls = [...new Set(wire.passed.slice(first).map(callOf))];
      const [to, made] = [snapshot(), counts()];
      restore(from);
      const most = counts().map((count, at) => Math.max(count, made[at] ?? 0));
      assert.ok(calls.length > 0, "it calls the service");
      let tried = 0;
      for (const [nth, call] of calls.entries()) {
        // import does without Microsoft Graph: ids are right in any case
        if (title.startsWith("importing") && call.includes("/users/")) continue;
        const answers = { ...foreign, ...(!mayStaySilent.test(call) && sayingNothing) };
        for (const [at, [name, answer]] of Object.entries(answers).entries()) {
          if (name === PLAINLY_ACCEPTED && isPlainlyAccepted(call)) continue;
          if (!isWhole && at > 1 && (at + nth) % PART !== 0) continue;
          restore(from);
          await standsFirm({ step, call, answer, right, made, most, what: `${call}: ${name}` });
          tried++;
        }
      }
      test.diagnostic(`${tried} answers to ${calls.join(", ")}`);
      restore(to);
    });
  }

  async function standsFirm(expected: {
    step: Step;
    call: string;
    answer: WireAnswer;
    right: unknown;
    made: readonly number[];
    most: readonly number[];
    what: string;
  }): Promise<void> {
    const { step, call, answer, what } = expected;
    const begin = wire.passed.length;
    let strangeFrom: number | undefined;
    wire.replaceAnswers((passed) => {
      if (callOf(passed) !== call) return undefined;
      strangeFrom ??= wire.passed.length;
      return answer;
    });
    const outcome = await perform(step).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    wire.replaceAnswers(() => undefined);
    assert.ok(strangeFrom !== undefined, `${what} was not asked`);
    if ("result" in outcome) {
      // what was made was found by its name, or of an operation that has succeeded nobody reads the result
      assert.ok(isCreate(call) || call.includes("/operations/"), `${what} was believed: ${inspect(outcome.result)}`);
      assert.deepEqual(shapeOf(outcome.result), shapeOf(expected.right), what);
      assert.deepEqual(counts(), expected.made, what);
      return;
    }
    const { error } = outcome;
    assert.ok(error instanceof FabricError, `${what}: ${inspect(error)}`);
    assert.match(error.message, /failed: (NotTheService|HTTP \d+) \(\d+/, what);
    assert.doesNotMatch(error.message, /canary/, what);
    if (!isRead(call)) assert.ok(isOutcomeUnknown(error), what);
    const later = wire.passed.slice(strangeFrom).map(callOf);
    if (isRead(call))
      assert.deepEqual(
        later.filter((other) => !isRead(other)),
        [],
        `${what}: written after it`,
      );
    assert.ok(
      counts().every((count, at) => count <= (expected.most[at] ?? 0)),
      `${what}: something was made twice`,
    );
    assert.ok(wire.passed.length - begin < 60, `${what}: asked without end`);
  }

  /** Ids differ from one making to the next. */
  const shapeOf = (result: unknown) =>
    JSON.stringify(result, (key, value: unknown) => (key === "id" ? typeof value : value));
});
