import assert from "node:assert/strict";
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
    const run = await startRun({ ...settings, endpoint: emulator.url }, {});
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
