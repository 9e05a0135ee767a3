import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { salesBranch } from "./harness/salesBranch.ts";

/* Changes behind Pulumi's back: refresh shows them, and the next up repairs them. */

const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      description: "declared",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Admin" }],
      git: {
        ...salesBranch,
        allowOverwrite: true,
      },
      items: [{ name: "bronze", type: "Lakehouse", displayName: "bronze", folder: "/raw" }],
    },
    { name: "finance", displayName: "finance-test", capacity: "local" },
  ],
};

describe("drift", () => {
  let start: EngineStack;
  let stack: EngineStack;
  const service = () => stack.emulator.service;
  const idOf = (name: string) =>
    service()
      .workspaces.all()
      .find(({ displayName }) => displayName === name)?.id ?? "";
  const bronze = () =>
    service()
      .items.all()
      .find(({ type }) => type === "Lakehouse");

  /** What refresh found, and what up then did about it. */
  async function repair(): Promise<{ found: string; repaired: readonly string[] }> {
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 0, refresh.text);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const again = await stack.preview();
    assert.deepEqual(again.steps, []);
    return { found: /Resources:\n([\s\S]*?)\n\n/.exec(refresh.text)?.[1]?.trim() ?? "", repaired: up.steps };
  }

  before(async () => {
    start = await EngineStack.start();
    start.configure(environment);
    const up = await start.up();
    assert.equal(up.code, 0, up.text);
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("Drift puts back changed values of every kind", async () => {
    const id = idOf("sales-test");
    service().workspaces.change(id, { description: "clicked", capacityId: known.secondCapacity });
    service().roles.change(`${id}/${known.alice}`, { role: "Member" });
    service().items.change(bronze()?.id ?? "", { description: "clicked", folderId: undefined });
    service().gitConnections.change(id, {
      details: { ...service().gitConnections.get(id)?.details, branchName: "main", directoryName: "/other" },
    });
    const { repaired, found } = await repair();
    assert.match(found, /~ 4 updated/);
    assert.deepEqual(repaired, [
      "update GitConnection sales",
      "update Item sales/bronze",
      "update Workspace sales",
      "update WorkspaceUser sales/alice@contoso.com",
    ]);
    assert.deepEqual(
      [service().workspaces.get(id)?.description, service().workspaces.get(id)?.capacityId],
      ["declared", known.activeCapacity],
    );
    assert.equal(service().roles.get(`${id}/${known.alice}`)?.role, "Admin");
    assert.equal(bronze()?.description, "");
    assert.ok(bronze()?.folderId);
  });
});
