import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known, knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { removeItem } from "../../../emulator/families/items.ts";
import type { Part } from "../../../emulator/families/itemDefinition.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";
import { worldOf } from "../harness/worldOf.ts";

/*
 * Every managed property, changed, taken away and added behind Pulumi's back, while the service spells what it tells in
 * its own way. A refresh finds exactly that, and the next up makes everything as it was.
 */

const git = { ...salesBranch, sync: "always" };

const environment = (settings: Record<string, unknown> = {}) => ({
  contentDrift: true,
  ...settings,
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      description: "declared",
      capacity: "local",
      usersAuthoritative: true,
      users: [
        { principal: "alice@contoso.com", role: "Admin" },
        { principal: "bob@contoso.com", role: "Viewer" },
      ],
      items: [
        { name: "ingest", path: "items/ingest.Notebook", folder: "/daily" },
        { name: "daily", path: "items/daily.DataPipeline" },
        { name: "explore", path: "items/explore.Notebook" },
        { name: "bronze", type: "Lakehouse", displayName: "bronze", description: "raw", folder: "/daily" },
        { name: "silver", type: "Lakehouse", displayName: "silver", folder: "/weekly/loads" },
      ],
    },
    { name: "plain", displayName: "plain-test" },
    { name: "linked", displayName: "linked-test", capacity: "local", git },
    { name: "bound", displayName: "bound-test", capacity: "local", git },
  ],
});

const partOf = (path: string, text: string): Part => ({
  path,
  payload: Buffer.from(text).toString("base64"),
  payloadType: "InlineBase64",
});

/** A notebook with an output, to which the service's own way to write it gives another. */
function writeNotebook(folder: string): void {
  const cell = {
    cell_type: "code",
    source: ["print(7)\n"],
    metadata: {},
    execution_count: 1,
    outputs: [{ text: ["7"] }],
  };
  const metadata = { type: "Notebook", displayName: "explore" };
  mkdirSync(folder);
  writeFileSync(join(folder, ".platform"), JSON.stringify({ metadata }));
  writeFileSync(join(folder, "notebook-content.ipynb"), JSON.stringify({ cells: [cell], nbformat: 4 }, null, 1));
}
const textOf = (part: Part | undefined) => Buffer.from(part?.payload ?? "", "base64").toString();

