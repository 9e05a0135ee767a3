import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { callApi } from "../harness/existingEnvironment.ts";
import { salesBranch } from "../harness/salesBranch.ts";

/* fabric:preflight: a preview that asks the service for what an up would fail at. */

const fine = {
  name: "fine",
  displayName: "fine-test",
  capacity: "local",
  users: [{ principal: "alice@contoso.com", role: "Admin" }],
  git: salesBranch,
  items: [{ name: "bronze", type: "Lakehouse" }],
};

describe("a preview with preflight", () => {
  let start: EngineStack;
  let stack: EngineStack;
  before(async () => {
    start = stack = await EngineStack.start();
    await callApi(stack, "POST", "/workspaces", { displayName: "theirs" });
    stack.configure({ preflight: true, workspaces: [fine, { ...fine, name: "other", displayName: "other-test" }] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("A preview with preflight warns of a paused capacity where nothing is to be made on it, and fails where something is", async () => {
    stack.emulator.service.capacities.change(known.activeCapacity, { state: "Inactive" });
    const same = await stack.preview();
    assert.equal(same.code, 0, same.text);
    assert.match(same.text, /warning: Capacity 'local' is paused/);
    const items = [...fine.items, { name: "flow", type: "DataPipeline" }];
    stack.configure({
      preflight: true,
      workspaces: [
        { ...fine, items },
        { ...fine, name: "other", displayName: "other-test" },
      ],
    });
    const more = await stack.preview();
    assert.notEqual(more.code, 0, more.text);
    assert.match(more.text, /error: Capacity 'local' is paused/);
  });

  it("A preview with preflight warns once of what cannot be found out, and of what can be true of a replacement", async () => {
    const { git: _git, ...plain } = fine;
    const both = [plain, { ...plain, name: "other", displayName: "other-test" }];
    stack.configure({ workspaces: both });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const items = [{ ...fine.items[0], creationPayload: { enableSchemas: true } }];
    stack.configure({ preflight: true, workspaces: [{ ...plain, items }, both[1]] });
    stack.emulator.faults([
      { method: "GET", route: "/capacities", status: 403, errorCode: "InsufficientPrivileges", times: 9 },
    ]);
    const { code, text } = await stack.preview();
    stack.emulator.faults([]);
    assert.equal(code, 0, text);
    const told = text.slice(text.indexOf("Diagnostics:"));
    assert.equal(
      told.split("warning: Not checked before: list capacities failed: InsufficientPrivileges (403").length,
      2,
    );
    assert.match(told, /warning: Lakehouse 'bronze' exists already .* Unless this very deployment replaces it/);
  });

  it("A preview with preflight warns, and stops nothing, where not even the workspaces are told", async () => {
    stack.configure({ preflight: true, workspaces: [fine] });
    const insufficient = { status: 403, errorCode: "InsufficientPrivileges", times: 9 };
    stack.emulator.faults([{ method: "GET", route: "/workspaces", ...insufficient }]);
    const { code, text } = await stack.preview();
    stack.emulator.faults([]);
    assert.equal(code, 0, text);
    assert.match(text, /warning: Not checked before: list workspaces failed: InsufficientPrivileges \(403/);
  });

  it("A preview with preflight says that it asks nothing of an embedded emulator, which would have to be started for it", async () => {
    stack.configure({ preflight: true, workspaces: [fine] });
    const { text } = await stack.preview({ FABRIC_ENDPOINT: "", FABRIC_GRAPH_ENDPOINT: "" });
    assert.match(text, /fabric:preflight asks nothing here/);
  });

  it("A preview with preflight can be asked for once, by --config", async () => {
    stack.configure({ workspaces: [{ name: "taken", displayName: "theirs" }] });
    const { code, text } = await stack.run(["preview", "--config", "fabric:preflight=true"]);
    assert.notEqual(code, 0, text);
    assert.match(text, /Workspace 'theirs' exists already/);
  });
});

describe("a preview with preflight, where nobody is signed in", () => {
  it("A preview with preflight, where nobody is signed in fails at that, once", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ preflight: true, endpoint: "https://api.fabric.microsoft.com/v1", workspaces: [fine] });
    const { code, text } = await stack.preview();
    assert.notEqual(code, 0, text);
    const told = text.slice(text.indexOf("Diagnostics:"));
    assert.equal(told.split(/error: Signing in by Azure CLI.* failed/).length, 2, text);
  });
});
