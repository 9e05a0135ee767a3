import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deployedAndEdited, environment, theirs, up, valuesOf } from "../harness/overwritten.ts";

describe("what somebody changed at the service and a deployment would overwrite", () => {
  it("The values stay and are told at each run with onDrift: warn", async () => {
    await using stack = await deployedAndEdited({ onDrift: "warn" });
    stack.configure(environment({ onDrift: "warn" }, "second", "Member"));
    const done = await up(stack);
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /That stays \(fabric:onDrift: warn\)/);
    assert.deepEqual(valuesOf(stack), theirs);
    const again = await up(stack, "--refresh");
    assert.equal(again.code, 0, again.text);
    assert.match(again.text, /description is "theirs" instead of "second"\. That stays/);
    assert.deepEqual(valuesOf(stack), theirs);
  });

  it("Preview and up fail before anything is written with onDrift: fail", async () => {
    await using stack = await deployedAndEdited({ onDrift: "fail" });
    stack.configure(environment({ onDrift: "fail" }, "second", "Member"));
    const preview = await stack.preview();
    assert.notEqual(preview.code, 0);
    assert.match(
      preview.text,
      /description is "theirs" instead of "first", and "second" is declared\. Nothing of it was overwritten/,
    );
    const refused = await up(stack);
    assert.equal(refused.code, 1, refused.text);
    const refreshed = await up(stack, "--refresh");
    assert.equal(refreshed.code, 1, refreshed.text);
    assert.deepEqual(valuesOf(stack), theirs);
    // declared as it is: nothing is anybody's loss
    stack.configure(environment({ onDrift: "fail" }, "theirs", "Admin"));
    const done = await up(stack);
    assert.equal(done.code, 0, done.text);
  });
});
