import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { deployedAndEdited, environment, theirs, up, valuesOf } from "./harness/overwritten.ts";

const options = { notebook: true };

describe("what somebody changed at the service and a deployment would overwrite", () => {
  it("Preview and up name each value that goes with onDrift: overwrite, which is the default", async () => {
    await using stack = await deployedAndEdited(options);
    appendFileSync(join(stack.folder, "items/ingest.Notebook/notebook-content.py"), "# second\n");
    stack.configure(environment(options, "second", "Member"));
    const preview = await stack.preview();
    assert.match(
      preview.text,
      /description is "theirs" instead of "first", and "second" is declared\. That is overwritten/,
    );
    assert.match(preview.text, /role is "Admin" instead of "Viewer", and "Member" is declared/);
    const content = /The definition of Notebook 'ingest' was changed at the service since it was deployed.*overwritten/;
    assert.match(preview.text, content);
    assert.deepEqual(valuesOf(stack), theirs);
    const done = await up(stack);
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /role is "Admin" instead of "Viewer", and "Member" is declared\. That is overwritten/);
    assert.match(done.text, content);
    assert.deepEqual(valuesOf(stack), ["second", "second", "Member"]);
  });
});
