import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Seed } from "../../emulator/families/families.ts";

/*
 * `node test/emulator/replay.ts FOLDER`: replays recorded sessions of the real service against the emulator and says how
 * many of its answers agree. FOLDER holds `tools/replay.mjs`, and recordings in `fabric-recorded/` and `fabric-recorded-cicd/`.
 */

/** Share that must agree, of what was compared or blocked in the families that the emulator covers. */
const REQUIRED = 0.95;
const DIFFERENT = ["status", "code", "headers", "shape", "lro"] as const;

/** The families that the emulator covers, by route; the others answer 404 and are listed only. */
const covered = [
  /^\/capacities/,
  /^\/workspaces(\/\{workspaceId\})?$/,
  /^\/workspaces\/\{workspaceId\}\/(assignToCapacity|unassignFromCapacity|provisionIdentity|deprovisionIdentity)$/,
  /^\/workspaces\/\{workspaceId\}\/(roleAssignments|folders|git)/,
  /^\/workspaces\/\{workspaceId\}\/items(\/\{itemId\}(\/(move|getDefinition|updateDefinition|connections))?)?$/,
  /^\/workspaces\/\{workspaceId\}\/[A-Za-z]+(\/\{typedItemId\}(\/(getDefinition|updateDefinition|bindConnection))?)?$/,
  /^\/workspaces\/\{workspaceId\}\/items\/\{itemId\}\/shortcuts/,
  /^\/workspaces\/\{workspaceId\}\/environments\/\{typedItemId\}\/(staging\/publish|(staging\/)?sparkcompute)$/,
  /^\/workspaces\/\{workspaceId\}\/spark\/(pools(\/\{poolId\})?|settings)$/,
  /^\/operations/,
  /^\/(connections|gateways)/,
];
const isCovered = (route: string) =>
  covered.some((family) => family.test(route)) && !/managedPrivateEndpoints/.test(route);

interface Exchange {
  readonly seq: number;
  readonly method: string;
  readonly route: string;
  readonly outcome: string;
  readonly diffs?: readonly { readonly kind: string; readonly text: string }[];
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code === 2 || code === null) throw new Error(`The replayer could not run: ${args.join(" ")}`);
}

/** Replays the sessions of one folder. Returns what agrees in the emulator's own families. */
async function replay(recorded: string): Promise<number> {
  const sessions = readdirSync(recorded)
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => join(recorded, file));
  const folder = mkdtempSync(join(tmpdir(), "fabric-replay-"));
  try {
    const kinds = ["--seed-kinds", "capacities,principals,labels"];
    await run([tool, "--seed-out", join(folder, "seed.json"), ...kinds, ...sessions]);
    const seed = JSON.parse(readFileSync(join(folder, "seed.json"), "utf8")) as Seed;
    // long enough for a first poll to find operations running, as most recorded first polls do
    await using emulator = disposable(await startEmulator({ seed, operationDelayMs: 20 }));
    const options = ["--token", "replay", "--poll-ms", "10", "--settle", "3", "--quiet"];
    await run([tool, "--base", emulator.url, ...options, `--json=${join(folder, "result.json")}`, ...sessions]);
    const { sessions: reports } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as {
      sessions: { session: string; exchanges: Exchange[] }[];
    };
    const exchanges = reports.flatMap(({ exchanges: own }) => own);
    report(`${basename(recorded)}, all families`, exchanges);
    const mine = exchanges.filter(({ route }) => isCovered(route));
    const share = report(`${basename(recorded)}, families of the emulator`, mine);
    listDifferences(mine);
    return share;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shared = realpathSync(process.argv[2] ?? "../shared");
const tool = join(shared, "tools", "replay.mjs");
for (const recorded of ["fabric-recorded", "fabric-recorded-cicd"].map((name) => join(shared, name))) {
  if (!existsSync(recorded)) continue;
  if ((await replay(recorded)) >= REQUIRED) continue;
  console.error(`At least ${REQUIRED * 100} % of the emulator's own families must agree.`);
  process.exitCode = 1;
}

function disposable<T extends { close(): Promise<void> }>(resource: T): T & AsyncDisposable {
  return Object.assign(resource, { [Symbol.asyncDispose]: () => resource.close() });
}

function report(what: string, all: readonly Exchange[]): number {
  const count = (...outcomes: readonly string[]) => all.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const same = count("same");
  const compared = same + count(...DIFFERENT);
  const blocked = count("blocked");
  const share = same / (compared + blocked);
  console.log(
    `${what}: ${same} of ${compared + blocked} agree (${(share * 100).toFixed(1)} %; ${compared} compared, ${blocked} blocked, ${count("skipped")} skipped, ${count("merged")} merged)`,
  );
  return share;
}

function listDifferences(all: readonly Exchange[]): void {
  const texts = new Map<string, number>();
  for (const { method, route, outcome, diffs } of all) {
    if (!(DIFFERENT as readonly string[]).includes(outcome) && outcome !== "blocked") continue;
    const text = `${method} ${route}: ${diffs?.map(({ kind, text: what }) => `${kind}: ${what}`).join("; ") ?? outcome}`;
    texts.set(text, (texts.get(text) ?? 0) + 1);
  }
  for (const [text, count] of [...texts].sort(([, left], [, right]) => right - left))
    console.log(`  ${count} x ${text}`);
}
