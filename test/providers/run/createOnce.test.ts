import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { z } from "zod";
import { FabricClient } from "../../../lib/api/fabricClient.ts";
import { FabricError, isOutcomeUnknown } from "../../../lib/api/fabricError.ts";
import { idShape } from "../../../lib/api/objects.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import { pauseAfter } from "../../../lib/retryHandler.ts";
import { createOnce, nextStep } from "../../../providers/run/createOnce.ts";
import type { Look } from "../../../providers/run/createOnce.ts";
import { ImpatientClock } from "../../lib/fakeClock.ts";

/*
 * Creates of one object, sent by the real client to a service that refuses a second object of a name. What the wire does
 * to the answer, what is there, and who else is at it comes from a table.
 */

const objectShape = z.object({ id: idShape, by: z.string() });
type Made = z.output<typeof objectShape>;

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

/** What comes back for a POST; whether it had its effect is another question. */
const answers = {
  ok: undefined,
  refused: (response: ServerResponse) => json(response, 400, { errorCode: "Broken" }),
  throttled: (response: ServerResponse) => json(response, 429, { errorCode: "RequestBlocked" }),
  lost: (response: ServerResponse) => response.destroy(),
  "503 of the service": (response: ServerResponse) => json(response, 503, { errorCode: "Busy" }),
  "503 of a gateway": (response: ServerResponse) => response.writeHead(503, { "content-type": "text/html" }).end("<p>"),
  "500 of the service": (response: ServerResponse) => json(response, 500, { errorCode: "UnknownError" }),
  "a page with 200": (response: ServerResponse) => response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
  "503 for too long": (response: ServerResponse) =>
    json(response, 503, { errorCode: "Busy" }, { "retry-after": "121" }),
} as const;
type AnswerName = keyof typeof answers;

/** One attempt: how it is answered, and whether it had its effect before. */
interface Attempt {
  readonly answer: AnswerName;
  readonly hasEffect: boolean;
}

interface Case {
  /** The attempts in their order; every further one works. */
  readonly attempts: readonly Attempt[];
  /** What the name was seen to be. */
  readonly wasFree?: boolean;
  /** Who has an object of the name at the beginning. */
  readonly there?: "ours" | "touched" | "theirs";
  /** What the log says of an earlier run. */
  readonly begun?: { readonly id: string | undefined };
  /** Somebody else makes an object of the name after the first attempt, if that leaves it free. */
  readonly isRaced?: boolean;
  readonly isLookRefused?: boolean;
  readonly isStopped?: boolean;
  readonly useRetryLogic?: boolean;
}

interface End {
  readonly made?: Made | undefined;
  readonly isOfEarlierRun?: boolean;
  readonly error?: FabricError;
  readonly posts: number;
  readonly effects: number;
  /** What the log was told: whether the name was free. Absent if nothing was begun. */
  readonly logged?: boolean;
  readonly sleeps: readonly number[];
}

