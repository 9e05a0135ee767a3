import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../lib/clock.ts";

describe("the real time", () => {
  it("The real time goes on when somebody sets the machine's clock back, and follows when it is set ahead", (test) => {
    const hour = 3_600_000;
    const real = Date.now;
    let shift = 0;
    test.mock.method(Date, "now", () => real() + shift);
    const before = systemClock.now();
    assert.ok(Math.abs(before - real()) < 1_000);
    shift = -hour;
    const back = systemClock.now();
    assert.ok(back >= before && back < before + 1_000, String(back - before));
    const waited = performance.now() + 20;
    while (performance.now() < waited);
    assert.ok(systemClock.now() - back >= 19, "the time stands still");
    shift = hour;
    assert.ok(Math.abs(systemClock.now() - (real() + hour)) < 1_000);
  });
});
