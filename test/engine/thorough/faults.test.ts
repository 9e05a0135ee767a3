import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

const two = {
  workspaces: [
    { name: "sales", displayName: "sales-test", capacity: "local" },
    { name: "finance", displayName: "finance-test", capacity: "local" },
  ],
};
const one = { workspaces: [two.workspaces[0]] };

describe("a service in trouble", () => {
  it("A service in trouble keeps a half-made workspace in state, and the next up finishes it", async () => {
    await using stack = await EngineStack.start();
    stack.configure(one);
    stack.emulator.faults([{ method: "GET", route: "/workspaces/{workspaceId}", status: 400, errorCode: "Broken" }]);
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(up.text, /Broken \(400/);
    const [made] = stack.emulator.service.workspaces.all();
    const again = await stack.up();
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(
      stack.emulator.service.workspaces.all().map(({ id }) => id),
      [made?.id],
    );
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("A service in trouble waits for the name of an item that was deleted a moment ago", async () => {
    await using stack = await EngineStack.start({ emulator: { nameReservationMs: 1500 } });
    const item = { name: "bronze", type: "Lakehouse", displayName: "bronze" };
    stack.configure({ workspaces: [{ ...one.workspaces[0], items: [item] }] });
    assert.equal((await stack.up()).code, 0);
    stack.configure({
      workspaces: [{ ...one.workspaces[0], items: [{ ...item, creationPayload: { enableSchemas: true } }] }],
    });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /the name is not free yet after a delete; waiting for it/);
  });
});
