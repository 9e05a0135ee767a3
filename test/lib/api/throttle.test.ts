import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "../../../lib/clock.ts";
import { bucketsOf } from "../../../lib/api/quota.ts";
import type { Counted } from "../../../lib/api/quota.ts";
import { Throttle } from "../../../lib/api/throttle.ts";
import { ImpatientClock } from "../fakeClock.ts";
import { SimulatedClock } from "../simulatedClock.ts";

const MINUTE = 60_000;

/** A service that counts in fixed windows of a minute, which begin with the first call in them. */
class Quota {
  passed = 0;
  readonly #limit: number;
  readonly #clock: Clock;
  #until = -1;
  #calls = 0;

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }
  /** Seconds to wait where the call is refused. */
  call(): number | undefined {
    const now = this.#clock.now();
    if (now >= this.#until) {
      this.#until = now + MINUTE;
      this.#calls = 0;
    }
    if (++this.#calls > this.#limit) return Math.ceil((this.#until - now) / 1000);
    this.passed++;
    return undefined;
  }
}

interface Simulation {
  readonly minutes: number;
  /** What the service allows; the gate believes in 500. */
  readonly limit?: number;
  /** Calls a minute of another client of the same identity, evenly, between two minutes. */
  readonly other?: { readonly perMinute: number; readonly from?: number; readonly until?: number };
  /** Milliseconds of a call. */
  readonly latency?: number;
  /** Calls that want to be under way at once. */
  readonly places?: number;
}

/** What became of the calls of this process, and what the other one left to it. */
async function simulate({ minutes, limit = 500, other, latency = 100, places = 50 }: Simulation) {
  const clock = new SimulatedClock();
  const quota = new Quota(limit, clock);
  const gate = new Throttle(clock);
  const counts = { sent: 0, refused: 0, others: 0 };
  const sentAt: number[] = [];
  const work = async () => {
    for (;;) {
      const passage = await gate.pass();
      counts.sent++;
      sentAt.push(clock.now());
      await clock.sleep(latency / 2);
      const retryAfter = quota.call();
      await clock.sleep(latency / 2);
      if (retryAfter === undefined) passage.passed();
      else {
        counts.refused++;
        passage.refused(retryAfter * 1000);
      }
    }
  };
  const another = async ({ perMinute, from = 0, until = Infinity }: NonNullable<Simulation["other"]>) => {
    await clock.sleep(from * MINUTE);
    while (clock.now() < until * MINUTE) {
      if (quota.call() === undefined) counts.others++;
      await clock.sleep(MINUTE / perMinute);
    }
  };
  for (let place = 0; place < places; place++) void work();
  if (other) void another(other);
  await clock.runUntil(minutes * MINUTE);
  const left = limit * minutes - counts.others;
  return { ...counts, left, used: (counts.sent - counts.refused) / left, sentAt };
}

describe("the gate, when there is always work", () => {
  const isGood = ({ sent, refused, used }: Awaited<ReturnType<typeof simulate>>, what: string) => {
    assert.ok(refused / sent < 1 / 1000, `${what}: ${refused} of ${sent} calls were refused`);
    assert.ok(used > 0.9, `${what}: ${(used * 100).toFixed(1)} % of what was left was used`);
  };

  it("The gate, when there is always work uses the whole quota, and has nearly no call refused", async () => {
    for (const latency of [100, 1_000]) isGood(await simulate({ minutes: 20, latency }), `${latency} ms a call`);
  });

  it("The gate, when there is always work leaves a second client its half, and uses the rest", async () => {
    for (const latency of [30, 100, 200]) {
      const result = await simulate({ minutes: 30, other: { perMinute: 250 }, latency });
      isGood(result, `${latency} ms a call`);
      assert.ok(result.others > 250 * 30 * 0.95, `the other had ${result.others} calls`);
    }
  });

  it("The gate, when there is always work notices a second client that comes later, and one that goes", async () => {
    isGood(await simulate({ minutes: 30, other: { perMinute: 250, from: 3.4 } }), "one that comes");
    const gone = await simulate({ minutes: 60, other: { perMinute: 250, until: 5 } });
    isGood({ ...gone, used: 1 }, "one that goes");
    const late = gone.sentAt.filter((at) => at > 55 * MINUTE).length / 5;
    assert.ok(late > 450, `${late} calls a minute after the other had long gone`);
  });

  it("The gate, when there is always work finds out a quota that is other than documented", async () => {
    isGood(await simulate({ minutes: 30, limit: 200, latency: 30, places: 1 }), "200 a minute");
    const much = await simulate({ minutes: 3, limit: 100_000, places: 20 });
    assert.equal(much.refused, 0);
    assert.ok(much.sent > 5_000, `${much.sent} calls in 3 minutes without a quota`);
  });
});

