import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import type { Part } from "../../../emulator/families/itemDefinition.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";

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

const textOf = (part: Part | undefined) => Buffer.from(part?.payload ?? "", "base64").toString();
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
  const item = (name: string) => {
    const found = service()
      .items.all()
      .find(({ displayName, type }) => displayName === name && type !== "SQLEndpoint");
    assert.ok(found, name);
    return found;
  };
  const changeParts = (name: string, change: (parts: readonly Part[]) => readonly Part[]) =>
    service().items.change(item(name).id, { parts: change(item(name).parts ?? []) });

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

  it("Drift of every property names whose role goes, and keeps an Admin's, from whom the deploying identity may have its own", async () => {
    const { id } = workspace("sales");
    service().roles.put({ id: `${id}/${known.carol}`, workspaceId: id, principalId: known.carol, role: "Viewer" });
    service().roles.put({ id: `${id}/${known.analysts}`, workspaceId: id, principalId: known.analysts, role: "Admin" });
    const refresh = await stack.refresh();
    assert.match(refresh.text, /Analysts.*Admin and not listed, but not removed/);
    const preview = await stack.run(["preview", "--diff"]);
    assert.match(preview.text, /- name: "carol@contoso.com"/);
    assert.doesNotMatch(preview.text, /Analysts/);
    service().roles.put({
      id: `${id}/${known.secondCapacity}`,
      workspaceId: id,
      principalId: known.secondCapacity,
      role: "Viewer",
    });
    await stack.up();
    const has = (principalId: string) => service().roles.get(`${id}/${principalId}`) !== undefined;
    assert.deepEqual([has(known.carol), has(known.analysts), has(known.deployer)], [false, true, true]);
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
