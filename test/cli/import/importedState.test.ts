import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withImported } from "../../../cli/import/importedState.ts";
import type { PreviewStep } from "../../../cli/rollback/stackState.ts";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const provider = "urn:pulumi:dev::fabric::pulumi:providers:pulumi-nodejs::fabric";
const component = "urn:pulumi:dev::fabric::fabric:FabricWorkspace::sales";
const workspaceType = "pulumi-nodejs:dynamic/fabric:Workspace";
const urn = `urn:pulumi:dev::fabric::fabric:FabricWorkspace$${workspaceType}::sales`;
const stack = {
  urn: "urn:pulumi:dev::fabric::pulumi:pulumi:Stack::fabric-dev",
  type: "pulumi:pulumi:Stack",
  custom: false,
};
const steps: PreviewStep[] = [
  { op: "create", urn: stack.urn, newState: stack },
  { op: "create", urn: component, newState: { urn: component, type: "fabric:FabricWorkspace", custom: false } },
  {
    op: "create",
    urn: provider,
    newState: {
      urn: provider,
      type: "pulumi:providers:pulumi-nodejs",
      custom: true,
      inputs: { "fabric:stack": "dev" },
    },
  },
  {
    op: "create",
    urn,
    newState: {
      urn,
      type: workspaceType,
      custom: true,
      parent: component,
      provider: `${provider}::${UNKNOWN}`,
      protect: true,
      inputs: { displayName: "sales", description: "declared", adopt: false },
    },
  },
];
const described = {
  entry: { name: "sales" },
  items: [],
  notes: [],
  objects: [
    {
      kind: "Workspace",
      name: "sales",
      id: "e5",
      inputs: { displayName: "sales", description: "live" },
      outputs: { capacityId: undefined },
    } as const,
  ],
};
const context = { origin: { host: "emulator" }, now: "2026-01-01T00:00:00Z", providerId: "p1" };
const empty = { version: 3, deployment: {} };

describe("the state of imported objects", () => {
  it("The state of imported objects is what the engine would make of them, with their ids, and with what the service says of them", () => {
    const { deployment } = withImported(empty, steps, [described], context);
    const [root, , made, workspace] = deployment.resources ?? [];
    assert.deepEqual(root?.outputs, {
      workspaces: { sales: { id: "e5", url: "https://app.fabric.microsoft.com/groups/e5" } },
    });
    assert.deepEqual([made?.id, made?.outputs], ["p1", { "fabric:stack": "dev" }]);
    assert.equal(workspace?.id, "e5");
    assert.equal(workspace.provider, `${provider}::p1`);
    assert.equal(workspace.protect, true);
    assert.deepEqual(workspace.inputs, { displayName: "sales", description: "live", adopt: false });
    assert.deepEqual(workspace.outputs, { ...workspace.inputs, origin: "emulator" });
  });

  it("The state of imported objects leaves alone what else the stack has, and what else is waiting to be deployed", () => {
    const own = { ...stack, outputs: { workspaces: { finance: { id: "f1" } }, other: 1 } };
    const before = { version: 3, deployment: { manifest: {}, resources: [own] } };
    const waiting = steps.slice(1).map((step) => structuredClone(step));
    for (const { newState } of waiting) {
      const renamed = newState as { urn: string; parent?: string };
      renamed.urn = renamed.urn.replace(/sales$/, "later");
      if (renamed.parent) renamed.parent = renamed.parent.replace(/sales$/, "later");
    }
    const same = { op: "same", urn: stack.urn, newState: stack };
    const update = { op: "update", urn: "urn:x", newState: { ...stack, urn: "urn:x" } };
    const all = [same, update, ...steps.slice(1), ...waiting.filter(({ urn }) => urn !== provider)];
    const { deployment } = withImported(before, all, [described], context);
    assert.deepEqual(
      deployment.resources?.map((resource) => resource.urn),
      [stack.urn, component, provider, urn],
    );
    assert.deepEqual(Object.keys(deployment.resources[0]?.outputs?.["workspaces"] as object), ["finance", "sales"]);
    assert.equal(deployment.resources[0]?.outputs?.["other"], 1);
  });

  it("The state of imported objects is refused where preview and service do not belong together", () => {
    const missing = { ...described, objects: [] };
    assert.throws(() => withImported(empty, steps, [missing], context), /'sales' is declared, and was not read/);
    assert.throws(() => withImported(empty, steps.slice(0, 3), [described], context), /was read, and is not declared/);
    const unknown = structuredClone(steps) as { newState: { inputs: Record<string, unknown> } }[];
    if (unknown[3]) unknown[3].newState.inputs["adopt"] = UNKNOWN;
    assert.throws(() => withImported(empty, unknown as never, [described], context), /adopt of .* is not known/);
  });
});
