import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";
import { existing, workspace } from "../harness/existingWorkspace.ts";

describe("what existed before", () => {
  it("What existed before is not taken over without adopt, and the error says how", async () => {
    await using stack = await EngineStack.start();
    await existing(stack);
    stack.configure({ workspaces: [workspace] });
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(
      up.text,
      /create workspace 'sales-test' failed: WorkspaceNameAlreadyExists \(409, request .*set adopt: true/s,
    );
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
  });

  it("What existed before stays when the same object is declared under another key", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [workspace] });
    assert.equal((await stack.up()).code, 0);
    const [made] = stack.emulator.service.workspaces.all();
    stack.configure({ workspaces: [{ ...workspace, name: "renamed", adopt: true }] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(
      stack.emulator.service.workspaces.all().map(({ id }) => id),
      [made?.id],
    );
  });
});

describe("nobody is locked out", () => {
  it("Nobody is locked out by removing the last Admin, whose role stays with a warning", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [{ ...workspace, users: [{ principal: "alice@contoso.com", role: "Admin" }] }] });
    assert.equal((await stack.up()).code, 0);
    const [made] = stack.emulator.service.workspaces.all();
    stack.emulator.service.roles.change(`${made?.id}/${known.deployer}`, { role: "Member" });
    stack.configure({ workspaces: [workspace] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /alice@contoso\.com is the last Admin of the workspace: the role stays/);
    assert.equal(stack.emulator.service.roles.get(`${made?.id}/${known.alice}`)?.role, "Admin");
  });
});

describe("data", () => {
  it("Data in a folder of others stays with the folder, and says so", async () => {
    await using stack = await EngineStack.start();
    const flow = { name: "flow", type: "DataPipeline" };
    stack.configure({ workspaces: [{ ...workspace, items: [{ ...flow, folder: "/shared" }] }] });
    assert.equal((await stack.up()).code, 0);
    const { items, folders, workspaces } = stack.emulator.service;
    const [folder] = folders.all();
    items.put({
      id: "99999999-9999-4999-8999-999999999999",
      workspaceId: workspaces.all()[0]?.id ?? "",
      type: "Notebook",
      displayName: "theirs",
      description: "",
      folderId: folder?.id,
    });
    stack.configure({ workspaces: [{ ...workspace, items: [flow] }] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /Folder 'shared' holds objects that this stack did not make: it stays/);
    assert.equal(folders.all().length, 1);
  });
});

describe("Git", () => {
  it("Git is not pulled over existing items without allowOverwrite, and the workspace is left unconnected", async () => {
    await using stack = await EngineStack.start();
    const { id, call } = await existing(stack);
    await call("POST", `/workspaces/${id}/items`, { displayName: "exploration", type: "DataPipeline" });
    stack.configure({ workspaces: [{ ...workspace, adopt: true, git: salesBranch }] });
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(up.text, /holds items that are not in Git.*git\.allowOverwrite: true/s);
    assert.deepEqual(stack.emulator.service.gitConnections.all(), []);
    assert.equal(
      (await stack.state()).deployment.resources?.some(({ type }) => type.endsWith(":GitConnection")),
      false,
    );
  });

  it("Git is committed to where the branch is empty, and the commit is reported as not undoable", async () => {
    await using stack = await EngineStack.start();
    const { id, call } = await existing(stack);
    await call("POST", `/workspaces/${id}/items`, { displayName: "flow", type: "DataPipeline" });
    stack.configure({ workspaces: [{ ...workspace, adopt: true, git: { ...salesBranch, branchName: "empty" } }] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /were committed to sales, branch empty.*A rollback does not undo commits/s);
  });

  it("Git is not disconnected from something else than declared", async () => {
    await using stack = await EngineStack.start();
    const { id, call } = await existing(stack);
    await call("POST", `/workspaces/${id}/git/connect`, {
      gitProviderDetails: { ...salesBranch, branchName: "theirs" },
      myGitCredentials: { source: "ConfiguredConnection", connectionId: known.gitHubConnection },
    });
    stack.configure({ workspaces: [{ ...workspace, adopt: true, git: salesBranch }] });
    const up = await stack.up();
    assert.match(up.text, /is connected to sales, branch theirs, \/fabric already/);
    assert.equal(stack.emulator.service.gitConnections.get(id)?.details["branchName"], "theirs");
  });

  it("Git works with Azure DevOps too", async () => {
    await using stack = await EngineStack.start();
    const azureDevOps = {
      gitProviderType: "AzureDevOps",
      organizationName: "contoso",
      projectName: "data",
      repositoryName: "sales",
      branchName: "main",
      directoryName: "/",
      connectionId: known.azureDevOpsConnection,
    };
    stack.configure({ workspaces: [{ ...workspace, git: azureDevOps }] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual((await stack.preview()).steps, []);
    assert.equal(stack.emulator.service.gitConnections.all()[0]?.details["projectName"], "data");
  });
});

describe("nobody is locked out", () => {
  it("Nobody is locked out by declaring the deploying identity, whose own role is adopted and stays", async () => {
    await using stack = await EngineStack.start();
    const own = { principal: known.deployer, type: "ServicePrincipal" };
    stack.configure({ workspaces: [{ ...workspace, users: [{ ...own, role: "Admin" }] }] });
    assert.equal((await stack.up()).code, 0);
    stack.configure({ workspaces: [{ ...workspace, users: [{ ...own, role: "Viewer" }] }] });
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(up.text, /is the deploying identity.*cannot become Viewer|is the last Admin.*cannot become Viewer/s);
    stack.configure({ workspaces: [workspace] });
    const removed = await stack.up();
    assert.equal(removed.code, 0, removed.text);
    assert.equal(stack.emulator.service.roles.all()[0]?.role, "Admin");
    assert.equal((await stack.destroy()).code, 0);
  });
});
