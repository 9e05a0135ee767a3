import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { FabricError } from "../../../lib/api/fabricError.ts";
import { ImpatientClock } from "../fakeClock.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { TransactionLog, readTransactionLog } from "../../../lib/transactions/transactionLog.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { FakeClock } from "../fakeClock.ts";

const temporary = () => join(mkdtempSync(join(tmpdir(), "fabric-log-")), "transactions");
const intent: Intent = {
  operation: "create",
  resourceType: "Workspace",
  resourceName: "sales",
  compensation: { function: "deleteWorkspace", args: { displayName: "sales" } },
};

async function opened(folder = temporary(), transactionId = "tx-1") {
  const store = new FolderLogStore(folder);
  const log = await TransactionLog.open({ store, transactionId, clock: new FakeClock() });
  return { folder, log, entries: () => readTransactionLog(store, transactionId) };
}

describe("the transaction log", () => {
  it("The transaction log counts on from the highest number, where another process has written before", async () => {
    const { folder, log } = await opened();
    await log.begin({ stack: "dev", enableRollback: true });
    await log.rollback("asked for");
    await log.close();
    const next = await opened(folder);
    await next.log.rolledBack();
    assert.deepEqual(
      (await next.entries()).map(({ seq }) => seq),
      [1, 2, 3],
    );
  });

  it("The transaction log notes a half-made change as one whose outcome nobody knows, whatever the error says", async () => {
    const { log, entries } = await opened();
    await log.doubt({ ...intent, operation: "update", resourceId: "ws-1" }, new Error("the second write was refused"));
    const [, failed] = await entries();
    assert.deepEqual(failed?.kind === "failed" && [failed.reason, failed.isOutcomeUnknown], [
      "the second write was refused",
      true,
    ]);
  });

  it("The transaction log has the intent on disk before the call, and its outcome after it", async () => {
    const { log, entries } = await opened();
    await log.begin({ stack: "dev", enableRollback: true, checkpoint: "tx-1.checkpoint.json", checkpointHash: "h" });
    const result = await log.step(
      intent,
      async () => {
        assert.deepEqual(
          (await entries()).map(({ kind }) => kind),
          ["begin", "intent"],
        );
        return { id: "ws-1" };
      },
      ({ id }) => id,
    );
    assert.deepEqual(result, { id: "ws-1" });
    await log.commit();
    const [begin, begun, done, commit] = await entries();
    const place = { v: 2, transactionId: "tx-1", pid: process.pid, at: "2026-01-01T00:00:00.000Z" };
    assert.deepEqual(begin, {
      ...place,
      seq: 1,
      kind: "begin",
      stack: "dev",
      enableRollback: true,
      checkpoint: "tx-1.checkpoint.json",
      checkpointHash: "h",
    });
    const step = begun?.kind === "intent" ? begun.step : "";
    assert.deepEqual(begun, { ...place, seq: 2, kind: "intent", step, ...intent });
    assert.deepEqual(done, { ...place, seq: 3, kind: "done", step, resourceId: "ws-1" });
    assert.deepEqual(commit, { ...place, seq: 4, kind: "commit" });
  });

  it("The transaction log notes why a call failed, and whether it may have had its effect", async () => {
    const { log, entries } = await opened();
    for (const status of [409, 502]) {
      const error = new FabricError({ operation: "create", errorCode: "Broken", status, requestId: "r-1" });
      await assert.rejects(
        log.step(
          intent,
          () => Promise.reject(error),
          () => "",
        ),
        /Broken/,
      );
    }
    const [known, unknown] = (await entries()).filter(({ kind }) => kind === "failed");
    assert.ok(known?.kind === "failed" && unknown?.kind === "failed");
    assert.deepEqual(
      [known.errorCode, known.status, known.requestId, known.isOutcomeUnknown],
      ["Broken", 409, "r-1", undefined],
    );
    assert.equal(unknown.isOutcomeUnknown, true);
  });

  it("The transaction log takes a step that the service had accepted for one whose outcome nobody knows, if an error that is not the service's ends it", async () => {
    const { log, entries } = await opened();
    const broken = new Error("no token");
    const step = (isAccepted: boolean) =>
      log.step(
        intent,
        async (accepted) => {
          if (isAccepted) await accepted({ operationId: "1", origin: "here" });
          throw broken;
        },
        String,
      );
    for (const isAccepted of [false, true]) await assert.rejects(step(isAccepted), broken);
    const failed = (await entries()).flatMap((entry) => (entry.kind === "failed" ? [entry.isOutcomeUnknown] : []));
    assert.deepEqual(failed, [undefined, true]);
  });

  it("The transaction log keeps the lines of many steps at once whole, and knows that it is busy meanwhile", async () => {
    const { log, entries } = await opened();
    const waiting = Array.from({ length: 50 }, (_, index) =>
      log.step(
        intent,
        async () => ({ id: String(index) }),
        ({ id }) => id,
      ),
    );
    assert.equal(log.isBusy, true);
    await Promise.all(waiting);
    assert.equal(log.isBusy, false);
    const all = await entries();
    assert.equal(all.length, 100);
    assert.deepEqual(
      all.map(({ seq }) => seq),
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
  });

  it("The transaction log takes the lines of two processes", async () => {
    const folder = temporary();
    const lib = resolve(import.meta.dirname, "../../../lib");
    const script = `const { TransactionLog } = await import(${JSON.stringify(`${lib}/transactions/transactionLog.ts`)});
      const { FolderLogStore } = await import(${JSON.stringify(`${lib}/logStore/folderLogStore.ts`)});
      const store = new FolderLogStore(${JSON.stringify(folder)});
      const log = await TransactionLog.open({ store, transactionId: "tx-1" });
      for (let n = 0; n < 150; n++) await log.step({ operation: "update", resourceType: "Item", resourceName: "x".repeat(500), compensation: null }, async () => 1, () => "id");`;
    const children = [1, 2].map(() =>
      spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }),
    );
    for (const [code] of await Promise.all(children.map((child) => once(child, "exit") as Promise<[number]>)))
      assert.equal(code, 0);
    assert.equal((await readTransactionLog(new FolderLogStore(folder), "tx-1")).length, 600);
  });

  it("The transaction log ignores a line that was being written, and cuts it off before it goes on", async () => {
    const { folder, log, entries } = await opened();
    await log.begin({ stack: "dev", enableRollback: false });
    await log.close();
    const file = join(folder, "tx-1.jsonl");
    appendFileSync(file, '{"v":1,"kind":"int');
    assert.deepEqual(
      (await entries()).map(({ kind }) => kind),
      ["begin"],
    );
    const again = await opened(folder);
    await again.log.commit();
    assert.deepEqual(
      (await again.entries()).map(({ kind }) => kind),
      ["begin", "commit"],
    );
    assert.ok(!readFileSync(file, "utf8").includes('"int'));
  });

  it("The transaction log keeps a line that another process is writing while the log is opened", async () => {
    const { folder, log } = await opened();
    await log.begin({ stack: "dev", enableRollback: false });
    await log.close();
    const file = join(folder, "tx-1.jsonl");
    const line = readFileSync(file, "utf8").replace('"begin"', '"commit"');
    appendFileSync(file, line.slice(0, 20));
    const clock = new ImpatientClock();
    clock.sleep = async () => appendFileSync(file, line.slice(20));
    const again = await new FolderLogStore(folder, clock).appender("tx-1.jsonl");
    await again.close();
    assert.equal(readFileSync(file, "utf8").split("\n").length, 3);
    assert.ok(readFileSync(file, "utf8").endsWith(line));
  });

  it("The transaction log is readable by its owner only", async () => {
    const { folder, log } = await opened();
    await log.begin({ stack: "dev", enableRollback: false });
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, "tx-1.jsonl")).mode & 0o777, 0o600);
  });

  it("The transaction log refuses ids that are no plain names", async () => {
    for (const transactionId of ["../x", "a/b", ""])
      await assert.rejects(
        TransactionLog.open({ store: new FolderLogStore(temporary()), transactionId }),
        /cannot be the id/,
      );
  });
});
