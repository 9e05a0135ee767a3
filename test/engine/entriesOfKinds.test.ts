import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";
import { everything, inWorkspaces, nothing } from "./harness/examplesOfKinds.ts";
import { worldOf } from "./harness/worldOf.ts";

describe("the entries that kinds bring along", () => {
  it("The entries that kinds bring along are deployed as their examples say, shown in the outputs, unchanged by a refresh, and taken away with their keys", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ ...nothing, protectData: false });
    const first = await stack.up();
    assert.equal(first.code, 0, first.text);
    const before = worldOf(stack);

    stack.configure({ ...everything, protectData: false });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const outputs = JSON.parse((await stack.run(["stack", "output", "--json"])).text) as {
      workspaces: Record<string, Record<string, unknown>>;
    };
    for (const { key, shows } of inWorkspaces) if (shows) assert.ok(outputs.workspaces["sales"]?.[key], key);
    const again = await stack.run(["preview", "--refresh"]);
    assert.deepEqual([again.code, again.steps], [0, []], again.text);

    stack.configure({ ...nothing, protectData: false });
    const removed = await stack.up();
    assert.equal(removed.code, 0, removed.text);
    assert.deepEqual(worldOf(stack), before);
  });
});
