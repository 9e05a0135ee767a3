import { globSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { countsIn, scriptOptions } from "../cli/commandLine/scriptOptions.ts";
import { timingOptions } from "../emulator/core/timingOptions.ts";
import type { EmulatorOptions } from "../emulator/emulator.ts";
import type { EngineStack } from "../test/engine/harness/engineStack.ts";
import { markdownTable, median } from "./markdownTable.ts";
import { measured } from "./processTree.ts";
import { benchItems, benchWorkspaces } from "./workspace.ts";

/* `npm run bench [-- N…]`: the tables of docs/benchmarks.md. */

const usage = `Usage: npm run bench -- [N…] [options]

Prints the tables of docs/benchmarks.md as Markdown, for N workspaces of eight resources each [1 10 50], by npm's own commands:
calls, seconds, seconds of CPU and megabytes of all processes, and the size of the state. Counts are exact. Seconds depend on the
machine, so compare them only within one run.

--runs N             number of runs, of which the median is shown [3]
--before FOLDER      another checkout of the project, measured in turns with this one; the table then has both
--only create        stops after the first deployment
--parallel N         number of parallel steps, instead of the command's own choice
--items              N is the number of items of one workspace instead

These make the service slow:

--timing recorded    answers, operations and Retry-After as they were recorded
--speed N            that, N times faster [1]
--quota documented   refuses calls above the documented quotas
--latency MS         delay before each answer
--retry-after S      Retry-After of each operation, which is complete at the first poll`;

/** What one command took. */
interface Measured {
  readonly calls: number;
  readonly refused: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly megabytes: number;
  /** Those of language host, program and provider. */
  readonly node: number;
  /** Kilobytes of the state afterwards, as compact JSON. */
  readonly state: number;
  /** Kilobytes of the file that holds the state. */
  readonly file: number;
}

const call = {
  script: "bench",
  usage,
  allowPositionals: true,
  options: {
    timing: { type: "string" },
    speed: { type: "string" },
    quota: { type: "string" },
    latency: { type: "string" },
    "retry-after": { type: "string" },
    only: { type: "string" },
    items: { type: "boolean", default: false },
    parallel: { type: "string" },
    runs: { type: "string", default: "3" },
    before: { type: "string" },
  },
} as const;
const { values, counts, timing } = scriptOptions(call, ({ values, positionals }) => {
  countsIn([values.runs, ...(values.parallel === undefined ? [] : [values.parallel])], []);
  return { values, counts: countsIn(positionals, [1, 10, 50]), timing: timingOptions(values) };
});
const emulator: EmulatorOptions = {
  ...timing,
  ...(values["retry-after"] !== undefined && { retryAfterSeconds: Number(values["retry-after"]) }),
};
const isSlow = values.timing !== undefined || values.latency !== undefined || values["retry-after"] !== undefined;
const env = isSlow ? { FABRIC_RETRY_BASE_MS: String(2000 / (emulator.speed ?? 1)) } : {};
const options = values.parallel === undefined ? [] : ["--parallel", values.parallel];
const here = resolve(import.meta.dirname, "..");
const trees = values.before === undefined ? [here] : [resolve(values.before), here];

/** Command lines of language host, program and provider, which may share a process. */
const PULUMIS_NODE = /languageHost\.cjs|dynamicProvider\.cjs|cmd\/run/;

/** The file that holds the stack's state, in whatever form it was written. */
function stateFile(folder: string): string {
  const forms = ["json", "json.gz", "json.zst"].map((form) => `state/.pulumi/stacks/*/test.${form}`);
  const [newest] = globSync(forms, { cwd: folder })
    .map((name) => join(folder, name))
    .toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (newest === undefined) throw new Error(`There is no state in ${folder}.`);
  return newest;
}

/** Deploys N workspaces with the commands of a checkout, and does everything else to them. */
async function lifeOf(tree: string, count: number, note: (what: string, taken: Measured) => void): Promise<void> {
  const harness = join(tree, "test/engine/harness/engineStack.ts");
  const { EngineStack: Stack } = (await import(harness)) as { EngineStack: typeof EngineStack };
  await using stack = await Stack.start({ emulator, env });
  if (values.latency !== undefined) stack.emulator.faults([{ delayMs: Number(values.latency), times: "forever" }]);
  const run = async (what: string, file: string, ...args: string[]) => {
    const first = stack.emulator.requests().length;
    const command = [join(tree, "cli/setup.mjs"), "--run", file, ...args, "--stack", "test"];
    const cost = await measured(process.execPath, command, { cwd: stack.folder, env: stack.env });
    if (cost.code !== 0) throw new Error(`${what} failed:\n${cost.text}`);
    const requests = stack.emulator.requests().slice(first);
    const { deployment } = await stack.state();
    note(what, {
      calls: requests.length,
      refused: requests.filter(({ status }) => status === 429).length,
      seconds: cost.seconds,
      cpu: cost.cpuSeconds,
      megabytes: cost.megabytes,
      node: cost.byProcess.reduce((sum, [command, MB]) => sum + (PULUMIS_NODE.test(command) ? MB : 0), 0),
      state: JSON.stringify(deployment).length / 1000,
      file: statSync(stateFile(stack.folder)).size / 1000,
    });
  };
  const apply = ["--yes", "--skip-preview", ...options];
  const workspaces = values.items ? benchItems(count) : benchWorkspaces(count);
  stack.configure({ workspaces });
  await run("create", "cli/up.ts", ...apply);
  if (values.only === "create") return;
  await run("preview without changes", "cli/pulumiCommand.ts", "preview");
  await run("refresh", "cli/pulumiCommand.ts", "refresh", ...apply);
  const [one, ...others] = workspaces;
  if (one === undefined) return;
  stack.configure({ workspaces: [{ ...one, description: "other" }, ...others] });
  await run("update of one description", "cli/up.ts", ...apply);
  stack.configure({ workspaces: workspaces.map((each) => ({ ...each, description: "second" })) });
  await run("update of every description", "cli/up.ts", ...apply);
  await run("destroy", "cli/pulumiCommand.ts", "destroy", ...apply);
}

/** Measures N workspaces, and prints their table. @returns what the commands of this checkout took, by what they do */
async function measure(count: number): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const taken = trees.map(() => new Map<string, Measured[]>());
  for (let nth = 1; nth <= Number(values.runs); nth++) {
    for (const [index, tree] of trees.entries()) {
      console.error(
        `${count} ${values.items ? "items" : "workspaces"}, run ${nth}${trees.length > 1 ? `, ${index === 0 ? "before" : "now"}` : ""}`,
      );
      const rows = taken[index];
      await lifeOf(tree, count, (what, one) => rows?.set(what, [...(rows.get(what) ?? []), one]));
    }
  }
  const now = taken.at(-1);
  const cell = (what: string, of: keyof Measured, digits = 0) =>
    taken.map((rows) => median((rows.get(what) ?? []).map((one) => one[of])).toFixed(digits)).join(" → ");
  const names = [...(now?.keys() ?? [])];
  const refused = names.some((what) => now?.get(what)?.some((one) => one.refused > 0)) ? ["refused"] : [];
  const head = [
    `${count} ${values.items ? "items" : `workspaces, ${count * 8} resources`}`,
    "calls",
    ...refused,
    "s",
    "CPU s",
    "MB of all processes",
    "of which host, program, provider",
    "kB of state",
    "kB of its file",
  ];
  console.log(trees.length > 1 ? "\nbefore → now\n" : "");
  console.log(
    markdownTable(
      head,
      names.map((what) => [
        what,
        cell(what, "calls"),
        ...(refused.length > 0 ? [cell(what, "refused")] : []),
        cell(what, "seconds", 1),
        cell(what, "cpu", 1),
        cell(what, "megabytes"),
        cell(what, "node"),
        cell(what, "state"),
        cell(what, "file", 1),
      ]),
    ),
  );
  return now ?? new Map<string, Measured[]>();
}

/** The table of docs/benchmarks.md that shows what a resource costs in small and in large stacks. */
function printCurve(of: readonly (readonly [count: number, taken: ReadonlyMap<string, readonly Measured[]>])[]): void {
  const parts = ["create", "preview without changes", "refresh", "destroy"];
  const medianOf = (taken: ReadonlyMap<string, readonly Measured[]>, what: string, of: "cpu" | "node") =>
    median((taken.get(what) ?? []).map((one) => one[of])).toFixed(of === "cpu" ? 1 : 0);
  const short = (what: string) => what.replace(/ .*/, "");
  console.log(
    `\n${markdownTable(
      ["resources", ...parts.map((what) => `${short(what)}, CPU s`), ...parts.map((what) => `${short(what)}, MB`)],
      of.map(([count, taken]) => [
        (count * 8).toLocaleString("en"),
        ...parts.map((what) => medianOf(taken, what, "cpu")),
        ...parts.map((what) => medianOf(taken, what, "node")),
      ]),
    )}`,
  );
}

const all: (readonly [number, ReadonlyMap<string, readonly Measured[]>])[] = [];
for (const count of counts) all.push([count, await measure(count)]);
if (counts.length > 1 && !values.items && values.only === undefined) printCurve(all);
