import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/* What only a flag or a mark in the state would delete is not deleted, unless the environment of the command names it. */

const quick = ["--yes", "--skip-preview"];
const bronze = { name: "bronze", type: "Lakehouse" };
const ingest = { name: "ingest", path: "fabric/sales/ingest.Notebook" };
const sales = { name: "sales", capacity: "local", items: [bronze, ingest] };

async function deployed(config: Record<string, unknown>): Promise<EngineStack> {
  const stack = await EngineStack.start();
  stack.configure({ protectData: true, ...config });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
  return stack;
}

/** Runs a command that has to be refused, with nothing done. */
async function assertRefused(
  stack: EngineStack,
  work: () => Promise<{ code: number; text: string }>,
  ...texts: RegExp[]
): Promise<void> {
  const [before, calls] = [worldOf(stack), stack.emulator.requests().length];
  const { code, text } = await work();
  assert.equal(code, 1, text);
  for (const expected of texts) assert.match(text, expected);
  assert.deepEqual(worldOf(stack), before);
  const writes = stack.calls(calls).filter((call) => !call.startsWith("GET"));
  assert.deepEqual(writes, []);
}

describe("--ignore-protect", () => {
  it("--ignore-protect is refused on up, preview and destroy, and what the environment names is deleted and told", async () => {
    await using stack = await deployed({ workspaces: [sales] });
    stack.configure({ protectData: true, workspaces: [{ ...sales, items: [ingest] }] });
    const refusal = [
      /Item 'sales\/bronze' is protected, and would be deleted/,
      /FABRIC_ALLOW_UNPROTECT='sales\/bronze'/,
    ];
    const up = (env = {}) => stack.command("cli/up.ts", [...quick, "--ignore-protect"], env);
    await assertRefused(stack, () => up(), ...refusal);
    await assertRefused(stack, () => up({ FABRIC_ALLOW_UNPROTECT: "sales/bronz" }), /Did you mean 'sales\/bronze'/);
    await assertRefused(
      stack,
      () => stack.command("cli/up.ts", quick, { PULUMI_OPTION_IGNORE_PROTECT: "1" }),
      ...refusal,
    );
    const preview = (env = {}) => stack.command("cli/pulumiCommand.ts", ["preview", "--ignore-protect"], env);
    await assertRefused(stack, () => preview(), ...refusal);
    const shown = await preview({ FABRIC_ALLOW_UNPROTECT: "sales/bronze" });
    assert.equal(shown.code, 0, shown.text);
    assert.match(shown.text, /Protection is lifted from Item 'sales\/bronze' \(FABRIC_ALLOW_UNPROTECT\)/);

    const allowed = await up({ FABRIC_ALLOW_UNPROTECT: " x , sales/bronze" });
    assert.equal(allowed.code, 0, allowed.text);
    assert.match(allowed.text, /Protection was lifted from Item 'sales\/bronze' \(FABRIC_ALLOW_UNPROTECT\)/);
    assert.deepEqual(
      stack.emulator.service.items.all().map(({ displayName }) => displayName),
      ["ingest"],
    );

    const destroy = (env = {}) => stack.command("cli/pulumiCommand.ts", ["destroy", ...quick, "--ignore-protect"], env);
    await assertRefused(stack, () => destroy(), /Workspace 'sales' is protected/, /FABRIC_ALLOW_UNPROTECT='sales'/);
    const gone = await destroy({ FABRIC_ALLOW_UNPROTECT: "sales" });
    assert.equal(gone.code, 0, gone.text);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });
});
