import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";
import { notebookParts, notebookText } from "../../notebookSource.ts";

/* A workspace that follows its branch: git.sync: always. */

const notebook = (displayName: string, text: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts(text),
});
const lakehouse = { type: "Lakehouse", displayName: "bronze", description: "", parts: [] };

describe("a workspace that follows its branch", () => {
  let start: EngineStack;
  let stack: EngineStack;
  const service = () => stack.emulator.service;
  const commit = (load: string, report: string, ...others: (ReturnType<typeof notebook> | typeof lakehouse)[]) =>
    stack.emulator.commit(knownBranch, [notebook("load", load), notebook("report", report), ...others]);
  const contentOf = (name: string) => {
    const item = service()
      .items.all()
      .find(({ displayName, type }) => displayName === name && type === "Notebook");
    return item && notebookText(item.parts?.[0]);
  };
  const edit = (name: string, text: string) => {
    const item = service()
      .items.all()
      .find(({ displayName, type }) => displayName === name && type === "Notebook");
    service().items.change(item?.id ?? "", { parts: notebook(name, text).parts });
  };
  const configure = (git: Record<string, unknown> = {}) =>
    stack.configure({
      workspaces: [
        {
          name: "sales",
          displayName: "sales-test",
          capacity: "local",
          git: { ...salesBranch, sync: "always", ...git },
        },
      ],
    });

  before(async () => {
    start = stack = await EngineStack.start();
    commit("1", "1", lakehouse);
    configure();
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.equal(contentOf("load"), "1");
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
    edit("report", "by hand");
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("A workspace that follows its branch pulls new commits on every up, and leaves alone what was changed in the workspace only", async () => {
    commit("2", "1", notebook("new", "1"), lakehouse);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(["load", "report", "new"].map(contentOf), ["2", "by hand", "1"]);

    // as when somebody else syncs at the same time
    const updateFromGit = "/workspaces/{workspaceId}/git/updateFromGit";
    stack.emulator.faults([{ method: "POST", route: updateFromGit, status: 400, errorCode: "WorkspaceHeadMismatch" }]);
    commit("2", "1", notebook("new", "2"), lakehouse);
    const again = await stack.up();
    assert.equal(again.code, 0, again.text);
    assert.equal(contentOf("new"), "2");
    const calls = stack.emulator.requests().length;
    await stack.up();
    assert.ok(!stack.calls(calls).some((call) => call.endsWith("updateFromGit")), "there was nothing to pull");
  });

  it("A workspace that follows its branch keeps the workspace's side with PreferWorkspace, and pulls the rest", async () => {
    configure({ initializationStrategy: "PreferWorkspace" });
    commit("4", "4", notebook("new", "2"), lakehouse);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(["load", "report"].map(contentOf), ["4", "by hand"]);
  });

  it("A workspace that follows its branch pulls nothing where something would be lost, and names it", async () => {
    configure();
    commit("5", "5", notebook("new", "2"));
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(
      up.text,
      /not pulled.*Notebook 'report' was changed in the workspace, Lakehouse 'bronze' was deleted in the branch, and holds data/,
    );
    assert.deepEqual(["load", "report"].map(contentOf), ["1", "by hand"]);
  });

  it("A workspace that follows its branch overwrites what was changed in the workspace only where it may", async () => {
    configure({ allowOverwrite: true });
    commit("6", "6");
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(["load", "report"].map(contentOf), ["6", "6"]);
    assert.ok(
      !service()
        .items.all()
        .some(({ type }) => type === "Lakehouse"),
    );
  });

  it("A workspace that follows its branch tells in a preview what up then pulls, with and without a refresh, and nothing of commits elsewhere", async () => {
    assert.deepEqual((await stack.preview()).changes, []);
    commit("3", "1", notebook("new", "2"), lakehouse);
    assert.deepEqual((await stack.preview()).changes, ["GitConnection sales: commit"]);
    const up = await stack.up();
    assert.deepEqual([up.changes, contentOf("load")], [["GitConnection sales: commit"], "3"]);
    const idle = await stack.up();
    assert.deepEqual([idle.code, idle.steps], [0, []], idle.text);

    commit("3b", "1", notebook("new", "2"), lakehouse);
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 0, refresh.text);
    const both = ["GitConnection sales: commit", "GitConnection sales: newCommit"];
    assert.deepEqual((await stack.preview()).changes, both);
    await stack.up();
    assert.equal(contentOf("load"), "3b");
    // a commit that changes nothing below the directory
    commit("3b", "1", notebook("new", "2"), lakehouse);
    await stack.refresh();
    assert.deepEqual((await stack.preview()).changes, []);
  });
});
