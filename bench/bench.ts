import { EngineStack } from "../test/engine/harness/engineStack.ts";
import { benchWorkspaces } from "./workspace.ts";

/*
 * `npm run bench [-- N…]`: calls, times and bytes of docs/benchmarks.md, for N workspaces of eight resources each. Counts are exact;
 * seconds depend on the machine and are worth comparing within one run only.
 */

interface Row {
  readonly what: string;
  readonly calls: number;
  readonly seconds: number;
}

async function measure(count: number): Promise<void> {
  await using stack = await EngineStack.start();
  const rows: Row[] = [];
  const timed = async (what: string, command: () => Promise<{ code: number; text: string }>) => {
    const [calls, begin] = [stack.emulator.requests().length, performance.now()];
    const { code, text } = await command();
    if (code !== 0) throw new Error(`${what} failed:\n${text}`);
    rows.push({ what, calls: stack.emulator.requests().length - calls, seconds: (performance.now() - begin) / 1000 });
  };
  const workspaces = benchWorkspaces(count);
  stack.configure({ workspaces });
  await timed("create", () => stack.up());
  await timed("preview, no change", () => stack.preview());
  await timed("preview, no change, again", () => stack.preview());
  await timed("refresh", () => stack.refresh());
  const { deployment } = await stack.state();
  const resources = (deployment.resources ?? []).filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/fabric:"));
  stack.configure({ workspaces: workspaces.map((one) => ({ ...one, description: "second" })) });
  await timed("update of every description", () => stack.up());
  await timed("destroy", () => stack.destroy());

  const perResource = (value: number) => (value / resources.length).toFixed(2);
  console.log(`\n${count} workspaces, ${resources.length} resources`);
  console.table(
    rows.map(({ what, calls, seconds }) => ({
      what,
      calls,
      "calls per resource": perResource(calls),
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

const counts = process.argv.slice(2).map(Number);
for (const count of counts.length > 0 ? counts : [1, 10, 50]) await measure(count);
