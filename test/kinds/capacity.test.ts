import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { workspace } from "../../providers/kinds/workspace/workspace.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { Bench, deployed, inputsOf, kindOf } from "./providerBench.ts";
import { FabricError } from "../../lib/api/fabricError.ts";
import { mayBePause } from "../../providers/engine/pauseBehind.ts";
import { nameOfCapacity } from "../../providers/kinds/workspace/capacity.ts";
import { visibleCapacities } from "../../providers/run/visible.ts";

/** What every error about the paused capacity says. */
const HOW_TO_RESUME =
  /Capacity 'local' is paused\. Resume it and run again: az fabric capacity resume --capacity-name local --resource-group/;

const declared = { displayName: "sales", description: "", capacity: "local", adopt: false };
const ignore = () => undefined;

/** A test with an emulator and a run of its own. */
function onEmulator(body: (run: LiveRun, emulator: Emulator) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "capacity-"));
    const emulator = await startEmulator();
    const settings = { stack: "local", features: {}, credential: "auto", transactionLog: folder };
    const run = await startRun({ ...settings, endpoint: emulator.url }, { FABRIC_RETRY_BASE_MS: "1" });
    try {
      await body(run, emulator);
    } finally {
      await run.close();
      await emulator.close();
      rmSync(folder, { recursive: true });
    }
  };
}

const setState = ({ service }: Emulator, state: "Active" | "Inactive") =>
  service.capacities.change(known.activeCapacity, { state });

