import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
import { FabricClient } from "../../../lib/api/fabricClient.ts";
import type { FabricCall } from "../../../lib/api/fabricCall.ts";
import { FabricError, hadNoEffect, isOutcomeUnknown, isServiceAnswer } from "../../../lib/api/fabricError.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import { foreign, sayingNothing } from "../../doubles/foreignAnswers.ts";
import type { WireAnswer } from "../../doubles/foreignAnswers.ts";
import { ImpatientClock } from "../fakeClock.ts";

const id = "11111111-1111-4111-8111-111111111111";
const other = "22222222-2222-4222-8222-222222222222";
const shape = z.object({ id: z.string().regex(/^[\w-]+$/), displayName: z.string(), folderId: optional(z.string()) });
const read = { method: "GET", path: `/workspaces/${id}`, operation: "read workspace 'x'", answer: shape } as const;
const create = { method: "POST", path: "/workspaces", operation: "create workspace 'x'", answer: shape } as const;
const remove = {
  method: "DELETE",
  path: `/workspaces/${id}`,
  operation: "delete workspace 'x'",
  answer: nothing,
} as const;
const move = { method: "POST", path: `/workspaces/${id}/move`, operation: "move it", answer: nothing } as const;
const list = { path: "/workspaces", operation: "list workspaces", answer: shape } as const;

/** A server that answers as told, and a client for it. */
class World implements AsyncDisposable {
  readonly seen: string[] = [];
  readonly clock = new ImpatientClock();
  readonly client: FabricClient;
  readonly origin: string;
  readonly #server;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.client = new FabricClient({
      endpoint: `${this.origin}/v1`,
      tokens: { name: "test", token: () => Promise.resolve("canary-token") },
      flags: FeatureFlags.load({ useRetryLogic: true, useCircuitBreaker: true }, {}),
      clock: this.clock,
      env: {},
    });
  }

  static async of(answer: (request: IncomingMessage, nth: number) => WireAnswer): Promise<World> {
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      request.resume().on("end", () => {
        world.seen.push(`${request.method} ${request.url}`);
        const { status, headers, body } = answer(request, world.seen.length);
        response.writeHead(status, headers).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const world = new World(server);
    return world;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): WireAnswer => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", requestid: "r-1", ...headers },
  body: JSON.stringify(body),
});
const empty: WireAnswer = { status: 200, headers: { "content-type": "application/octet-stream" }, body: "" };
const page = foreign["a page with 200"] as WireAnswer;

