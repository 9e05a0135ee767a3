import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { planImport } from "../../../cli/import/plan.ts";
import { readExistingWorkspace } from "../../../cli/import/existingWorkspace.ts";
import { known, knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import { parseStackConfig } from "../../../lib/config/stackConfig.ts";
import { kindKeys } from "../../../providers/kinds/kinds.ts";
import { workspaceShape } from "../../../lib/api/objects.ts";
import type { LiveRun } from "../../../providers/run/liveRun.ts";

describe("reading a workspace that exists", () => {
  let emulator: Emulator;
  let run: LiveRun;
  before(async () => {
    emulator = await startEmulator();
    const transactionLog = join(mkdtempSync(join(tmpdir(), "fabric-reading-")), "log");
    const configuration = { stack: "dev", endpoint: emulator.url, features: {}, credential: "auto", transactionLog };
    run = await startRun(configuration, {
      FABRIC_ENDPOINT: emulator.url,
      FABRIC_RETRY_BASE_MS: "1",
      FABRIC_GRAPH_ENDPOINT: emulator.origin,
      FABRIC_ACCESS_TOKEN: tokenFor(known.deployer, tenantId, "fabric", Date.now()),
    });
  });
  after(async () => {
    await run.close();
    await emulator.close();
  });

  /** Calls the API as Alice. */
  async function asAlice(path: string, body: object): Promise<{ id: string }> {
    const token = tokenFor(known.alice, tenantId, "fabric", Date.now());
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(emulator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json().catch(() => ({}))) as { id: string };
  }

  /** A workspace of Alice's, with the deploying identity as an Admin. */
  async function workspaceOfAlice(displayName: string) {
    const { id } = await asAlice("/workspaces", { displayName, capacityId: known.activeCapacity });
    const principal = { id: known.deployer, type: "ServicePrincipal" };
    await asAlice(`/workspaces/${id}/roleAssignments`, { principal, role: "Admin" });
    const read = async () => readExistingWorkspace(run, await run.get(`/workspaces/${id}`, "read", workspaceShape));
    return { path: `/workspaces/${id}`, read };
  }

  const connect = (path: string) =>
    asAlice(`${path}/git/connect`, {
      gitProviderDetails: knownBranch,
      myGitCredentials: { source: "ConfiguredConnection", connectionId: known.gitHubConnection },
    });

  it("Reading a workspace that exists knows who deploys, and names people as Graph does", async () => {
    const { read } = await workspaceOfAlice("people");
    assert.equal(run.callerId, known.deployer);
    const { users, capacity } = await read();
    assert.equal(capacity, "local");
    assert.deepEqual(
      users.map(({ principalId, userPrincipalName }) => [principalId, userPrincipalName]),
      [
        [known.alice, "alice@contoso.com"],
        [known.deployer, undefined],
      ],
    );
  });

  it("Reading a workspace that exists leaves a Git connection of a provider that is not known alone, and says so", async () => {
    const { path, read } = await workspaceOfAlice("elsewhere");
    await connect(path);
    const id = path.split("/").at(-1) ?? "";
    const details = { gitProviderType: "GitLab", groupName: "contoso", projectName: "sales", branchName: "main" };
    emulator.service.gitConnections.change(id, { details });
    const { git, gitProblem } = await read();
    assert.equal(git, undefined);
    assert.match(gitProblem ?? "", /its provider is GitLab, and only GitHub and AzureDevOps can be declared/);
  });

  it("Reading a workspace that exists takes the object id where Graph does not answer", async () => {
    const { read } = await workspaceOfAlice("strangers");
    emulator.service.principals.put({
      id: "22222222-2222-4222-8222-222222222222",
      type: "User",
      displayName: "Dora",
      userPrincipalName: "dora@contoso.com",
    });
    emulator.service.roles.put({
      id: `${emulator.service.workspaces.all().at(-1)?.id}/22222222-2222-4222-8222-222222222222`,
      workspaceId: emulator.service.workspaces.all().at(-1)?.id ?? "",
      principalId: "22222222-2222-4222-8222-222222222222",
      role: "Viewer",
    });
    emulator.faults([
      { route: "/users/dora", status: 403, errorCode: "Authorization_RequestDenied", times: "forever" },
    ]);
    const { users } = await read();
    emulator.faults([]);
    const dora = users.find(({ displayName }) => displayName === "Dora");
    assert.deepEqual([dora?.role, dora?.userPrincipalName], ["Viewer", undefined]);
  });

  /** A stack that declares some workspaces, and the run without what it has listed before. */
  function onNewStack(workspaces: readonly object[] = []) {
    const access = { projectRoot: "/project", stack: "dev", env: {} };
    const raw = { workspaces };
    const state = { version: 3, deployment: { resources: [] } };
    const config = parseStackConfig(raw, { ...access, kindKeys });
    const anew = { ...run, listOnce: (path, what, shape) => run.list(path, what, shape) } as LiveRun;
    return { anew, target: { access, file: "Pulumi.dev.yaml", text: undefined, raw, config, state } };
  }

  it("Reading all workspaces leaves out those that the service does not show whole, and those that clash, with the reason", async () => {
    const [hidden, twins, ours] = await Promise.all(["hidden", "twins", "ours"].map(workspaceOfAlice));
    const workspaceId = twins?.path.split("/").at(-1) ?? "";
    for (const displayName of ["load", "Load"])
      emulator.service.items.put({ id: randomUUID(), workspaceId, type: "Notebook", displayName, description: "" });
    const forbidden = { status: 403, errorCode: "InsufficientWorkspaceRole", times: "forever" } as const;
    emulator.faults([{ route: `${hidden?.path}/roleAssignments`, ...forbidden }]);
    const { anew, target } = onNewStack([{ name: "mine", displayName: "OURS" }]);
    const plan = await planImport(anew, target, { workspaces: [], all: true });
    const planned = plan.workspaces.map(({ existing }) => existing.workspace.displayName);
    assert.ok(
      !planned.some((name) => ["hidden", "twins", "ours"].includes(name)) && planned.length > 0,
      planned.join(),
    );
    const notes = plan.notes.join("\n");
    for (const [name, why] of [
      ["hidden", "InsufficientWorkspaceRole"],
      ["twins", "two of Notebook 'Load'"],
      ["ours", "declared as mine"],
    ])
      assert.match(notes, new RegExp(`'${name}' .* is left out: .*${why}`));
    const asked = planImport(anew, target, { workspaces: [hidden?.path.split("/").at(-1) ?? ""], all: false });
    await assert.rejects(asked, /InsufficientWorkspaceRole/);
    emulator.faults([]);
    assert.ok(ours);
  });

  it("Reading all workspaces leaves out those whose names begin or end with a space, with the reason, and one that was asked for is refused", async () => {
    const names = ["Trailing", "Leading", "plain"];
    const made = await Promise.all(names.map((name) => asAlice("/workspaces", { displayName: name })));
    const principal = { id: known.deployer, type: "ServicePrincipal" };
    for (const { id } of made) await asAlice(`/workspaces/${id}/roleAssignments`, { principal, role: "Admin" });
    // as the portal of some years ago made them
    for (const [index, displayName] of ["Trailing ", " Leading"].entries())
      emulator.service.workspaces.change(made[index]?.id ?? "", { displayName });
    const { anew, target } = onNewStack();
    const plan = await planImport(anew, target, { workspaces: [], all: true });
    const planned = plan.workspaces.map(({ existing }) => existing.workspace.displayName);
    assert.ok(planned.includes("plain") && !planned.some((name) => name !== name.trim()), planned.join());
    for (const name of ["Trailing ", " Leading"])
      assert.match(plan.notes.join("\n"), new RegExp(`'${name}' .* is left out: its name begins or ends with a space`));
    const asked = planImport(anew, target, { workspaces: [made[0]?.id ?? ""], all: false });
    await assert.rejects(asked, /Nothing was imported:.*'Trailing '.*rename it in Fabric/s);
  });

  it("Reading a workspace that exists does not take a Git connection that was never initialised, nor one it has no credentials for", async () => {
    const { path, read } = await workspaceOfAlice("connected");
    assert.deepEqual(await read().then(({ git, gitProblem }) => [git, gitProblem]), [undefined, undefined]);
    await connect(path);
    assert.match((await read()).gitProblem ?? "", /never initialised: declare git/);
    await asAlice(`${path}/git/initializeConnection`, {});
    assert.match((await read()).gitProblem ?? "", /no Git credentials.*connectionId/);
  });

  it("Reading a workspace that exists tells items of the synced commit from those that are only in the workspace", async () => {
    const { path, read } = await workspaceOfAlice("synced");
    await connect(path);
    await asAlice(`${path}/git/initializeConnection`, {});
    const { gitConnections, branches } = emulator.service;
    const id = path.split("/").at(-1) ?? "";
    const [branch] = branches.all();
    await asAlice(`${path}/git/updateFromGit`, { remoteCommitHash: branch?.head, workspaceHead: null });
    const own = await asAlice(`${path}/items`, { type: "DataPipeline", displayName: "own" });
    const credentials = { source: "ConfiguredConnection", connectionId: known.gitHubConnection };
    gitConnections.change(id, { credentials: { [known.deployer]: credentials } });
    const { git, items } = await read();
    assert.deepEqual([git?.head, git?.connectionId], [branch?.head, known.gitHubConnection]);
    assert.equal(items.length, 2);
    assert.deepEqual([...(git?.onlyInWorkspace ?? [])], [own.id]);
  });
});
