import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { edit, idOf, retail, stackWithFolder } from "../harness/retailFolder.ts";
import { worldOf } from "../harness/worldOf.ts";

describe("a folder of items", () => {
  it("A folder of items that fails in the middle goes back as a whole, content included", async () => {
    await using stack = await stackWithFolder();
    stack.configure(retail({}, { useRollback: true }));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const before = worldOf(stack);
    edit(stack, "load/compact.SparkJobDefinition/Main/main.py", (text) => text.replace("OPTIMIZE", "VACUUM"));
    edit(stack, "explore.Notebook/.platform", (text) => text.replace('"explore"', '"Explore orders"'));
    edit(stack, "load/weekly.DataPipeline/pipeline-content.json", (text) => text.replace("Nightly run", "Every night"));
    const weekly = idOf(stack, "DataPipeline", "weekly");
    stack.emulator.faults([
      { method: "POST", route: `items/${weekly}/updateDefinition`, status: 400, errorCode: "CorruptedPayload" },
    ]);
    const failed = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    assert.deepEqual(worldOf(stack), before);
  });
});
