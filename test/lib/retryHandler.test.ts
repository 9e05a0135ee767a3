import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FabricError } from "../../lib/api/fabricError.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import {
  decideRetry,
  fabricRetry,
  failureOf,
  getRetryAfter,
  isRetryableError,
  retryAfterSeconds,
} from "../../lib/retryHandler.ts";
import { FakeClock, ImpatientClock, settled } from "./fakeClock.ts";

const on = FeatureFlags.load({ useRetryLogic: true }, {});
const off = FeatureFlags.load({}, {});
function failing(errors: Error[]) {
  const calls: number[] = [];
  const fn = async (value: number) => {
    calls.push(value);
    const error = errors.shift();
    if (error !== undefined) throw error;
    return value * 2;
  };
  return { calls, fn };
}
const status = (code: number, headers: Record<string, string> = {}) =>
  Object.assign(new Error(`HTTP ${code}`), { response: { status: code, headers } });

it("A success that was cut off is no answer: what counts is the code of its connection", () => {
  const cutOff = Object.assign(new Error("aborted"), { response: { status: 200, headers: {} }, code: "ECONNRESET" });
  assert.deepEqual(failureOf(cutOff), { code: "ECONNRESET" });
  assert.equal(decideRetry(1, failureOf(cutOff)).kind, "wait");
});

describe("fabricRetry", () => {
  it("fabricRetry waits exactly 2, 4 and 8 s, and calls 4 times at most", async () => {
    const clock = new FakeClock();
    const { calls, fn } = failing([status(503), status(503), status(503), status(500)]);
    const outcome = fabricRetry(fn, { flags: on, clock })(1).then(
      () => "returned",
      (error: Error) => error.message,
    );
    for (const [index, seconds] of [2, 4, 8].entries()) {
      await settled();
      assert.equal(calls.length, index + 1);
      await clock.advance(seconds * 1000 - 1);
      assert.equal(calls.length, index + 1, `called again before ${seconds} s were over`);
      await clock.advance(1);
      assert.equal(calls.length, index + 2);
    }
    assert.equal(await outcome, "HTTP 500", "the last error is thrown");
    assert.deepEqual(clock.sleeps, [2000, 4000, 8000]);
  });

  it("fabricRetry passes arguments and result, and stops at the first success", async () => {
    const { calls, fn } = failing([status(429)]);
    assert.equal(await fabricRetry(fn, { flags: on, clock: new ImpatientClock() })(21), 42);
    assert.deepEqual(calls, [21, 21]);
  });

  it("fabricRetry waits for Retry-After where that is longer, and gives up where it is longer than 120 s", async () => {
    const clock = new ImpatientClock();
    const { fn } = failing([status(429, { "retry-after": "30" }), status(429, { "Retry-After": "1" })]);
    await fabricRetry(fn, { flags: on, clock })(1);
    assert.deepEqual(clock.sleeps, [30_000, 4_000]);
    const { calls, fn: blocked } = failing([status(429, { "retry-after": "121" })]);
    await assert.rejects(fabricRetry(blocked, { flags: on, clock })(1), /HTTP 429/);
    assert.equal(calls.length, 1);
  });

  it("fabricRetry repeats connection errors and time-outs, also behind fetch's own error", async () => {
    for (const code of ["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "ECONNABORTED", "EAI_AGAIN"]) {
      for (const error of [
        Object.assign(new Error(code), { code }),
        new TypeError("fetch failed", { cause: Object.assign(new Error(), { code }) }),
      ]) {
        const { calls, fn } = failing([error]);
        await fabricRetry(fn, { flags: on, clock: new ImpatientClock() })(1);
        assert.equal(calls.length, 2, code);
      }
    }
  });

  it("fabricRetry does not repeat what repeating cannot cure, nor what a client has repeated already", async () => {
    const final = new FabricError({ operation: "x", errorCode: "Busy", status: 503 });
    for (const error of [status(400), status(404), status(501), new Error("bug"), final]) {
      const { calls, fn } = failing([error]);
      await assert.rejects(fabricRetry(fn, { flags: on, clock: new ImpatientClock() })(1));
      assert.equal(calls.length, 1);
    }
  });

  it("fabricRetry is the function itself while the flag is off", async () => {
    const { calls, fn } = failing([status(503)]);
    await assert.rejects(fabricRetry(fn, { flags: off })(1));
    assert.equal(calls.length, 1);
  });

  it("fabricRetry ends its wait as soon as it is aborted", async () => {
    const controller = new AbortController();
    const { calls, fn } = failing([status(503), status(503)]);
    const outcome = fabricRetry(fn, { flags: on, clock: new FakeClock(), signal: controller.signal })(1);
    await settled();
    controller.abort(new Error("stop"));
    await assert.rejects(outcome, /stop/);
    assert.equal(calls.length, 1);
  });
});

describe("getRetryAfter", () => {
  const now = Date.UTC(2026, 0, 1);
  it("getRetryAfter reads seconds and dates, from any kind of headers", () => {
    assert.equal(getRetryAfter({ headers: { "Retry-After": "17" } }), 17);
    assert.equal(getRetryAfter({ headers: new Headers({ "retry-after": "17" }) }), 17);
    assert.equal(getRetryAfter({ headers: new Map([["retry-after", "17"]]) }), 17);
    assert.equal(retryAfterSeconds({ "retry-after": new Date(now + 30_000).toUTCString() }, now), 30);
    assert.equal(retryAfterSeconds({ "retry-after": new Date(now - 30_000).toUTCString() }, now), 0);
    assert.equal(getRetryAfter({ headers: { "retry-after": "9999999" } }), 9999999);
  });

  it("getRetryAfter is 5 where there is none, or none that means anything", () => {
    for (const headers of [
      {},
      undefined,
      null,
      "text",
      { "retry-after": "soon" },
      { "retry-after": "-3" },
      { "retry-after": "" },
      { "retry-after": "1.5" },
    ]) {
      assert.equal(getRetryAfter({ headers }), 5, JSON.stringify(headers));
    }
  });
});

describe("isRetryableError", () => {
  it("isRetryableError is true for 408, 429, 500, 502, 503 and 504 only", () => {
    const statuses = Array.from({ length: 500 }, (_, index) => index + 100).filter((code) =>
      isRetryableError({ status: code }),
    );
    assert.deepEqual(statuses, [408, 429, 500, 502, 503, 504]);
  });
});

describe("decideRetry", () => {
  it("decideRetry knows nothing of an error that says nothing", () => {
    assert.deepEqual(failureOf(undefined), {});
    assert.equal(decideRetry(1, {}).kind, "giveUp");
  });
});