describe("the gate of a deployment", () => {
  it("The gate of a deployment lets a small one out at once, and the last calls of a quota slowly", async () => {
    const { sentAt, refused } = await simulate({ minutes: 1, latency: 100 });
    assert.ok(refused <= 1, `${refused} calls were refused`);
    assert.ok((sentAt[249] ?? Infinity) <= 500, `250 calls took ${sentAt[249]} ms`);
    assert.ok((sentAt[499] ?? Infinity) < 15_000, `500 calls took ${sentAt[499]} ms`);
    assert.ok((sentAt[499] ?? 0) - (sentAt[489] ?? 0) > 1_000, "the last ten came at once");
  });

  it("The gate of a deployment counts operations, jobs, creates of workspaces and bulk imports on their own", async () => {
    for (const [method, path, buckets] of [
      ["GET", "/v1/operations/0a", ["operations"]],
      ["GET", "/v1/operations/0a/result", ["operations"]],
      ["POST", "/v1/workspaces/0a/items/0b/jobs/instances?jobType=x", ["jobs"]],
      ["POST", "/v1/workspaces", ["platform", "createWorkspace"]],
      ["GET", "/v1/workspaces", ["platform"]],
      ["POST", "/v1/workspaces/0a/bulkImportDefinitions", ["platform", "bulkImport"]],
      ["POST", "/v1/workspaces/0a/items", ["platform"]],
    ] as const)
      assert.deepEqual(bucketsOf({ method, path }), buckets, `${method} ${path}`);
    const clock = new ImpatientClock();
    const gate = new Throttle(clock);
    const poll: Counted = { method: "GET", path: "/v1/operations/0a" };
    const passage = await gate.pass(undefined, poll);
    passage.refused(30_000);
    await gate.pass();
    assert.deepEqual(clock.sleeps, [], "a refused poll held other calls back");
    await gate.pass(undefined, poll);
    assert.deepEqual(clock.sleeps, [30_000]);
  });

  it("The gate of a deployment tells of long waits, and of no short ones", async () => {
    const clock = new ImpatientClock();
    const held: number[] = [];
    const gate = new Throttle(clock, { onHeld: (ms) => held.push(ms) });
    for (const ms of [5_000, 30_000]) {
      gate.pause(ms);
      await gate.pass();
    }
    assert.deepEqual(held, [30_000]);
  });

  it("The gate of a deployment stays closed until the latest end that it was told, also if an earlier one is told afterwards", async () => {
    const clock = new SimulatedClock();
    const gate = new Throttle(clock);
    gate.pause(10_000);
    gate.pause(1_000);
    let passedAt = -1;
    void gate.pass().then(() => (passedAt = clock.now()));
    await clock.runUntil(5_000);
    assert.equal(passedAt, -1);
    await clock.runUntil(20_000);
    assert.ok(passedAt >= 10_000, String(passedAt));
  });

  it("The gate of a deployment has no places: calls whose answers do not come hold nobody up", async () => {
    const clock = new ImpatientClock();
    const gate = new Throttle(clock);
    for (let call = 0; call < 200; call++) await gate.pass();
    assert.deepEqual(clock.sleeps, []);
  });

  it("The gate of a deployment lets a tenth of the quota be polls that come early, half of it only first ones", () => {
    const gate = new Throttle(new ImpatientClock());
    const early = (nth: number) => {
      let count = 0;
      while (gate.mayPollEarly(nth)) count++;
      return count;
    };
    assert.deepEqual([early(2), early(1), early(2)], [25, 25, 0]);
  });
});

describe("calls of several kinds at one gate", () => {
  it("Calls of several kinds at one gate take turns: none waits until all of another kind are through", async () => {
    const kinds: Counted[] = [
      { method: "GET", path: "/workspaces" },
      { method: "POST", path: "/workspaces" },
    ];
    for (const [many, few] of [kinds, kinds.toReversed()] as [Counted, Counted][]) {
      const clock = new SimulatedClock();
      const gate = new Throttle(clock);
      const order: string[] = [];
      // a refusal in the middle of the window: others take a part
      const passages = await Promise.all(
        Array.from({ length: 100 }, () => gate.pass(undefined, { method: "GET", path: "/" })),
      );
      passages.at(-1)?.refused(30_000);
      for (let nth = 0; nth < 2_000; nth++) void gate.pass(undefined, many).then(() => order.push("many"));
      await clock.runUntil(60_000);
      const before = order.length;
      for (let nth = 0; nth < 3; nth++) void gate.pass(undefined, few).then(() => order.push("few"));
      await clock.runUntil(10 * MINUTE);
      assert.equal(order.filter((kind) => kind === "few").length, 3, `${few.method} never came`);
      const after = order.lastIndexOf("few") - before;
      assert.ok(after < 20, `the last of 3 ${few.method} came after ${after} others`);
    }
  });
});