describe("drift of every property", () => {
  let start: EngineStack;
  let stack: EngineStack;
  const service = () => stack.emulator.service;
  const workspace = (name: string) => {
    const found = service()
      .workspaces.all()
      .find(({ displayName }) => displayName === `${name}-test`);
    assert.ok(found, name);
    return found;
  };
  const folder = (name: string) => {
    const found = service()
      .folders.all()
      .find(({ displayName }) => displayName === name);
    assert.ok(found, name);
    return found;
  };
  const item = (name: string) => {
    const found = service()
      .items.all()
      .find(({ displayName, type }) => displayName === name && type !== "SQLEndpoint");
    assert.ok(found, name);
    return found;
  };
  const changeParts = (name: string, change: (parts: readonly Part[]) => readonly Part[]) =>
    service().items.change(item(name).id, { parts: change(item(name).parts ?? []) });
  const changeGit = (name: string, changes: Record<string, string>) =>
    service().gitConnections.change(workspace(name).id, { details: { ...knownBranch, ...changes } });

  /** Refreshes and deploys; gives what the preview between them announced, and checks that up did that. */
  async function repair(): Promise<{ steps: readonly string[]; changes: readonly string[] }> {
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 0, refresh.text);
    const preview = await stack.preview();
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(up.steps, preview.steps, "up did something else than the preview had said");
    return preview;
  }

  const levers = { omitEmptyDescriptions: true, upperCaseIds: true, rewriteDefinitions: true };

  before(async () => {
    start = stack = await EngineStack.start({ emulator: levers });
    cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
    writeNotebook(join(stack.folder, "items/explore.Notebook"));
    stack.configure(environment());
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start, levers);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("Drift of every property finds nothing where nothing changed, however the service spells it", async () => {
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 0, refresh.text);
    assert.match(refresh.text, /Resources:\n\s+\d+ unchanged\n/);
    assert.doesNotMatch(refresh.text, /warning|was changed/);
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("Drift of every property puts back what was changed", async () => {
    const before = worldOf(stack);
    service().workspaces.change(workspace("sales").id, { description: "other", capacityId: known.secondCapacity });
    service().workspaces.change(workspace("plain").id, { displayName: "renamed" });
    service().roles.change(`${workspace("sales").id}/${known.bob}`, { role: "Contributor" });
    service().folders.change(folder("daily").id, { displayName: "nightly" });
    service().folders.change(folder("loads").id, { parentFolderId: folder("nightly").id });
    service().items.change(item("bronze").id, { displayName: "bronce", description: "other" });
    service().items.change(item("ingest").id, { folderId: folder("weekly").id });
    changeParts("daily", (parts) => parts.map(({ path }) => partOf(path, '{"properties":{"activities":[1]}}')));
    changeGit("linked", { branchName: "other" });
    changeGit("bound", { directoryName: "/other", repositoryName: "other" });
    const { changes } = await repair();
    assert.deepEqual(changes, [
      "Folder sales/daily: displayName",
      "Folder sales/weekly/loads: parentFolderId",
      // the branch that it was put on has other commits
      "GitConnection bound: commit",
      "GitConnection bound: directoryName",
      "GitConnection bound: repositoryName",
      "GitConnection linked: branchName",
      "GitConnection linked: commit",
      "Item sales/bronze: description",
      "Item sales/bronze: displayName",
      "Item sales/daily: definitionHash",
      "Item sales/ingest: folderId",
      "Workspace plain: displayName",
      "Workspace sales: capacity",
      "Workspace sales: description",
      "WorkspaceUser sales/bob@contoso.com: role",
    ]);
    assert.deepEqual(worldOf(stack), before);
  });

  it("Drift of every property brings back what was taken away", async () => {
    const before = worldOf(stack);
    service().workspaces.change(workspace("sales").id, { description: "", capacityId: undefined });
    service().roles.delete(`${workspace("plain").id}/${known.deployer}`);
    service().workspaces.delete(workspace("plain").id);
    service().roles.delete(`${workspace("sales").id}/${known.alice}`);
    service().items.change(item("bronze").id, { folderId: undefined, description: "" });
    removeItem(service(), item("silver"));
    service().folders.delete(folder("loads").id);
    changeParts("ingest", (parts) => parts.filter(({ path }) => path !== "notebook-content.py"));
    service().gitConnections.delete(workspace("linked").id);
    service().gitConnections.change(workspace("bound").id, { isInitialized: false, head: undefined, synced: [] });
    const { changes, steps } = await repair();
    assert.deepEqual(
      steps.filter((step) => step.startsWith("create")),
      [
        "create Folder sales/weekly/loads",
        "create GitConnection linked",
        "create Item sales/silver",
        "create Workspace plain",
        "create WorkspaceUser sales/alice@contoso.com",
      ],
    );
    assert.deepEqual(changes, [
      "GitConnection bound: gitConnectionState",
      "Item sales/bronze: description",
      "Item sales/bronze: folderId",
      "Item sales/ingest: definitionHash",
      "Workspace sales: capacity",
      "Workspace sales: description",
    ]);
    assert.deepEqual(worldOf(stack), before);
  });

  it("Drift of every property takes away what was added, but for what nobody declares", async () => {
    const before = worldOf(stack);
    const { id } = workspace("sales");
    service().roles.put({ id: `${id}/${known.carol}`, workspaceId: id, principalId: known.carol, role: "Member" });
    service().workspaces.change(workspace("plain").id, { description: "added" });
    service().items.change(item("silver").id, { description: "added" });
    service().items.change(item("daily").id, { folderId: folder("daily").id });
    service().folders.change(folder("daily").id, { parentFolderId: folder("weekly").id });
    changeParts("ingest", (parts) => [...parts, partOf("notes.md", "added")]);
    const { changes, steps } = await repair();
    assert.deepEqual(changes, [
      "Folder sales/daily: parentFolderId",
      "Item sales/daily: folderId",
      "Item sales/ingest: definitionHash",
      "Item sales/silver: description",
      "UnlistedUsers sales: unlisted",
      "Workspace plain: description",
    ]);
    assert.ok(steps.every((step) => step.startsWith("update")));
    assert.deepEqual(worldOf(stack), before);

    // not declared, so left as it is
    service().workspaces.change(workspace("plain").id, { capacityId: known.activeCapacity });
    service().items.put({ id: known.analysts, workspaceId: id, type: "Report", displayName: "own", description: "" });
    service().roles.put({
      id: `${workspace("linked").id}/${known.carol}`,
      workspaceId: workspace("linked").id,
      principalId: known.carol,
      role: "Member",
    });
    assert.deepEqual((await repair()).steps, []);
  });

  it("Drift of every property names whose role goes, and keeps that of the deploying identity, and what came after the refresh", async () => {
    const { id } = workspace("sales");
    service().roles.put({ id: `${id}/${known.carol}`, workspaceId: id, principalId: known.carol, role: "Viewer" });
    service().roles.put({ id: `${id}/${known.analysts}`, workspaceId: id, principalId: known.analysts, role: "Admin" });
    await stack.refresh();
    const preview = await stack.run(["preview", "--diff"]);
    assert.match(preview.text, /- name: "carol@contoso.com"/);
    assert.match(preview.text, /- name: "Analysts"/);
    assert.doesNotMatch(preview.text, /fabric-deployer/);
    service().roles.put({
      id: `${id}/${known.secondCapacity}`,
      workspaceId: id,
      principalId: known.secondCapacity,
      role: "Viewer",
    });
    await stack.up();
    const has = (principalId: string) => service().roles.get(`${id}/${principalId}`) !== undefined;
    assert.deepEqual([has(known.carol), has(known.analysts), has(known.deployer)], [false, false, true]);
    assert.ok(has(known.secondCapacity), "came after the refresh, so nobody was shown that it would go");
  });

  it("Drift of every property leaves a changed definition where it is to be told only, and fails where that is wanted", async () => {
    const edit = () => changeParts("ingest", (parts) => [...parts, partOf("edited.md", "by hand")]);
    const isEdited = () => item("ingest").parts?.some((part) => textOf(part) === "by hand");
    stack.configure(environment({ onDrift: "warn" }));
    assert.deepEqual((await stack.up()).code, 0);
    edit();
    const warned = await stack.refresh();
    assert.equal(warned.code, 0, warned.text);
    assert.match(warned.text, /Notebook 'ingest' was changed at the service.*It stays/);
    await stack.up();
    assert.ok(isEdited());

    stack.configure(environment({ onDrift: "fail" }));
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const refused = await stack.refresh();
    assert.equal(refused.code, 1);
    assert.match(refused.text, /Notebook 'ingest' was changed at the service.*fabric:onDrift is fail/);
    assert.ok(isEdited());
  });
});
