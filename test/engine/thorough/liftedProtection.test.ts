import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { callApi } from "../harness/existingEnvironment.ts";
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

describe("a forced replacement", () => {
  it("A forced replacement of what existed before the stack is refused; what is allowed is given back in the end", async () => {
    await using stack = await EngineStack.start();
    const { id } = await callApi(stack, "POST", "/workspaces", {
      displayName: "sales",
      description: "theirs",
      capacityId: known.activeCapacity,
    });
    await callApi(stack, "POST", `/workspaces/${id}/roleAssignments`, {
      principal: { id: known.bob, type: "User" },
      role: "Viewer",
    });
    await callApi(stack, "POST", `/workspaces/${id}/folders`, { displayName: "reports" });
    await callApi(stack, "POST", `/workspaces/${id}/items`, { displayName: "flow", type: "DataPipeline" });
    const before = worldOf(stack);
    const flow = { name: "flow", type: "DataPipeline", adopt: true, description: "ours", folder: "/reports" };
    const users = [{ principal: "bob@contoso.com", role: "Member" }];
    stack.configure({ workspaces: [{ name: "sales", description: "ours", adopt: true, users, items: [flow] }] });
    assert.equal((await stack.up()).code, 0);
    const up = (pattern: string, env = {}) => stack.command("cli/up.ts", [...quick, "--replace", pattern], env);
    for (const [pattern, what] of [
      ["**:WorkspaceUser::**", /WorkspaceUser 'sales\/bob@contoso.com' existed before the stack/],
      ["**:Folder::**", /Folder 'sales\/reports' existed before the stack/],
      ["**:Item::**", /Item 'sales\/flow' existed before the stack/],
      ["**:Workspace::**", /Workspace 'sales' existed before the stack/],
    ] as const)
      await assertRefused(stack, () => up(pattern), what);
    // taking adopt away changes nothing about whose it is
    stack.configure({
      workspaces: [{ name: "sales", description: "ours", users, items: [{ ...flow, adopt: false }] }],
    });
    const all = "sales,sales/flow,sales/reports,sales/bob@contoso.com";
    const allowed = await up("**:Workspace::**", { FABRIC_ALLOW_UNPROTECT: all });
    assert.equal(allowed.code, 0, allowed.text);
    assert.deepEqual((await stack.preview()).steps, []);
    assert.equal((await stack.destroy()).code, 0);
    assert.deepEqual(worldOf(stack), before);
  });

  it("A forced replacement of a workspace or of data is refused whether it is protected or not, by flag, environment and taint", async () => {
    await using stack = await deployed({ protectData: false, workspaces: [sales] });
    const up = (args: string[], env = {}) => stack.command("cli/up.ts", [...quick, ...args], env);
    const both = [
      /Workspace 'sales' would be deleted with everything in it, and made anew/,
      /Item 'sales\/bronze' would be deleted with its data/,
      /FABRIC_ALLOW_UNPROTECT='sales\/bronze,sales'/,
    ];
    await assertRefused(stack, () => up(["--replace", "**Workspace::sales"]), ...both);
    await assertRefused(
      stack,
      () => up(["--replace=**:Item::**"]),
      /Item 'sales\/bronze' would be deleted with its data/,
    );
    await assertRefused(
      stack,
      () => up(["--target-replace", "**:Item::sales/bronze"]),
      /'sales\/bronze' would be deleted with its data/,
    );
    await assertRefused(stack, () => up([], { PULUMI_OPTION_REPLACE: "**Workspace::sales" }), ...both);
    await assertRefused(
      stack,
      () => stack.command("cli/pulumiCommand.ts", ["preview", "--replace", "**Workspace::sales"]),
      ...both,
    );
    const notebook = await up(["--replace", "**:Item::sales/ingest"]);
    assert.equal(notebook.code, 0, notebook.text);

    const { deployment } = await stack.state();
    const urn = deployment.resources?.find(({ type }) => type.endsWith(":Workspace"))?.urn ?? "";
    assert.equal((await stack.run(["state", "taint", urn, "--yes"])).code, 0);
    await assertRefused(stack, () => up([]), ...both);
    await assertRefused(stack, () => stack.command("cli/pulumiCommand.ts", ["preview"]), ...both);
    const [before] = stack.emulator.service.workspaces.all();
    const allowed = await up([], { FABRIC_ALLOW_UNPROTECT: "sales,sales/bronze" });
    assert.equal(allowed.code, 0, allowed.text);
    assert.match(allowed.text, /was lifted from Item 'sales\/bronze' .*\n.*was lifted from Workspace 'sales'/);
    const [after] = stack.emulator.service.workspaces.all();
    assert.notEqual(after?.id, before?.id);
    assert.deepEqual((await stack.preview()).steps, []);
  });
});

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

describe("npm run destroy --skip-preview", () => {
  it("npm run destroy --skip-preview is refused before anything is deleted if something protected is in its way, and only then", async () => {
    await using stack = await deployed({
      workspaces: [
        { ...sales, users: [{ principal: "alice@contoso.com", role: "Viewer" }] },
        { name: "finance", capacity: "local", protect: false, items: [ingest] },
      ],
    });
    const destroy = (...args: string[]) => stack.command("cli/pulumiCommand.ts", ["destroy", "--yes", ...args]);
    for (const option of ["--skip-preview", "-f"])
      await assertRefused(
        stack,
        () => destroy(option),
        /Refused, and nothing was done:/,
        /sales\/bronze" cannot be deleted\s+because it is protected/,
        /--exclude-protected/,
      );
    // what is protected is not in the way of the others
    const others = await destroy("--skip-preview", "--exclude-protected");
    assert.equal(others.code, 0, others.text);
    const { workspaces, items } = stack.emulator.service;
    assert.deepEqual(
      workspaces.all().map(({ displayName }) => displayName),
      ["sales"],
    );
    assert.deepEqual(
      items.all().flatMap(({ type, displayName }) => (type === "SQLEndpoint" ? [] : displayName)),
      ["bronze"],
    );
  });
});
