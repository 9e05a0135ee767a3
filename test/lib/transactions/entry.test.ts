import assert from "node:assert/strict";
import { it } from "node:test";
import { objectKey } from "../../../lib/transactions/entry.ts";

it("The key of an object is the same for every spelling of its id, and another for another kind", () => {
  assert.equal(objectKey("Workspace", "AB-1"), objectKey("Workspace", "ab-1"));
  assert.notEqual(objectKey("Workspace", "ab-1"), objectKey("Folder", "ab-1"));
  assert.notEqual(objectKey("Workspace", "ab-1"), objectKey("Workspace", undefined));
});
