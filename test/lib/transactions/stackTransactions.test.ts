import assert from "node:assert/strict";
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Checkpoint } from "../../../lib/checkpoint/checkpoint.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { assertNoOtherStack } from "../../../lib/transactions/otherStack.ts";
import { StackTransactions } from "../../../lib/transactions/stackTransactions.ts";
import { definitionsFolder, newTransactionId, rollbackLogOf } from "../../../lib/transactions/transactionFiles.ts";
import { FakeClock } from "../fakeClock.ts";

const intent: Intent = {
  operation: "create",
  resourceType: "Workspace",
  resourceName: "sales",
  compensation: { function: "deleteWorkspace", args: { displayName: "sales" } },
};
const empty: Checkpoint = { version: 3, deployment: {} };

/** The transactions of stack `dev` in a new folder, and a clock that only a test moves. */
function opened() {
  const store = new FolderLogStore(join(mkdtempSync(join(tmpdir(), "fabric-stack-")), "transactions"));
  const clock = new FakeClock();
  const transactions = new StackTransactions(store, "dev", { clock });
  const files = () => readdirSync(store.where);
  return { store, clock, transactions, files };
}

/** Lets a transaction have an effect, and end if that is asked for. */
async function effect(transactions: StackTransactions, transactionId: string, end?: "commit" | "rolledBack") {
  const log = await transactions.openLog(transactionId);
  await log.step(
    intent,
    async () => "ws-1",
    (made) => made,
  );
  if (end) await log[end]();
  await log.close();
}

/** Begins a transaction, and lets it have an effect. */
async function changed({ transactions, clock }: ReturnType<typeof opened>): Promise<string> {
  const { transactionId } = await transactions.open(empty, true);
  await effect(transactions, transactionId);
  await clock.advance(1000);
  return transactionId;
}

describe("the announced transaction of a stack", () => {
  it("The announced transaction of a stack stays announced until it is withdrawn, and counts for its stack alone", async () => {
    const { store, transactions } = opened();
    assert.equal(await transactions.announced(), undefined);
    await transactions.announce("tx-2");
    assert.equal(await transactions.announced(), "tx-2");
    assert.equal(await new StackTransactions(store, "prod").announced(), undefined);
    await transactions.withdraw();
    assert.equal(await transactions.announced(), undefined);
  });

  it("The announced transaction of a stack is the unfinished one, even if its log was lost", async () => {
    const { transactions } = opened();
    await transactions.announce("tx-2");
    assert.equal(await transactions.unfinished(), "tx-2");
  });
});

describe("the transactions of two projects whose stacks have one name", () => {
  const projects = ["sales", "hr"].map((project) => ({ project, backend: "s3://state" }));

  it("The transactions of two projects whose stacks have one name are known to their own project alone", async () => {
    const { store, clock } = opened();
    const [sales, hr] = projects.map((identity) => new StackTransactions(store, "dev", { identity, clock }));
    assert.ok(sales && hr);
    await sales.open(empty, true);
    // nothing was made yet
    await assertNoOtherStack(hr, await hr.logsOfName(), empty);
    const transactionId = await changed({ ...opened(), store, clock, transactions: sales });
    assert.deepEqual([(await sales.logs()).length > 0, (await hr.logs()).length], [true, 0]);
    assert.deepEqual([await sales.unfinished(), await hr.unfinished()], [transactionId, undefined]);
    assert.equal((await hr.choose(empty)).isResumed, false);
    assert.equal((await sales.choose(empty)).isResumed, true);
    await assert.rejects(
      assertNoOtherStack(hr, await hr.logsOfName(), empty),
      /is of project 'sales'\. This is project 'hr'/,
    );
    await assertNoOtherStack(sales, await sales.logsOfName(), empty);
  });

  it("The transactions of two projects whose stacks have one name do not include rollbacks, which run in a folder of their own and name another backend", async () => {
    const { store, clock, transactions } = opened();
    const transactionId = await changed({ ...opened(), store, clock, transactions });
    const elsewhere = new StackTransactions(store, "dev", { identity: { backend: "file://vm/elsewhere" }, clock });
    const rollback = await elsewhere.openLog(rollbackLogOf(transactionId));
    await elsewhere.beginPlain(rollback);
    await rollback.close();
    await effect(elsewhere, rollbackLogOf(transactionId));
    const here = new StackTransactions(store, "dev", { identity: { backend: "./state" } });
    await assertNoOtherStack(here, await here.logsOfName(), empty);
  });

  it("The transactions of two projects whose stacks have one name stay where they are when one of the stacks gets another name", async () => {
    for (const [index, isTaken] of [
      [0, true],
      [1, false],
    ] as const) {
      const { store, clock } = opened();
      const sales = new StackTransactions(store, "dev", { identity: projects[0] ?? {}, clock });
      const transactionId = await changed({ ...opened(), store, clock, transactions: sales });
      const renamed = new StackTransactions(store, "dev2", { identity: projects[index] ?? {}, clock });
      assert.equal(await renamed.takeOver("dev"), isTaken);
      assert.equal(await renamed.announced(), isTaken ? transactionId : undefined);
      assert.equal(await sales.announced(), isTaken ? undefined : transactionId);
    }
  });
});

