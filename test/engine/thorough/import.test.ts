import assert from "node:assert/strict";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { TransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { callApi } from "../harness/existingEnvironment.ts";
import { notebookSource } from "../../notebookSource.ts";

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
async function makeSales(stack: EngineStack): Promise<string> {
  const call = (path: string, body: object) => callApi(stack, "POST", path, body);
  const { id } = await call("/workspaces", {
    displayName: "sales",
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

/** The resources of a state, by URN and with URNs for ids, without times, places in the code and what order tells. */
async function shapeOf(stack: EngineStack): Promise<Record<string, unknown>> {
  const resources = (await stack.state()).deployment.resources ?? [];
  const names = resources.flatMap(({ urn, type, id }) => {
    const isConnection = type.endsWith(":GitConnection");
    return id && !isConnection ? [[id.split("/").at(-1) ?? id, urn] as const] : [];
  });
  const shapes = resources.map((resource) => {
    const { created, modified, sourcePosition, stackTrace, ...shape } = resource as typeof resource &
      Record<string, unknown>;
    assert.ok(created && modified, `${resource.urn} has no times`);
    void [sourcePosition, stackTrace];
    const dependencies = [...((shape["dependencies"] as string[] | undefined) ?? [])].sort();
    const text = JSON.stringify({ ...shape, dependencies });
    return [resource.urn, JSON.parse(names.reduce((named, [id, urn]) => named.replaceAll(id, urn), text))] as const;
  });
  return Object.fromEntries(shapes);
}

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

  it("An imported workspace is put back, configuration and definitions too, when the state cannot be written", async () => {
    const file = readFileSync(fileOf(stack), "utf8");
    const run = await importing(stack, ["--workspace", "sales", "--definitions"], withoutStateImport(stack, "exit 7"));
    assert.equal(run.code, 2);
    assert.match(run.text, /Nothing was imported, and the configuration is as it was/);
    assert.equal(readFileSync(fileOf(stack), "utf8"), file);
    assert.equal(existsSync(join(stack.folder, "items/sales/daily.Notebook")), false);
  });

  it("An imported workspace cannot be deleted when the import is killed between configuration and state", async () => {
    const before = readFileSync(fileOf(stack), "utf8");
    const killed = await importing(stack, ["--workspace", "sales"], withoutStateImport(stack, "kill -9 $PPID; exit 1"));
    assert.notEqual(killed.code, 0);
    const written = readFileSync(fileOf(stack), "utf8");
    assert.match(written, /- name: sales/);
    const again = await importing(stack, ["--workspace", "sales"]);
    assert.equal(again.code, 2);
    assert.match(again.text, /'sales' is declared as sales.*remove that entry and import again/s);
    // it adopts the connection, before the workspace is refused
    const up = await stack.up();
    assert.match(up.text, /WorkspaceNameAlreadyExists/);
    assert.ok(stack.emulator.service.workspaces.get(salesId));
    // without the workspace, the connection is all that is left to deploy
    const [connections = ""] = /^ {2}fabric:connections:\n(?: {4}.*\n)+/m.exec(written) ?? [];
    writeFileSync(fileOf(stack), before + connections);
    const without = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(without.code, 0, without.text);
    const last = await importing(stack, ["--workspace", "sales"]);
    assert.equal(last.code, 0, last.text);
  });

  it("An imported workspace is refused while a deployment has not ended", async () => {
    const store = new FolderLogStore(join(stack.folder, ".fabric/transactions"));
    const log = await TransactionLog.open({ store, transactionId: "test-open" });
    await log.begin({ stack: "test", enableRollback: true });
    const intent = { operation: "create", resourceType: "Workspace", resourceName: "x", compensation: null } as const;
    await log.step(
      intent,
      () => Promise.resolve({ id: "x" }),
      ({ id }) => id,
    );
    const run = await importing(stack, ["--workspace", "sales"]);
    await log.close();
    assert.equal(run.code, 2);
    assert.match(run.text, /deployment test-open of stack 'test' has not ended.*npm run rollback/s);
  });

  it("An imported workspace is refused in the words of the program where that would not deploy", async () => {
    const file = readFileSync(fileOf(stack), "utf8");
    writeFileSync(fileOf(stack), file.replace("  # the end", "  fabric:requireAllFeatures: true\n  # the end"));
    const run = await importing(stack, ["--workspace", "sales"]);
    writeFileSync(fileOf(stack), file);
    assert.equal(run.code, 2);
    assert.match(run.text, /pulumi preview failed: .*useTelemetry/);
    assert.doesNotMatch(run.text, /"steps"/);
  });

  it("An imported workspace is skipped the next time, beside one that is new, and protected like others", async () => {
    assert.equal((await importing(stack, ["--workspace", "sales"])).code, 0);
    await callApi(stack, "POST", "/workspaces", { displayName: "finance/eu" });
    const run = await importing(stack, ["--all"]);
    assert.equal(run.code, 0, run.text);
    assert.match(run.text, /'sales' is part of the stack already/);
    assert.match(run.text, /finance-eu: 1 workspace/);
    const preview = await stack.preview();
    assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);

    const { deployment } = await stack.state();
    const kept = (deployment.resources ?? []).filter((resource) => (resource as { protect?: boolean }).protect);
    const names = kept.map(({ urn }) => urn.split("::").at(-1)).sort();
    assert.deepEqual(names, ["contoso GitHub", "finance-eu", "sales", "sales/bronze"]);
    const destroy = await stack.destroy();
    assert.notEqual(destroy.code, 0);
    const { workspaces, items } = stack.emulator.service;
    assert.ok(workspaces.get(salesId));
    assert.ok(items.all().some(({ displayName }) => displayName === "bronze"));
  });
});

describe("an import into a stack that does not exist yet", () => {
  it("An import into a stack that does not exist yet reads the stack's file in a dry run, too, and makes the stack only then, with what encrypts its secrets", async () => {
    await using stack = await EngineStack.start();
    await makeSales(stack);
    stack.configure({ workspaces: [] });
    const [file, fresh] = ["Pulumi.test.yaml", "Pulumi.fresh.yaml"].map((name) => join(stack.folder, name));
    assert.ok(file && fresh);
    const before = readFileSync(file, "utf8").replace(/^encryptionsalt:.*\n/m, "");
    writeFileSync(fresh, before);
    const importing = (...args: string[]) =>
      stack.commandAs("fresh", "cli/import.ts", ["--workspace", "sales", ...args]);
    const dry = await importing("--dry-run");
    assert.equal(dry.code, 0, dry.text);
    assert.match(dry.text, /Would be written to Pulumi\.fresh\.yaml, at the end of fabric:workspaces:/);
    assert.equal(readFileSync(fresh, "utf8"), before);
    const refused = await importing("--secrets-provider", "nosuch://key");
    assert.notEqual(refused.code, 0);
    assert.match(refused.text, /Stack 'fresh' could not be made.*nosuch/s);
    const done = await importing("--secrets-provider=passphrase");
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /Stack 'fresh' is new/);
  });
});

