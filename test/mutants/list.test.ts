import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { mutations } from "./list.ts";

describe("the list of mutations", () => {
  it("The list of mutations fits the code: each text stands in its file exactly once, and each test file is there", () => {
    const stale = mutations.flatMap(({ file, before, tests }) => {
      const count = existsSync(file) ? readFileSync(file, "utf8").split(before).length - 1 : 0;
      const missing = tests.filter((test) => !existsSync(test));
      return count === 1 && missing.length === 0 ? [] : [`${file}: ${count} times: ${before} ${missing.join()}`];
    });
    assert.deepEqual(stale, []);
  });
});
