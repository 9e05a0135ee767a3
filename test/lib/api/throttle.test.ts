import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Throttle } from "../../../lib/api/throttle.ts";
import { FakeClock, settled } from "../fakeClock.ts";

describe("the throttle gate", () => {
  it("The throttle gate lets calls pass until it is paused, and again when the longest pause is over", async () => {
    const clock = new FakeClock();
    const gate = new Throttle(clock);
    await gate.pass();
    gate.pause(5_000);
    gate.pause(1_000);
    let passed = 0;
    const waiting = [gate.pass(), gate.pass()].map((pass) => pass.then(() => passed++));
    await settled();
    await clock.advance(4_999);
    assert.equal(passed, 0);
    await clock.advance(1);
    await Promise.all(waiting);
    assert.equal(passed, 2);
  });

  it("The throttle gate is left at once by a call that is aborted", async () => {
    const gate = new Throttle(new FakeClock());
    gate.pause(60_000);
    await assert.rejects(gate.pass(AbortSignal.abort(new Error("stop"))), /stop/);
  });

  it("The throttle gate holds back also those who wait already, when the service wants a longer pause meanwhile", async () => {
    const clock = new FakeClock();
    const gate = new Throttle(clock);
    gate.pause(1_000);
    let isPassed = false;
    const waiting = gate.pass().then(() => (isPassed = true));
    await settled();
    gate.pause(5_000);
    await clock.advance(1_000);
    assert.equal(isPassed, false);
    await clock.advance(4_000);
    await waiting;
  });
});
