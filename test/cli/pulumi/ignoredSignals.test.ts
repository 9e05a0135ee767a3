import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { IgnoredSignals } from "../../../cli/pulumi/ignoredSignals.ts";

describe("a command that has to end well", () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`A command that has to end well outlives ${signal}, knows that it came, and listens no longer than it has to`, async () => {
      const before = process.listenerCount(signal);
      {
        using signals = new IgnoredSignals();
        assert.equal(signals.haveCome, false);
        const arrived = once(process, signal);
        process.kill(process.pid, signal);
        await arrived;
        assert.equal(signals.haveCome, true);
      }
      assert.equal(process.listenerCount(signal), before);
    });
  }
});
