import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changesOf } from "../../../cli/preview/previewChanges.ts";
import type { PreviewLog } from "../../../cli/preview/previewLog.ts";

const urn = "urn:pulumi:dev::fabric::fabric:FabricWorkspace$pulumi-nodejs:dynamic/fabric:Item::sales/Notebook/load";

/** The changed properties that a comment tells of an item. */
function told(old: object | null, next: object): string[] {
  const state = (inputs: object | null) => inputs && { custom: true, inputs, outputs: {}, protect: false };
  const step = {
    op: old ? "update" : "create",
    urn,
    type: "pulumi-nodejs:dynamic/fabric:Item",
    old: state(old),
    new: state(next),
  };
  const log = { steps: [step], refreshed: [], config: {} } as unknown as PreviewLog;
  return changesOf(log).flatMap(({ properties }) =>
    properties.map(({ property, before, after }) => `${property}: ${String(before)} -> ${String(after)}`),
  );
}

describe("a changed definition in a comment", () => {
  it("A changed definition in a comment shows each file that was added, changed or removed, instead of one hash", () => {
    const before = { definitionHash: "1", logicalId: "x", parts: { "a.py": "a1", "b.json": "b1", "c.txt": "c1" } };
    const after = { definitionHash: "2", logicalId: "x", parts: { "a.py": "a2", "c.txt": "c1", "d.md": "d1" } };
    assert.deepEqual(told(before, after), [
      "file a.py: a1 -> a2",
      "file b.json: b1 -> undefined",
      "file d.md: undefined -> d1",
    ]);
  });

  it("A changed definition in a comment shows its hash if the files are not known one by one", () => {
    const many = { "number of files": "60" };
    assert.deepEqual(told({ definitionHash: "1" }, { definitionHash: "2", parts: { "a.py": "a" } }), [
      "definitionHash: 1 -> 2",
    ]);
    const pairs = [
      [many, many],
      [many, { "number of files": "61" }],
      [{ "a.py": "a" }, many],
      [many, { "a.py": "a" }],
    ];
    for (const [was, becomes] of pairs)
      assert.deepEqual(told({ definitionHash: "1", parts: was }, { definitionHash: "2", parts: becomes }), [
        "definitionHash: 1 -> 2",
      ]);
  });

  it("A new definition in a comment does not list its files", () => {
    assert.deepEqual(told(null, { displayName: "load", logicalId: "x", definitionHash: "1", parts: { "a.py": "a" } }), [
      "definitionHash: undefined -> 1",
      "displayName: undefined -> load",
    ]);
  });
});