async function failure(work: Promise<unknown>): Promise<FabricError> {
  const error: unknown = await work.then(
    (answer) => assert.fail(`it succeeded with ${inspect(answer)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof FabricError, inspect(error));
  return error;
}

describe("an answer that is not the service's", () => {
  const ways = {
    read: (client: FabricClient) => client.send(read),
    list: (client: FabricClient) => client.list(list),
    create: (client: FabricClient) => client.send(create),
    delete: (client: FabricClient) => client.send(remove),
    "a write that returns nothing": (client: FabricClient) => client.send(move),
  };
  for (const [way, send] of Object.entries(ways)) {
    const isRead = ["read", "list", "create"].includes(way);
    for (const [name, answer] of Object.entries({ ...foreign, ...(isRead && sayingNothing) })) {
      it(`An answer that is not the service's is an error, and no success: ${way}, ${name}`, async () => {
        await using world = await World.of(() => answer);
        const error = await failure(send(world.client));
        assert.match(error.message, answer.status < 400 ? /failed: NotTheService \(\d+/ : /failed: HTTP \d+ \(\d+/);
        if (answer.body !== "") assert.match(error.message, /http:\/\/127\.0\.0\.1:\d+ answered with /);
        assert.doesNotMatch(inspect(error, { depth: Infinity, showHidden: true }), /canary/);
        assert.equal(isServiceAnswer(error, answer.status), false, "it is proof of nothing");
        assert.equal(isOutcomeUnknown(error), true);
        // a portal does not go away within seconds; a gateway that says that it is busy may
        const isRepeated = [429, 503].includes(answer.status) && !way.startsWith("a write") && way !== "create";
        assert.equal(world.seen.length, isRepeated ? 4 : answer.body === "" && answer.status === 401 ? 2 : 1);
      });
    }
  }

  it("An answer that is not the service's is told by its type, its title and the host, with what to do about it", async () => {
    await using world = await World.of(() => page);
    assert.match(
      (await failure(world.client.send(create))).message,
      /^create workspace 'x' failed: NotTheService \(200\)\. http:\/\/127\.0\.0\.1:\d+ answered with text\/html, titled 'Hotel Wi-Fi: sign in', which is not an answer of the service\. Whether the request was carried out is not known\. .*portal.*proxy.*fabric:endpoint\.$/,
    );
  });

  it("An answer that is not the service's is told by the host that it points to, and by nothing else of the address", async () => {
    const location = "https://user:canary@portal.example.com:8443/login?token=canary#canary";
    await using world = await World.of(() => ({ status: 302, headers: { location }, body: "" }));
    const { message } = await failure(world.client.send(read));
    assert.match(message, /a redirect to portal\.example\.com:8443, which/);
    assert.doesNotMatch(message, /canary/);
  });

  it("An answer that is not the service's does not take a call to where a redirect points, with a token or without", async () => {
    await using target = await World.of(() => json(200, { id, displayName: "x" }));
    for (const status of [301, 302, 303, 307, 308]) {
      const headers = { location: `${target.origin}/v1/workspaces/${id}` };
      await using world = await World.of(() => ({ status, headers, body: "" }));
      for (const send of Object.values(ways)) await failure(send(world.client));
    }
    assert.deepEqual(target.seen, []);
  });

  it("An answer that is not the service's shows of a title a few harmless words", async () => {
    const titles: Readonly<Record<string, RegExp>> = {
      "Sign\nin\u001b[31m &amp; go": /titled 'Sign in \[31m &amp; go',/,
      "x https://a.example.com/?session=canary Bearer canary": /titled 'x https:\/\/a\.example\.com\/… …',/,
      [`${"word ".repeat(30)}`]: /titled '(word ){12}…',/,
      [`eyJ${"a".repeat(60)}`]: /titled '…',/,
    };
    for (const [title, shown] of Object.entries(titles)) {
      const body = `<html><head><TITLE lang=en>${title}</TITLE></head></html>`;
      await using world = await World.of(() => ({ ...page, body }));
      const { message } = await failure(world.client.send(read));
      assert.match(message, shown);
      assert.doesNotMatch(message, /canary|\p{Cc}/u);
    }
  });

  it("An answer that is not the service's neither opens the breaker nor closes it", async () => {
    await using world = await World.of((_request, nth) => (nth <= 10 ? page : json(200, { id, displayName: "x" })));
    for (let nth = 0; nth < 10; nth++)
      assert.equal((await failure(world.client.send(read))).errorCode, "NotTheService");
    assert.equal((await world.client.send(read)).id, id);
  });

  it("An answer that is not the service's is none although it has more in it, or says JSON in another way", async () => {
    for (const type of ["application/json", "Application/JSON;charset=UTF-8", "application/problem+json", undefined]) {
      const body = JSON.stringify({ id: id.toUpperCase(), displayName: "", folderId: null, region: "new", tags: [] });
      await using world = await World.of(() => ({ status: 200, headers: type ? { "content-type": type } : {}, body }));
      const { id: found, folderId } = await world.client.send(read);
      assert.deepEqual([found, folderId], [id.toUpperCase(), undefined]);
    }
  });

  it("An answer that is not the service's is one about another object than the one in the path, or of another workspace", async () => {
    const wrong: [FabricCall, unknown][] = [
      [read, { id: other, displayName: "x" }],
      [
        { ...read, method: "PATCH" },
        { id: other, displayName: "x" },
      ],
      [
        { ...read, path: `/workspaces/${id}/items/${id}` },
        { id, workspaceId: other, displayName: "x" },
      ],
      [
        { ...create, path: `/workspaces/${id}/items` },
        { id: other, workspaceId: other, displayName: "x" },
      ],
    ];
    for (const [call, body] of wrong) {
      await using world = await World.of(() => json(200, body));
      assert.match((await failure(world.client.send(call))).message, /about another object/);
    }
    await using world = await World.of(() => json(200, { value: [{ id, displayName: "x", workspaceId: other }] }));
    const items = world.client.list({ ...list, path: `/workspaces/${id}/items` });
    assert.match((await failure(items)).message, /about another object/);
  });

  it("An answer that is not the service's is not a role that has an id of its own", async () => {
    const role = { id: other, displayName: "x", principal: { id: id.toUpperCase() } };
    await using world = await World.of(() => json(200, role));
    await world.client.send({ ...read, path: `/workspaces/${other}/roleAssignments/${id}` });
  });

  it("An answer that is not the service's is nothing to be read where nothing is to be said", async () => {
    for (const answer of [empty, json(200, null), json(200, {})]) {
      await using world = await World.of(() => answer);
      await world.client.send(remove);
    }
    await using world = await World.of(() => json(200, { login: "https://portal.example.com" }));
    assert.equal((await failure(world.client.send(remove))).errorCode, "NotTheService");
  });

  it("An answer that is not the service's is found on every page of a list", async () => {
    const first = json(200, { value: [{ id, displayName: "x" }], continuationToken: "2" });
    for (const [name, second] of Object.entries({
      ...foreign,
      ...sayingNothing,
      "a token that is none": json(200, { value: [], continuationToken: 7 }),
    })) {
      await using world = await World.of((_request, nth) => (nth === 1 ? first : second));
      assert.match((await failure(world.client.list(list))).errorCode, /NotTheService|HTTP \d+/, name);
    }
  });

  it("An answer that is not the service's is a refusal of the service's own by its header alone, too", async () => {
    const headers = { "x-ms-public-api-error-code": "EntityNotFound", requestid: "r-1" };
    await using world = await World.of(() => ({ status: 404, headers, body: "" }));
    const error = await failure(world.client.send(read));
    assert.deepEqual([error.errorCode, isServiceAnswer(error, 404)], ["EntityNotFound", true]);
  });

  it("An answer that is not the service's has the service's code also where its other words are odd", async () => {
    await using world = await World.of(() => json(404, { errorCode: "Gone", message: { a: 1 }, moreDetails: "x" }));
    const error = await failure(world.client.send(read));
    assert.match(error.message, /^read workspace 'x' failed: Gone \(404, request r-1\)\.$/);
  });
});

