import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { deploymentsOf } from "../../../cli/history/deployments.ts";
import { historyTable } from "../../../cli/history/table.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { StackTransactions } from "../../../lib/transactions/stackTransactions.ts";

/** A stack with that many committed deployments, an open one, and its history. */
async function stackOf(deployments: number) {
  const folder = mkdtempSync(join(tmpdir(), "fabric-history-"));
  const transactions = new StackTransactions(new FolderLogStore(folder), "dev");
  const deploy = async (id: string, isEnded: boolean) => {
    const log = await transactions.openLog(id);
    await log.begin({ stack: "dev", enableRollback: true, checkpoint: "x" });
    const intent = { operation: "create", resourceType: "Workspace", resourceName: id, compensation: null } as const;
    await log.step(
      intent,
      async () => "id",
      (made) => made,
    );
    if (isEnded) await log.commit();
    await log.close();
  };
  for (let nth = 1; nth <= deployments; nth++) {
    await deploy(`dev-${nth}`, true);
    await transactions.seal();
  }
  await deploy("dev-open", false);
  const path = (name: string) => join(folder, name);
  const edit = (name: string, change: (text: string) => string) =>
    writeFileSync(path(name), change(readFileSync(path(name), "utf8")));
  return { transactions, path, edit, problems: async () => (await deploymentsOf(transactions)).problems };
}

/** A store whose files cannot be listed. */
class Unlistable extends FolderLogStore {
  override names(): Promise<readonly string[]> {
    return Promise.reject(new Error("no access"));
  }
}

describe("the history of a stack", () => {
  it("The history of a stack lists every deployment, newest first, with the open one", async () => {
    const { transactions } = await stackOf(3);
    const { deployments, problems } = await deploymentsOf(transactions);
    assert.deepEqual(
      deployments
        .map(({ transactionId, outcome, isSealed, counts }) => [transactionId, outcome, isSealed, counts.created])
        .sort(),
      [
        ["dev-1", "committed", true, 1],
        ["dev-2", "committed", true, 1],
        ["dev-3", "committed", true, 1],
        ["dev-open", "open", false, 1],
      ],
    );
    assert.deepEqual(problems, []);
  });

  it("The history of a stack shows that a log was changed, or removed, after it had ended", async () => {
    const one = await stackOf(2);
    one.edit("dev-1.jsonl", (text) => text.replace('dev-1","compensation', 'another","compensation'));
    assert.deepEqual(await one.problems(), ["the log dev-1.jsonl was changed after it had ended"]);
    assert.match(
      historyTable(await deploymentsOf(one.transactions)),
      /The history was changed:\n  the log dev-1\.jsonl/,
    );
    const other = await stackOf(2);
    rmSync(other.path("dev-2.jsonl"));
    assert.deepEqual(await other.problems(), ["the log dev-2.jsonl is missing"]);
  });

  it("The history of a stack shows each change to itself: an edited line, a line taken out, a line put in", async () => {
    const edited = await stackOf(3);
    edited.edit("dev.history", (text) => text.replace('"outcome":"committed"', '"outcome":"rolledBack"'));
    assert.deepEqual(await edited.problems(), ["line 1 of the history was changed (dev-1)"]);
    const shorter = await stackOf(3);
    shorter.edit("dev.history", (text) => text.split("\n").toSpliced(1, 1).join("\n"));
    assert.deepEqual(await shorter.problems(), ["before line 2 of the history something is missing or was changed"]);
    const longer = await stackOf(2);
    longer.edit("dev.history", (text) =>
      text
        .split("\n")
        .toSpliced(1, 0, text.split("\n")[0] ?? "")
        .join("\n"),
    );
    assert.match(
      (await longer.problems())[0] ?? "",
      /before line 2 of the history something is missing or was changed/,
    );
    const broken = await stackOf(2);
    broken.edit("dev.history", (text) => `{}\n${text}`);
    assert.match((await broken.problems()).join("\n"), /line 1 of the history cannot be read/);
  });

  it("The history of a stack outlives its logs: what was pruned because of its age is listed, and no sign of a change", async () => {
    const { transactions } = await stackOf(4);
    await transactions.prune(1);
    const { deployments, problems } = await deploymentsOf(transactions);
    assert.deepEqual(problems, []);
    assert.equal(deployments.length, 5);
    assert.deepEqual(
      deployments
        .filter(({ isKept }) => !isKept)
        .map(({ transactionId }) => transactionId)
        .sort(),
      ["dev-1", "dev-2", "dev-3"],
    );
    await transactions.seal();
    assert.deepEqual((await deploymentsOf(transactions)).problems, []);
  });

  it("The history of a stack that has none begins with the logs that are there, as those of earlier versions", async () => {
    const { transactions, path } = await stackOf(2);
    rmSync(path("dev.history"));
    assert.equal((await deploymentsOf(transactions)).deployments.length, 3);
    await transactions.seal();
    const { deployments, problems } = await deploymentsOf(transactions);
    assert.equal(deployments.filter(({ isSealed }) => isSealed).length, 2);
    assert.deepEqual(problems, []);
  });

  it("The history of a stack stops no deployment if it cannot be written, and says so", async () => {
    const { transactions } = await stackOf(0);
    const said: string[] = [];
    const folder = mkdtempSync(join(tmpdir(), "fabric-history-"));
    const failing = new Unlistable(folder);
    await new StackTransactions(failing, "dev", { warn: (line) => said.push(line) }).seal();
    assert.deepEqual(said, ["The history of stack 'dev' was not continued: no access"]);
    await transactions.seal();
  });
});
