import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { salesBranch } from "../harness/salesBranch.ts";

const two = {
  workspaces: [
    { name: "sales", displayName: "sales-test", capacity: "local" },
    { name: "finance", displayName: "finance-test", capacity: "local" },
  ],
};
const one = { workspaces: [two.workspaces[0]] };
const busy = { status: 503, errorCode: "ServiceUnavailable" } as const;

describe("a service in trouble", () => {
  it("is asked again after three 503 in a row", async () => {
    await using stack = await EngineStack.start();
    stack.configure(one);
    stack.emulator.faults([{ method: "POST", route: "/workspaces", times: 3, ...busy }]);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.equal(stack.calls().filter((call) => call === "POST /workspaces").length, 4);
  });

  it("fails with the last error after the fourth, and leaves nothing", async () => {
    await using stack = await EngineStack.start();
    stack.configure(one);
    stack.emulator.faults([
      { method: "POST", route: "/workspaces", times: 3, ...busy },
      { method: "POST", route: "/workspaces", nth: 4, ...busy, errorCode: "TheLastOne" },
    ]);
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(up.text, /create workspace 'sales-test' failed: TheLastOne \(503, request /);
    assert.equal(stack.calls().filter((call) => call === "POST /workspaces").length, 4);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });

  it("is asked once with retries off", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ ...one, features: { useRetryLogic: false } });
    stack.emulator.faults([{ method: "POST", route: "/workspaces", ...busy }]);
    assert.equal((await stack.up()).code, 1);
    assert.equal(stack.calls().filter((call) => call === "POST /workspaces").length, 1);
  });

  it("makes it once when the request was lost before it arrived", async () => {
    await using stack = await EngineStack.start();
    stack.configure(one);
    stack.emulator.faults([{ method: "POST", route: "/workspaces", drop: "before" }]);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
  });

  it("keeps a half-made workspace in state, and the next up finishes it", async () => {
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

  it("finishes a Git connection from every step at which it failed", async () => {
    for (const [route, fault] of [
      ["/workspaces/{workspaceId}/git/connect", { drop: "after" }],
      ["/workspaces/{workspaceId}/git/initializeConnection", { status: 400, errorCode: "Broken" }],
      ["/workspaces/{workspaceId}/git/initializeConnection", { drop: "after" }],
      [
        "/workspaces/{workspaceId}/git/initializeConnection",
        { operationError: { errorCode: "Broken", message: "no" } },
      ],
      [
        "/workspaces/{workspaceId}/git/updateFromGit",
        { operationError: { errorCode: "GitSyncFailed", message: "no" } },
      ],
    ] as const) {
      await using stack = await EngineStack.start();
      stack.configure({ workspaces: [{ ...one.workspaces[0], git: salesBranch }] });
      stack.emulator.faults([{ method: "POST", route, ...fault }]);
      const first = await stack.up();
      assert.equal(first.code, 1, `${route}: ${first.text}`);
      const second = await stack.up();
      assert.equal(second.code, 0, `${route} ${JSON.stringify(fault)}: ${second.text}`);
      const [connection] = stack.emulator.service.gitConnections.all();
      assert.ok(connection?.isInitialized && connection.head, `${route} was not finished`);
      assert.equal((await stack.destroy()).code, 0);
      assert.deepEqual(stack.emulator.service.gitConnections.all(), []);
    }
  });

  it("waits for the name of an item that was deleted a moment ago", async () => {
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
