import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { CircuitBreaker } from "../../../lib/circuitBreaker.ts";
import { ThrottleBudget } from "../../../lib/api/throttleBudget.ts";
import { FabricClient } from "../../../lib/api/fabricClient.ts";
import type { FabricClientOptions } from "../../../lib/api/fabricClient.ts";
import type { Attempt, FabricCall } from "../../../lib/api/fabricCall.ts";
import { FabricError, isOutcomeUnknown } from "../../../lib/api/fabricError.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import { FakeClock, ImpatientClock, settled } from "../fakeClock.ts";

type Responder = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

const all = FeatureFlags.load({ useRetryLogic: true, useCircuitBreaker: true }, {});
const retrying = FeatureFlags.load({ useRetryLogic: true }, {});
const none = FeatureFlags.load({}, {});
const id = "11111111-1111-4111-8111-111111111111";
const get: FabricCall = { method: "GET", path: "/workspaces", operation: "list workspaces" };
const post: FabricCall = {
  method: "POST",
  path: "/workspaces",
  body: { displayName: "x" },
  operation: "create workspace 'x'",
};

/** A server that answers as told, and a client for it. */
class World implements AsyncDisposable {
  readonly seen: { method: string; url: string; body: string; token: string | undefined }[] = [];
  readonly clock: ImpatientClock;
  readonly attempts: Attempt[] = [];
  readonly tokens: string[] = [];
  readonly client: FabricClient;
  readonly origin: string;
  readonly #server;

  private constructor(server: ReturnType<typeof createServer>, url: string, options: Partial<FabricClientOptions>) {
    this.#server = server;
    this.origin = url;
    this.clock = new ImpatientClock();
    const tokens = {
      name: "test",
      token: (_scope: string, { refresh }: { refresh?: boolean } = {}) => {
        if (refresh || this.tokens.length === 0) this.tokens.push(`canary-${this.tokens.length + 1}`);
        return Promise.resolve(this.tokens.at(-1) ?? "");
      },
    };
    this.client = new FabricClient({
      endpoint: `${url}/v1`,
      tokens,
      flags: retrying,
      clock: this.clock,
      env: {},
      onAttempt: (attempt) => this.attempts.push(attempt),
      ...options,
    });
  }