describe("a paused capacity", () => {
  it(
    "A paused capacity stops the creation of a workspace before anything is sent, and the error says how to resume it",
    onEmulator(async (run, emulator) => {
      setState(emulator, "Inactive");
      await assert.rejects(workspace.create(run, declared, ignore), HOW_TO_RESUME);
      assert.deepEqual(
        emulator.requests().filter(({ method }) => method !== "GET"),
        [],
      );
    }),
  );

  it(
    "A paused capacity that was paused after the run had looked is named with the service's own code",
    onEmulator(async (run, emulator) => {
      await visibleCapacities(run);
      setState(emulator, "Inactive");
      const refused = workspace.create(run, declared, ignore);
      await assert.rejects(refused, HOW_TO_RESUME);
      await assert.rejects(refused, /create workspace 'sales' failed: CapacityNotInActiveState \(400, request /);
    }),
  );

  it(
    "A paused capacity takes no existing workspace: moving one there says how to resume it, whenever it was paused",
    onEmulator(async (run, emulator) => {
      const { id, outputs } = await workspace.create(run, { ...declared, capacity: "local-large" }, ignore);
      const old = { ...declared, capacity: "local-large", ...outputs };
      setState(emulator, "Inactive");
      // known as active since the creation above
      const refused = workspace.update(run, id, old, declared);
      await assert.rejects(refused, HOW_TO_RESUME);
      await assert.rejects(refused, /update workspace 'sales' failed: CapacityNotInActiveState/);
      assert.equal(emulator.service.workspaces.get(id)?.capacityId, known.secondCapacity);
    }),
  );

  it(
    "A paused capacity stops the update of a workspace on it",
    onEmulator(async (run, emulator) => {
      const { id, outputs } = await workspace.create(run, { ...declared, capacity: undefined }, ignore);
      setState(emulator, "Inactive");
      await assert.rejects(workspace.update(run, id, { ...declared, ...outputs }, declared), HOW_TO_RESUME);
    }),
  );
});

it(
  "A capacity that was made during the run is found, although the run had asked before",
  onEmulator(async (run, emulator) => {
    await visibleCapacities(run);
    const id = "22222222-2222-4222-8222-000000000001";
    emulator.service.capacities.put({
      id,
      displayName: "fabricdev",
      sku: "F2",
      region: "West Europe",
      state: "Active",
    });
    const { outputs } = await workspace.create(run, { ...declared, capacity: "fabricdev" }, ignore);
    assert.equal(outputs.capacityId, id);
  }),
);

describe("the wait for a capacity", () => {
  for (const [title, from, to] of [
    ["lasts while the service still shows the capacity from before", "local", "local-large"],
    ["lasts while the service still shows none", undefined, "local"],
    ["that is taken away lasts while the service still shows it", "local", undefined],
  ] as const)
    it(`The wait for a capacity ${title}`, async () => {
      const later: (() => void)[] = [];
      await using bench = await Bench.start(() => later.shift()?.());
      const { workspaces } = bench.emulator.service;
      const { id, olds } = await deployed(bench, "workspace", {
        displayName: "sales",
        ...(from && { capacity: from }),
      });
      const before = workspaces.get(id)?.capacityId;
      const { inputs } = check(kindOf("workspace"), olds, { displayName: "sales", ...(to && { capacity: to }) });
      let wanted: string | undefined;
      later.push(
        () => bench.emulator.faults([{ method: "GET", route: "/workspaces/{workspaceId}", times: 3 }]),
        () => {
          wanted = workspaces.get(id)?.capacityId;
          workspaces.change(id, { capacityId: before });
        },
        () => undefined,
        () => workspaces.change(id, { capacityId: wanted }),
      );
      bench.emulator.faults([{ method: "POST", route: "capacity" }]);
      const { outs } = await (await bench.process("workspace", {}, { isPatient: false })).update(id, olds, inputs);
      assert.equal(later.length, 0, "the wait ended while the service still showed the capacity from before");
      assert.equal(outs?.["capacityId"], workspaces.get(id)?.capacityId);
      assert.notEqual(workspaces.get(id)?.capacityId, before);
    });
});

const writesOf = (emulator: Emulator) => emulator.requests().filter(({ method }) => method !== "GET");

/** A capacity beside those of the seed. */
function addCapacity({ service }: Emulator, displayName: string, region = "West Europe"): string {
  const id = `22222222-2222-4222-8222-${String(service.capacities.all().length).padStart(12, "0")}`;
  service.capacities.put({ id, displayName, sku: "F8", region, state: "Active" });
  return id;
}

function addItem({ service }: Emulator, workspaceId: string, type: string): void {
  service.items.put({ id: randomUUID(), workspaceId, type, displayName: "orders", description: "" });
}

describe("a pause behind a refusal", () => {
  for (const [status, errorCode] of [
    [500, "UnknownError"],
    [403, "InsufficientPrivileges"],
    [400, "CapacityNotInActiveState"],
    [404, "EntityNotFound"],
  ] as const) {
    it(`A pause behind a refusal is named whatever is refused and however: ${status} ${errorCode}`, async () => {
      await using bench = await Bench.start();
      const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
      const { id, olds } = await deployed(bench, "item", { workspaceId, displayName: "orders", type: "Lakehouse" });
      const process = await bench.process("item");
      setState(bench.emulator, "Inactive");
      bench.emulator.faults([{ route: `/workspaces/${workspaceId}/items`, status, errorCode, times: "forever" }]);
      const { inputs: other } = check(kindOf("item"), {}, { workspaceId, displayName: "prices", type: "Lakehouse" });
      const { inputs: changed } = check(kindOf("item"), olds, {
        ...inputsOf(kindOf("item"), olds),
        description: "new",
      });
      for (const refused of [
        () => process.create(other),
        () => process.update(id, olds, changed),
        ...(status === 404 ? [] : [() => process.read(id, olds), () => process.delete(id, olds)]),
      ]) {
        await assert.rejects(refused, /az fabric capacity resume --capacity-name local --resource-group/);
      }
    });
  }

  it("A pause behind a refusal is named where the service has accepted the work and the operation fails", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const process = await bench.process("item");
    const operationError = { errorCode: "OperationHasFailed", message: "An unexpected error occurred" };
    const route = "/workspaces/{workspaceId}/items";
    bench.emulator.faults([{ method: "POST", route, operationError, holdMs: 200 }]);
    const { inputs } = check(kindOf("item"), {}, { workspaceId, displayName: "orders", type: "Lakehouse" });
    const refused = process.create(inputs);
    setTimeout(() => setState(bench.emulator, "Inactive"), 100);
    await assert.rejects(refused, /OperationHasFailed.*az fabric capacity resume --capacity-name local/s);
  });

  it("A pause behind a refusal is looked for behind failures of gateways and operations, and behind no sign-in, name or page", () => {
    const failure = (given: object) =>
      new FabricError({ operation: "list items", errorCode: "UnknownError", ...given });
    for (const may of [
      { status: 500 },
      { status: 502, errorCode: "HTTP 502" },
      { status: 503, errorCode: "HTTP 503" },
      { errorCode: "OperationHasFailed", operationId: "1", isOutcomeKnown: true },
      { errorCode: "OperationTimedOut", operationId: "1", isOutcomeKnown: false },
      { status: 409, errorCode: "CapacityNotInActiveState" },
      { status: 429, errorCode: "CapacityLimitExceeded" },
    ])
      assert.ok(mayBePause(failure(may)), JSON.stringify(may));
    for (const never of [
      { status: 401, errorCode: "TokenExpired" },
      { status: 409, errorCode: "ItemDisplayNameAlreadyInUse" },
      { status: 429, errorCode: "RequestBlocked" },
      { status: 403, errorCode: "HTTP 403" },
      { status: 200, errorCode: "NotTheService" },
      { errorCode: "ECONNRESET" },
      { errorCode: "ECONNRESET", operationId: "1", isOutcomeKnown: false },
    ])
      assert.ok(!mayBePause(failure(never)), JSON.stringify(never));
  });

  for (const [sku, advice] of [
    ["FT1", /Capacity 'local' is paused\. It is a trial.*SKU FT1\): choose another capacity/],
    ["P1", /Capacity 'local' is paused\. Azure cannot resume it \(SKU P1\)/],
  ] as const)
    it(
      `A pause of a capacity of SKU ${sku} is told without a command that Azure has only for its own capacities`,
      onEmulator(async (run, emulator) => {
        emulator.service.capacities.change(known.activeCapacity, { state: "Inactive", sku });
        const refused = workspace.create(run, declared, ignore);
        await assert.rejects(refused, advice);
        await assert.rejects(refused, (error: Error) => !/az fabric/.test(error.message));
      }),
    );

  it("A pause behind a refusal is not made up where the capacity runs, and is asked for once", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
    const process = await bench.process("item");
    bench.emulator.faults([{ method: "POST", status: 400, errorCode: "InvalidItemType", times: "forever" }]);
    const before = bench.emulator.requests().length;
    for (const displayName of ["orders", "prices"]) {
      const { inputs } = check(kindOf("item"), {}, { workspaceId, displayName, type: "Lakehouse" });
      const error = await process.create(inputs).catch((thrown: unknown) => thrown);
      assert.match(String(error), /InvalidItemType/);
      assert.doesNotMatch(String(error), /paused/);
    }
    const asked = bench.emulator.requests().slice(before);
    assert.equal(asked.filter(({ path }) => path.endsWith("/capacities")).length, 1);
  });
});

