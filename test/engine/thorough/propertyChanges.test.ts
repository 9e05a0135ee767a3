import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";

/*
 * One environment, of which each test changes one property: the preview says what up does, and the service has it
 * afterwards.
 */

const definitions = "items";

const base = () => ({
  name: "sales",
  displayName: "sales-test",
  description: "first",
  capacity: "local",
  users: [
    { principal: "alice@contoso.com", role: "Admin" },
    { principal: "bob@contoso.com", role: "Viewer" },
  ] as Record<string, string>[],
  git: salesBranch as Record<string, string> | undefined,
  items: [
    { name: "ingest", path: `${definitions}/ingest.Notebook`, folder: "/daily" },
    { name: "flow", type: "DataPipeline", displayName: "flow" },
  ] as Record<string, unknown>[],
});

describe("a changed property", () => {
  let start: EngineStack;
  let stack: EngineStack;
  let declared = base();
  const service = () => stack.emulator.service;
  const workspace = () => service().workspaces.all()[0];
  const item = (type: string) =>
    service()
      .items.all()
      .find((one) => one.type === type && one.displayName !== "exploration");

  /** Previews and deploys, and gives the steps of both, which must be the same. */
  async function change(): Promise<readonly string[]> {
    stack.configure({ workspaces: [declared] });
    const preview = await stack.preview();
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(up.steps, preview.steps, "up did something else than the preview had said");
    return up.steps;
  }

  before(async () => {
    start = stack = await EngineStack.start();
    cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, definitions), { recursive: true });
    await change();
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    declared = base();
    stack = await EngineStack.copyOf(start);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("A changed property renames and describes a workspace in place", async () => {
    const { id } = workspace() ?? {};
    declared.displayName = "sales-renamed";
    declared.description = "second";
    assert.deepEqual(await change(), ["update Workspace sales"]);
    const { displayName, description, id: same } = workspace() ?? {};
    assert.deepEqual([displayName, description, same], ["sales-renamed", "second", id]);
  });

  it("A changed property moves a workspace to another capacity in place, named by id", async () => {
    declared.capacity = known.secondCapacity;
    assert.deepEqual(await change(), ["update Workspace sales"]);
    assert.equal(workspace()?.capacityId, known.secondCapacity);
  });

  it("A changed property gives a user another role in place", async () => {
    const users = declared.users;
    users[1] = { principal: "bob@contoso.com", role: "Contributor" };
    assert.deepEqual(await change(), ["update WorkspaceUser sales/bob@contoso.com"]);
    assert.equal(service().roles.get(`${workspace()?.id}/${known.bob}`)?.role, "Contributor");
  });

  it("A changed property takes another spelling of a principal for the same", async () => {
    declared.users[1] = { principal: "Bob@Contoso.com", role: "Viewer" };
    assert.deepEqual(await change(), []);
  });

  it("A changed property removes a principal's role and adds another's", async () => {
    declared.users[1] = { principal: "carol@contoso.com", role: "Contributor" };
    assert.deepEqual(await change(), [
      "create WorkspaceUser sales/carol@contoso.com",
      "delete WorkspaceUser sales/bob@contoso.com",
    ]);
    assert.equal(service().roles.get(`${workspace()?.id}/${known.bob}`), undefined);
    assert.equal(service().roles.get(`${workspace()?.id}/${known.carol}`)?.role, "Contributor");
  });

  it("A changed property pushes a changed definition in place", async () => {
    const { id } = item("Notebook") ?? {};
    writeFileSync(
      join(stack.folder, definitions, "ingest.Notebook/notebook-content.py"),
      "# Fabric notebook source\n\nprint('changed')\n",
    );
    assert.deepEqual(await change(), ["update Item sales/ingest"]);
    const content = item("Notebook")?.parts?.find(({ path }) => path === "notebook-content.py");
    assert.match(Buffer.from(content?.payload ?? "", "base64").toString(), /changed/);
    assert.equal(item("Notebook")?.id, id);
  });

  it("A changed property describes and renames an item in place", async () => {
    declared.items[1] = { name: "flow", type: "DataPipeline", displayName: "flow-renamed", description: "new" };
    assert.deepEqual(await change(), ["update Item sales/flow"]);
    assert.deepEqual([item("DataPipeline")?.displayName, item("DataPipeline")?.description], ["flow-renamed", "new"]);
  });

  it("A changed property moves an item to a new folder and removes the empty one", async () => {
    declared.items[0] = { name: "ingest", path: `${definitions}/ingest.Notebook`, folder: "/weekly/loads" };
    assert.deepEqual(await change(), [
      "create Folder sales/weekly",
      "create Folder sales/weekly/loads",
      "delete Folder sales/daily",
      "update Item sales/ingest",
    ]);
    const names = service()
      .folders.all()
      .map(({ displayName }) => displayName);
    assert.deepEqual(names.sort(), ["loads", "weekly"]);
    assert.equal(service().folders.get(item("Notebook")?.folderId ?? "")?.displayName, "loads");
  });

  it("A changed property renames a folder whose spelling changes, and what lies in it stays there", async () => {
    const ids = service()
      .folders.all()
      .map(({ id }) => id);
    declared.items[0] = { name: "ingest", path: `${definitions}/ingest.Notebook`, folder: "/Daily" };
    assert.deepEqual(await change(), ["update Folder sales/daily"]);
    const folders = service().folders.all();
    assert.deepEqual(
      folders.map(({ displayName }) => displayName),
      ["Daily"],
    );
    assert.deepEqual(
      folders.map(({ id }) => id),
      ids,
    );
  });

  it("A changed property moves an item back to the root", async () => {
    declared.items[0] = { name: "ingest", path: `${definitions}/ingest.Notebook` };
    assert.deepEqual(await change(), ["delete Folder sales/daily", "update Item sales/ingest"]);
    assert.equal(item("Notebook")?.folderId, undefined);
  });

  it("A changed property replaces an item whose type changes", async () => {
    const { id } = item("DataPipeline") ?? {};
    declared.items[1] = { name: "flow", type: "CopyJob", displayName: "flow" };
    assert.deepEqual(await change(), ["replace Item sales/flow"]);
    assert.equal(item("DataPipeline"), undefined);
    assert.notEqual(item("CopyJob")?.id, id);
  });

  it("A changed property replaces an item whose creation payload changes, the old one first", async () => {
    declared.items.push({ name: "bronze", type: "Lakehouse", displayName: "bronze" });
    assert.deepEqual(await change(), ["create Item sales/bronze"]);
    const { id } = item("Lakehouse") ?? {};
    declared.items[2] = {
      name: "bronze",
      type: "Lakehouse",
      displayName: "bronze",
      creationPayload: { enableSchemas: true },
    };
    assert.deepEqual(await change(), ["replace Item sales/bronze"]);
    assert.notEqual(item("Lakehouse")?.id, id);
    assert.deepEqual(item("Lakehouse")?.creationPayload, { enableSchemas: true });
  });

  it("A changed property changes the credentials of a Git connection in place", async () => {
    declared.git = { ...declared.git, connectionId: known.secondGitHubConnection };
    assert.deepEqual(await change(), ["update GitConnection sales"]);
    const connection = service().gitConnections.get(workspace()?.id ?? "");
    assert.equal(connection?.credentials[known.deployer]?.connectionId, known.secondGitHubConnection);
    assert.ok(!stack.calls().slice(-20).includes("POST /workspaces/{workspaceId}/git/disconnect"));
  });

  it("A changed property refuses to leave a branch while the workspace holds items that are not in Git, and changes nothing", async () => {
    declared.git = { ...declared.git, branchName: "next" };
    stack.configure({ workspaces: [declared] });
    const up = await stack.up();
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /holds items that are not in Git.*git\.allowOverwrite: true/s);
    assert.equal(service().gitConnections.get(workspace()?.id ?? "")?.details["branchName"], "main");
  });

  it("A changed property changes branch in place once nothing can be lost", async () => {
    const details = {
      gitProviderType: "GitHub",
      ownerName: "contoso",
      repositoryName: "sales",
      branchName: "next",
      directoryName: "/fabric",
    };
    stack.emulator.commit(details, [{ type: "Notebook", displayName: "exploration", description: "", parts: [] }]);
    declared.items.length = 0;
    assert.deepEqual(await change(), [
      "delete Folder sales/daily",
      "delete Item sales/flow",
      "delete Item sales/ingest",
    ]);
    declared.git = { ...declared.git, branchName: "next" };
    assert.deepEqual(await change(), ["update GitConnection sales"]);
    const connection = service().gitConnections.get(workspace()?.id ?? "");
    assert.equal(connection?.details["branchName"], "next");
    assert.ok(connection.head);
  });

  it("A changed property disconnects a workspace whose Git connection is not declared any more", async () => {
    declared.git = undefined;
    assert.deepEqual(await change(), ["delete GitConnection sales"]);
    assert.deepEqual(service().gitConnections.all(), []);
  });
});