describe("a stack that gets its former name back", () => {
  it("A stack that gets its former name back has its open transaction again with the log of its rollback, and no stack of the name in between has them", async () => {
    const { store, clock, transactions } = opened();
    const transactionId = await changed({ ...opened(), store, clock, transactions });
    const rollback = await transactions.openLog(rollbackLogOf(transactionId));
    // a rollback runs in a folder of its own, and names another backend
    const elsewhere = new StackTransactions(store, "dev", { identity: { backend: "file://vm/elsewhere" }, clock });
    await elsewhere.beginPlain(rollback);
    await rollback.close();
    const named = (stack: string) => new StackTransactions(store, stack, { identity: { backend: "./state" }, clock });
    const idsOf = async (stack: string) => (await named(stack).logs()).flatMap(([begin]) => begin?.transactionId ?? []);
    const both = [transactionId, rollbackLogOf(transactionId)];
    await named("dev2").takeOver("dev");
    assert.deepEqual([await idsOf("dev"), (await idsOf("dev2")).toSorted()], [[], both]);
    await named("dev").takeOver("dev2");
    assert.deepEqual([(await idsOf("dev")).toSorted(), await idsOf("dev2")], [both, []]);
  });
});

describe("the id of a transaction", () => {
  it("The id of a transaction sorts by time", () => {
    const [early, late] = [0, 1000].map((ms) => newTransactionId("dev", new FakeClock(Date.UTC(2026, 0, 1) + ms)));
    assert.ok((early ?? "") < (late ?? ""));
  });
});

describe("a transaction that is begun", () => {
  it("A transaction that is begun has the checkpoint from before it without its pending operations, and is announced", async () => {
    const { transactions } = opened();
    const current: Checkpoint = { version: 3, deployment: { resources: [], pending_operations: [{}] } };
    const { transactionId, isResumed } = await transactions.open(current, true);
    assert.equal(isResumed, false);
    assert.deepEqual(await transactions.savedCheckpoint(transactionId), { version: 3, deployment: { resources: [] } });
    assert.equal(await transactions.announced(), transactionId);
    const [begin, ...more] = await transactions.entries(transactionId);
    assert.deepEqual(more, []);
    assert.ok(begin?.kind === "begin" && begin.stack === "dev" && begin.enableRollback && begin.checkpointHash);
  });

  it("A transaction that is begun ends the announced one before it, if that changed nothing", async () => {
    const { transactions, clock } = opened();
    const first = await transactions.open(empty, true);
    await clock.advance(1000);
    const second = await transactions.open(empty, true);
    assert.notEqual(second.transactionId, first.transactionId);
    assert.equal((await transactions.entries(first.transactionId)).at(-1)?.kind, "rolledBack");
    assert.equal(await transactions.unfinished(), second.transactionId);
  });

  it("A transaction that is begun leaves the announced one open, if that changed something and cannot be gone on with", async () => {
    const world = opened();
    const { transactions, clock } = world;
    const first = await changed(world);
    const other = await transactions.openLog("dev-20260101T000002Z-00aa");
    await other.begin({ stack: "dev", enableRollback: false });
    await other.close();
    await effect(transactions, "dev-20260101T000002Z-00aa", "commit");
    await clock.advance(1000);
    const second = await transactions.open(empty, true);
    assert.equal(second.isResumed, false);
    assert.equal(
      (await transactions.entries(first)).some(({ kind }) => kind === "rolledBack"),
      false,
    );
  });
});

