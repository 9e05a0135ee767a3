import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* `npm run preview -- --save-plan FILE`, somebody's review, `npm run up -- --plan FILE`: what was reviewed is done, and nothing else. */

const features = { useRetryLogic: true, useRollback: true };
const sales = { name: "sales", displayName: "sales-test", capacity: "local" };
const quick = ["--yes", "--skip-preview"];
const names = ({ emulator }: EngineStack) =>
  emulator.service.workspaces
    .all()
    .map(({ displayName }) => displayName)
    .sort();
const save = (stack: EngineStack) =>
  stack.command("cli/pulumiCommand.ts", ["preview", "--save-plan", "plans/plan.json"]);
const apply = (stack: EngineStack, env: NodeJS.ProcessEnv = {}) =>
  stack.command("cli/up.ts", [...quick, "--plan", "plans/plan.json"], env);

async function planned(workspaces: readonly object[]): Promise<EngineStack> {
  const stack = await EngineStack.start();
  stack.configure({ workspaces, features });
  const preview = await save(stack);
  if (preview.code === 0) return stack;
  await stack[Symbol.asyncDispose]();
  assert.fail(preview.text);
}

describe("a saved plan", () => {
  it("A saved plan is kept in a file that nobody else reads, and applied as it was reviewed", async () => {
    await using stack = await planned([{ ...sales, items: [{ name: "bronze", type: "Lakehouse" }] }]);
    const file = join(stack.folder, "plans/plan.json");
    assert.equal(statSync(file).mode & 0o077, 0);
    const up = await apply(stack);
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(names(stack), ["sales-test"]);
    const again = await save(stack);
    assert.match(again.text, /unchanged/);
    assert.equal((await apply(stack)).code, 0);
  });

  for (const [what, workspaces] of [
    ["makes more", [sales, { name: "more", capacity: "local" }]],
    ["makes less", []],
    ["makes it otherwise", [{ ...sales, description: "not reviewed" }]],
  ] as [string, object[]][]) {
    it(`A saved plan refuses a configuration that ${what} than was reviewed, and leaves nothing behind`, async () => {
      await using stack = await planned([sales]);
      stack.configure({ workspaces, features });
      const up = await apply(stack);
      assert.equal(up.code, 1, up.text);
      assert.match(
        up.text,
        /is not what the plan .*plans\/plan\.json says.*npm run preview -- --stack test --save-plan/s,
      );
      assert.deepEqual(names(stack), []);
    });
  }

  it("A saved plan refuses a stack that was deployed otherwise since, and leaves it as it is", async () => {
    await using stack = await planned([sales]);
    stack.configure({ workspaces: [{ ...sales, description: "of somebody else" }], features });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    stack.configure({ workspaces: [sales], features });
    const up = await apply(stack);
    assert.equal(up.code, 1, up.text);
    assert.equal(stack.emulator.service.workspaces.all()[0]?.description, "of somebody else");
  });

  it("A saved plan that is not there is said before anything is done", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales], features });
    const up = await apply(stack);
    assert.notEqual(up.code, 0);
    assert.match(up.text, /There is no plan .*plans\/plan\.json/);
    assert.deepEqual(stack.calls(), []);
  });

  it("A saved plan of a stack that does not exist yet shows and makes what its first deployment makes", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales], features });
    renameSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "Pulumi.fresh.yaml"));
    mkdirSync(join(stack.folder, "plans"));
    const file = "plans/fresh.json";
    const preview = await stack.commandAs("fresh", "cli/pulumiCommand.ts", ["preview", `--save-plan=${file}`]);
    assert.equal(preview.code, 0, preview.text);
    assert.ok(existsSync(join(stack.folder, file)));
    const up = await stack.commandAs("fresh", "cli/up.ts", [...quick, "--plan", file]);
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(names(stack), ["sales-test"]);
  });
});