describe("a Git connection of an empty workspace to an empty branch", () => {
  it("A Git connection of an empty workspace to an empty branch commits nothing when its credentials change, whatever was made since, and goes without a word about items", async () => {
    await using stack = await EngineStack.start();
    const git = { ...salesBranch, branchName: "empty" };
    const deploy = async (connectionId: string, ...items: object[]) => {
      stack.configure({ workspaces: [{ name: "new", capacity: "local", git: { ...git, connectionId }, items }] });
      const begun = stack.emulator.requests().length;
      const { code, text } = await stack.up();
      assert.equal(code, 0, text);
      return stack.calls(begun).filter((call) => !call.startsWith("GET"));
    };
    const flow = { name: "flow", type: "DataPipeline" };
    await deploy(known.gitHubConnection);
    await deploy(known.gitHubConnection, flow);
    assert.equal((await stack.refresh()).code, 0);
    const writes = await deploy(known.secondGitHubConnection, flow);
    assert.deepEqual(writes, ["PATCH /workspaces/{workspaceId}/git/myGitCredentials"]);
    stack.configure({ workspaces: [{ name: "new", capacity: "local", items: [flow] }] });
    assert.deepEqual((await stack.preview()).steps, ["delete GitConnection new"], "its items are not concerned");
  });
});
