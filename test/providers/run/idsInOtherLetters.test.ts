import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "../../../lib/clock.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { madeId } from "../../../lib/transactions/madeBy.ts";
import { TransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { unsettledCreates } from "../../../lib/transactions/unsettled.ts";
import { StackTransactions } from "../../../lib/transactions/stackTransactions.ts";
import { createOnce } from "../../../providers/run/createOnce.ts";
import { loggedPast } from "../../../providers/run/loggedPast.ts";
import { ownObjects } from "../../../providers/run/ownObjects.ts";
import type { RunTransaction } from "../../../providers/run/runTransaction.ts";
import { writesOf } from "../../../providers/run/writes.ts";
import type { WritesOf } from "../../../providers/run/writes.ts";

/* The service spells one id in capitals here and in small letters there. Both mean one object. */

const small = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const capital = small.toUpperCase();

/** A log of a run that was cut off, and what a run after it knows. */
class Past implements AsyncDisposable {
  readonly #folder: string;
  readonly store: FolderLogStore;
  readonly log: TransactionLog;

  private constructor(folder: string, store: FolderLogStore, log: TransactionLog) {
    this.#folder = folder;
    this.store = store;
    this.log = log;
  }

  static async begin(): Promise<Past> {
    const folder = mkdtempSync(join(tmpdir(), "fabric-ids-"));
    const store = new FolderLogStore(folder);
    const log = await TransactionLog.open({ store, transactionId: "dev-1" });
    await log.begin({ stack: "dev", enableRollback: false });
    return new Past(folder, store, log);
  }

  get transaction(): RunTransaction {
    const join = async () => ({
      log: this.log,
      unsettled: unsettledCreates(await new StackTransactions(this.store, "dev").logs()),
    });
    return { join } as unknown as RunTransaction;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.log.close();
    rmSync(this.#folder, { recursive: true });
  }
}

describe("an id in other letters", () => {
  it("An id in other letters is that of the object that a cut-off create has made", async () => {
    const found = { id: capital };
    const { made, isOfEarlierRun } = await createOnce({
      ours: { find: () => Promise.resolve(found), wasFree: false },
      begun: { id: small },
      send: () => Promise.reject(new Error("made twice")),
      log: (_wasFree, work) => work(),
      pauseAfter: () => undefined,
      sleep: () => Promise.resolve(),
    });
    assert.deepEqual([made, isOfEarlierRun], [found, true]);
  });

  it("An id in other letters leads to how an update of an earlier run is undone", async () => {
    await using past = await Past.begin();
    const compensation = { function: "restoreRole", args: { role: "Viewer" } };
    const names = { resourceType: "WorkspaceUser", resourceName: "alice", resourceId: `${small}/${small}` };
    await past.log.step(
      { operation: "update", ...names, compensation },
      () => Promise.resolve({}),
      () => small,
    );
    const { store, transaction } = past;
    const logged = loggedPast({ store, stack: "dev", rollbackOf: undefined, transaction, reached: "emulator" });
    assert.deepEqual(await logged.undoOf("restoreRole", `${capital}/${capital}`), { role: "Viewer" });
  });

  it("An id in other letters leads to what an adoption of an earlier run has found", async () => {
    await using past = await Past.begin();
    const writes = writesOf({
      ...{ clients: { clock: systemClock }, env: {}, transaction: past.transaction },
    } as unknown as WritesOf);
    const adopted = { resourceType: "WorkspaceUser", resourceName: "alice" };
    assert.deepEqual(await writes.adopt({ ...adopted, resourceId: `${small}/${small}` }, { role: "Viewer" }), {
      role: "Viewer",
    });
    assert.deepEqual(await writes.adopt({ ...adopted, resourceId: `${capital}/${capital}` }, { role: "Admin" }), {
      role: "Viewer",
    });
  });

  it("An id in other letters is that of the workspace which an object of a workspace has its id from", () => {
    const create = { operation: "create", resourceType: "GitConnection", resourceName: "sales", step: "a" } as const;
    const place = { v: 2, transactionId: "dev-1", seq: 1, pid: 1, at: "" } as const;
    const log = [{ ...place, kind: "done", step: "a", resourceId: capital }] as const;
    assert.equal(madeId(log, { ...create, names: { workspaceId: small }, compensation: null }), capital);
  });

  it("An id in other letters is that of a workspace which an earlier run has made, and which may hold its objects", () => {
    const own = ownObjects({ store: {} as FolderLogStore, env: {}, clock: systemClock, rollbackOf: undefined });
    own.noteOfEarlierRun(small);
    own.acquire(`Workspace ${small}`, "made");
    assert.equal(own.isNewWorkspace(capital), false);
    assert.equal(own.isOfEarlierRun(capital), true);
  });
});

describe("a create that an earlier run began", () => {
  it("A create that an earlier run began is known by its names, of which some may have no value", async () => {
    await using past = await Past.begin();
    const names = { workspaceId: small, displayName: "ingest", parentFolderId: undefined };
    const intent = { operation: "create", resourceType: "Folder", resourceName: "ingest", compensation: null } as const;
    const cutOff = past.log.step(
      { ...intent, names, wasFree: true },
      () => Promise.reject(new Error("cut off")),
      String,
    );
    await assert.rejects(cutOff);
    const { store } = past;
    // as the process was killed, the failure is not in the log
    const begun = unsettledCreates([
      (await new StackTransactions(store, "dev").logs())[0]?.filter(({ kind }) => kind !== "failed") ?? [],
    ]);
    const transaction = {
      join: () => Promise.resolve({ log: past.log, unsettled: begun }),
    } as unknown as RunTransaction;
    const logged = loggedPast({ store, stack: "dev", rollbackOf: undefined, transaction, reached: "emulator" });
    assert.equal(await logged.wasBegun("Folder", names), true);
    assert.equal(await logged.wasBegun("Folder", { ...names, parentFolderId: small }), false);
  });
});
