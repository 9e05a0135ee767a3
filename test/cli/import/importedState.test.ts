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

  it("The state of imported objects has their ids in the stack's outputs, by name, as the program gives them", () => {
    const kindOf = (type: string) => `pulumi-nodejs:dynamic/fabric:${type}`;
    const step = (kind: string, name: string): PreviewStep => {
      const own = `${component}$${kindOf(kind)}::${name}`;
      const newState = { urn: own, type: kindOf(kind), custom: true, parent: component, inputs: {} };
      return { op: "create", urn: own, newState };
    };
    const inside = [
      { kind: "Item", name: "sales/bronze", id: "e5/i1", inputs: {}, outputs: {} },
      { kind: "Folder", name: "sales/ingest/raw", id: "e5/f1", inputs: {}, outputs: {} },
      {
        kind: "WorkspaceIdentity",
        name: "sales",
        id: "e5",
        inputs: {},
        outputs: { applicationId: "a1", servicePrincipalId: "s1" },
      },
    ] as const;
    const whole = { ...described, objects: [...described.objects, ...inside] };
    const all = [...steps, ...inside.map(({ kind, name }) => step(kind, name))];
    const { deployment } = withImported(empty, all, [whole], context);
    assert.deepEqual(deployment.resources?.[0]?.outputs, {
      workspaces: {
        sales: {
          id: "e5",
          url: "https://app.fabric.microsoft.com/groups/e5",
          items: { bronze: "i1" },
          folders: { "ingest/raw": "f1" },
          identity: { applicationId: "a1", servicePrincipalId: "s1" },
        },
      },
    });
  });

  it("The state of imported objects has the connections of the stack that are imported, and none that waits to be deployed", () => {
    const type = "pulumi-nodejs:dynamic/fabric:Connection";
    const step = (name: string): PreviewStep => {
      const own = `urn:pulumi:dev::fabric::${type}::${name}`;
      const inputs = { displayName: name, adopt: true };
      return { op: "create", urn: own, newState: { urn: own, type, custom: true, parent: stack.urn, inputs } };
    };
    const connection = { kind: "Connection", name: "git", id: "c1", inputs: {}, outputs: { adopted: { x: 1 } } };
    const before = {
      version: 3,
      deployment: { resources: [{ ...stack, outputs: { connections: { old: { id: "c0" } } } }] },
    };
    // its last part is the name of the stack's own resource
    const odd = structuredClone([...steps]).slice(1);
    for (const { newState } of odd) {
      const renamed = newState as { urn: string; parent?: string };
      renamed.urn = renamed.urn.replace(/::sales$/, "::fabric-dev");
      if (renamed.parent) renamed.parent = renamed.parent.replace(/::sales$/, "::fabric-dev");
    }
    const named = {
      ...described,
      entry: { name: "fabric-dev" },
      objects: described.objects.map((one) => ({ ...one, name: "fabric-dev" })),
    };
    const all = [step("waiting"), step("git"), ...odd];
    const { deployment } = withImported(before, all, [named], context, [connection]);
    const own = deployment.resources?.filter((resource) => resource.type === type);
    assert.deepEqual(
      own?.map(({ id, urn: of }) => [id, of.split("::").at(-1)]),
      [["c1", "git"]],
    );
    assert.deepEqual(own[0]?.outputs, { displayName: "git", adopt: true, adopted: { x: 1 }, origin: "emulator" });
    assert.deepEqual(deployment.resources?.[0]?.outputs?.["connections"], { old: { id: "c0" }, git: { id: "c1" } });
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