  static async of(respond: Responder, options: Partial<FabricClientOptions> = {}): Promise<World> {
    const seen: World["seen"] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push({ method: request.method ?? "", url: request.url ?? "", body, token: request.headers.authorization });
        respond(request, response, seen.length);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const world = new World(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
    Object.assign(world, { seen });
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", requestid: "r-1", ...headers });
  response.end(JSON.stringify(body));
};
const refuse = (response: ServerResponse, status: number, errorCode = "Busy", headers: Record<string, string> = {}) =>
  json(
    response,
    status,
    { errorCode, message: "the service's own words", requestId: "r-2", isRetriable: true },
    { "x-ms-public-api-error-code": errorCode, ...headers },
  );

async function failure(work: Promise<unknown>): Promise<FabricError> {
  const error: unknown = await work.then(
    () => assert.fail("it succeeded"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FabricError, inspect(error));
  return error;
}

describe("a call that fails", () => {
  it("A call that fails shows no token that the service repeats in its message", async () => {
    await using world = await World.of((_request, response) => {
      response.writeHead(400, { "content-type": "application/json", requestid: id });
      response.end(JSON.stringify({ errorCode: "BadHeader", message: "Authorization: Bearer canary-1 is odd" }));
    });
    await assert.rejects(world.client.send(get), (error) => {
      assert.match(inspect(error), /Bearer \[redacted\] is odd/);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /canary-1/);
      return true;
    });
  });

  it("A call that fails is repeated after 2, 4 and 8 s and succeeds after three 503", async () => {
    await using world = await World.of((_request, response, nth) =>
      nth <= 3 ? refuse(response, 503) : json(response, 200, { value: [] }),
    );
    assert.deepEqual(await world.client.send(get), { value: [] });
    assert.deepEqual(world.clock.sleeps, [2000, 4000, 8000]);
    assert.deepEqual(
      world.attempts.map(({ status, attempt }) => [status, attempt]),
      [
        [503, 1],
        [503, 2],
        [503, 3],
        [200, 4],
      ],
    );
  });

  it("A call that fails fails with the last error after the fourth, in plain words", async () => {
    await using world = await World.of((_request, response, nth) => refuse(response, 503, `Busy${nth}`));
    const error = await failure(
      world.client.send({ ...post, replaySafe: true, remedies: { Busy4: "Come back later." } }),
    );
    assert.equal(world.seen.length, 4);
    assert.equal(
      error.message,
      "create workspace 'x' failed: Busy4 (503, request r-2, 4 attempts). the service's own words. Come back later.",
    );
    assert.deepEqual(
      [error.status, error.errorCode, error.requestId, error.isRetriable, error.final],
      [503, "Busy4", "r-2", true, true],
    );
    assert.equal("id" in error, false, "Pulumi would take it for a half-made resource");
  });

  it("A call that fails is tried once with retries off, and pauses as FABRIC_RETRY_BASE_MS says with them on", async () => {
    await using off = await World.of((_request, response) => refuse(response, 503), { flags: none });
    await failure(off.client.send(get));
    assert.equal(off.seen.length, 1);
    await using short = await World.of((_request, response) => refuse(response, 503), {
      env: { FABRIC_RETRY_BASE_MS: "10" },
    });
    await failure(short.client.send(get));
    assert.deepEqual(short.clock.sleeps, [10, 20, 40]);
    const tokens = { name: "test", token: () => Promise.resolve("t") };
    const options = {
      endpoint: "http://127.0.0.1:1/v1",
      tokens,
      flags: retrying,
      env: { FABRIC_RETRY_BASE_MS: "soon" },
    };
    assert.throws(() => new FabricClient(options), /FABRIC_RETRY_BASE_MS must be a number/);
  });

  it("A call that fails is not repeated where it may have had its effect, unless that does no harm", async () => {
    const reset: Responder = (request) => request.socket.destroy();
    for (const [call, times] of [
      [post, 1],
      [{ ...post, replaySafe: true }, 4],
      [get, 4],
      [{ ...post, method: "PATCH" as const }, 4],
    ] as const) {
      await using world = await World.of(reset);
      const error = await failure(world.client.send(call));
      assert.equal(world.seen.length, times, `${call.method} ${"replaySafe" in call}`);
      assert.equal(error.errorCode, "ECONNRESET");
    }
    for (const status of [500, 502, 503, 504, 408]) {
      await using world = await World.of((_request, response) => refuse(response, status));
      await failure(world.client.send(post));
      assert.equal(world.seen.length, 1, String(status));
    }
  });

  it("A call that fails is repeated by the service's own 429, which refuses, also where it must not happen twice", async () => {
    await using world = await World.of((_request, response, nth) =>
      nth === 1 ? refuse(response, 429) : json(response, 201, { id: "made" }),
    );
    assert.deepEqual(await world.client.send(post), { id: "made" });
  });

  it("A call that fails counts the attempts that its caller has made before, in its limit, its pauses and its error", async () => {
    await using world = await World.of((_request, response) => refuse(response, 503));
    const error = await failure(world.client.send({ ...get, attemptsBefore: 2 }));
    assert.equal(world.seen.length, 2);
    assert.deepEqual(world.clock.sleeps, [8000]);
    assert.match(error.message, /\(503, request r-2, 4 attempts\)/);
  });

  it("A call that fails is repeated when nothing listened, which cannot have had an effect", async () => {
    const clock = new ImpatientClock();
    const tokens = { name: "test", token: () => Promise.resolve("t") };
    const client = new FabricClient({ endpoint: "http://127.0.0.1:1/v1", tokens, flags: retrying, clock, env: {} });
    assert.equal((await failure(client.send(post))).errorCode, "ECONNREFUSED");
    assert.equal(clock.sleeps.length, 3);
  });

  it("A call that reaches nothing names what decides the address, and no other key", async () => {
    const tokens = { name: "test", token: () => Promise.resolve("t") };
    const messages = [undefined, "FABRIC_ENDPOINT", "fabric:endpoint"].map(async (endpointFrom) => {
      const endpoint = "http://127.0.0.1:1/v1";
      const client = new FabricClient({ endpoint, endpointFrom, tokens, flags: none, env: {} });
      return (await failure(client.send(post))).message.replace(/.* Nothing listens/, "Nothing listens");
    });
    assert.deepEqual(await Promise.all(messages), [
      "Nothing listens there. Check the network.",
      "Nothing listens there. Check FABRIC_ENDPOINT and the network.",
      "Nothing listens there. Check fabric:endpoint and the network.",
    ]);
  });

  it("A call that fails ends at its deadline, also when only the body hangs, and when it is aborted", async () => {
    for (const hang of [
      () => undefined,
      (_request: IncomingMessage, response: ServerResponse) =>
        void response.writeHead(200, { "content-type": "application/json" }).write("{"),
    ]) {
      await using world = await World.of(hang, { flags: none, attemptTimeoutMs: 60 });
      const error = await failure(world.client.send(get));
      assert.match(error.errorCode, /ETIMEDOUT|ERR_BAD_RESPONSE/);
    }
    await using world = await World.of(() => undefined);
    const aborted = failure(world.client.send({ ...get, signal: AbortSignal.timeout(30) }));
    assert.equal((await aborted).errorCode, "Cancelled");
    assert.equal(world.attempts.length, 1, "an aborted call is not repeated");

    const clock = new FakeClock();
    const controller = new AbortController();
    await using busy = await World.of((_request, response) => refuse(response, 503), { clock });
    const waiting = failure(busy.client.send({ ...get, signal: controller.signal }));
    while (clock.sleeps.length === 0) await settled();
    controller.abort();
    assert.equal((await waiting).errorCode, "Cancelled");
  });

  it("A call that fails leaks no token, however its error is printed", async () => {
    const bad: [Responder, Partial<FabricClientOptions>][] = [
      [(_request, response) => refuse(response, 403), {}],
      [(request) => request.socket.destroy(), { flags: none }],
      [() => undefined, { flags: none, attemptTimeoutMs: 40 }],
      [(_request, response) => refuse(response, 401), {}],
    ];
    for (const [respond, options] of bad) {
      await using world = await World.of(respond, options);
      const error = await failure(world.client.send(post));
      const printed = [
        error.message,
        error.stack,
        String(error),
        JSON.stringify(error),
        inspect(error, { depth: Infinity, showHidden: true }),
        `${error.cause as string}`,
      ];
      for (const text of printed) assert.doesNotMatch(text ?? "", /canary|displayName/);
    }
  });

  it("A call that fails has Microsoft Graph's code where Graph refuses", async () => {
    await using world = await World.of((_request, response) =>
      json(response, 404, { error: { code: "Request_ResourceNotFound", message: "no" } }, { "request-id": "g-1" }),
    );
    const error = await failure(world.client.send(get));
    assert.deepEqual([error.errorCode, error.status], ["Request_ResourceNotFound", 404]);
  });

  it("A call that fails names the status where the body says nothing", async () => {
    await using world = await World.of(
      (_request, response) => void response.writeHead(418, { "content-type": "text/html" }).end("<html>"),
      { flags: none },
    );
    assert.equal((await failure(world.client.send(get))).errorCode, "HTTP 418");
  });
});

describe("whether a failed call may have had its effect", () => {
  const outcome = async (respond: Responder, call: FabricCall, options: Partial<FabricClientOptions> = {}) => {
    await using world = await World.of(respond, options);
    return isOutcomeUnknown(await failure(world.client.send(call)));
  };

  it("Whether a failed call may have had its effect is unknown once the service has accepted it and a question about it fails", async () => {
    for (const status of [403, 404, 429, 503]) {
      const accepted: Responder = (request, response) =>
        request.method === "POST"
          ? json(response, 202, null, { "x-ms-operation-id": "op-1", "retry-after": "0" })
          : refuse(response, status);
      assert.equal(await outcome(accepted, post, { flags: none }), true, String(status));
    }
  });

  it("Whether a failed call may have had its effect stays unknown when a later attempt is refused", async () => {
    const lostThenRefused: Responder = (request, response, nth) =>
      nth === 1 ? request.socket.destroy() : refuse(response, 400);
    assert.equal(await outcome(lostThenRefused, { ...post, replaySafe: true }), true);
    assert.equal(await outcome((_request, response) => refuse(response, 400), post), false);
  });

  it("Whether a failed call may have had its effect stays unknown when a new token had to be asked for in between, or the breaker held the next attempt back", async () => {
    const lostThenToken: Responder = (request, response, nth) =>
      nth === 1 ? request.socket.destroy() : nth === 2 ? refuse(response, 401) : refuse(response, 400);
    assert.equal(await outcome(lostThenToken, { ...post, replaySafe: true }), true);
    const lost: Responder = (request) => request.socket.destroy();
    const flags = all;
    const breaker = new CircuitBreaker({ failureThreshold: 1, expectedException: () => true });
    await using world = await World.of(lost, { flags, breaker });
    const error = await failure(world.client.send({ ...post, replaySafe: true }));
    assert.equal(world.seen.length, 1);
    assert.deepEqual([error.errorCode, isOutcomeUnknown(error)], ["CircuitOpen", true]);
    const second = await failure(world.client.send(post));
    assert.deepEqual([second.errorCode, isOutcomeUnknown(second)], ["CircuitOpen", false], "nothing was sent");
  });

  it("Whether a failed call may have had its effect is unknown when the service answers by 503, which a gateway hands on after the effect, too", async () => {
    assert.equal(await outcome((_request, response) => refuse(response, 503), post), true);
  });

  it("Whether a failed call may have had its effect is unknown when the answer was cut off in its middle, or the call was aborted on its way", async () => {
    const cutOff: Responder = (_request, response) => {
      response.writeHead(201, { "content-type": "application/json", "content-length": "100" });
      response.write("{", () => response.destroy());
    };
    assert.equal(await outcome(cutOff, post), true);
    assert.equal(await outcome(() => undefined, { ...post, signal: AbortSignal.timeout(30) }), true);
  });

  it("Whether a failed call may have had its effect is known when the service refused it, or never saw it", async () => {
    for (const status of [400, 409, 429])
      assert.equal(await outcome((_request, response) => refuse(response, status), post, { flags: none }), false);
  });
});

describe("a refused token", () => {
  it("A refused token is renewed once, and the call sent again", async () => {
    await using world = await World.of((_request, response, nth) =>
      nth === 1 ? refuse(response, 401, "TokenExpired") : json(response, 200, { ok: true }),
    );
    assert.deepEqual(await world.client.send(get), { ok: true });
    assert.deepEqual(
      world.seen.map(({ token }) => token),
      ["Bearer canary-1", "Bearer canary-2"],
    );
  });

  it("A refused token is an error when the new one is refused too", async () => {
    await using world = await World.of((_request, response) => refuse(response, 401, "InvalidToken"));
    assert.match(
      (await failure(world.client.send(get))).message,
      /InvalidToken \(401, request r-2\).*of test, and once more.*Sign in again\. Check the tenant/,
    );
    assert.equal(world.seen.length, 2);
    await using ready = await World.of((_request, response) => refuse(response, 401, "InvalidToken"));
    const tokens = { name: "azd", remedy: "Run azd auth login.", token: () => Promise.resolve("t") };
    const client = new FabricClient({ endpoint: `${ready.origin}/v1`, tokens, flags: none, env: {} });
    assert.match((await failure(client.send(get))).message, /of azd, and once more .* Run azd auth login\. Check/);
  });

  it("A refused token is never asked for where the host is not trusted", () => {
    let asked = false;
    const tokens = {
      name: "test",
      token: () => {
        asked = true;
        return Promise.resolve("t");
      },
    };
    assert.throws(
      () => new FabricClient({ endpoint: "https://fabric.example.com/v1", tokens, flags: none, env: {} }),
      /FABRIC_ALLOWED_HOSTS=fabric\.example\.com/,
    );
    assert.throws(
      () => new FabricClient({ endpoint: "http://api.fabric.microsoft.com/v1", tokens, flags: none, env: {} }),
      /https only/,
    );
    assert.equal(asked, false);
  });
});

describe("lists", () => {
  it("Lists are read to their last page, with the other parameters repeated and the token as it came", async () => {
    const pages = [
      { value: [1, 2], continuationToken: "a%2Bb%3D%3D", continuationUri: "https://elsewhere.example.com/x" },
      { value: [3], continuationToken: null },
    ];
    await using world = await World.of((_request, response, nth) => json(response, 200, pages[nth - 1]));
    assert.deepEqual(
      await world.client.list({ path: "/items", query: { type: "Lakehouse" }, operation: "list items" }),
      [1, 2, 3],
    );
    const urls = world.seen.map(({ url }) => new URL(url, "http://x"));
    assert.deepEqual(
      urls.map(({ searchParams }) => [searchParams.get("type"), searchParams.get("continuationToken")]),
      [
        ["Lakehouse", null],
        ["Lakehouse", "a+b=="],
      ],
    );
  });
});

describe("long-running operations", () => {
  const started = (response: ServerResponse, headers: Record<string, string> = {}) =>
    json(response, 202, null, {
      location: "https://wabi-foreign.example.com/v1/operations/op-1",
      "x-ms-operation-id": "op-1",
      "retry-after": "20",
      ...headers,
    });

  it("Long-running operations are asked for at the configured endpoint only, and give their result", async () => {
    await using world = await World.of((request, response, nth) => {
      if (request.method === "POST") started(response);
      else if (request.url?.endsWith("/result")) json(response, 200, { id: "made" });
      else if (nth === 2) json(response, 200, { status: "Running" }, { "retry-after": "7", location: "x" });
      else json(response, 200, { status: "Succeeded" }, { location: "x" });
    });
    assert.deepEqual(await world.client.send(post), { id: "made" });
    assert.deepEqual(
      world.seen.map(({ method, url }) => `${method} ${url}`),
      ["POST /v1/workspaces", "GET /v1/operations/op-1", "GET /v1/operations/op-1", "GET /v1/operations/op-1/result"],
    );
  });

  /** A service whose operation runs for so many polls, and says when it wants to be asked again. */
  const running = (polls: number, ...retryAfter: readonly string[]) => {
    const asked = { times: 0 };
    const respond: Responder = (request, response) => {
      const told = { "retry-after": retryAfter[asked.times] ?? retryAfter.at(-1) ?? "20" };
      if (request.method === "POST") started(response, told);
      else json(response, 200, { status: ++asked.times < polls ? "Running" : "Succeeded" }, told);
    };
    return respond;
  };

  it("Long-running operations are asked for after a second, and then less and less often, but never later than the service says", async () => {
    for (const [retryAfter, pauses] of [
      [["20"], [1, 2, 4, 8, 16, 20, 20]],
      [["120"], [1, 2, 4, 8, 16, 32, 64]],
      [["0"], [0.025, 1, 2, 2, 2, 2, 2]],
      [
        ["20", "0"],
        [1, 2, 2, 2, 2, 2, 2],
      ],
      [["Wed, 21 Oct 2015 07:28:00 GMT"], [0.025, 1, 2, 2, 2, 2, 2]],
      [["-5"], [1, 2, 2, 2, 2, 2, 2]],
      [[""], [1, 2, 2, 2, 2, 2, 2]],
      [["315360000"], [1, 2, 4, 8, 16, 32, 64]],
      [
        ["20", "3"],
        [1, 2, 3, 3, 3, 3, 3],
      ],
      [
        ["5", "soon"],
        [1, 2, 2, 2, 2, 2, 2],
      ],
    ] as const) {
      await using world = await World.of(running(7, ...retryAfter));
      await world.client.send(post);
      assert.deepEqual(
        world.clock.sleeps,
        pauses.map((seconds) => seconds * 1000),
        retryAfter.join(),
      );
    }
  });

  it("Long-running operations are asked for again no later than at the date that the service names", async () => {
    await using world = await World.of(running(4, new Date(Date.UTC(2026, 0, 1) + 7_000).toUTCString()));
    await world.client.send(post);
    assert.deepEqual(world.clock.sleeps, [1_000, 2_000, 4_000, 2_000]);
  });

  it("Long-running operations are asked for sooner only as often as a tenth of the quota allows, and else when the service says", async () => {
    await using world = await World.of(running(1));
    for (let operation = 0; operation < 52; operation++) await world.client.send(post);
    // the clock stands at 50 s when the 51st is waited for
    assert.deepEqual(world.clock.sleeps.slice(48), [1_000, 1_000, 20_000, 1_000]);
  });

  it("Long-running operations are asked for as much sooner as a process is told to wait less", async () => {
    await using world = await World.of(running(4), { env: { FABRIC_RETRY_BASE_MS: "200" } });
    await world.client.send(post);
    assert.deepEqual(world.clock.sleeps, [100, 200, 400, 800]);
  });

  it("Long-running operations without a Location at their end have no result, and none is asked for", async () => {
    await using world = await World.of((request, response) =>
      request.method === "POST" ? started(response) : json(response, 200, { status: "Succeeded" }),
    );
    assert.equal(await world.client.send(post), undefined);
    assert.equal(world.seen.length, 2);
  });

  it("Long-running operations that fail say why, with their causes", async () => {
    const error = {
      errorCode: "GitSyncFailed",
      message: "It failed",
      moreDetails: [{ errorCode: "MissingDependency", message: "model x" }],
    };
    await using world = await World.of((request, response) =>
      request.method === "POST" ? started(response) : json(response, 200, { status: "Failed", error }),
    );
    const thrown = await failure(world.client.send(post));
    assert.match(thrown.message, /GitSyncFailed.*It failed.*MissingDependency: model x/);
  });

  it("Long-running operations that do not end are given up at the deadline", async () => {
    await using world = await World.of((request, response) =>
      request.method === "POST"
        ? started(response)
        : json(response, 200, { status: "Running" }, { "retry-after": "20" }),
    );
    const error = await failure(world.client.send({ ...post, deadlineMs: 60_000 }));
    assert.equal(error.errorCode, "OperationTimedOut");
    assert.equal(world.clock.sleeps.length, 6);
    assert.equal(world.seen.length, 7);
  });

  it("Long-running operations go on with a new token when the old one ends in between", async () => {
    await using world = await World.of((request, response, nth) => {
      if (request.method === "POST") started(response);
      else if (nth === 2) refuse(response, 401, "TokenExpired");
      else json(response, 200, { status: "Succeeded" });
    });
    await world.client.send(post);
    assert.equal(world.seen.at(-1)?.token, "Bearer canary-2");
  });

  it("Long-running operations are not what a plain 202 starts, where the service may answer so, nor an empty answer", async () => {
    await using world = await World.of(
      (request, response) =>
        void response
          .writeHead(request.method === "POST" ? 202 : 200, {
            "content-type": "application/octet-stream",
            "content-length": "0",
          })
          .end(),
    );
    assert.equal(await world.client.send({ ...post, isPlainlyAccepted: true }), undefined);
    assert.equal(await world.client.send({ ...get, method: "DELETE" }), undefined);
    assert.equal(world.seen.length, 2);
  });
});

describe("a service that throttles", () => {
  it("A service that throttles for 50 s without Retry-After is waited for, and its refusals count as no attempts", async () => {
    const begin = Date.UTC(2026, 0, 1);
    const told: string[] = [];
    await using world = await World.of(
      (_request, response) =>
        world.clock.now() < begin + 50_000 ? refuse(response, 429) : json(response, 201, { id: "made" }),
      { onThrottled: (call, ms) => told.push(`${call} ${ms}`) },
    );
    assert.deepEqual(await world.client.send(post), { id: "made" });
    assert.deepEqual(world.clock.sleeps, [2_000, 4_000, 8_000, 16_000, 30_000]);
    assert.equal(told[4], "POST /v1/workspaces 30000");
  });

  it("A service that throttles longer than the budget is given up, with all attempts in the error", async () => {
    const clock = new ImpatientClock();
    const throttleBudget = new ThrottleBudget(clock, 20_000);
    await using world = await World.of((_request, response) => refuse(response, 429), { clock, throttleBudget });
    const error = await failure(world.client.send(get));
    // 2, 4 and 8 s from the budget, then the three retries of any failure
    assert.deepEqual(clock.sleeps, [2_000, 4_000, 8_000, 2_000, 4_000, 8_000]);
    assert.match(error.message, /\(429, request r-\d, 7 attempts\)/);
  });

  it("A service that throttles many calls at once is waited for once by the budget", () => {
    const clock = new FakeClock();
    const budget = new ThrottleBudget(clock, 60_000);
    for (let call = 0; call < 100; call++) assert.equal(budget.grant(30_000), true);
    assert.equal(budget.grant(60_000), true);
    assert.equal(budget.grant(60_001), false);
  });

  it("A service that throttles holds back every call of the process until Retry-After is over", async () => {
    const clock = new FakeClock();
    await using world = await World.of(
      (_request, response, nth) =>
        nth === 1
          ? refuse(response, 429, "RequestBlocked", { "retry-after": "30" })
          : json(response, 200, { value: [] }),
      { clock },
    );
    const refused = world.client.send(get);
    while (clock.sleeps.length === 0) await settled();
    const other = world.client.send({ ...get, path: "/capacities" });
    while (clock.sleeps.length < 2) await settled();
    assert.equal(world.seen.length, 1, "the other call went out");
    await clock.advance(29_999);
    assert.equal(world.seen.length, 1);
    await clock.advance(1);
    // somebody else had used the quota up, so the second one keeps its distance
    await clock.advance(1_000);
    await Promise.all([refused, other]);
    assert.equal(world.seen.length, 3);
  });
});

describe("a service that throttles a client which does not wait", () => {
  it("A service that throttles a client which does not wait is asked as often as any service that fails, and not for ever", async () => {
    await using world = await World.of(
      (_request, response, nth) => {
        if (nth < 50) refuse(response, 429, "RequestBlocked", { "retry-after": "0" });
        else json(response, 200, { value: [] });
      },
      { env: { FABRIC_RETRY_BASE_MS: "0" } },
    );
    assert.equal((await failure(world.client.send(get))).status, 429);
    assert.equal(world.seen.length, 4);
  });
});

describe("the breaker of a client", () => {
  it("The breaker of a client opens after 5 failed attempts, and then refuses without a call and says why", async () => {
    await using world = await World.of((_request, response) => refuse(response, 503), { flags: all });
    await failure(world.client.send(get));
    const second = await failure(world.client.send(get));
    assert.equal(world.seen.length, 5);
    assert.match(second.message, /Circuit breaker OPEN/);
    const third = await failure(world.client.send({ ...get, operation: "read workspace 'y'" }));
    assert.equal(world.seen.length, 5);
    assert.match(third.message, /^read workspace 'y' failed: CircuitOpen\. Circuit breaker OPEN: .*503/);
    assert.equal(world.attempts.length, world.seen.length);
  });

  it("The breaker of a client does not count refusals that are the caller's own fault, nor throttling", async () => {
    await using world = await World.of((_request, response, nth) => refuse(response, nth % 2 ? 404 : 429), {
      flags: FeatureFlags.load({ useCircuitBreaker: true }, {}),
    });
    for (let call = 0; call < 8; call++)
      assert.notEqual((await failure(world.client.send(get))).errorCode, "CircuitOpen");
  });
});

describe("telemetry of a client", () => {
  it("Telemetry of a client tells each attempt with its route and not the ids in it", async () => {
    await using world = await World.of((_request, response) => json(response, 200, {}));
    await world.client.send({ ...get, path: `/workspaces/${id}/items/${id}` });
    const [attempt] = world.attempts;
    assert.deepEqual(
      [attempt?.method, attempt?.origin, attempt?.route, attempt?.requestId, attempt?.status],
      ["GET", world.origin, "/v1/workspaces/{id}/items/{id}", "r-1", 200],
    );
  });
});

describe("pages of a list that do not end as they should", () => {
  const pageAfter = (url: string) => new URL(url, "http://x").searchParams.get("continuationToken");

  it("Pages of a list that come in a circle end the list with an error, and so do pages without end that bring nothing", async () => {
    const circle: Record<string, string> = { null: "a", a: "b", b: "c", c: "a" };
    await using round = await World.of((request, response) =>
      json(response, 200, { value: [1], continuationToken: circle[String(pageAfter(request.url ?? ""))] }),
    );
    assert.equal((await failure(round.client.list(get))).errorCode, "RepeatedPage");
    await using empty = await World.of((_request, response, nth) =>
      json(response, 200, { value: [], continuationToken: `token-${nth}` }),
    );
    assert.equal((await failure(empty.client.list(get))).errorCode, "RepeatedPage");
    await using sparse = await World.of((_request, response, nth) =>
      json(response, 200, {
        value: nth % 10 === 0 ? [nth] : [],
        ...(nth < 200 && { continuationToken: `token-${nth}` }),
      }),
    );
    assert.equal((await sparse.client.list(get)).length, 20);
  });

  it("Pages of a list that both show an object give it once, and leave entries without an id as they are", async () => {
    const [a, b] = [{ id: "a" }, { id: "b" }];
    const pages = [{ value: [a, { name: "x" }], continuationToken: "2" }, { value: [a, b, { name: "x" }] }];
    await using world = await World.of((_request, response, nth) => json(response, 200, pages[nth - 1]));
    assert.deepEqual(await world.client.list(get), [a, { name: "x" }, b, { name: "x" }]);
  });

  it("Pages of a list that go on without a token are asked for by the token of their address, and never at another host", async () => {
    await using world = await World.of((request, response) => {
      const isSecond = pageAfter(request.url ?? "") === "a+b";
      const continuationUri = "https://elsewhere.example.com/v1/workspaces?continuationToken=a%2Bb";
      json(response, 200, isSecond ? { value: [2] } : { value: [1], continuationToken: null, continuationUri });
    });
    assert.deepEqual(await world.client.list(get), [1, 2]);
  });

  it("Pages of a list that go on at an address without a token are no whole list", async () => {
    await using world = await World.of((_request, response) =>
      json(response, 200, { value: [1], continuationUri: "https://elsewhere.example.com/next" }),
    );
    assert.equal((await failure(world.client.list(get))).errorCode, "NotTheService");
  });
});

describe("a call whose sign-in fails in the middle", () => {
  const failing = (isGone: () => boolean) => ({
    name: "test",
    token: () => (isGone() ? Promise.reject(new Error("Signing in by test failed.")) : Promise.resolve("t")),
  });

  it("A call whose sign-in fails in the middle has an unknown outcome if an earlier attempt may have had its effect", async () => {
    let isGone = false;
    await using lost = await World.of(
      (request) => {
        isGone = true;
        request.socket.destroy();
      },
      { tokens: failing(() => isGone) },
    );
    const patch: FabricCall = { method: "PATCH", path: `/workspaces/${id}`, body: {}, operation: "update" };
    const error = await lost.client.send(patch).catch((thrown: unknown) => thrown);
    assert.match(String(error), /Signing in by test failed/);
    assert.equal(isOutcomeUnknown(error), true);
  });

  it("A call whose sign-in fails in the middle has an unknown outcome too if the service has refused the token since", async () => {
    let isGone = false;
    await using refused = await World.of(
      (request, response, nth) => {
        if (nth === 1) return void request.socket.destroy();
        isGone = true;
        refuse(response, 401, "TokenExpired");
      },
      { tokens: failing(() => isGone) },
    );
    const patch: FabricCall = { method: "PATCH", path: `/workspaces/${id}`, body: {}, operation: "update" };
    const error = await refused.client.send(patch).catch((thrown: unknown) => thrown);
    assert.match(String(error), /Signing in by test failed/);
    assert.equal(isOutcomeUnknown(error), true);
  });

  it("A call whose sign-in fails in the middle has an unknown outcome too if the service has accepted it and is asked for the end", async () => {
    for (const isRefused of [false, true]) {
      let isGone = false;
      await using accepted = await World.of(
        (request, response) => {
          isGone = request.method === "GET" || !isRefused;
          if (request.method === "GET") return refuse(response, 401, "TokenExpired");
          json(response, 202, null, { "x-ms-operation-id": "op-1", "retry-after": "1" });
        },
        { tokens: failing(() => isGone) },
      );
      const error = await failure(accepted.client.send(post));
      assert.match(error.message, /Signing in by test failed/);
      assert.deepEqual([error.operationId, isOutcomeUnknown(error)], ["op-1", true]);
    }
  });

  it("A call whose sign-in fails before anything was sent keeps the sign-in's own error", async () => {
    await using world = await World.of(() => assert.fail("sent"), { tokens: failing(() => true) });
    await assert.rejects(
      world.client.send(post),
      (error) => !isOutcomeUnknown(error) && !(error instanceof FabricError),
    );
  });
});

describe("a call that is cancelled between two attempts", () => {
  it("A call that is cancelled between two attempts has an unknown outcome if the first may have had its effect", async () => {
    const cancel = new AbortController();
    await using world = await World.of((request) => void request.socket.destroy(), {
      onWait: () => cancel.abort(new Error("stop")),
    });
    const patch: FabricCall = { method: "PATCH", path: `/workspaces/${id}`, body: {}, operation: "update" };
    const error = await failure(world.client.send({ ...patch, signal: cancel.signal }));
    assert.deepEqual([error.errorCode, isOutcomeUnknown(error)], ["Cancelled", true]);
  });
});

describe("a secret of a call", () => {
  const secret = `pa"ss\\wörd/1`;
  const spellings = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
  ];
  const call: FabricCall = { ...post, body: { secret }, secrets: [secret] };
  const assertClean = (error: FabricError) => {
    const text = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${error.message}`;
    for (const spelling of [...spellings, "canary-1"]) assert.equal(text.includes(spelling), false, text);
  };
  const words = `Bearer canary-1 sent ${spellings.join(" and ")}`;

  it("A secret of a call is in no error, however the service spells it", async () => {
    await using world = await World.of((_request, response) =>
      json(response, 400, { errorCode: "Bad", message: words, moreDetails: [{ errorCode: "Worse", message: words }] }),
    );
    assertClean(await failure(world.client.send(call)));
  });

  it("A secret of a call is in no error of the operation that the call started, and in none of its polls", async () => {
    for (const isPollRefused of [false, true]) {
      await using world = await World.of((request, response) => {
        const error = { errorCode: "Bad", message: words, moreDetails: [{ errorCode: "Worse", message: words }] };
        if (request.method === "POST")
          json(response, 202, undefined, { "x-ms-operation-id": id, location: "https://elsewhere.example.com/x" });
        else if (isPollRefused) json(response, 400, error);
        else json(response, 200, { status: "Failed", error });
      });
      assertClean(await failure(world.client.send(call)));
    }
  });

  it("A secret of a call is in no error about a page or a state that came in the place of an answer", async () => {
    for (const status of [200, 400, 502]) {
      await using page = await World.of((_request, response) => {
        response.writeHead(status, { "content-type": "text/html" });
        response.end(`<title>${words}</title>`);
      });
      assertClean(await failure(page.client.send(call)));
    }
  });
});
