import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { definitionFolders, isSafePart } from "../../../cli/import/definitionFolders.ts";
import { inLanes } from "../../../cli/import/lanes.ts";

describe("the folder of an exported definition", () => {
  const named = (id: string, displayName: string) => ({ id, type: "Notebook", displayName, workspaceId: "w" });

  it("The folder of an exported definition is named as Git integration names it, in names that every file system takes, and each once", () => {
    const items = [named("1", "a/b: c?"), named("2", "A_b_ c_"), named("3", ".."), named("4", "ende. ")];
    assert.deepEqual(
      [...definitionFolders("fabric", "sales", items).values()],
      [
        "fabric/sales/a_b_ c_.Notebook",
        "fabric/sales/A_b_ c_-2.Notebook",
        "fabric/sales/_.Notebook",
        "fabric/sales/ende.Notebook",
      ],
    );
  });

  it("The folder of an exported definition takes no part that would be written outside of it, whatever the service says", () => {
    const part = (path: string, payloadType = "InlineBase64") => ({ path, payload: "", payloadType }) as never;
    for (const path of ["notebook-content.py", ".platform", "definition/pages/a.json", "..hidden"])
      assert.equal(isSafePart(part(path)), true, path);
    for (const path of ["../x", "/etc/x", "a/../../x", "a\\..\\x", "C:x", "", ".", "..", "a/", "a//b", "a\0b"])
      assert.equal(isSafePart(part(path)), false, path);
    assert.equal(isSafePart(part("a", "VSOBase64")), false);
  });
});

describe("many things done some at a time", () => {
  it("Many things done some at a time are never more at once, and their results are in order", async () => {
    let running = 0;
    let most = 0;
    const results = await inLanes([1, 2, 3, 4, 5], 2, async (one) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return one * 2;
    });
    assert.deepEqual([most, results], [2, [2, 4, 6, 8, 10]]);
  });

  it("Many things done some at a time stop with the first error, once what had begun has ended", async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = inLanes([1, 2, 3, 4], 2, async (one) => {
      begun.push(one);
      await new Promise((resolve) => setImmediate(resolve));
      if (one === 1) throw new Error("no");
      await new Promise((resolve) => setImmediate(resolve));
      ended.push(one);
    });
    await assert.rejects(work, /no/);
    assert.deepEqual([begun, ended], [[1, 2], [2]]);
  });
});
