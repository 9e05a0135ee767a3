import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { readStateFile } from "../../lib/checkpoint/stateFile.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { salesBranch } from "./harness/salesBranch.ts";

const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      users: [
        { principal: "alice@contoso.com", role: "Admin" },
        { principal: known.analysts, type: "Group", role: "Viewer" },
      ],
      git: salesBranch,
      items: [
        { name: "bronze", type: "Lakehouse" },
        { name: "ingest", path: "fabric/sales/ingest.Notebook", folder: "/daily/loads" },
        { name: "exploration", type: "Notebook", displayName: "exploration" },
      ],
    },
    { name: "finance", displayName: "finance-test", capacity: "local", items: [{ name: "gold", type: "Lakehouse" }] },
  ],
};

const allSteps = [
  "create Folder sales/daily",
  "create Folder sales/daily/loads",
  "create GitConnection sales",
  "create Item finance/gold",
  "create Item sales/bronze",
  "create Item sales/exploration",
  "create Item sales/ingest",
  "create Workspace finance",
  "create Workspace sales",
  `create WorkspaceUser sales/${known.analysts}`,
  "create WorkspaceUser sales/alice@contoso.com",
];

describe("the life of a stack on the real engine", () => {
  it("The life of a stack on the real engine goes by what previews announce, from the first up through one that changes nothing to a destroy that leaves nothing", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment);

    // the preview announces everything, and asks the service nothing
    const preview = await stack.preview();
    assert.equal(preview.code, 0, preview.text);
    assert.deepEqual(preview.steps, allSteps);
    assert.deepEqual(stack.calls(), []);

    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(up.steps, allSteps);
    assert.match(up.text, /https:\/\/app\.fabric\.microsoft\.com\/groups\/[0-9a-f-]{36}/);
    assert.match(up.text, /useRetryLogic on \(stack\)/);

    // the commands read the state without the CLI
    const exported = await stack.run(["stack", "export", "--stack", "test"]);
    const fromFile = readStateFile("test", { projectRoot: stack.folder, env: stack.env });
    assert.deepEqual(fromFile, JSON.parse(exported.text), "the format of the state's file has changed");

    // everything declared is there, and what Git had brought was adopted
    const { workspaces, roles, items, folders, gitConnections } = stack.emulator.service;
    const sales = workspaces.all().find(({ displayName }) => displayName === "sales-test");
    assert.equal(sales?.capacityId, known.activeCapacity);
    assert.deepEqual(
      roles
        .all()
        .filter(({ workspaceId }) => workspaceId === sales.id)
        .map(({ principalId, role }) => [principalId, role])
        .sort(),
      [
        [known.alice, "Admin"],
        [known.analysts, "Viewer"],
        [known.deployer, "Admin"],
      ].sort(),
    );
    const names = items
      .all()
      .filter(({ workspaceId }) => workspaceId === sales.id)
      .map(({ type, displayName }) => `${type} ${displayName}`);
    assert.deepEqual(names.sort(), [
      "Lakehouse bronze",
      "Notebook exploration",
      "Notebook ingest",
      "SQLEndpoint bronze",
    ]);
    assert.equal(gitConnections.get(sales.id)?.isInitialized, true);
    const loads = folders.all().find(({ displayName }) => displayName === "loads");
    assert.equal(folders.get(loads?.parentFolderId ?? "")?.displayName, "daily");
    assert.equal(items.all().find(({ displayName }) => displayName === "ingest")?.folderId, loads?.id);

    // nothing is left to do, and nothing is asked to find that out
    const calls = stack.emulator.requests().length;
    const again = await stack.preview();
    assert.deepEqual(again.steps, []);
    assert.match(again.text, /unchanged/);
    assert.equal(stack.emulator.requests().length, calls);

    // the state is small and free of code
    const { deployment } = await stack.state();
    for (const resource of deployment.resources ?? []) {
      assert.ok(JSON.stringify(resource.outputs ?? {}).length < 700, `${resource.urn} has long outputs`);
      assert.doesNotMatch(JSON.stringify(resource.outputs ?? {}), /127\.0\.0\.1/);
    }

    // what Git had brought stays until its workspace goes
    const destroy = await stack.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    for (const collection of [workspaces, items, folders, gitConnections]) assert.deepEqual(collection.all(), []);
  });
});
