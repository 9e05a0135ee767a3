import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

const two = {
  workspaces: [
    { name: "sales", displayName: "sales-test", capacity: "local" },
    { name: "finance", displayName: "finance-test", capacity: "local" },
  ],
};
const one = { workspaces: [two.workspaces[0]] };

/** An address where nothing listens. */
async function deadEndpoint(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

describe("a service in trouble", () => {
  it("A service in trouble is left alone by the circuit breaker, and the second workspace fails fast", async () => {
    await using stack = await EngineStack.start({ env: { FABRIC_ENDPOINT: await deadEndpoint() } });
    stack.configure({
      workspaces: two.workspaces.map(({ capacity: _capacity, ...workspace }) => workspace),
      features: { useRetryLogic: true, useCircuitBreaker: true },
    });
    const up = await stack.up({}, "--parallel", "1", "--continue-on-error");
    assert.equal(up.code, 1);
    assert.match(up.text, /ECONNREFUSED/);
    assert.match(up.text, /Circuit breaker OPEN: the next probe is in \d+ s/);
  });

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
