import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "../../../lib/clock.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { TransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { loggedPast } from "../../../providers/run/loggedPast.ts";
import { RunTransaction } from "../../../providers/run/runTransaction.ts";

/* What a run knows of earlier writes: the logs of the stack, and its own. */

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** A store that counts how often a log is read. */
class CountingStore extends FolderLogStore {
  reads = 0;

  override read(name: string): Promise<Buffer | undefined> {
    if (name.endsWith(".jsonl")) this.reads++;
    return super.read(name);
  }
}

async function note(log: TransactionLog, resourceId: string, before: string): Promise<void> {
  await log.step(
    {
      ...{ operation: "update", resourceType: "Workspace", resourceName: "sales", resourceId },
      compensation: { function: "restoreWorkspace", args: { before } },
    },
    () => Promise.resolve({}),
    () => resourceId,
  );
}

/** A run that goes on with a transaction in which one object was changed. */
async function goesOn(
  tell: (run: { readonly store: CountingStore; readonly transaction: RunTransaction }) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), "fabric-past-"));
  const store = new CountingStore(folder);
  try {
    const before = await TransactionLog.open({ store, transactionId: "dev-1" });
    await before.begin({ stack: "dev", enableRollback: true });
    await note(before, id(1), "of the earlier run");
    await before.close();
    const transaction = new RunTransaction({
      configuration: { stack: "dev", endpoint: "emulator", features: {}, credential: "auto", transactionLog: folder },
      store: () => Promise.resolve(store),
      env: { FABRIC_TRANSACTION_ID: "dev-1" },
      engine: { address: undefined, hasChecked: () => true },
      clock: systemClock,
      warn: () => undefined,
    });
    await tell({ store, transaction });
    await transaction.end();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("what a run knows of earlier writes", () => {
  it("What a run knows of earlier writes is what the stack's open logs tell and what it has written since", async () => {
    await goesOn(async ({ store, transaction }) => {
      const past = loggedPast({ store, stack: "dev", rollbackOf: undefined, transaction, reached: "emulator" });
      const told = () => Promise.all([1, 2].map((number) => past.undosOf("restoreWorkspace", id(number))));
      assert.deepEqual(await told(), [[{ before: "of the earlier run" }], []]);
      const { log } = await transaction.join("emulator");
      await note(log, id(1), "of this run");
      await note(log, id(2), "of this run, too");
      assert.deepEqual(await told(), [
        [{ before: "of the earlier run" }, { before: "of this run" }],
        [{ before: "of this run, too" }],
      ]);
      assert.deepEqual(await past.undoOf("restoreWorkspace", id(1), "last"), { before: "of this run" });
    });
  });

  it("What a run knows of earlier writes is not read again after each write, because logs of big stacks are long", async () => {
    await goesOn(async ({ store, transaction }) => {
      const past = loggedPast({ store, stack: "dev", rollbackOf: undefined, transaction, reached: "emulator" });
      const { log } = await transaction.join("emulator");
      const before = store.reads;
      for (let number = 2; number < 30; number++) {
        await past.undosOf("restoreWorkspace", id(number));
        await note(log, id(number), "");
      }
      assert.equal(store.reads - before, 0);
    });
  });
});
