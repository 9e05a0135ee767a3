import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { callApi } from "./harness/existingEnvironment.ts";
import { notebookSource } from "../notebookSource.ts";

/** A notebook's definition, as the service gives it. */
const definition = {
  parts: [
    {
      path: "notebook-content.py",
      payload: Buffer.from(notebookSource("print(1)\n")).toString("base64"),
      payloadType: "InlineBase64",
    },
  ],
};
const git = {
  gitProviderType: "GitHub",
  ownerName: "contoso",
  repositoryName: "sales",
  branchName: "main",
  directoryName: "/fabric",
};

/** A workspace that has one of everything. @returns its id */
async function makeSales(stack: EngineStack, displayName = "sales"): Promise<string> {
  const call = (path: string, body: object) => callApi(stack, "POST", path, body);
  const { id } = await call("/workspaces", {
    displayName,
    description: "theirs",
    capacityId: known.activeCapacity,
  });
  const path = `/workspaces/${id}`;
  await call(`${path}/roleAssignments`, { principal: { id: known.alice, type: "User" }, role: "Viewer" });
  await call(`${path}/roleAssignments`, { principal: { id: known.analysts, type: "Group" }, role: "Member" });
  await call(`${path}/git/connect`, {
    gitProviderDetails: git,
    myGitCredentials: { source: "ConfiguredConnection", connectionId: known.gitHubConnection },
  });
  const initialized = await callApi<{ remoteCommitHash: string }>(
    stack,
    "POST",
    `${path}/git/initializeConnection`,
    {},
  );
  await call(`${path}/git/updateFromGit`, { remoteCommitHash: initialized.remoteCommitHash, workspaceHead: null });
  const ingest = await call(`${path}/folders`, { displayName: "ingest" });
  const raw = await call(`${path}/folders`, { displayName: "raw", parentFolderId: ingest.id });
  await call(`${path}/items`, { displayName: "bronze", type: "Lakehouse", folderId: raw.id });
  await call(`${path}/items`, { displayName: "daily", type: "Notebook", folderId: ingest.id, definition });
  return id;
}

const importing = (stack: EngineStack, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  stack.command("cli/import.ts", [...args, "--definitions-folder", "items"], env);

const fileOf = (stack: EngineStack) => join(stack.folder, "Pulumi.test.yaml");

describe("an imported workspace", () => {
  let start: EngineStack;
  let stack: EngineStack;
  let salesId: string;
  before(async () => {
    start = await EngineStack.start();
    salesId = await makeSales(start);
    start.configure({ workspaces: [], protectData: true });
    appendFileSync(fileOf(start), "  # the end\n");
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("An imported workspace is shown by a dry run, which changes nothing", async () => {
    const file = readFileSync(fileOf(stack), "utf8");
    const state = await stack.state();
    const begun = stack.emulator.requests().length;
    const run = await importing(stack, ["--workspace", "Sales", "--definitions", "--dry-run"]);
    assert.equal(run.code, 0, run.text);
    for (const shown of [
      "- name: sales",
      "items/sales/daily.Notebook/",
      `Item sales/bronze (${salesId}/`,
      "Git brings",
    ])
      assert.ok(run.text.includes(shown), `${shown} in ${run.text}`);
    assert.equal(readFileSync(fileOf(stack), "utf8"), file);
    assert.deepEqual(await stack.state(), state);
    assert.equal(existsSync(join(stack.folder, "items")), false);
    assert.deepEqual(
      stack.calls(begun).filter((call) => !call.startsWith("GET")),
      [],
    );
  });

  it("An imported workspace shows no change, and what could not be exported is imported without its definition", async () => {
    stack.emulator.faults([{ route: "getDefinition", nth: 2, status: 403, errorCode: "ItemHasProtectedLabel" }]);
    const run = await importing(stack, ["--workspace", salesId, "--definitions"]);
    stack.emulator.faults([]);
    assert.equal(run.code, 0, run.text);
    assert.match(run.text, /the definition of \w+ '\w+': ItemHasProtectedLabel/);
    assert.match(run.text, /A preview shows no change/);
    const preview = await stack.preview();
    assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);
    assert.match(readFileSync(fileOf(stack), "utf8"), /role: Member \} # Analysts\n[^]*# the end\n$/);
  });
});

describe("the connection of an imported workspace", () => {
  it("The connection of an imported workspace is adopted once for all workspaces, changes with no up, and stays at a destroy", async () => {
    await using stack = await EngineStack.start();
    await makeSales(stack);
    stack.configure({ workspaces: [] });
    const { connections } = stack.emulator.service;
    const before = structuredClone(connections.all());

    const first = await importing(stack, ["--workspace", "sales"]);
    assert.equal(first.code, 0, first.text);
    assert.match(first.text, /contoso GitHub: 1 connection, which stays at a destroy[^]*A preview shows no change/);
    const file = readFileSync(fileOf(stack), "utf8");
    assert.match(file, /fabric:connections:\n +- name: contoso GitHub\n +type: GitHubSourceControl\n +adopt: true\n/);
    assert.match(file, /connection: contoso GitHub\n/);
    assert.doesNotMatch(file, /connectionId|credential/);
    assert.deepEqual(await connectionsShown(stack), { "contoso GitHub": { id: known.gitHubConnection } });

    await makeSales(stack, "finance");
    const second = await importing(stack, ["--workspace", "finance"]);
    assert.equal(second.code, 0, second.text);
    assert.match(second.text, /A preview shows no change/);
    const both = readFileSync(fileOf(stack), "utf8");
    assert.equal(both.split("- name: contoso GitHub\n").length, 2, "one entry");
    assert.equal(both.split("connection: contoso GitHub\n").length, 3, "two workspaces");

    const refresh = await stack.refresh();
    assert.equal(refresh.code, 0, refresh.text);
    const begun = stack.emulator.requests().length;
    const up = await stack.up();
    assert.deepEqual([up.code, up.steps], [0, []], up.text);
    assert.deepEqual(
      stack.calls(begun).filter((call) => !call.startsWith("GET")),
      [],
    );
    const destroy = await stack.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
    assert.deepEqual(connections.all(), before);
  });
});

/** The connections in the stack's outputs. */
async function connectionsShown(stack: EngineStack): Promise<unknown> {
  const { text } = await stack.run(["stack", "output", "--json"]);
  return (JSON.parse(text) as { connections?: unknown }).connections;
}
