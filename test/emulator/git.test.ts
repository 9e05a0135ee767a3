import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { TestService } from "./client.ts";

const empty = { ...knownBranch, branchName: "empty" };
const credentials = { source: "ConfiguredConnection", connectionId: known.gitHubConnection };
const notebook = { displayName: "exploration", type: "Notebook" };

async function connected(
  service: TestService,
  gitProviderDetails: Record<string, string>,
  item?: Record<string, unknown>,
): Promise<string> {
  const path = await service.workspace();
  if (item) await service.operation(await service.call("POST", `${path}/items`, item));
  assert.equal(
    (await service.call("POST", `${path}/git/connect`, { gitProviderDetails, myGitCredentials: credentials })).status,
    200,
  );
  return `${path}/git`;
}

describe("a Git connection", () => {
  it("A Git connection goes from NotConnected over Connected to ConnectedAndInitialized, and back", async () => {
    await using service = await TestService.start();
    const workspace = await service.workspace();
    const state = async () => (await service.call("GET", `${workspace}/git/connection`)).body["gitConnectionState"];
    assert.equal(await state(), "NotConnected");
    assert.deepEqual(await service.outcome("POST", `${workspace}/git/disconnect`), [400, "WorkspaceNotConnectedToGit"]);
    const connect = () =>
      service.outcome("POST", `${workspace}/git/connect`, {
        gitProviderDetails: knownBranch,
        myGitCredentials: credentials,
      });
    assert.deepEqual(await connect(), [200, null]);
    assert.equal(await state(), "Connected");
    assert.deepEqual(await connect(), [409, "WorkspaceAlreadyConnectedToGit"]);
    assert.deepEqual(await service.outcome("GET", `${workspace}/git/status`), [
      400,
      "WorkspaceGitConnectionNotInitialized",
    ]);
    await service.operation(
      await service.call("POST", `${workspace}/git/initializeConnection`, { initializationStrategy: "PreferRemote" }),
    );
    assert.equal(await state(), "ConnectedAndInitialized");
    assert.deepEqual(await service.outcome("POST", `${workspace}/git/initializeConnection`, {}), [
      409,
      "WorkspaceGitConnectionAlreadyInitialized",
    ]);
    assert.equal((await service.call("POST", `${workspace}/git/disconnect`)).status, 200);
    assert.equal(await state(), "NotConnected");
  });

  it("A Git connection demands what the emptiness of both sides and the strategy say", async () => {
    const same = [{ ...notebook, description: "", parts: [] }];
    const cases = [
      { item: undefined, branch: empty, strategy: "None", outcome: "None" },
      { item: undefined, branch: knownBranch, strategy: "None", outcome: "UpdateFromGit" },
      { item: notebook, branch: empty, strategy: "None", outcome: "CommitToGit" },
      { item: notebook, branch: knownBranch, strategy: "None", outcome: "MissingInitializationStrategy" },
      { item: notebook, branch: knownBranch, strategy: "PreferRemote", outcome: "UpdateFromGit" },
      { item: notebook, branch: knownBranch, strategy: "PreferWorkspace", outcome: "CommitToGit" },
      { item: notebook, branch: { ...knownBranch, branchName: "same" }, strategy: "PreferRemote", outcome: "None" },
    ];
    for (const { item, branch, strategy, outcome } of cases) {
      await using service = await TestService.start();
      service.emulator.commit({ ...knownBranch, branchName: "same" }, same);
      const git = await connected(service, branch, item);
      const answer = await service.call("POST", `${git}/initializeConnection`, { initializationStrategy: strategy });
      const found = answer.code ?? (await service.operation(answer)).result?.body["requiredAction"];
      assert.equal(found, outcome, JSON.stringify({ item: item?.displayName, branch: branch.branchName, strategy }));
    }
  });

  it("A Git connection pulls, shows what differs on either side, and commits", async () => {
    await using service = await TestService.start();
    const git = await connected(service, knownBranch);
    const workspace = git.replace("/git", "");
    const initialized = await service.operation(
      await service.call("POST", `${git}/initializeConnection`, { initializationStrategy: "PreferRemote" }),
    );
    const { remoteCommitHash } = initialized.result?.body ?? {};
    assert.deepEqual(await service.outcome("POST", `${git}/updateFromGit`, { remoteCommitHash: "0".repeat(40) }), [
      400,
      "BadRequest",
    ]);
    const { result } = await service.operation(
      await service.call("POST", `${git}/updateFromGit`, { remoteCommitHash, workspaceHead: null }),
    );
    assert.equal(result, undefined, "it has no result");
    const status = async () =>
      (await service.operation(await service.call("GET", `${git}/status`))).result?.body as {
        workspaceHead: string;
        remoteCommitHash: string;
        changes: { workspaceChange: string | null; remoteChange: string | null }[];
      };
    assert.deepEqual(await status(), { workspaceHead: remoteCommitHash, remoteCommitHash, changes: [] });

    await service.call("POST", `${workspace}/items`, { displayName: "flow", type: "DataPipeline" });
    assert.deepEqual(
      (await status()).changes.map(({ workspaceChange, remoteChange }) => [workspaceChange, remoteChange]),
      [["Added", null]],
    );
    assert.deepEqual(await service.outcome("POST", `${git}/commitToGit`, { mode: "All", workspaceHead: "wrong" }), [
      400,
      "WorkspaceHeadMismatch",
    ]);
    await service.operation(
      await service.call("POST", `${git}/commitToGit`, { mode: "All", workspaceHead: remoteCommitHash }),
    );
    const after = await status();
    assert.deepEqual(after.changes, []);
    assert.notEqual(after.workspaceHead, remoteCommitHash);
    assert.deepEqual(
      await service.outcome("POST", `${git}/commitToGit`, { mode: "All", workspaceHead: after.workspaceHead }),
      [400, "NoChangesToCommit"],
    );

    service.emulator.commit(knownBranch, []);
    assert.deepEqual(
      (await status()).changes.map(({ remoteChange }) => remoteChange),
      ["Deleted", "Deleted"],
    );
  });

  it("A Git connection overrides items only where it is allowed to", async () => {
    await using service = await TestService.start();
    const git = await connected(service, knownBranch, notebook);
    const { result } = await service.operation(
      await service.call("POST", `${git}/initializeConnection`, { initializationStrategy: "PreferRemote" }),
    );
    const body = { remoteCommitHash: result?.body["remoteCommitHash"], workspaceHead: null };
    assert.deepEqual(await service.outcome("POST", `${git}/updateFromGit`, body), [400, "OverrideItemsNotAllowed"]);
    await service.operation(
      await service.call("POST", `${git}/updateFromGit`, { ...body, options: { allowOverrideItems: true } }),
    );
    assert.equal(service.emulator.service.items.all()[0]?.parts?.length, 1);
  });

  it("A Git connection keeps credentials by caller, and refuses automatic ones for GitHub and service principals", async () => {
    await using service = await TestService.start();
    const workspace = await service.workspace();
    const connect = (gitProviderDetails: Record<string, string>, myGitCredentials?: unknown) =>
      service.outcome("POST", `${workspace}/git/connect`, { gitProviderDetails, myGitCredentials });
    const azureDevOps = {
      gitProviderType: "AzureDevOps",
      organizationName: "o",
      projectName: "p",
      repositoryName: "r",
      branchName: "b",
      directoryName: "/",
    };
    assert.deepEqual(await connect(knownBranch), [400, "PrincipalTypeNotSupported"]);
    assert.deepEqual(
      await connect(azureDevOps),
      [400, "PrincipalTypeNotSupported"],
      "the caller is a service principal",
    );
    assert.deepEqual(await connect(knownBranch, { source: "ConfiguredConnection", connectionId: known.alice }), [
      404,
      "ConnectionNotFound",
    ]);
    assert.deepEqual(await connect({ ...azureDevOps, projectName: "" }, credentials), [400, "BadRequest"]);
    assert.deepEqual(await connect(knownBranch, credentials), [200, null]);
    await service.call("POST", `${workspace}/roleAssignments`, {
      principal: { id: known.alice, type: "User" },
      role: "Admin",
    });
    assert.equal(
      (await service.call("GET", `${workspace}/git/myGitCredentials`, undefined, known.alice)).body["source"],
      "None",
    );
    assert.equal(
      (await service.call("GET", `${workspace}/git/myGitCredentials`)).body["connectionId"],
      known.gitHubConnection,
    );
  });

  it("A Git connection disconnects a workspace that has lost its capacity", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    await service.call("POST", `${path}/git/connect`, { gitProviderDetails: empty, myGitCredentials: credentials });
    await service.call("POST", `${path}/unassignFromCapacity`);
    assert.deepEqual(await service.outcome("POST", `${path}/git/initializeConnection`, {}), [
      400,
      "WorkspaceHasNoCapacityAssigned",
    ]);
    assert.deepEqual(await service.outcome("POST", `${path}/git/disconnect`), [200, null]);
  });

  it("A Git connection needs a capacity, and a repository that is known where that is demanded", async () => {
    await using service = await TestService.start({ onlyKnownRepositories: true });
    const { body } = await service.call("POST", "/workspaces", { displayName: "pro" });
    const connect = (path: string) =>
      service.outcome("POST", `${path}/git/connect`, { gitProviderDetails: empty, myGitCredentials: credentials });
    assert.deepEqual(await connect(`/workspaces/${body.id}`), [400, "WorkspaceHasNoCapacityAssigned"]);
    assert.deepEqual(await connect(await service.workspace()), [404, "GitProviderResourceNotFound"]);
  });
});
