import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";

const features = { useRetryLogic: true, useRollback: true };
const environment = (more: {
  description: string;
  role: string;
  item: string;
  folder: string;
  lakehouse?: object;
}) => ({
  features,
  workspaces: [
    {
      name: "sales",
      displayName: "sales",
      capacity: "local",
      description: more.description,
      users: [{ principal: "bob@contoso.com", role: more.role }],
      items: [
        { name: "flow", type: "DataPipeline", displayName: "flow", description: more.item, folder: `/${more.folder}` },
        ...(more.lakehouse ? [more.lakehouse] : []),
      ],
    },
  ],
});
const before = { description: "declared", role: "Viewer", item: "declared", folder: "reports" };
const after = { description: "ours", role: "Member", item: "ours", folder: "reports" };
/** It is refused after the others were changed, because it waits for them. */
const refused = { name: "bronze", type: "Lakehouse" };
const refusal = {
  method: "POST",
  route: "/workspaces/{workspaceId}/items",
  status: 400,
  errorCode: "Broken",
  delayMs: 1500,
} as const;

/** What people have changed at the service, behind the stack's back. */
function edit({ emulator }: EngineStack, text: string, role: string): void {
  const { workspaces, items, roles } = emulator.service;
  for (const { id } of workspaces.all()) workspaces.change(id, { description: text });
  for (const { id } of items.all()) items.change(id, { description: text });
  for (const { id } of roles.all().filter(({ principalId }) => principalId === known.bob)) roles.change(id, { role });
}

const valuesOf = ({ emulator }: EngineStack) => {
  const { workspaces, items, roles } = emulator.service;
  return {
    workspace: workspaces.all()[0]?.description,
    item: items.all().find(({ displayName }) => displayName === "flow")?.description,
    role: roles.all().find(({ principalId }) => principalId === known.bob)?.role,
  };
};

describe("a failed deployment", () => {
  it("A failed deployment is rolled back to what was at the service before it, not to what the state believed", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    edit(stack, "edited in the portal", "Contributor");
    const was = valuesOf(stack);

    stack.emulator.faults([refusal]);
    stack.configure(environment({ ...after, lakehouse: refused }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(valuesOf(stack), was, up.text);
    // the edit shows as drift again, as it did
    stack.configure(environment(before));
    const preview = await stack.run(["preview", "--refresh"]);
    assert.deepEqual(
      preview.changes,
      ["Item sales/flow: description", "Workspace sales: description", "WorkspaceUser sales/bob@contoso.com: role"],
      preview.text,
    );
  });

  it("A failed deployment leaves what somebody else has changed since it wrote there, and says so with exit code 2", async () => {
    let act: () => void = () => undefined;
    await using stack = await EngineStack.start({ emulator: { onFault: () => act() } });
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    act = () => void setTimeout(() => edit(stack, "edited meanwhile", "Contributor"), 1000);

    stack.emulator.faults([refusal]);
    stack.configure(environment({ ...after, lakehouse: refused }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    const meanwhile = { workspace: "edited meanwhile", item: "edited meanwhile", role: "Contributor" };
    assert.deepEqual(valuesOf(stack), meanwhile, up.text);
    for (const what of ["Workspace 'sales'", "Item 'flow'", "WorkspaceUser 'bob@contoso.com'"])
      assert.match(up.text, new RegExp(`${what}.*\\n?.*was changed by somebody else`), up.text);
  });

  it("A failed deployment gives no role back that somebody else has taken away since", async () => {
    let act: () => void = () => undefined;
    await using stack = await EngineStack.start({ emulator: { onFault: () => act() } });
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { roles } = stack.emulator.service;
    const takeAway = () =>
      void roles.delete(roles.all().find(({ principalId }) => principalId === known.bob)?.id ?? "");
    act = () => void setTimeout(takeAway, 1000);

    stack.emulator.faults([refusal]);
    stack.configure(environment({ ...after, lakehouse: refused }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.equal(valuesOf(stack).role, undefined, up.text);
  });
});
