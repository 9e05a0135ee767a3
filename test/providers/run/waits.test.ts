import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FabricError } from "../../../lib/api/fabricError.ts";
import { lookUntil, repeatWhile } from "../../../providers/run/waits.ts";
import { ImpatientClock } from "../../lib/fakeClock.ts";

/* Waits for what the service finishes by itself. */

const error = (errorCode: string) => new FabricError({ operation: "make it", errorCode, status: 400 });

describe("a wait for the service", () => {
  it("A wait looks at once and then after pauses that double up to the longest one, until a look finds something", async () => {
    const clock = new ImpatientClock();
    let looks = 0;
    const look = () => Promise.resolve(++looks < 6 ? undefined : "found");
    assert.equal(await lookUntil(clock, { firstMs: 500, mostMs: 2_000, deadlineMs: 60_000 }, look), "found");
    assert.deepEqual(clock.sleeps, [500, 1_000, 2_000, 2_000, 2_000]);
  });

  it("A wait that finds nothing ends before a pause that would go beyond its deadline", async () => {
    const clock = new ImpatientClock();
    const look = () => Promise.resolve(undefined);
    assert.equal(await lookUntil(clock, { firstMs: 500, mostMs: 2_000, deadlineMs: 3_500 }, look), undefined);
    assert.deepEqual(clock.sleeps, [500, 1_000, 2_000]);
  });

  it("Work that is refused for a reason that passes is repeated, and the wait is told once", async () => {
    const told: string[] = [];
    const run = { clock: new ImpatientClock(), warn: (line: string) => void told.push(line) };
    const passing = {
      isWaitedFor: ({ errorCode }: FabricError) => errorCode === "NotYet",
      says: ({ operation }: FabricError) => `${operation}: waiting`,
      deadlineMs: 600_000,
    };
    let tries = 0;
    const work = () => (++tries < 4 ? Promise.reject(error("NotYet")) : Promise.resolve("made"));
    assert.equal(await repeatWhile(run, passing, work), "made");
    assert.deepEqual(told, ["make it: waiting"]);
    await assert.rejects(
      repeatWhile(run, passing, () => Promise.reject(error("Never"))),
      /Never/,
    );
    await assert.rejects(
      repeatWhile(run, passing, () => Promise.reject(error("NotYet"))),
      /NotYet/,
    );
  });
});