describe("a gateway's refusal", () => {
  for (const status of [429, 503]) {
    it(`A gateway's refusal does not prove that a create was not carried out, and it is not sent again: ${status}`, async () => {
      for (const body of [foreign["a page with 503"]?.body ?? "", "", '{"statusCode":1}']) {
        await using world = await World.of(() => ({ status, headers: { "retry-after": "1" }, body }));
        const error = await failure(world.client.send(create));
        assert.equal(world.seen.length, 1);
        assert.equal(isOutcomeUnknown(error), true);
      }
    });
  }
});

describe("an operation", () => {
  const made = { id, displayName: "x" };
  const started = (headers: Record<string, string>) => json(202, null, { "retry-after": "0", ...headers });
  const succeeded = json(200, { status: "Succeeded" }, { location: "x" });
  const operation = { "x-ms-operation-id": "op-1" };
  const answering =
    (start: WireAnswer, state: WireAnswer, result: WireAnswer = json(200, made)) =>
    ({ method, url = "" }: IncomingMessage) =>
      method === "POST" ? start : url.endsWith("/result") ? result : state;

  it("An operation may be told by its Location alone, and is asked for at the configured endpoint", async () => {
    for (const location of [
      "https://wabi-foreign.example.com/v1/operations/op-1",
      "https://wabi-foreign.example.com/v1/operations/op-1/?x=y",
      "https://wabi-foreign.example.com/v1/Operations/op-1",
      "https://wabi-foreign.example.com/v1/operations/op-1/result",
      "https://wabi-foreign.example.com/v1/operations/op-1/Result/",
      "/v1/operations/op-1",
    ]) {
      await using world = await World.of(answering(started({ location }), succeeded));
      assert.deepEqual(await world.client.send(create), made);
      assert.deepEqual(world.seen, [
        "POST /v1/workspaces",
        "GET /v1/operations/op-1",
        "GET /v1/operations/op-1/result",
      ]);
    }
  });

  it("An operation that nobody names leaves the outcome unknown, also for a call that returns nothing, unless such calls start none", async () => {
    for (const headers of [
      {},
      { location: "https://x.example.com/jobs/instances/1" },
      { location: "https://x.example.com/v1/operationResults/1" },
      { location: "https://x.example.com/v1/operations/..%2f..%2fworkspaces" },
      { "x-ms-operation-id": "../workspaces" },
      { location: "http://[" },
    ]) {
      await using world = await World.of(() => started(headers));
      for (const call of [create, move]) {
        const error = await failure(world.client.send<unknown>(call));
        assert.match(error.message, /NotTheService \(202.*accepted the request, without naming an operation/);
        assert.equal(isOutcomeUnknown(error), true);
      }
      await world.client.send({ ...move, isPlainlyAccepted: true });
      assert.equal(world.seen.length, 3);
    }
  });

  it("An operation that was cancelled, or of which nothing is known, has failed, and may have done a part of its work", async () => {
    for (const status of ["Failed", "failed", "Cancelled", "canceled", "Undefined"]) {
      await using world = await World.of(answering(started(operation), json(200, { status })));
      const error = await failure(world.client.send(create));
      assert.match(error.errorCode, /^Operation(Failed|Cancelled|Undefined)$/, status);
      assert.deepEqual([isOutcomeUnknown(error), hadNoEffect(error)], [false, false], status);
      assert.equal(world.seen.length, 2, status);
    }
  });

  it("An operation has succeeded by any of the words for that", async () => {
    for (const status of ["succeeded", "SUCCEEDED", "Completed"]) {
      const ended = json(200, { status }, { location: "x" });
      await using world = await World.of(answering(started(operation), ended));
      assert.deepEqual(await world.client.send(create), made, status);
    }
  });

  it("An operation has an unknown outcome where somebody else answers for its state", async () => {
    for (const [name, answer] of Object.entries({
      ...foreign,
      ...sayingNothing,
      "no word": json(200, { status: "" }),
    })) {
      await using world = await World.of(answering(started(operation), answer));
      const error = await failure(world.client.send(create));
      assert.match(error.errorCode, /NotTheService|HTTP \d+/, name);
      assert.equal(isOutcomeUnknown(error), true, name);
      assert.ok(world.seen.length <= 5, `${name}: no end of asking`);
    }
  });

  it("An operation whose state stays a word that nobody knows is given up at the deadline, with that word", async () => {
    await using world = await World.of(answering(started(operation), json(200, { status: "Pondering" })));
    const error = await failure(world.client.send({ ...create, deadlineMs: 60_000 }));
    assert.match(error.message, /OperationTimedOut.*has not ended after 1 minutes; its last state was Pondering/);
    assert.equal(isOutcomeUnknown(error), true);
  });

  it("An operation whose announced result is not there is an error for who needs it", async () => {
    const gone = json(404, { errorCode: "OperationHasNoResult" });
    for (const [name, result] of Object.entries({ ...foreign, ...sayingNothing, gone })) {
      for (const state of [succeeded, json(200, { status: "Succeeded" })]) {
        await using world = await World.of(answering(started(operation), state, result));
        const error = await failure(world.client.send(create));
        assert.equal(isOutcomeUnknown(error), true, name);
      }
    }
    await using world = await World.of(answering(started(operation), succeeded, gone));
    await world.client.send({ method: "POST", path: "/x", operation: "update" });
  });

  it("An operation that has failed says so in whatever words", async () => {
    const state = json(200, { status: "Failed", error: { errorCode: "Broken", message: 7 } });
    await using world = await World.of(answering(started(operation), state));
    const error = await failure(world.client.send(create));
    assert.deepEqual([error.errorCode, isOutcomeUnknown(error)], ["Broken", false]);
  });
});