describe("two capacities of one display name", () => {
  it(
    "Two capacities of one display name are refused with both ids before anything is sent, and each is taken by its id",
    onEmulator(async (run, emulator) => {
      const id = addCapacity(emulator, "LOCAL", "North Europe");
      const refused = workspace.create(run, declared, ignore);
      await assert.rejects(refused, /2 capacities are called 'local'/);
      await assert.rejects(
        refused,
        new RegExp(`${known.activeCapacity} \\(F2, West Europe\\), ${id} \\(F8, North Europe\\)`),
      );
      assert.deepEqual(writesOf(emulator), []);
      const { outputs } = await workspace.create(run, { ...declared, capacity: id }, ignore);
      assert.equal(outputs.capacityId, id);
    }),
  );

  it(
    "Two capacities of one display name are told by id where a refresh finds that somebody has moved the workspace to one",
    onEmulator(async (run, emulator) => {
      addCapacity(emulator, "local");
      const { id, outputs } = await workspace.create(run, { ...declared, capacity: "local-large" }, ignore);
      emulator.service.workspaces.change(id, { capacityId: known.activeCapacity });
      const live = await workspace.read(run, id, { ...declared, capacity: "local-large", ...outputs });
      assert.equal(live !== "gone" && live.inputs.capacity, known.activeCapacity);
    }),
  );
});