describe("a transaction that changed something and has not ended", () => {
  it("A transaction that changed something and has not ended is gone on with, and its earlier run is known by what lies beside its log", async () => {
    const world = opened();
    const { transactions } = world;
    const transactionId = await changed(world);
    const how = async () => transactions.choose(empty);
    assert.deepEqual(await how(), { transactionId, isResumed: true, earlierRun: "cut off" });
    await transactions.noteStateHash(transactionId, "h");
    assert.equal((await how()).earlierRun, "failed");
    await transactions.noteStateHash(transactionId, undefined);
    assert.equal(await transactions.stateHash(transactionId), undefined);
    await transactions.noteFailure(transactionId);
    assert.equal((await how()).earlierRun, "failed");
    await transactions.resume(transactionId);
    assert.equal((await how()).earlierRun, "cut off");
  });

  it("A transaction that changed something and has not ended has no state of its last run any more once a run goes on with it", async () => {
    const { transactions } = opened();
    const transactionId = await changed({ ...opened(), transactions, clock: new FakeClock() });
    await transactions.noteStateHash(transactionId, "h");
    await transactions.noteFailure(transactionId);
    await transactions.resume(transactionId);
    assert.equal(await transactions.stateHash(transactionId), undefined);
    assert.equal(await transactions.earlierRun(await transactions.entries(transactionId)), "cut off");
  });

  it("A transaction that changed something and has not ended is unfinished without its announcement, too, and the log of its rollback does not hide it", async () => {
    const world = opened();
    const { transactions, clock } = world;
    const transactionId = await changed(world);
    await transactions.withdraw();
    const rollback = await transactions.openLog(rollbackLogOf(transactionId));
    await rollback.begin({ stack: "dev", enableRollback: false });
    await rollback.close();
    await clock.advance(1000);
    assert.equal(await transactions.unfinished(), transactionId);
    assert.equal((await transactions.choose(empty)).isResumed, false, "only what is announced is gone on with");
    const log = await transactions.entries(rollbackLogOf(transactionId));
    assert.equal(await transactions.earlierRun(log), "rollback incomplete");
  });

  it("A transaction that changed something and has not ended is neither unfinished nor gone on with once it has ended", async () => {
    const world = opened();
    const { transactions } = world;
    const transactionId = await changed(world);
    await transactions.settle(transactionId);
    assert.equal((await transactions.entries(transactionId)).at(-1)?.kind, "commit");
    assert.equal(await transactions.unfinished(), undefined);
    assert.equal((await transactions.choose(empty)).isResumed, false);
  });

  it("A transaction that changed something and has not ended is not made by settling a log that is not there", async () => {
    const { transactions, store } = opened();
    await transactions.settle("dev-none.rollback");
    assert.deepEqual(await store.names(), []);
  });
});

describe("old logs of a stack", () => {
  it("Old logs of a stack are removed with what lies beside them once committed or rolled back, but for the last ones; open ones stay", async () => {
    const { store, transactions, clock, files } = opened();
    const write = async (id: string, end?: "commit" | "rolledBack") => {
      await transactions.begin(id, empty, true);
      await effect(transactions, id, end);
      await transactions.noteProvider(id, {});
      await transactions.noteStateHash(id, "h");
      await transactions.noteFailure(id);
      await store.write(`${definitionsFolder(id)}key.json.gz`, "");
      await clock.advance(1000);
    };
    await write("open");
    for (const id of ["back-1", "back-2", "back-3"]) await write(id, "rolledBack");
    for (const id of ["a", "b", "c"]) await write(id, "commit");
    await transactions.prune(2);
    assert.deepEqual(
      (await transactions.logs()).map(([begin]) => begin?.transactionId),
      ["open", "back-2", "back-3", "b", "c"],
    );
    assert.deepEqual(
      files().filter((file) => /^(a|back-1)\./.test(file)),
      [],
    );
    assert.equal(files().filter((file) => file.startsWith("b.")).length, 6);
    assert.deepEqual(await new StackTransactions(store, "other").logs(), []);
  });
});
