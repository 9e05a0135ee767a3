import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { ExistingEnvironment } from "../harness/existingEnvironment.ts";
import { worldOf } from "../harness/worldOf.ts";

/*
 * Environments that somebody made, by chance and by the seed that a failure names: imported, previewed without change,
 * destroyed, and made again from the configuration alone. Two in npm test, twenty in `npm run test:crash`.
 */

const count = process.env["FABRIC_CRASH_SWEEP"] === "all" ? 20 : 2;

describe("an environment that was made elsewhere", () => {
  for (let seed = 1; seed <= count; seed++) {
    it(`comes back the same from the configuration that its import wrote (seed ${seed})`, async () => {
      await using stack = await EngineStack.start();
      const environment = new ExistingEnvironment(stack, seed);
      await environment.make();
      stack.configure({ workspaces: [] });
      const original = worldOf(stack);
      const definitions = environment.hasDefinitions ? ["--definitions", "--definitions-folder", "items"] : [];
      const begun = stack.emulator.requests().length;

      const imported = await stack.command("cli/import.ts", ["--all", ...definitions]);
      assert.equal(imported.code, 0, imported.text);
      assert.match(imported.text, /A preview shows no change/);
      const writes = stack.calls(begun).filter((call) => !call.startsWith("GET") && !call.includes("getDefinition"));
      assert.deepEqual(writes, [], "the import wrote to the service");
      const preview = await stack.preview();
      assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);
      const refresh = await stack.refresh();
      assert.equal(refresh.code, 0, refresh.text);
      const again = await stack.preview();
      assert.deepEqual([again.code, again.steps], [0, []], again.text);

      const destroy = await stack.destroy();
      assert.equal(destroy.code, 0, destroy.text);
      assert.deepEqual(stack.emulator.service.workspaces.all(), []);
      const up = await stack.up();
      assert.equal(up.code, 0, up.text);
      assert.deepEqual(worldOf(stack), original);
    });
  }
});
