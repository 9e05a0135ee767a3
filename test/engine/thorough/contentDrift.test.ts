import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";
import { notebookParts, notebookSource, notebookText } from "../../notebookSource.ts";

/* What somebody edits at the service, and deployments that overwrite it, fail, and are rolled back. */

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];

class EditedStack {
  readonly stack: EngineStack;
  constructor(stack: EngineStack) {
    this.stack = stack;
  }

  static async start(): Promise<EditedStack> {
    const stack = await EngineStack.start();
    cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
    return new EditedStack(stack);
  }
  configure(settings: Record<string, unknown> = {}, items: Record<string, unknown>[] = [], adopt = false): void {
    const workspace = {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      adopt,
      usersAuthoritative: true,
      users: [{ principal: "alice@contoso.com", role: "Admin" }],
      items: [{ name: "ingest", path: "items/ingest.Notebook", adopt }, ...items],
    };
    this.stack.configure({ features, contentDrift: true, ...settings, workspaces: [workspace] });
  }
  get notebook() {
    const found = this.stack.emulator.service.items.all().find(({ type }) => type === "Notebook");
    assert.ok(found);
    return found;
  }
  get content(): string {
    const part = this.notebook.parts?.find(({ path }) => path === "notebook-content.py");
    return notebookText(part);
  }
  edit(text: string): void {
    this.stack.emulator.service.items.change(this.notebook.id, { parts: notebookParts(text) });
  }
  declare(text: string): void {
    writeFileSync(join(this.stack.folder, "items/ingest.Notebook/notebook-content.py"), notebookSource(text));
  }
  giveRole(principalId: string): void {
    const { workspaceId } = this.notebook;
    this.stack.emulator.service.roles.put({
      id: `${workspaceId}/${principalId}`,
      workspaceId,
      principalId,
      role: "Viewer",
    });
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.stack[Symbol.asyncDispose]();
  }
}

describe("an edit at the service", () => {
  it("An edit at the service and the role of somebody unlisted are given back when the deployment that corrects them is rolled back", async () => {
    await using edited = await EditedStack.start();
    const { stack } = edited;
    edited.configure();
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    edited.edit("by hand");
    edited.giveRole(known.carol);
    assert.equal((await stack.refresh()).code, 0);
    const before = worldOf(stack);

    edited.configure({}, [{ name: "last", type: "DataPipeline" }]);
    stack.emulator.faults([
      {
        method: "POST",
        route: "/workspaces/{workspaceId}/items",
        delayMs: 3000,
        status: 400,
        errorCode: "UnknownError",
      },
    ]);
    const since = stack.emulator.requests().length;
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    const calls = stack.calls(since);
    assert.ok(calls.includes("DELETE /workspaces/{workspaceId}/roleAssignments/{principalId}"), calls.join("\n"));
    assert.ok(calls.includes("POST /workspaces/{workspaceId}/items/{itemId}/updateDefinition"), calls.join("\n"));
    assert.deepEqual(worldOf(stack), before);
    assert.equal(edited.content, "by hand");
  });

  it("An edit at the service is found in what was deployed before definitions were looked at, too, and nothing is where there is none", async () => {
    await using edited = await EditedStack.start();
    const { stack } = edited;
    edited.configure({ contentDrift: false });
    assert.equal((await stack.up()).code, 0);
    edited.configure();
    assert.deepEqual((await stack.up()).steps, [], "turning it on touches nothing");
    stack.emulator.service.levers.rewriteDefinitions = true;
    await stack.refresh();
    assert.deepEqual((await stack.preview()).changes, []);
    edited.edit("by hand");
    await stack.refresh();
    assert.deepEqual((await stack.preview()).changes, ["Item sales/ingest: definitionHash"]);
  });

  it("An edit at the service that no refresh has shown is not overwritten without a word, and not at all where that is to fail", async () => {
    await using edited = await EditedStack.start();
    const { stack } = edited;
    edited.configure({ onDrift: "fail" });
    assert.equal((await stack.up()).code, 0);
    edited.edit("by hand");
    edited.declare("declared anew");
    const refused = await stack.up();
    assert.equal(refused.code, 1);
    assert.match(refused.text, /Notebook 'ingest' was changed at the service.*nothing was overwritten/);
    assert.equal(edited.content, "by hand");

    edited.configure();
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /Notebook 'ingest' was changed at the service.*is overwritten/);
    assert.equal(edited.content, "declared anew");
  });
});

describe("an adopted item whose definition could not be sent", () => {
  it("An adopted item whose definition could not be sent is finished by the next up", async () => {
    await using edited = await EditedStack.start();
    const { stack } = edited;
    const { workspaces, roles, items } = stack.emulator.service;
    const workspaceId = known.analysts;
    workspaces.put({ id: workspaceId, displayName: "sales-test", type: "Workspace", capacityId: known.activeCapacity });
    roles.put({ id: `${workspaceId}/${known.deployer}`, workspaceId, principalId: known.deployer, role: "Admin" });
    items.put({ id: known.alice, workspaceId, type: "Notebook", displayName: "ingest", description: "theirs" });
    edited.declare("declared");
    edited.configure({ features: {} }, [], true);
    const updateDefinition = "/workspaces/{workspaceId}/items/{itemId}/updateDefinition";
    stack.emulator.faults([{ method: "POST", route: updateDefinition, status: 400, errorCode: "CorruptedPayload" }]);
    assert.equal((await stack.up()).code, 1);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.equal(edited.content, "declared");
  });
});
