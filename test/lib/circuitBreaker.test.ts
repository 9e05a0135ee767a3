import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { CircuitBreaker } from "../../lib/circuitBreaker.ts";
import { FakeClock } from "./fakeClock.ts";

const boom = () => Promise.reject(new Error("boom"));
const fine = () => Promise.resolve("fine");

async function fail(breaker: CircuitBreaker, times: number): Promise<void> {
  for (let time = 0; time < times; time++) await assert.rejects(breaker.call(boom), /boom/);
}

describe("a circuit breaker", () => {
  it("A circuit breaker stays closed after 4 failures and opens at the 5th", async () => {
    const breaker = new CircuitBreaker({ clock: new FakeClock() });
    await fail(breaker, 4);
    assert.equal(breaker.state, "CLOSED");
    await fail(breaker, 1);
    assert.equal(breaker.state, "OPEN");
  });

  it("A circuit breaker refuses calls while open, without calling, and says until when and why", async () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock });
    await fail(breaker, 5);
    await clock.advance(12_000);
    let called = false;
    await assert.rejects(
      breaker.call(() => {
        called = true;
      }),
      /Circuit breaker OPEN: the next probe is in 48 s\. The last error was: boom/,
    );
    assert.equal(called, false);
  });

  it("A circuit breaker counts failures in a row: a success begins anew", async () => {
    const breaker = new CircuitBreaker({ clock: new FakeClock() });
    await fail(breaker, 4);
    assert.equal(await breaker.call(fine), "fine");
    await fail(breaker, 4);
    assert.equal(breaker.state, "CLOSED");
  });

  it("A circuit breaker half-opens when the time is up, lets one call through, and closes on its success", async () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock });
    await fail(breaker, 5);
    await clock.advance(59_999);
    assert.equal(breaker.state, "OPEN");
    await clock.advance(1);
    assert.equal(breaker.state, "HALF_OPEN");
    const probe = Promise.withResolvers<string>();
    const first = breaker.call(() => probe.promise);
    await assert.rejects(breaker.call(fine), /Circuit breaker OPEN/, "a second call beside the probe");
    probe.resolve("probed");
    assert.equal(await first, "probed");
    assert.equal(breaker.state, "CLOSED");
    await fail(breaker, 4);
    assert.equal(breaker.state, "CLOSED", "old failures count again");
  });

  it("A circuit breaker opens again for the whole time when the probe fails", async () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock, recoveryTimeout: 10 });
    await fail(breaker, 5);
    await clock.advance(10_000);
    await fail(breaker, 1);
    assert.equal(breaker.state, "OPEN");
    await clock.advance(9_999);
    assert.equal(breaker.state, "OPEN");
    await clock.advance(1);
    assert.equal(await breaker.call(fine), "fine");
  });

  it("A circuit breaker does not count errors that are not expected, and passes them on", async () => {
    const breaker = new CircuitBreaker({
      clock: new FakeClock(),
      expectedException: (error) => (error as Error).message === "boom",
    });
    for (let time = 0; time < 10; time++)
      await assert.rejects(
        breaker.call(() => Promise.reject(new Error("mine"))),
        /mine/,
      );
    assert.equal(breaker.state, "CLOSED");
    await fail(breaker, 4);
    await assert.rejects(
      breaker.call(() => Promise.reject(new Error("mine"))),
      /mine/,
    );
    await fail(breaker, 1);
    assert.equal(breaker.state, "OPEN", "an unexpected error in between must not reset the count");
  });

  it("A circuit breaker frees the probe and changes nothing when the probe fails unexpectedly", async () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock, expectedException: (error) => (error as Error).message === "boom" });
    await fail(breaker, 5);
    await clock.advance(60_000);
    await assert.rejects(
      breaker.call(() => Promise.reject(new Error("mine"))),
      /mine/,
    );
    assert.equal(breaker.state, "HALF_OPEN");
    assert.equal(await breaker.call(fine), "fine");
    assert.equal(breaker.state, "CLOSED");
  });

  it("A circuit breaker is not closed by the late success of a call that began before it opened", async () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker({ clock });
    const slow = Promise.withResolvers<string>();
    const early = breaker.call(() => slow.promise);
    await fail(breaker, 5);
    slow.resolve("late");
    assert.equal(await early, "late");
    assert.equal(breaker.state, "OPEN");
  });

  it("A circuit breaker follows the runtime's timers as well", async () => {
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    try {
      const breaker = new CircuitBreaker({ failureThreshold: 1, recoveryTimeout: 60 });
      await fail(breaker, 1);
      mock.timers.tick(59_999);
      assert.equal(breaker.state, "OPEN");
      mock.timers.tick(1);
      assert.equal(breaker.state, "HALF_OPEN");
      assert.equal(await breaker.call((left: number, right: number) => left + right, 2, 3), 5);
      assert.equal(breaker.state, "CLOSED");
    } finally {
      mock.timers.reset();
    }
  });

  it("A circuit breaker takes functions that throw or return at once, and refuses a threshold of none", async () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1, clock: new FakeClock() });
    assert.equal(await breaker.call(() => undefined), undefined);
    await assert.rejects(
      breaker.call(() => {
        throw new Error("sync");
      }),
      /sync/,
    );
    assert.equal(breaker.state, "OPEN");
    assert.throws(() => new CircuitBreaker({ failureThreshold: 0 }), RangeError);
  });
});
