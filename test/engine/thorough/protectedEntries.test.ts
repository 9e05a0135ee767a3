import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { everything, inWorkspaces, nothing, ofTenant } from "../harness/examplesOfKinds.ts";

describe("the entries that kinds bring along", () => {
  it("The entries that kinds bring along whose objects cannot be made again as they were are protected while protectData is on, and protect: false lifts it", async () => {
    await using stack = await EngineStack.start();
    const workspaces = [
      { name: "other", protect: false },
      { ...everything.workspaces[1], protect: false },
    ];
    const declared = { ...everything, workspaces, protectData: true };
    const lifted = (value: unknown) => (Array.isArray(value) ? value.map(unprotected) : unprotected(value));
    const unprotected = (value: unknown) => ({ ...(typeof value === "object" ? value : {}), protect: false });
    const unprotectedOf = (entries: typeof inWorkspaces) =>
      Object.fromEntries(entries.map(({ key, example }) => [key, lifted(example)]));
    const withoutProtection = unprotectedOf(inWorkspaces);

    stack.configure({ ...declared, workspaces: [workspaces[0], { ...workspaces[1], protect: true }] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const removal = { ...nothing, protectData: true };
    stack.configure(removal);
    const refused = await stack.preview();
    assert.notEqual(refused.code, 0, refused.text);
    assert.match(refused.text, /protect/);

    const all = { ...declared, ...unprotectedOf(ofTenant) };
    stack.configure({ ...all, workspaces: [workspaces[0], { ...workspaces[1], ...withoutProtection }] });
    assert.equal((await stack.up()).code, 0);
    stack.configure(removal);
    const removed = await stack.up();
    assert.equal(removed.code, 0, removed.text);
  });
});
