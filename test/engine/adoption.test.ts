import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { worldOf } from "./harness/worldOf.ts";
import { adopting, features, quick, withTheirs } from "./harness/adoptedTheirs.ts";

/* Objects that existed before the stack, with values of their own that nobody but it remembers once they are changed. */

describe("an adoption", () => {
  it("An adoption is taken back by the rollback of a failed deployment: values, role, and the definition that it had replaced", async () => {
    await using stack = await withTheirs();
    const before = worldOf(stack);
    stack.configure({ features, workspaces: [adopting, { name: "last" }] });
    stack.emulator.faults([{ method: "POST", route: "/workspaces", status: 400, errorCode: "Broken", delayMs: 4_000 }]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /Notebook 'ingest' existed with another definition: the declared one takes its place/);
    assert.match(up.text, /Reason: create workspace 'last' failed: Broken.*fully rolled back/s);
    assert.deepEqual(worldOf(stack), before);
  });
});
