import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import { DOUBTFUL, sameIgnoringCase } from "../../../providers/engine/field.ts";
import { overwritten } from "../../../providers/engine/threeWays.ts";

const text = z.string().optional();
const fields = {
  description: { schema: text, change: "update" },
  principal: { schema: text, change: "update", same: sameIgnoringCase },
  type: { schema: text, change: "replace" },
  adopt: { schema: text, change: "local" },
  found: { schema: text, change: "update", isDerived: true },
} as const;
const names = (...ways: [state: object, live: object, wanted: object, own?: string[]]) => {
  const [state, live, wanted, own = []] = ways.map((one) => (Array.isArray(one) ? one : { ...one }));
  return overwritten({ fields }, { state, live, wanted } as never, new Set(own as string[])).map(
    ({ property }) => property,
  );
};

describe("values that an update would overwrite", () => {
  it("A value that is neither as it was left nor as declared was changed by somebody else", () => {
    assert.deepEqual(names({ description: "a" }, { description: "theirs" }, { description: "b" }), ["description"]);
    assert.deepEqual(names({}, { description: "theirs" }, { description: "b" }), ["description"]);
    assert.deepEqual(names({ description: "a" }, { description: "theirs" }, {}), ["description"]);
    assert.deepEqual(names({ description: "a" }, { description: "theirs" }, { description: "a" }), ["description"]);
  });

  it("A value that is as it was left, or as declared, or spelled otherwise is nobody else's", () => {
    assert.deepEqual(names({ description: "a" }, { description: "a" }, { description: "b" }), []);
    assert.deepEqual(names({ description: "a" }, { description: "b" }, { description: "b" }), []);
    assert.deepEqual(names({ principal: "Bob" }, { principal: "BOB" }, { principal: "carol" }), []);
    assert.deepEqual(names({ description: "a" }, {}, { description: "b" }), []);
  });

  it("A value that the stack has written itself, or is not sure of, is nobody else's", () => {
    assert.deepEqual(names({ description: "a" }, { description: "ours" }, { description: "b" }, ["description"]), []);
    assert.deepEqual(names({ description: DOUBTFUL }, { description: "x" }, { description: "b" }), []);
  });

  it("Values that no update sends are not asked for", () => {
    const live = { type: "x", adopt: "x", found: "x", unknown: "x" };
    assert.deepEqual(names({}, live, { type: "y", adopt: "y", found: "y" }), []);
  });
});
