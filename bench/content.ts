import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { countsIn, scriptOptions } from "../cli/commandLine/scriptOptions.ts";
import { EngineStack } from "../test/engine/harness/engineStack.ts";
import { cpuOfEnded, treeOf } from "./processTree.ts";

/* `npm run bench:content`: what a folder of items costs. */

const usage = `Usage: npm run bench:content -- [options]

Deploys a folder of 200 items in 12 sub-folders, half of them pipelines that refer to a notebook each. Prints calls to the service,
seconds, seconds of CPU, and most megabytes of each Node process of a command (languageHost: where they share one that of program
and provider, else of the program; dynamicProvider: of the provider).

--items N    so many items, an even number [200]
--unchanged  only the first up and the previews without changes after it`;

const call = {
  script: "bench:content",
  usage,
  options: { items: { type: "string", default: "200" }, unchanged: { type: "boolean", default: false } },
} as const;
const { values, ITEMS } = scriptOptions(call, ({ values }) => {
  const [items = 0] = countsIn([values.items], []);
  if (items % 2 > 0) throw new Error(`--items takes an even number, not ${items}. Nothing was done.`);
  return { values, ITEMS: items };
});
const FOLDERS = 12;
const SAMPLE_MS = 200;
const ZERO = "00000000-0000-0000-0000-000000000000";
const idOf = (number: number) => `10000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** Writes one file of an item. */
function write(root: string, path: string, content: string | object): void {
  const file = join(root, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
}

function writeItems(root: string): string[] {
  return Array.from({ length: ITEMS / 2 }, (_, pair) => {
    const place = `area${pair % FOLDERS}`;
    const platform = (type: string, displayName: string, logicalId: string) => ({
      metadata: { type, displayName },
      config: { version: "2.0", logicalId },
    });
    const notebook = `${place}/load${pair}.Notebook`;
    write(root, `${notebook}/.platform`, platform("Notebook", `load${pair}`, idOf(2 * pair)));
    const source = Array.from({ length: 200 }, (_line, line) => `print("line ${line} of notebook ${pair}")`);
    write(
      root,
      `${notebook}/notebook-content.py`,
      `# Fabric notebook source\n\n# CELL ********************\n\n${source.join("\n")}\n`,
    );
    const pipeline = `${place}/run${pair}.DataPipeline`;
    write(root, `${pipeline}/.platform`, platform("DataPipeline", `run${pair}`, idOf(2 * pair + 1)));
    const typeProperties = { notebookId: idOf(2 * pair), workspaceId: ZERO };
    write(root, `${pipeline}/pipeline-content.json`, {
      properties: { activities: [{ name: "Run", type: "TridentNotebook", typeProperties }] },
    });
    return notebook;
  });
}

await using stack = await EngineStack.start();
const root = join(stack.folder, "items");
const notebooks = writeItems(root);
stack.configure({
  features: { useRetryLogic: true, useRollback: true },
  workspaces: [{ name: "content", capacity: "local", items: [{ from: "items" }] }],
});

const rows: object[] = [];
async function measured(
  what: string,
  work: () => Promise<{ readonly code: number; readonly text: string }>,
  expected = 0,
) {
  const before = stack.emulator.requests().length;
  const begin = performance.now();
  const cpu = cpuOfEnded();
  const most = new Map<string, number>();
  const timer = setInterval(() => {
    for (const { pid, megabytes, command } of treeOf(process.pid)) {
      const script = /\bnode\b.*?([\w-]+)\.(?:ts|mjs|cjs)\b/.exec(command)?.[1];
      if (pid !== process.pid && script) most.set(script, Math.max(most.get(script) ?? 0, Math.round(megabytes)));
    }
  }, SAMPLE_MS);
  const { code, text } = await work();
  clearInterval(timer);
  const seconds = (performance.now() - begin) / 1000;
  if (code !== expected) throw new Error(`${what}: exit code ${code}\n${text}`);
  const calls = stack.emulator.requests().slice(before);
  const polls = calls.filter(({ route }) => route.startsWith("/operations/")).length;
  rows.push({ what, calls: calls.length, "of them polls": polls, seconds: seconds.toFixed(1) });
  const [row = {}] = rows.slice(-1);
  const MB = [...most].map(([script, megabytes]) => `${script} ${megabytes}`).join(", ");
  Object.assign(row, { CPU: (cpuOfEnded() - cpu).toFixed(1), MB });
}
const quick = ["--yes", "--skip-preview"];
const up = () => stack.command("cli/up.ts", quick);
const edit = (count: number, word: string) => {
  for (const notebook of notebooks.slice(0, count)) {
    const file = join(root, notebook, "notebook-content.py");
    writeFileSync(file, readFileSync(file, "utf8").replace(/of (notebook|changed|again)/g, `of ${word}`));
  }
};

await measured(`up of ${ITEMS} items`, up);
await measured("preview without changes", () => stack.command("cli/pulumiCommand.ts", ["preview"]));
if (values.unchanged) {
  await measured("preview without changes, again", () => stack.command("cli/pulumiCommand.ts", ["preview"]));
} else {
  edit(20, "changed");
  await measured("up of 20 changed notebooks", up);
  edit(20, "again");
  stack.emulator.faults([
    { method: "POST", route: "/updateDefinition", nth: 15, status: 400, errorCode: "CorruptedPayload" },
  ]);
  await measured("up of 20 that is refused at the 15th, rolled back", up, 1);
  edit(20, "changed");
  rmSync(join(root, "area0"), { recursive: true });
  await measured("up without one sub-folder", up);
}
console.table(rows);
const state = JSON.stringify(await stack.state()).length;
console.log(`State: ${Math.round(state / 1000)} kB`);
