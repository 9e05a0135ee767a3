import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderLogStore } from "../lib/logStore/folderLogStore.ts";
import { TransactionLog } from "../lib/transactions/transactionLog.ts";
import { EngineStack } from "../test/engine/harness/engineStack.ts";
import { benchWorkspaces } from "./workspace.ts";

/*
 * `npm run bench:transactions [-- N…]`: the cost of the engine's checkpoints and of the transaction log in `npm run up`, for a
 * first deployment of N workspaces of eight resources each.
 */

/** Parallel calls of the engine on two cores. */
const PARALLEL = 8;

/** Seconds of a first `npm run up`, and the number of lines in its log. */
async function deploy(count: number, skipCheckpoints: boolean): Promise<{ seconds: number; lines: number }> {
  await using stack = await EngineStack.start();
  stack.configure({ workspaces: benchWorkspaces(count) });
  const env = { PULUMI_SKIP_CHECKPOINTS: String(skipCheckpoints), PULUMI_EXPERIMENTAL: "true" };
  const begin = performance.now();
  const { code, text } = await stack.command("cli/up.ts", ["--yes", "--skip-preview"], env);
  const seconds = (performance.now() - begin) / 1000;
  if (code !== 0) throw new Error(text);
  const store = new FolderLogStore(join(stack.folder, ".fabric/transactions"));
  const name = (await store.names()).find((one) => one.endsWith(".jsonl")) ?? "";
  const lines = (await store.read(name))?.toString().trim().split("\n").length ?? 0;
  return { seconds, lines };
}

/** Seconds to write that many lines without a deployment, with {@link PARALLEL} steps at once. */
async function logOf(lines: number): Promise<number> {
  const store = new FolderLogStore(mkdtempSync(join(tmpdir(), "fabric-bench-")));
  const log = await TransactionLog.open({ store, transactionId: "bench" });
  const compensation = {
    function: "deleteItem",
    args: { workspaceId: "w".repeat(36), type: "Notebook", displayName: "n" },
  };
  const intent = { operation: "create", resourceType: "Item", resourceName: "ingest", compensation } as const;
  let steps = Math.ceil(lines / 2);
  const lane = async () => {
    while (steps-- > 0)
      await log.step(
        intent,
        async () => "i".repeat(36),
        (id) => id,
      );
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  await log.close();
  return (performance.now() - begin) / 1000;
}

const counts = process.argv.slice(2).map(Number);
const rows = [];
for (const count of counts.length > 0 ? counts : [6, 12, 50, 125]) {
  const [written, skipped] = [await deploy(count, false), await deploy(count, true)];
  const log = await logOf(skipped.lines);
  rows.push({
    resources: count * 8,
    "checkpoints, s": written.seconds.toFixed(1),
    "one at the end, s": skipped.seconds.toFixed(1),
    ratio: (written.seconds / skipped.seconds).toFixed(2),
    "log lines": skipped.lines,
    "log alone, s": log.toFixed(2),
    "log of one at the end, %": ((100 * log) / skipped.seconds).toFixed(1),
  });
}
console.table(rows);
