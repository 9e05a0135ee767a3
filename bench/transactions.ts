import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countsIn, scriptOptions } from "../cli/commandLine/scriptOptions.ts";
import { FolderLogStore } from "../lib/logStore/folderLogStore.ts";
import { TransactionLog } from "../lib/transactions/transactionLog.ts";
import { EngineStack } from "../test/engine/harness/engineStack.ts";
import { benchWorkspaces } from "./workspace.ts";

/* `npm run bench:transactions [-- N…]`: what checkpoints and the transaction log cost. */

const usage = `Usage: npm run bench:transactions -- [N…]

Prints the cost of the engine's checkpoints and of the transaction log in npm run up, for a first deployment of N workspaces of
eight resources each [6 12 50 125], and in the npm run destroy that follows.`;

const call = { script: "bench:transactions", usage, allowPositionals: true } as const;
const counts = scriptOptions(call, ({ positionals }) => countsIn(positionals, [6, 12, 50, 125]));

/** Parallel calls of the engine on two cores. */
const PARALLEL = 8;

interface Measured {
  /** Seconds of a first `npm run up`. */
  readonly seconds: number;
  /** Seconds of the `npm run destroy` after it. */
  readonly destroySeconds: number;
  /** Lines in the log of the update. */
  readonly lines: number;
}

async function deploy(count: number, skipCheckpoints: boolean): Promise<Measured> {
  await using stack = await EngineStack.start();
  stack.configure({ workspaces: benchWorkspaces(count) });
  const env = { PULUMI_SKIP_CHECKPOINTS: String(skipCheckpoints), PULUMI_EXPERIMENTAL: "true" };
  const timed = async (file: string, ...args: string[]) => {
    const begin = performance.now();
    const { code, text } = await stack.command(file, [...args, "--yes", "--skip-preview"], env);
    if (code !== 0) throw new Error(text);
    return (performance.now() - begin) / 1000;
  };
  const seconds = await timed("cli/up.ts");
  const store = new FolderLogStore(join(stack.folder, ".fabric/transactions"));
  const name = (await store.names()).find((one) => one.endsWith(".jsonl")) ?? "";
  const lines = (await store.read(name))?.toString().trim().split("\n").length ?? 0;
  return { seconds, lines, destroySeconds: await timed("cli/pulumiCommand.ts", "destroy") };
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

const rows = [];
for (const count of counts) {
  const [written, skipped] = [await deploy(count, false), await deploy(count, true)];
  const log = await logOf(skipped.lines);
  rows.push({
    resources: count * 8,
    "checkpoints, s": written.seconds.toFixed(1),
    "one at the end, s": skipped.seconds.toFixed(1),
    ratio: (written.seconds / skipped.seconds).toFixed(2),
    "destroy, checkpoints, s": written.destroySeconds.toFixed(1),
    "destroy, one at the end, s": skipped.destroySeconds.toFixed(1),
    "log lines": skipped.lines,
    "log alone, s": log.toFixed(2),
    "log of one at the end, %": ((100 * log) / skipped.seconds).toFixed(1),
  });
}
console.table(rows);
