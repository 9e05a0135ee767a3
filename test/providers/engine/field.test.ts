import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sameIgnoringCase } from "../../../providers/engine/field.ts";

describe("names of objects", () => {
  it("Names of objects are the same in every case and composition of their letters, and not without a space at their edge", () => {
    const composed = "Übersicht é".normalize("NFC");
    assert.equal(sameIgnoringCase(composed, composed.normalize("NFD").toUpperCase()), true);
    assert.equal(sameIgnoringCase("sales ", "sales"), false);
    assert.equal(sameIgnoringCase("ssales", "sales"), false);
    assert.equal(sameIgnoringCase(undefined, undefined), true);
    assert.equal(sameIgnoringCase(undefined, ""), false);
  });
});
