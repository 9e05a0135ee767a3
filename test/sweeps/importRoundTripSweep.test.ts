import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { ExistingEnvironment } from "../engine/harness/existingEnvironment.ts";
import { worldOf } from "../engine/harness/worldOf.ts";
import { seedsOf, sweep } from "./sweep.ts";

/*
 * Environments that somebody made, by chance and by the seed that a failure names: imported, previewed without change,
 * destroyed, and made again from the configuration alone.
 */

const name = "imports and deployments of environments by chance";

describe("an environment that was made elsewhere", () => {
  it("An environment that was made elsewhere comes back the same from the configuration that its import wrote", async () => {
    const points = seedsOf(name, 20);
    await sweep({ name, points, few: points.slice(0, 2), attempt: comesBack });
  });
});

/** Makes the environment of a seed, and imports, destroys and deploys it. */
async function comesBack(seed: number): Promise<void> {
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
}
