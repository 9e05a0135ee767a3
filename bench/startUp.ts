import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { countsIn, scriptOptions } from "../cli/commandLine/scriptOptions.ts";
import { InsightsSink } from "../test/doubles/insightsSink.ts";
import { EngineStack } from "../test/engine/harness/engineStack.ts";
import { benchWorkspaces } from "./workspace.ts";

/* `npm run bench:startup [-- RUNS]`: what the start of a preview costs. */

const usage = `Usage: npm run bench:startup -- [RUNS]

Prints seconds of a preview without changes, and memory of CLI, program and provider together: medians of so many runs [7], which
alternate between all five features off and all five on.`;

const call = { script: "bench:startup", usage, allowPositionals: true } as const;
const [runs = 0] = scriptOptions(call, ({ positionals }) => countsIn(positionals, [7]));

const names = ["KEY_VAULT", "RETRY_LOGIC", "TELEMETRY", "ROLLBACK", "CIRCUIT_BREAKER"];
const all = (value: boolean) => Object.fromEntries(names.map((name) => [`FEATURE_USE_${name}`, String(value)]));
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Megabytes of a process and all its descendants, now. */
function memoryOf(pid: number): number {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,rss="], { encoding: "utf8" }).trim().split("\n");
  const rows = table.map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([pid]);
  for (const parent of family) for (const [own = 0, ppid] of rows) if (ppid === parent) family.add(own);
  return rows.reduce((sum, [own = 0, , rss = 0]) => (family.has(own) ? sum + rss / 1024 : sum), 0);
}

async function preview(stack: EngineStack, env: NodeJS.ProcessEnv): Promise<{ seconds: number; megabytes: number }> {
  const begin = performance.now();
  const child = spawn("pulumi", ["preview", "--stack", "test", "--non-interactive"], {
    cwd: stack.folder,
    env: { ...stack.env, ...env },
    stdio: "ignore",
  });
  let megabytes = 0;
  const timer = setInterval(() => (megabytes = Math.max(megabytes, memoryOf(child.pid ?? 0))), 100);
  const [code] = (await once(child, "exit")) as [number];
  clearInterval(timer);
  if (code !== 0) throw new Error("the preview failed");
  return { seconds: (performance.now() - begin) / 1000, megabytes };
}

await using sink = await InsightsSink.start();
await using stack = await EngineStack.start({ env: { ...sink.env, FEATURE_USE_TELEMETRY: "false" } });
stack.configure({ workspaces: benchWorkspaces(2) });
const up = await stack.up();
if (up.code !== 0) throw new Error(up.text);
const vault = { KEY_VAULT_URL: "https://bench.vault.azure.net" };
const results = { off: [], on: [] } as Record<"off" | "on", { seconds: number; megabytes: number }[]>;
for (let run = 0; run < runs; run++) {
  results.off.push(await preview(stack, all(false)));
  results.on.push(await preview(stack, { ...all(true), ...vault }));
}
const row = (which: "off" | "on") => ({
  features: which,
  seconds: median(results[which].map(({ seconds }) => seconds)).toFixed(2),
  megabytes: Math.round(median(results[which].map(({ megabytes }) => megabytes))),
});
console.table([row("off"), row("on")]);
