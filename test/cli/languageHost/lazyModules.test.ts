import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { nodeMemory, withoutDebugMessages } from "../../../cli/pulumi/nodeMemory.ts";
import { projectRoot } from "../../../cli/pulumi/pulumi.ts";

/** What a process prints that has loaded the SDK. */
function afterLoadingSdk(script: string, env: NodeJS.ProcessEnv): unknown {
  const program = `const runtime = require("@pulumi/pulumi/runtime");
    const loaded = (part) => Object.keys(require.cache).some((path) => path.includes(part));
    const heavy = () => loaded("typescript/lib/typescript.js");
    ${script}`;
  const { NODE_OPTIONS: _, ...others } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], {
    cwd: projectRoot,
    env: { ...others, ...env },
    encoding: "utf8",
  });
  return stdout === "" ? assert.fail(stderr) : JSON.parse(stdout);
}

/* The first test fails as soon as the SDK loads less by itself: then lazyModules.cjs can go. */
describe("Pulumi's SDK at its start", () => {
  const heavy = "console.log(JSON.stringify(heavy()))";

  it("Pulumi's SDK loads the TypeScript compiler at its start, unless a command of the project runs it", () => {
    assert.deepEqual(afterLoadingSdk(heavy, {}), true);
    assert.deepEqual(afterLoadingSdk(heavy, nodeMemory({})), false);
    assert.deepEqual(afterLoadingSdk(heavy, withoutDebugMessages(["up"], nodeMemory({}))), false);
  });

  it("Pulumi's SDK loads what it needs to serialize a function when a program gives it one", () => {
    const serialized = `runtime.serializeFunction(() => 1 + 2).then(async ({ text }) => {
      const { computeCodePaths } = require("@pulumi/pulumi/runtime/closure/codePaths");
      const paths = await computeCodePaths();
      console.log(JSON.stringify({ isWhole: text.includes("1 + 2"), paths: paths.size > 0, heavy: heavy() }));
    });`;
    assert.deepEqual(afterLoadingSdk(serialized, nodeMemory({})), { isWhole: true, paths: true, heavy: true });
  });
});
