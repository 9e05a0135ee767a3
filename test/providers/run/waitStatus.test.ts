import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WaitStatus } from "../../../providers/run/waitStatus.ts";

describe("what a run waits for", () => {
  it("What a run waits for is one text that moves with the time, and ends empty", (test) => {
    test.mock.timers.enable({ apis: ["setInterval"] });
    let now = 0;
    const shown: string[] = [];
    const status = new WaitStatus(
      (text) => shown.push(text),
      () => now,
    );
    const pass = (ms: number) => {
      now += ms;
      test.mock.timers.tick(ms);
    };
    status.begin("operation", 500);
    assert.deepEqual(shown, [], "a short wait is not worth a word");
    status.begin("quota", 3_000);
    status.begin("operation", 2_500);
    status.begin("operation", 2_500);
    status.begin("quota", 3_000);
    pass(1_000);
    pass(1_000);
    pass(1_000);
    pass(1_000);
    assert.deepEqual(shown, [
      "waits for the quota (3 s)",
      "waits for the quota (2 s), an operation × 2 (2 s)",
      "waits for the quota (1 s), an operation × 2 (1 s)",
      "",
    ]);
    status.begin("retry", 4_000);
    assert.equal(shown.at(-1), "waits for a repetition (4 s)");
  });
});
