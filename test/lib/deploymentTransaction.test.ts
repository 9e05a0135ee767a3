import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { DeploymentTransaction } from "../../lib/deploymentTransaction.ts";
import { FolderLogStore } from "../../lib/logStore/folderLogStore.ts";
import { readTransactionLog } from "../../lib/transactions/transactionLog.ts";
import type { LogLine } from "../../lib/deploymentTransaction.ts";

function world() {
  const store = new FolderLogStore(mkdtempSync(join(tmpdir(), "fabric-transaction-")));
  const lines: string[] = [];
  const cleaned: unknown[] = [];
  const log: LogLine = (level, line) => void lines.push(`${level.toUpperCase()} - ${line}`);
  const record = (resourceType: string, resourceName: string, resourceId: string, broken = false) => ({
    resourceType,
    resourceName,
    resourceId,
    cleanupFunction: async (args: { id: string }) => {
      if (broken) throw new Error("still in use");
      cleaned.push(args.id);
    },
    cleanupArgs: { id: resourceId },
  });
  return { lines, cleaned, log, record, store };
}

describe("a deployment transaction", () => {
  it("A deployment transaction cleans up in reverse order, with the documented lines", async () => {
    const { lines, cleaned, log, record, store } = world();
    const transaction = new DeploymentTransaction("abc-123", { enableRollback: true, log, store });
    await transaction.registerResource(record("workspace", "sales-analytics-dev", "ws-456"));
    await transaction.registerResource(record("user_assignment", "User xyz", "u-1"));
    const report = await transaction.rollback("Git connection failed");
    assert.deepEqual(cleaned, ["u-1", "ws-456"]);
    assert.deepEqual(
      report.cleaned.map(({ resourceId }) => resourceId),
      ["u-1", "ws-456"],
    );
    assert.deepEqual(lines, [
      "WARNING - Rolling back transaction abc-123. Reason: Git connection failed",
      "INFO - Cleaning up user_assignment 'User xyz' (u-1)",
      "INFO - ✓ Successfully cleaned up user_assignment",
      "INFO - Cleaning up workspace 'sales-analytics-dev' (ws-456)",
      "INFO - ✓ Successfully cleaned up workspace",
      "INFO - ✓ Transaction abc-123 fully rolled back",
    ]);
  });

  it("A deployment transaction goes on after a clean-up that fails, and reports it for manual clean-up", async () => {
    const { lines, cleaned, log, record, store } = world();
    const transaction = new DeploymentTransaction("t", { enableRollback: true, log, store });
    await transaction.registerResource(record("workspace", "w", "1"));
    await transaction.registerResource(record("item", "i", "2", true));
    const { failed } = await transaction.rollback();
    assert.deepEqual(cleaned, ["1"]);
    assert.deepEqual(
      failed.map(({ record: { resourceId }, error }) => [resourceId, error.message]),
      [["2", "still in use"]],
    );
    assert.match(lines.at(-1) ?? "", /ERROR - .*by hand: item 'i' \(2\)/);
    assert.ok(!lines.some((line) => line.includes("fully rolled back")));
  });

  it("A deployment transaction rolls back on an exception and passes it on", async () => {
    const { cleaned, log, record, store } = world();
    const body = async (transaction: DeploymentTransaction) => {
      await transaction.registerResource(record("workspace", "w", "1"));
      throw new Error("later");
    };
    await assert.rejects(DeploymentTransaction.run("t", body, { enableRollback: true, log, store }), /later/);
    assert.deepEqual(cleaned, ["1"]);
  });

  it("A deployment transaction rolls back nothing after commit, also when an exception follows", async () => {
    const { cleaned, log, record, store } = world();
    const body = async (transaction: DeploymentTransaction) => {
      await transaction.registerResource(record("workspace", "w", "1"));
      await transaction.commit();
      throw new Error("later");
    };
    await assert.rejects(DeploymentTransaction.run("t", body, { enableRollback: true, log, store }), /later/);
    assert.deepEqual(cleaned, []);
  });

  it("A deployment transaction cleans nothing while rollback is off, and says so", async () => {
    const { lines, cleaned, log, record, store } = world();
    const transaction = new DeploymentTransaction("t", { enableRollback: false, log, store });
    await transaction.registerResource(record("workspace", "w", "1"));
    await transaction.rollback("no");
    assert.deepEqual(cleaned, []);
    assert.match(lines.join("\n"), /Rollback is off \(useRollback\): 1 resources remain/);
  });

  it("A deployment transaction keeps everything and warns when it is left without commit and without exception", async () => {
    const { lines, cleaned, log, record, store } = world();
    const result = await DeploymentTransaction.run(
      "t",
      async (transaction) => {
        await transaction.registerResource(record("workspace", "w", "1"));
        return 42;
      },
      { enableRollback: true, log, store },
    );
    assert.equal(result, 42);
    assert.deepEqual(cleaned, []);
    assert.match(lines.join("\n"), /WARNING - Transaction t ended without commit: 1 resources remain/);
  });

  it("A deployment transaction takes nothing more once it has ended, and cannot be committed after a rollback", async () => {
    const { log, record, store } = world();
    const transaction = new DeploymentTransaction("t", { enableRollback: true, log, store });
    await transaction.rollback();
    await assert.rejects(transaction.registerResource(record("workspace", "w", "1")), /it has ended/);
    await assert.rejects(transaction.commit(), /was rolled back/);
    assert.deepEqual((await transaction.rollback()).cleaned, []);
  });

  it("A deployment transaction notes in the transaction log what was made and what became of it, without the arguments of closures", async () => {
    const { log, record, store } = world();
    const transaction = new DeploymentTransaction("t", { enableRollback: true, log, store });
    await transaction.registerResource({ ...record("workspace", "w", "1"), cleanupArgs: { id: "1", key: "canary" } });
    await transaction.registerResource(record("item", "i", "2", true));
    await transaction.rollback("Git connection failed");
    const entries = await readTransactionLog(store, "t");
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ["begin", "intent", "done", "intent", "done", "rollback", "compensationFailed", "compensated"],
    );
    assert.ok(!JSON.stringify(entries).includes("canary"));
    const other = new DeploymentTransaction("u", { enableRollback: true, log, store });
    await other.registerResource(record("workspace", "w", "1"));
    await other.commit();
    assert.equal((await readTransactionLog(store, "u")).at(-1)?.kind, "commit");
  });

  it("A deployment transaction goes on without a log where that cannot be written", async () => {
    const { cleaned, log, record } = world();
    const store = new FolderLogStore("/dev/null/transactions");
    const transaction = new DeploymentTransaction("t", { enableRollback: true, log, store });
    await transaction.registerResource(record("workspace", "w", "1"));
    await transaction.rollback();
    assert.deepEqual(cleaned, ["1"]);
  });
});
