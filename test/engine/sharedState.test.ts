import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Azurite } from "../doubles/azurite.ts";
import { EngineStack } from "./harness/engineStack.ts";

/* State and transaction log in a storage account: what a run on one machine began, another one can end. */

let azurite: Azurite;
before(async () => {
  azurite = await Azurite.start("logs");
});
after(() => azurite[Symbol.asyncDispose]());

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];
const workspaces = [
  {
    name: "sales",
    displayName: "sales-test",
    capacity: "local",
    users: [{ principal: "alice@contoso.com", role: "Member" }],
    items: [
      { name: "bronze", type: "Lakehouse", folder: "/raw" },
      { name: "flow", type: "DataPipeline" },
    ],
  },
];

let count = 0;

/** A stack whose log and state lie in storage accounts, each place its own. */
async function started(state: Azurite, onFault?: () => void): Promise<EngineStack> {
  const container = `state-${++count}`;
  await state.makeContainer(container);
  const stack = await EngineStack.start({
    env: { ...state.stateEnv(container), ...azurite.logEnv },
    ...(onFault && { emulator: { onFault } }),
  });
  stack.configure({ features, workspaces, transactionLog: `${azurite.url("logs")}/stack-${count}` });
  return stack;
}

const countsOf = ({ emulator: { service } }: EngineStack) =>
  [service.workspaces, service.roles, service.folders, service.items].map((collection) => collection.all().length);

describe("a stack whose state and log lie in a storage account", () => {
  it("A stack whose state and log lie in a storage account is deployed from one machine, is unchanged on another, and destroyed from there", async () => {
    await using one = await started(azurite);
    const up = await one.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const states = (await azurite.blobs(`state-${count}`)).filter((name) => /stacks\/fabric\/test\.json/.test(name));
    assert.deepEqual(
      states.filter((name) => !name.includes(".bak")),
      [".pulumi/stacks/fabric/test.json.zst"],
    );
    const other = one.secondMachine();
    const preview = await other.preview();
    assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);
    assert.equal((await other.command("cli/rollback.ts")).code, 1, "a committed transaction was rolled back");
    const destroy = await other.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(countsOf(one), [0, 0, 0, 0]);
    other.removeFolder();
  });
});
