import { documentedQuotas, QUOTA_WINDOW_MS, bucketsOf } from "../lib/api/quota.ts";
import type { Bucket, Counted } from "../lib/api/quota.ts";
import { Throttle } from "../lib/api/throttle.ts";
import { systemClock } from "../lib/clock.ts";
import type { Clock } from "../lib/clock.ts";
import { startEmulator } from "../emulator/emulator.ts";
import { SimulatedClock } from "../test/lib/simulatedClock.ts";

/*
 * The first deployment of many workspaces under the service's documented quotas: the project's own gate, with a clock of its own
 * against a service that only counts, or with the real one against the emulator.
 */

/** Milliseconds of a call, as recorded. */
const LATENCY_MS = 600;
/** Milliseconds of an operation, as recorded of notebooks and Git. */
const OPERATION_MS = 4_000;
/** Steps that the engine has under way at once. */
const STEPS = 50;

/** The calls of one workspace of the benchmark, in the order in which one waits for the other. */
const work = (index: number): readonly (readonly Counted[])[] => {
  const path = `/workspaces/${index}`;
  const operation = [
    { method: "GET", path: "/operations/1" },
    { method: "GET", path: "/operations/1/result" },
  ];
  return [
    [
      { method: "POST", path: "/workspaces" },
      { method: "GET", path },
    ],
    [{ method: "POST", path: `${path}/roleAssignments` }],
    [{ method: "POST", path: `${path}/roleAssignments` }],
    [{ method: "POST", path: `${path}/roleAssignments` }],
    [
      { method: "POST", path: `${path}/git/connect` },
      { method: "POST", path: `${path}/git/initializeConnection` },
      ...operation,
    ],
    [{ method: "POST", path: `${path}/items` }],
    [{ method: "POST", path: `${path}/items` }],
    [{ method: "POST", path: `${path}/items` }, ...operation],
  ];
};
const isPoll = ({ path }: Counted) => path.startsWith("/operations/");

/** A service that counts each identity's calls in fixed windows, which begin with the first call in them. */
class CountingService {
  readonly #clock: SimulatedClock;
  readonly #windows = new Map<Bucket, { until: number; calls: number }>();

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  /** @returns the milliseconds to wait, if the call is refused */
  call(call: Counted): number | undefined {
    const now = this.#clock.now();
    let wait: number | undefined;
    for (const bucket of bucketsOf(call)) {
      let window = this.#windows.get(bucket);
      if (!window || now >= window.until)
        this.#windows.set(bucket, (window = { until: now + QUOTA_WINDOW_MS, calls: 0 }));
      if (++window.calls > documentedQuotas[bucket])
        wait = Math.max(wait ?? 0, Math.ceil((window.until - now) / 1000) * 1000);
    }
    return wait;
  }
}

/** Result of a deployment, or of its simulation. */
export interface Deployment {
  readonly minutes: number;
  readonly calls: number;
  readonly refused: number;
}

/** How a deployment sends its calls, and waits. Times are those of the service, however fast it is made to run. */
interface Sender {
  readonly clock: Clock;
  readonly gate: Throttle;
  /** Factor by which everything is faster than the service. */
  readonly speed: number;
  /** @returns the milliseconds to wait, if the call is refused */
  readonly send: (call: Counted) => Promise<number | undefined>;
}

/** Sends the calls of a deployment as the engine and the gate do. */
async function deploy(workspaces: number, { clock, gate, speed, send }: Sender): Promise<Deployment> {
  const counts = { calls: 0, refused: 0 };
  const through = async (call: Counted): Promise<void> => {
    for (;;) {
      const passage = await gate.pass(undefined, call);
      counts.calls++;
      const wait = await send(call);
      if (wait === undefined) return passage.passed();
      counts.refused++;
      passage.refused(wait);
    }
  };
  const step = async (calls: readonly Counted[]) => {
    for (const [index, call] of calls.entries()) {
      if (isPoll(call) && !isPoll(calls[index - 1] ?? call)) await clock.sleep(OPERATION_MS / speed);
      await through(call);
    }
  };
  const waiting = Array.from({ length: workspaces }, (_, index) => work(index)).flat();
  const begin = clock.now();
  let next = 0;
  const lane = async () => {
    for (let mine = waiting[next++]; mine !== undefined; mine = waiting[next++]) await step(mine);
  };
  await Promise.all(Array.from({ length: STEPS }, lane));
  return { minutes: ((clock.now() - begin) * speed) / 60_000, ...counts };
}

/** A deployment by one identity, with a clock of its own: an hour passes in a second. */
export async function simulated(workspaces: number): Promise<Deployment> {
  const clock = new SimulatedClock();
  const service = new CountingService(clock);
  const send = async (call: Counted) => {
    const wait = service.call(call);
    await clock.sleep(LATENCY_MS);
    return wait;
  };
  const run = deploy(workspaces, { clock, gate: new Throttle(clock), speed: 1, send });
  let isOver = false;
  void run.then(() => (isOver = true));
  while (!isOver) await clock.runUntil(clock.now() + QUOTA_WINDOW_MS);
  return run;
}

/** The same calls sent to an emulator with the documented quotas, which counts them as the service does. */
export async function emulated(workspaces: number, speed: number): Promise<Deployment> {
  const emulator = await startEmulator({ quota: "documented", speed });
  const gate = new Throttle(systemClock, { windowMs: QUOTA_WINDOW_MS / speed });
  const send = async (call: Counted) => {
    const begin = performance.now();
    // only what the call counts in matters
    const path = isPoll(call) ? call.path : "/capacities";
    const { status, headers } = await fetch(`${emulator.url}${path}`, { headers: { authorization: "Bearer x" } });
    await systemClock.sleep(Math.max(0, LATENCY_MS / speed - (performance.now() - begin)));
    return status === 429 ? Number(headers.get("retry-after")) * 1000 : undefined;
  };
  return deploy(workspaces, { clock: systemClock, gate, speed, send }).finally(() => emulator.close());
}