let server: Server;
let handle: (method: string, response: ServerResponse) => void;
before(async () => {
  server = createServer((request, response) =>
    request.resume().on("end", () => handle(request.method ?? "", response)),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function endOf(is: Case): Promise<End> {
  const clock = new ImpatientClock();
  const stop = new AbortController();
  const flags = FeatureFlags.load({ useRetryLogic: is.useRetryLogic ?? true }, {});
  const { port } = server.address() as AddressInfo;
  const tokens = { name: "test", token: () => Promise.resolve("t") };
  const client = new FabricClient({
    endpoint: `http://127.0.0.1:${port}`,
    tokens,
    flags,
    clock,
    env: {},
    stop: stop.signal,
  });
  let [posts, effects] = [0, 0];
  let object: Made | undefined = is.there && { id: is.there === "theirs" ? "their-id" : "our-id", by: is.there };
  let logged: boolean | undefined;
  handle = (method, response) => {
    if (method === "GET") {
      if (is.isLookRefused) json(response, 403, { errorCode: "InsufficientPrivileges" });
      else json(response, 200, { value: object ? [object] : [] });
      return;
    }
    const { answer, hasEffect } = is.attempts[posts++] ?? { answer: "ok", hasEffect: true };
    const isTaken = object !== undefined;
    if (hasEffect && !isTaken) {
      effects++;
      object = { id: `made-${posts}`, by: "ours" };
    }
    if (posts === 1 && is.isRaced) object ??= { id: "their-id", by: "theirs" };
    if (posts === 1 && is.isStopped) stop.abort();
    const give = answers[answer];
    if (give) give(response);
    else if (isTaken) json(response, 409, { errorCode: "NameTaken" });
    else json(response, 201, object);
  };
  const find = async () => (await client.list({ path: "/objects", operation: "list objects", answer: objectShape }))[0];
  try {
    const { made, isOfEarlierRun } = await createOnce<Made>({
      ours: { find, wasFree: is.wasFree ?? true, isPlausible: ({ by }) => Promise.resolve(by === "ours") },
      begun: is.begun,
      send: (attemptsBefore) =>
        client.send({ method: "POST", path: "/objects", operation: "create", answer: objectShape, attemptsBefore }),
      log: (wasFree, work) => {
        logged = wasFree;
        return work();
      },
      pauseAfter: (attempts, retryAfterSeconds) =>
        flags.useRetryLogic ? pauseAfter(attempts, retryAfterSeconds) : undefined,
      sleep: (ms) => clock.sleep(ms, stop.signal),
    });
    return { made, isOfEarlierRun, posts, effects, ...(logged !== undefined && { logged }), sleeps: clock.sleeps };
  } catch (error) {
    assert.ok(error instanceof FabricError, inspect(error));
    return { error, posts, effects, ...(logged !== undefined && { logged }), sleeps: clock.sleeps };
  } finally {
    client.close();
  }
}

const once = (answer: AnswerName, hasEffect = false): readonly Attempt[] => [{ answer, hasEffect }];
/** Answers that say nothing of the effect. */
const doubtful = ["lost", "503 of the service", "503 of a gateway", "500 of the service", "a page with 200"] as const;

/** What an end looks like in short: the id or the error's code, and the number of POSTs. */
const inShort = ({ made, error, posts }: End) => [made?.id ?? error?.errorCode, posts];

describe("a create", () => {
  it("A create that works is sent once, and one that is refused fails with the refusal", async () => {
    assert.deepEqual(inShort(await endOf({ attempts: [] })), ["made-1", 1]);
    const refused = await endOf({ attempts: once("refused") });
    assert.deepEqual(inShort(refused), ["Broken", 1]);
    assert.equal(isOutcomeUnknown(refused.error), false);
    const taken = await endOf({ attempts: [], there: "theirs", wasFree: false });
    assert.deepEqual(inShort(taken), ["NameTaken", 1]);
    assert.deepEqual(inShort(await endOf({ attempts: once("throttled") })), ["made-2", 2]);
  });

  for (const answer of doubtful) {
    it(`A create whose answer is ${answer} takes the object that it made, and makes it again if there is none`, async () => {
      const withEffect = await endOf({ attempts: once(answer, true) });
      assert.deepEqual(inShort(withEffect), ["made-1", 1]);
      assert.deepEqual(withEffect.sleeps, [], "what is there is not waited for");
      const without = await endOf({ attempts: once(answer) });
      assert.deepEqual(inShort(without), ["made-2", 2]);
      assert.deepEqual(without.sleeps, [2000]);
    });

    it(`A create whose answer is ${answer} every time is sent 4 times, after 2, 4 and 8 s`, async () => {
      const end = await endOf({ attempts: Array.from({ length: 9 }, () => ({ answer, hasEffect: false })) });
      assert.equal(end.posts, 4);
      assert.deepEqual(end.sleeps, [2000, 4000, 8000]);
      assert.equal(isOutcomeUnknown(end.error), true);
    });

    it(`A create whose answer is ${answer} leaves alone what somebody else made meanwhile`, async () => {
      const end = await endOf({ attempts: once(answer), isRaced: true });
      assert.deepEqual([end.made, end.posts, end.effects, isOutcomeUnknown(end.error)], [undefined, 1, 0, true]);
    });

    it(`A create whose answer is ${answer} fails with that if nobody can look`, async () => {
      const end = await endOf({ attempts: once(answer, true), isLookRefused: true });
      assert.equal(end.posts, 1);
      assert.notEqual(end.error?.errorCode, "InsufficientPrivileges");
      assert.equal(isOutcomeUnknown(end.error), true);
    });

    it(`A create whose answer is ${answer} is looked for and not sent again with retries off, and neither after Ctrl-C`, async () => {
      assert.deepEqual(inShort(await endOf({ attempts: once(answer, true), useRetryLogic: false })), ["made-1", 1]);
      for (const how of [{ useRetryLogic: false }, { isStopped: true }]) {
        const end = await endOf({ attempts: once(answer), ...how });
        assert.deepEqual([end.posts, end.made, isOutcomeUnknown(end.error)], [1, undefined, true]);
        assert.notEqual(end.error?.errorCode, "Interrupted");
      }
    });

    it(`A create whose answer is ${answer} and then a refusal stays one whose outcome is unknown`, async () => {
      const attempts = [...once(answer), ...once("refused"), ...once("refused"), ...once("refused")];
      const end = await endOf({ attempts });
      assert.deepEqual([end.posts, end.error?.errorCode, isOutcomeUnknown(end.error)], [4, "Broken", true]);
    });
  }

  it("A create is not sent again if the service wants a longer pause than is waited for", async () => {
    assert.deepEqual(inShort(await endOf({ attempts: once("503 for too long") })), ["Busy", 1]);
    assert.deepEqual(inShort(await endOf({ attempts: once("503 for too long", true) })), ["made-1", 1]);
  });

  it("A create leaves the client fewer repeats each time, so that attempts do not multiply, and does not count refusals by quota", async () => {
    const attempts = Array.from({ length: 20 }, (_, at) => once(at % 2 ? "503 of the service" : "throttled")).flat();
    assert.equal((await endOf({ attempts })).posts, 8);
  });

  it("A create of a name that was taken takes nothing, and is sent again only to a service that was busy", async () => {
    for (const answer of doubtful) {
      const isBusy = answer.startsWith("503");
      const taken = await endOf({ attempts: once(answer), wasFree: false, there: "theirs" });
      assert.deepEqual([taken.posts, taken.effects, taken.made], [isBusy ? 2 : 1, 0, undefined], answer);
      if (isBusy) assert.equal(taken.error?.errorCode, "NameTaken", "the kind decides by the refusal");
      const given = await endOf({ attempts: once(answer, true), wasFree: false });
      assert.deepEqual([given.effects, given.made], [1, undefined], answer);
      const off = await endOf({ attempts: once(answer), wasFree: false, there: "theirs", useRetryLogic: false });
      assert.equal(off.posts, 1);
    }
  });
});

describe("a create that an earlier run has begun", () => {
  it("A create that an earlier run has begun takes the object by its id, also if others have touched it", async () => {
    for (const there of ["ours", "touched"] as const) {
      const end = await endOf({ attempts: [], begun: { id: "our-id" }, there, wasFree: false });
      assert.deepEqual([...inShort(end), end.isOfEarlierRun, end.logged], ["our-id", 0, true, true]);
    }
  });

  it("A create that an earlier run has begun takes the object by its name only if nothing speaks against it, and else lets the service refuse another", async () => {
    const begun = { id: undefined };
    const ours = await endOf({ attempts: [], begun, there: "ours", wasFree: false });
    assert.deepEqual([...inShort(ours), ours.isOfEarlierRun, ours.logged], ["our-id", 0, true, true]);
    const touched = await endOf({ attempts: [], begun, there: "touched", wasFree: false });
    assert.deepEqual([...inShort(touched), touched.logged], ["NameTaken", 1, false]);
    const other = await endOf({ attempts: [], begun: { id: "our-id" }, there: "theirs", wasFree: false });
    assert.deepEqual(inShort(other), ["NameTaken", 1]);
  });

  it("A create that an earlier run has begun makes the object if there is none", async () => {
    for (const id of ["our-id", undefined]) {
      const end = await endOf({ attempts: [], begun: { id } });
      assert.deepEqual([...inShort(end), end.isOfEarlierRun], ["made-1", 1, false]);
    }
  });

  it("A create that an earlier run has begun begins nothing if nobody can look", async () => {
    const end = await endOf({ attempts: [], begun: { id: "our-id" }, there: "ours", isLookRefused: true });
    assert.deepEqual([...inShort(end), end.logged], ["InsufficientPrivileges", 0, undefined]);
  });
});

describe("whatever happens to a create", () => {
  const either = [true, false] as const;
  const all = Object.keys(answers) as AnswerName[];
  /** Only a refusal and a busy signal can be without effect for certain, and only success must have had it. */
  const attemptsOf = (answer: AnswerName): Attempt[] =>
    answer === "ok"
      ? [{ answer, hasEffect: true }]
      : answer === "refused" || answer === "throttled"
        ? [{ answer, hasEffect: false }]
        : either.map((hasEffect) => ({ answer, hasEffect }));
  const worlds = [
    {},
    { wasFree: false, there: "theirs" },
    { wasFree: false },
    { begun: { id: undefined }, there: "ours", wasFree: false },
    { begun: { id: "our-id" }, there: "touched", wasFree: false },
    { begun: { id: undefined }, there: "touched", wasFree: false },
    { begun: { id: "our-id" } },
    { isRaced: true },
    { isLookRefused: true },
    { isStopped: true },
    { useRetryLogic: false },
  ] as const satisfies Omit<Case, "attempts">[];

  it("Whatever happens to a create there is one effect at most, the result is ours, and an error after an effect says that it is unknown", async (test) => {
    let tried = 0;
    for (const world of worlds) {
      for (const first of all.flatMap(attemptsOf)) {
        for (const second of all.flatMap(attemptsOf)) {
          const is = { ...world, attempts: [first, second] };
          const end = await endOf(is);
          const what = inspect({ is, end }, { depth: 5 });
          tried++;
          assert.ok(end.effects <= 1, what);
          assert.ok(end.posts <= 4, what);
          if (end.made) assert.ok(end.made.id === "our-id" || end.made.id.startsWith("made-"), what);
          if (end.made) assert.equal(end.effects, end.isOfEarlierRun ? 0 : 1, what);
          const isOurEffectToldAsRefused = end.effects === 1 && end.error && !isOutcomeUnknown(end.error);
          assert.ok(!isOurEffectToldAsRefused, what);
        }
      }
    }
    test.diagnostic(`${tried} cases`);
  });

  it("Whatever happens to a create the decision takes only what is ours, and sends again only what a look or a taken name makes harmless", () => {
    const looks = ["notYet", "failed", "nothing", "ours", "another"] as const satisfies Look[];
    let decided = 0;
    for (const outcome of ["notSent", "refused", "unknown", "failed"] as const)
      for (const look of looks)
        for (const wasBegun of either)
          for (const wasFree of either)
            for (const isBusy of either)
              for (const mayRepeat of either) {
                const known = { outcome, look, wasBegun, wasFree, isBusy, mayRepeat };
                const step = nextStep(known);
                const what = `${step}: ${inspect(known)}`;
                decided++;
                if (step === "take") assert.equal(look, "ours", what);
                if (step === "look") assert.equal(look, "notYet", `${what}: it would look without end`);
                if (outcome === "refused") assert.equal(step, "fail", what);
                if (outcome === "failed") assert.match(step, /look|tell|fail/, what);
                if (step === "tell") assert.deepEqual([outcome, look, wasFree], ["failed", "ours", true], what);
                if (outcome === "unknown" && step === "send") {
                  assert.ok(mayRepeat && (wasFree ? look === "nothing" : isBusy), what);
                }
                if (outcome === "notSent" && wasBegun && step === "send") assert.match(look, /nothing|another/, what);
              }
    assert.equal(decided, 4 * looks.length * 16);
  });
});
