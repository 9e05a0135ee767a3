import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];

describe("a result as JSON", () => {
  it("A result as JSON stands alone on standard output, of a preview, of a deployment and of one that failed", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces: [{ name: "sales", displayName: "sales-test" }] });
    const json = async (file: string, args: readonly string[]) => {
      const { code, out } = await stack.outputOf(file, [...args, "--output", "json"]);
      return { code, result: JSON.parse(out) as Record<string, unknown> };
    };
    const preview = await json("cli/pulumiCommand.ts", ["preview"]);
    assert.equal(preview.code, 0);
    assert.deepEqual(
      [preview.result["command"], preview.result["stack"], preview.result["exitCode"]],
      ["preview", "test", 0],
    );
    assert.match(JSON.stringify(preview.result["changes"]), /"operation":"create","kind":"Workspace","name":"sales"/);
    const up = await json("cli/up.ts", quick);
    assert.equal(up.code, 0);
    assert.deepEqual(
      [up.result["outcome"], up.result["counts"], up.result["leftovers"]],
      ["committed", { created: 1, updated: 0, deleted: 0, failed: 0 }, []],
    );
    stack.configure({ features, workspaces: [{ name: "sales", displayName: "sales-test", description: "x" }] });
    stack.emulator.faults([{ method: "PATCH", status: 400, errorCode: "Broken", times: "forever" }]);
    const failed = await json("cli/up.ts", quick);
    assert.equal(failed.code, 1);
    assert.equal(failed.result["exitCode"], 1);
    assert.match(JSON.stringify(failed.result["failure"]), /"errorCode":"Broken"/);
    const wrong = await json("cli/rollback.ts", ["--nonsense"]);
    assert.equal(wrong.code, 2);
    assert.match(String(wrong.result["error"]), /nonsense/);
  });
});