describe("a capacity whose name begins or ends with a space", () => {
  it(
    "A capacity whose name begins or ends with a space is named by its id, because a configuration keeps no such name",
    onEmulator(async (run, emulator) => {
      const id = addCapacity(emulator, " F8 shared ");
      assert.equal(await nameOfCapacity(run, id), id);
    }),
  );
});

describe("a capacity that does not change", () => {
  it(
    "A capacity that does not change is not looked up again: another value changes although nobody shows the capacity any more",
    onEmulator(async (run, emulator) => {
      const { id, outputs } = await workspace.create(run, declared, ignore);
      emulator.service.capacities.delete(known.activeCapacity);
      const news = { ...declared, description: "changed" };
      await workspace.update(run, id, { ...declared, ...outputs }, news);
      const now = emulator.service.workspaces.get(id);
      assert.deepEqual([now?.description, now?.capacityId], ["changed", known.activeCapacity]);
    }),
  );

  it(
    "A capacity that does not change is assigned again if somebody has moved the workspace to another",
    onEmulator(async (run, emulator) => {
      const { id, outputs } = await workspace.create(run, declared, ignore);
      emulator.service.workspaces.change(id, { capacityId: known.secondCapacity });
      await workspace.update(run, id, { ...declared, ...outputs }, { ...declared, description: "changed" });
      assert.equal(emulator.service.workspaces.get(id)?.capacityId, known.activeCapacity);
    }),
  );
});

describe("a workspace with Fabric items", () => {
  for (const [title, capacity, problem] of [
    ["is not moved to a capacity of another region", "abroad", /West Europe and North Europe are different regions/],
    ["is not taken off its capacity", undefined, /they need a capacity\. Remove them in a deployment first/],
  ] as const) {
    it(
      `A workspace with Fabric items ${title}, and nothing else of it is changed before`,
      onEmulator(async (run, emulator) => {
        addCapacity(emulator, "abroad", "North Europe");
        const { id, outputs } = await workspace.create(run, declared, ignore);
        addItem(emulator, id, "Lakehouse");
        const before = writesOf(emulator).length;
        const news = { ...declared, capacity, description: "changed" };
        const refused = workspace.update(run, id, { ...declared, ...outputs }, news);
        await assert.rejects(refused, problem);
        await assert.rejects(refused, /In it are Lakehouse 'orders'/);
        assert.equal(writesOf(emulator).length, before);
        assert.equal(emulator.service.workspaces.get(id)?.description, "");
      }),
    );
  }

  it(
    "A workspace with reports only moves to any capacity and off it",
    onEmulator(async (run, emulator) => {
      const abroad = addCapacity(emulator, "abroad", "North Europe");
      const { id, outputs } = await workspace.create(run, declared, ignore);
      addItem(emulator, id, "Report");
      const moved = await workspace.update(run, id, { ...declared, ...outputs }, { ...declared, capacity: "abroad" });
      assert.equal(emulator.service.workspaces.get(id)?.capacityId, abroad);
      const old = { ...declared, capacity: "abroad", ...outputs, ...moved };
      await workspace.update(run, id, old, { ...declared, capacity: undefined });
      assert.equal(emulator.service.workspaces.get(id)?.capacityId, undefined);
    }),
  );
});
