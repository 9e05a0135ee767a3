import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";

/* A workspace that follows its branch: git.sync: always. */

const notebook = (displayName: string, text: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: [{ path: "notebook-content.py", payload: Buffer.from(text).toString("base64"), payloadType: "InlineBase64" }],
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
    return item && Buffer.from(item.parts?.[0]?.payload ?? "", "base64").toString();
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
