import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { idShape } from "../../../lib/api/objects.ts";

describe("an id in an answer", () => {
  it("An id in an answer never changes the path that it becomes a part of", () => {
    const path = (id: string) => new URL(`https://api.fabric.microsoft.com/v1/workspaces/w/items/${id}`);
    for (const id of ["", ".", "..", "%2e%2e", ".%2E", "a/b", "a\\b", "a%2fb", "a?b", "a#b", "a b", "a\nb"])
      assert.equal(idShape.safeParse(id).success, false, JSON.stringify(id));
    for (const id of ["3fa85f64-5717-4562-b3fc-2c963f66afa6", "a..b", "...", "a.b_c-d~e", "42"]) {
      assert.equal(idShape.safeParse(id).success, true, id);
      assert.equal(path(id).pathname, `/v1/workspaces/w/items/${id}`);
    }
  });
});
