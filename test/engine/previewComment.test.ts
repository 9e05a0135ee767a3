import assert from "node:assert/strict";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { EngineStack } from "./harness/engineStack.ts";

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
  /** Every file of the state, with its time. */
  const stateFiles = () =>
    globSync("state/**/*", { cwd: stack.folder }).map(
      (path) => `${path} ${statSync(join(stack.folder, path)).mtimeMs}`,
    );

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

  it("A preview with --comment tells creates, updates, replacements, deletes and protection; twice the same; and touches nothing", async () => {
    stack.configure({
      protectData: true,
      workspaces: [
        {
          ...sales,
          description: "new",
          items: [bronze, { name: "load", type: "Notebook" }, { name: "report", type: "Report" }],
        },
      ],
    });
    const calls = stack.calls().length;
    const files = stateFiles();
    const first = await preview();
    assert.equal(first.code, 0, first.text);
    // the terminal has what it always had
    assert.match(first.text, /Previewing update.*fabric:Item sales\/load replace/s);
    assert.equal(
      first.comment,
      [
        "<!-- fabric-preview stack=test -->",
        "<!-- fabric-preview failed=false changes=4 drift=0 -->",
        "",
        "### Preview of stack `test`",
        "",
        "**1 to delete, 1 to replace, 1 to update, 1 to create**, 1 unchanged.",
        "",
        "#### ⚠️ Destructive",
        "",
        "| | Object | |",
        "|---|---|---|",
        "| ⚠️ **delete** | Workspace `finance` | **goes with everything in it** |",
        "| ⚠️ **replace** | Item `load` of `sales` | `type` `DataPipeline` → `Notebook`<br>the old one goes |",
        "",
        "<details open><summary>Workspace `sales`: 1 to replace, 1 to update, 1 to create</summary>",
        "",
        "| | Object | Properties |",
        "|---|---|---|",
        "| update | Workspace `sales` | `description` `old` → `new` |",
        "| create | Item `report` | `displayName` `report`<br>`type` `Report` |",
        "",
        "</details>",
        "",
        "<details><summary>Protected from deletion and replacement (2)</summary>",
        "",
        "| Object | Protected by | Lifted by |",
        "|---|---|---|",
        "| Item `bronze` of `sales` | `fabric:protectData` | `protect: false` on it in `Pulumi.test.yaml`, deployed |",
        "| Workspace `sales` | `fabric:protectData` | `protect: false` on it in `Pulumi.test.yaml`, deployed |",
        "",
        "</details>",
        "",
      ].join("\n"),
    );
    assert.equal((await preview()).comment, first.comment);
    // so an identity that may only read the state is enough
    assert.equal(stack.calls().length, calls, "a preview called the service");
    assert.deepEqual(stateFiles(), files, "a preview wrote into the state");
  });

  it("A preview with --comment whose state cannot be reached ends with 2, and its comment says that it could not begin", async () => {
    const nowhere = { PULUMI_BACKEND_URL: pathToFileURL(join(stack.folder, "nowhere")).href };
    const args = ["preview", "--comment", file()];
    const { code, text } = await stack.command("cli/pulumiCommand.ts", args, nowhere);
    assert.equal(code, 2);
    assert.match(text, /could not be selected or made/);
    assert.match(readFileSync(file(), "utf8"), /failed=true.*The preview could not begin/s);
  });
});
