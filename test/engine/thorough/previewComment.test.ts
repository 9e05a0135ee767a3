import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* `npm run preview -- --comment FILE`, with the real CLI. */

const sales = { name: "sales", displayName: "sales-test", capacity: "local" };
const bronze = { name: "bronze", type: "Lakehouse" };

describe("a preview with --comment", () => {
  let start: EngineStack;
  let stack: EngineStack;
  const file = () => join(stack.folder, "comments", "preview.md");
  async function preview(...args: string[]) {
    const { code, text } = await stack.command("cli/pulumiCommand.ts", ["preview", ...args, "--comment", file()]);
    const comment = readFileSync(file(), "utf8").replace(/<\/?code>/g, "`");
    return { code, text, comment };
  }

  before(async () => {
    start = await EngineStack.start();
    start.configure({
      protectData: true,
      workspaces: [
        { ...sales, description: "old", items: [bronze, { name: "load", type: "DataPipeline" }] },
        { name: "finance", capacity: "local", protect: false },
      ],
    });
    const up = await start.up();
    assert.equal(up.code, 0, up.text);
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("A preview with --comment with --refresh tells what was changed behind Pulumi's back", async () => {
    const { workspaces } = stack.emulator.service;
    const [id = ""] = workspaces
      .all()
      .filter(({ displayName }) => displayName === "sales-test")
      .map(({ id }) => id);
    workspaces.change(id, { displayName: "renamed" });
    const { code, comment, text } = await preview("--refresh");
    workspaces.change(id, { displayName: "sales-test" });
    assert.equal(code, 0, text);
    assert.match(comment, /drift=1 -->/);
    assert.ok(comment.includes("| Workspace `sales` | `displayName` | `sales-test` | `renamed` | sets `sales-test` |"));
  });

  it("A preview with --comment that fails ends like pulumi's, and its comment has the error", async () => {
    stack.configure({ protectData: true, workspaces: [{ ...sales, items: [] }] });
    const { code, comment } = await preview();
    assert.notEqual(code, 0);
    assert.match(
      comment,
      /failed=true.*The preview failed.*sales\/bronze" cannot be deleted\nbecause it is protected/s,
    );
    assert.match(comment, /\*\*delete\*\* \| Item `bronze` of `sales` \| \*\*refused while it is protected/);
  });
});