describe("the state after an import", () => {
  it("The state after an import is the one that an update makes from the same configuration", async () => {
    await using stack = await EngineStack.start();
    await makeSales(stack);
    stack.configure({ workspaces: [] });
    const run = await importing(stack, ["--all", "--definitions"]);
    assert.equal(run.code, 0, run.text);
    const imported = await shapeOf(stack);
    const destroy = await stack.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(imported, await shapeOf(stack));
    assert.equal(Object.keys(imported).length, 12);
  });
});

describe("connections that a stack has a name for", () => {
  it("Connections that a stack has a name for are not declared again by an import: a reference stays one, and an entry that waits to adopt one has it", async () => {
    await using stack = await EngineStack.start();
    await makeSales(stack);
    const { connections } = stack.emulator.service;
    const theirs = structuredClone(connections.all());
    const references = [{ name: "theirs", connection: "contoso GitHub" }];
    stack.configure({ references, workspaces: [] });
    assert.equal((await stack.up()).code, 0);
    const first = await importing(stack, ["--workspace", "sales"]);
    assert.equal(first.code, 0, first.text);
    assert.match(first.text, /A preview shows no change/);
    assert.match(readFileSync(fileOf(stack), "utf8"), /connection: theirs\n/);
    assert.doesNotMatch(readFileSync(fileOf(stack), "utf8"), /fabric:connections/);
    const up = await stack.up();
    assert.deepEqual([up.code, up.steps], [0, []], up.text);
    assert.equal((await stack.destroy()).code, 0);

    await makeSales(stack);
    const roles = [{ principal: known.alice, type: "User", role: "User" }];
    const entry = { name: "code", displayName: "contoso GitHub", type: "GitHubSourceControl", adopt: true, roles };
    stack.configure({ connections: [entry], workspaces: [] });
    const second = await importing(stack, ["--workspace", "sales"]);
    assert.equal(second.code, 0, second.text);
    assert.match(second.text, /code: 1 connection, which stays at a destroy[^]*A preview shows no change/);
    assert.equal(readFileSync(fileOf(stack), "utf8").split("GitHubSourceControl").length, 2, "one entry");
    const waiting = await stack.preview();
    assert.deepEqual(waiting.steps, ["create ConnectionRole code/11111111-1111-4111-8111-0000000000a1"], waiting.text);
    assert.equal((await stack.destroy()).code, 0);
    assert.deepEqual(connections.all(), theirs);
  });
});

/** An environment whose CLI does something else instead of importing a state. */
function withoutStateImport(stack: EngineStack, instead: string): NodeJS.ProcessEnv {
  const folder = join(stack.folder, "bin");
  mkdirSync(folder, { recursive: true });
  const path = process.env["PATH"] ?? "";
  const script = `#!/bin/sh\n[ "$1 $2" = "stack import" ] && { ${instead}; }\nPATH='${path}' exec pulumi "$@"\n`;
  writeFileSync(join(folder, "pulumi"), script);
  chmodSync(join(folder, "pulumi"), 0o755);
  return { PATH: `${folder}:${path}` };
}
