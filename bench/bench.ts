import { parseArgs } from "node:util";
import type { EmulatorOptions } from "../emulator/emulator.ts";
import { timingOptions } from "../emulator/core/timingOptions.ts";
import { EngineStack } from "../test/engine/harness/engineStack.ts";
import { benchItems, benchWorkspaces } from "./workspace.ts";

/*
 * `npm run bench [-- N…]`: calls, times and bytes of docs/benchmarks.md, for N workspaces of eight resources each. Counts are
 * exact. Seconds depend on the machine, so compare them only within one run.
 *
 * Any of the following options makes the service slow. The benchmark then runs npm's own commands, because they adapt the
 * number of parallel steps to the service.
 * - `--timing recorded [--speed N]`: answers, operations and Retry-After as they were recorded, N times faster
 * - `--quota documented`: refuses calls above the documented quotas
 * - `--latency MS`: delay before each answer
 * - `--retry-after S`: Retry-After of each operation, which is complete at the first poll
 * - `--only create`: stops after the first deployment
 * - `--items`: N is the number of items of one workspace instead
 * - `--parallel N`: number of parallel steps, instead of the command's own choice
 */

interface Row {
  readonly what: string;
  readonly calls: number;
  readonly refused: number;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
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
  },
});
const isSlow = values.timing !== undefined || values.latency !== undefined || values["retry-after"] !== undefined;
const emulator: EmulatorOptions = {
  ...timingOptions(values),
  ...(values["retry-after"] !== undefined && { retryAfterSeconds: Number(values["retry-after"]) }),
};
const speed = emulator.speed ?? 1;
const env = isSlow ? { FABRIC_RETRY_BASE_MS: String(2000 / speed) } : {};
const options = values.parallel === undefined ? [] : ["--parallel", values.parallel];

async function measure(count: number): Promise<void> {
  await using stack = await EngineStack.start({ emulator, env });
  if (values.latency !== undefined) stack.emulator.faults([{ delayMs: Number(values.latency), times: "forever" }]);
  const rows: Row[] = [];
  const timed = async (what: string, command: () => Promise<{ code: number; text: string }>) => {
    const [first, begin] = [stack.emulator.requests().length, performance.now()];
    const { code, text } = await command();
    if (code !== 0) throw new Error(`${what} failed:\n${text}`);
    const seconds = (performance.now() - begin) / 1000;
    const requests = stack.emulator.requests().slice(first);
    const refused = requests.filter(({ status }) => status === 429).length;
    rows.push({ what, calls: requests.length, refused, seconds });
  };
  const up = () => (isSlow ? stack.command("cli/up.ts", ["--yes", "--skip-preview", ...options]) : stack.up());
  const destroy = () =>
    isSlow
      ? stack.command("cli/pulumiCommand.ts", ["destroy", "--yes", "--skip-preview", ...options])
      : stack.destroy();
  const workspaces = values.items ? benchItems(count) : benchWorkspaces(count);
  stack.configure({ workspaces });
  await timed("create", up);
  const { deployment } = await stack.state();
  const resources = (deployment.resources ?? []).filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/fabric:"));
  if (values.only !== "create") {
    await timed("preview, no change", () => stack.preview());
    await timed("preview, no change, again", () => stack.preview());
    await timed("refresh", () => stack.refresh());
    stack.configure({ workspaces: workspaces.map((one) => ({ ...one, description: "second" })) });
    await timed("update of every description", up);
    await timed("destroy", destroy);
  }

  const perResource = (value: number) => (value / resources.length).toFixed(2);
  console.log(`\n${count} ${values.items ? "items" : "workspaces"}, ${resources.length} resources`);
  console.table(
    rows.map(({ what, calls, refused, seconds }) => ({
      what,
      calls,
      "calls per resource": perResource(calls),
      ...(isSlow && { refused }),
      seconds: Number(seconds.toFixed(1)),
    })),
  );
  const bytes = JSON.stringify(deployment).length;
  const outputs = resources.map((resource) => JSON.stringify(resource.outputs ?? {}).length);
  const mean = outputs.reduce((sum, length) => sum + length, 0) / outputs.length;
  console.log(
    `state: ${bytes} bytes, ${(bytes / resources.length).toFixed(0)} for each resource, of which its outputs are ${mean.toFixed(0)}`,
  );
}

const counts = positionals.map(Number);
for (const count of counts.length > 0 ? counts : [1, 10, 50]) await measure(count);
