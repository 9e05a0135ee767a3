import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import type { LogStore } from "../../../lib/logStore/logStore.ts";
import { TransactionLog, readTransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { StackTransactions } from "../../../lib/transactions/stackTransactions.ts";
import { RunTransaction } from "../../../providers/run/runTransaction.ts";
import { systemClock } from "../../../lib/clock.ts";

/* What this version does not know in a log is refused: it is never skipped. */

const ID = "dev-20260101T000000Z-00aa";
type Line = Readonly<Record<string, unknown>> | string;

const place = { v: 1, transactionId: ID, pid: 1, at: "2026-01-01T00:00:00.000Z" };
const begin = { ...place, seq: 1, kind: "begin", stack: "dev", enableRollback: true };
const intent = {
  ...place,
  seq: 2,
  kind: "intent",
  step: "1",
  operation: "create",
  resourceType: "Workspace",
  resourceName: "sales",
  compensation: { function: "deleteWorkspace", args: { displayName: "sales" } },
};
const done = { ...place, seq: 3, kind: "done", step: "1", resourceId: "ws-1" };

/** A store with one log of these lines, each whole. */
async function storeWith(lines: readonly Line[], transactionId = ID): Promise<LogStore> {
  const store = new FolderLogStore(join(mkdtempSync(join(tmpdir(), "fabric-entries-")), "transactions"));
  const content = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
  await store.write(`${transactionId}.jsonl`, content);
  return store;
}

/** Logs that this version must not believe, and what is said of each. */
const refused: readonly (readonly [what: string, lines: readonly Line[], message: RegExp])[] = [
  [
    "a newer format",
    [{ ...begin, v: 3 }],
    /reads format 1 and 2; the log .*00aa\.jsonl was written with format 3 by a newer version .*Update this clone/,
  ],
  [
    "a newer format, whose beginning looks unlike ours",
    [{ v: 3, header: { stack: "dev" } }],
    /written with format 3 by a newer version/,
  ],
  [
    "a newer format from the middle on",
    [begin, { ...intent, v: 3 }, { ...done, v: 3 }],
    /format 3 by a newer version \(line 2\)/,
  ],
  ["a format that never was", [{ ...begin, v: "one" }], /Line 1 of the log .*names format "one", .*damaged/],
  ["no format", [begin, { ...intent, v: undefined }], /Line 2 of the log .*damaged/],
  [
    "an unknown kind of entry",
    [begin, { ...intent, kind: "suspended" }],
    /kind "suspended" in line 2, .*newer version\. .*Update this clone/,
  ],
  [
    "a kind of entry that every object has",
    [begin, { ...intent, kind: "constructor" }],
    /kind "constructor" in line 2/,
  ],
  ["an unknown operation", [begin, { ...intent, operation: "move" }], /Line 2 of the log .*no valid 'operation'/],
  ["a compensation that is none", [begin, { ...intent, compensation: "deleteWorkspace" }], /no valid 'compensation'/],
  [
    "a compensation without arguments",
    [begin, { ...intent, compensation: { function: "x" } }],
    /no valid 'compensation.args'/,
  ],
  [
    "a broken line in its middle",
    [begin, '{"v":1,"kind":"int', done],
    /Line 2 of the log .*00aa\.jsonl is not a JSON object/,
  ],
  ["a list in the place of an entry", [begin, "[1]"], /Line 2 of the log .* is not a JSON object/],
  [
    "a beginning that does not say whether there is a rollback",
    [{ ...begin, enableRollback: undefined }],
    /Line 1 of the log .*no valid 'enableRollback'/,
  ],
  ["a broken first line", ['{"v":1,"ki', intent], /Line 1 of the log .* is not a JSON object/],
  ["a broken last line that is whole", [begin, "null"], /Line 2 of the log .* is not a JSON object/],
  ["effects without a beginning", [intent, done], /Line 1 of the log .* is not the beginning of a transaction/],
];

const options = (store: LogStore, env: NodeJS.ProcessEnv = {}) => ({
  configuration: { stack: "dev", endpoint: "emulator", features: {}, credential: "auto", transactionLog: store.where },
  store: () => Promise.resolve(store),
  env,
  engine: { address: undefined, hasChecked: () => false },
  clock: systemClock,
  warn: () => undefined,
});

describe("a log of its own stack that a version cannot read whole", () => {
  for (const [what, lines, message] of refused) {
    it(`A log of its own stack that a version cannot read whole stops whoever would undo, end, prune, or write beside it: ${what}`, async () => {
      const store = await storeWith(lines);
      const before = readdirSync(store.where);
      await assert.rejects(new StackTransactions(store, "dev").logs(), message);
      await assert.rejects(new StackTransactions(store, "dev").prune(0), message);
      await assert.rejects(new StackTransactions(store, "dev").unfinished(), message);
      await assert.rejects(new StackTransactions(store, "dev").open({ version: 3, deployment: {} }, true), message);
      await assert.rejects(new RunTransaction(options(store)).join("emulator"), message);
      assert.deepEqual(readdirSync(store.where), before, "something was written");
    });
  }

  it("A log of its own stack that a version cannot read whole stops those that are told its id, too, and stays as it is", async () => {
    const store = await storeWith([{ ...begin, v: 3 }]);
    const content = readFileSync(join(store.where, `${ID}.jsonl`), "utf8");
    await new StackTransactions(store, "dev").announce(ID);
    const message = /written with format 3 by a newer version/;
    await assert.rejects(readTransactionLog(store, ID), message);
    await assert.rejects(TransactionLog.open({ store, transactionId: ID }), message);
    await assert.rejects(new StackTransactions(store, "dev").unfinished(), message);
    await assert.rejects(new StackTransactions(store, "dev").open({ version: 3, deployment: {} }, true), message);
    await assert.rejects(new RunTransaction(options(store, { FABRIC_TRANSACTION_ID: ID })).join("emulator"), message);
    assert.equal(readFileSync(join(store.where, `${ID}.jsonl`), "utf8"), content);
    assert.equal(await new StackTransactions(store, "dev").announced(), ID);
  });
});

describe("a log of another stack that a version cannot read", () => {
  for (const [what, lines, message] of refused) {
    it(`A log of another stack that a version cannot read stops that stack and no other: ${what}`, async () => {
      const other = "prod-20260101T000000Z-00aa";
      const theirs = lines.map((line) =>
        typeof line === "object" && "stack" in line ? { ...line, stack: "prod" } : line,
      );
      const store = await storeWith(theirs, other);
      assert.deepEqual(await new StackTransactions(store, "dev").logs(), []);
      assert.equal(await new StackTransactions(store, "dev").unfinished(), undefined);
      await new StackTransactions(store, "dev").open({ version: 3, deployment: {} }, true);
      await assert.rejects(new StackTransactions(store, "prod").logs(), new RegExp(message.source.replace("00aa", "")));
    });
  }

  it("A log of another stack that a version cannot read stops every stack where nothing says whose it is", async () => {
    const store = await storeWith([{ v: 9 }], "release-7");
    await assert.rejects(new StackTransactions(store, "dev").logs(), /format 9 by a newer version/);
  });
});

describe("a log that is not as it usually is", () => {
  it("A log that is not as it usually is is read by its lines where two processes have counted from the same number", async () => {
    const store = await storeWith([
      begin,
      { ...intent, seq: 7 },
      { ...done, seq: 2 },
      { ...place, seq: 2, kind: "commit" },
    ]);
    assert.deepEqual(
      (await readTransactionLog(store, ID)).map(({ kind }) => kind),
      ["begin", "intent", "done", "commit"],
    );
    const log = await TransactionLog.open({ store, transactionId: ID });
    await log.rolledBack();
    await log.close();
    assert.equal((await readTransactionLog(store, ID)).at(-1)?.seq, 8);
  });

  it("A log that is not as it usually is counts as none while it is empty, torn in its first line, or ended without ever having begun", async () => {
    const store = await storeWith([{ ...place, seq: 1, kind: "rolledBack" }]);
    await store.write("dev-20260101T000001Z-00ab.jsonl", "");
    await store.write("dev-20260101T000002Z-00ac.jsonl", '{"v":3,"kind":"begin","stack":"de');
    assert.deepEqual(await new StackTransactions(store, "dev").logs(), []);
  });

  it("A log that is not as it usually is may hold keys that this version does not know, and steps that were noted without an id", async () => {
    const store = await storeWith([
      { ...begin, later: {} },
      { ...intent, later: 1 },
      { ...done, resourceId: undefined },
    ]);
    assert.equal((await new StackTransactions(store, "dev").logs())[0]?.length, 3);
  });

  it("A log that is not as it usually is of a newer version lets closures go on without a log, and is not appended to", async () => {
    const store = await storeWith([{ ...begin, v: 3 }]);
    const content = readFileSync(join(store.where, `${ID}.jsonl`), "utf8");
    const { ClosureLog } = await import("../../../lib/transactions/closureLog.ts");
    const log = new ClosureLog(ID, true, store);
    await log.registered({
      resourceType: "T",
      resourceName: "n",
      resourceId: "i",
      cleanupFunction: async () => undefined,
      cleanupArgs: {},
    });
    await log.committed();
    assert.equal(readFileSync(join(store.where, `${ID}.jsonl`), "utf8"), content);
  });
});
