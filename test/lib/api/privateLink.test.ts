import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import tls from "node:tls";
import { after, before, beforeEach, describe, it } from "node:test";
import { z } from "zod";
import { FabricClient } from "../../../lib/api/fabricClient.ts";
import { FabricError, isOutcomeUnknown } from "../../../lib/api/fabricError.ts";
import type { Attempt } from "../../../lib/api/fabricCall.ts";
import { privateLinkOf, workspaceIn } from "../../../lib/api/privateLink.ts";
import { assertTrustedEndpoint } from "../../../lib/api/trustedHost.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import { startConnectProxy } from "../../doubles/connectProxy.ts";
import type { ConnectProxy } from "../../doubles/connectProxy.ts";
import { ImpatientClock } from "../fakeClock.ts";

const workspaceId = "CFAFBEB1-8037-4d0c-896e-a46fb27ff227";
const common = "api.fabric.microsoft.com";
const own = "cfafbeb180374d0c896ea46fb27ff227.zcf.w.api.fabric.microsoft.com";

/** What the service answers at a host, and what it was asked. */
let answer: (host: string, path: string, nth: number) => [status: number, body: unknown, headers?: object];
let seen: string[];
let proxy: ConnectProxy;
const trusted = tls.getCACertificates("default");

const denied = {
  errorCode: "RequestDeniedByInboundPolicy",
  message: "Request is denied due to inbound communication policy",
};

before(async () => {
  proxy = await startConnectProxy([common, own], (request: IncomingMessage, response: ServerResponse) => {
    const host = request.headers.host ?? "";
    seen.push(`${request.method} ${host}${request.url}`);
    const [status, body, headers = {}] = answer(host, request.url ?? "", seen.length);
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", requestid: "r", ...headers });
    response.end(JSON.stringify(body));
  });
  tls.setDefaultCACertificates([...trusted, proxy.cert]);
});
beforeEach(() => {
  seen = [];
  answer = (host, path) =>
    host === own || !workspaceIn(path.slice(3)) ? [200, { value: [], id: "made" }] : [403, denied];
});
after(async () => {
  tls.setDefaultCACertificates(trusted);
  await proxy[Symbol.asyncDispose]();
});

const attempts: Attempt[] = [];
function clientOf(env: NodeJS.ProcessEnv = {}, endpoint = `https://${common}/v1`): FabricClient {
  return new FabricClient({
    endpoint,
    tokens: { name: "test", token: () => Promise.resolve("canary") },
    flags: FeatureFlags.load({ useRetryLogic: true }, {}),
    clock: new ImpatientClock(),
    env: { https_proxy: proxy.url, ...env },
    onAttempt: (attempt) => attempts.push(attempt),
  });
}
const items = { path: `/workspaces/${workspaceId}/items`, operation: "list items" };
const create = {
  method: "POST",
  path: items.path,
  operation: "create item",
  body: {},
  answer: z.object({ id: z.string() }),
} as const;

describe("a workspace that is closed to public networks", () => {
  it("A workspace that is closed to public networks is reached over its private link, and everything else at the common address", async () => {
    const client = clientOf();
    await client.list({ path: "/workspaces", operation: "list workspaces" });
    assert.deepEqual(await client.send(create), { id: "made" });
    await client.list(items);
    await client.list({ path: "/capacities", operation: "list capacities" });
    client.close();
    assert.deepEqual(seen, [
      `GET ${common}/v1/workspaces`,
      `POST ${common}/v1/workspaces/${workspaceId}/items`,
      `POST ${own}/v1/workspaces/${workspaceId}/items`,
      // and from now on at once
      `GET ${own}/v1/workspaces/${workspaceId}/items`,
      `GET ${common}/v1/capacities`,
    ]);
  });

  it("A workspace that is closed to public networks has its operations asked for where they answer", async () => {
    for (const host of [common, own]) {
      seen = [];
      answer = (at, path) => {
        if (path.includes("/operations/"))
          return at === host
            ? [200, path.endsWith("/result") ? { id: "made" } : { status: "Succeeded" }]
            : [403, denied];
        return at === own ? [202, null, { "x-ms-operation-id": "op", "retry-after": "0" }] : [403, denied];
      };
      const client = clientOf();
      assert.deepEqual(await client.send(create), { id: "made" });
      client.close();
      assert.ok(seen.includes(`GET ${host}/v1/operations/op/result`), seen.join("\n"));
    }
  });

  it("A workspace that is closed to public networks is told by the link's own refusals, which no advice about networks hides", async () => {
    answer = (host) => (host === own ? [404, { errorCode: "ItemNotFound", message: "no" }] : [403, denied]);
    const client = clientOf();
    await assert.rejects(client.list(items), /ItemNotFound \(404/);
    client.close();
  });

  it("A workspace that is closed to this network too says what would help, was not changed, and is not tried over and over", async () => {
    for (const [reason, prepare] of [
      [/refused there, too/, () => (answer = () => [403, denied])],
      [/ENOTFOUND|EAI_AGAIN|ProxyFailed/, () => undefined],
    ] as const) {
      prepare();
      seen = [];
      // the link has no proxy, and no address
      const client = clientOf(reason.test("ENOTFOUND") ? { no_proxy: "w.api.fabric.microsoft.com" } : {});
      const error: unknown = await client.send(create).catch((caught: unknown) => caught);
      assert.ok(error instanceof FabricError);
      assert.equal(error.errorCode, "RequestDeniedByInboundPolicy");
      assert.equal(error.isOutcomeKnown, true);
      assert.match(error.message, new RegExp(`private link \\(${own}\\)`));
      assert.match(error.message, reason);
      assert.match(error.message, /network that the workspace's inbound rules allow/);
      const calls = seen.length;
      await assert.rejects(client.list(items), /RequestDeniedByInboundPolicy.*inbound rules/);
      assert.equal(seen.length, calls + 1, "the link was tried again");
      client.close();
    }
  });

  it("A create over the link whose answer is lost has an unknown outcome, as everywhere", async () => {
    answer = (host) => (host === own ? [503, { errorCode: "Busy", message: "busy" }] : [403, denied]);
    const client = clientOf();
    const error: unknown = await client.send(create).catch((caught: unknown) => caught);
    client.close();
    assert.ok(error instanceof FabricError);
    assert.deepEqual([error.errorCode, error.isOutcomeKnown], ["Busy", false]);
  });
});

describe("the address of a private link", () => {
  it("The address of a private link is made from the workspace's id, of the public cloud only, and may receive tokens", () => {
    const link = privateLinkOf(`https://${common}/v1/`, workspaceId);
    assert.equal(link, `https://${own}/v1`);
    assert.equal(assertTrustedEndpoint(link ?? "", {}).host, own);
    for (const endpoint of [
      "http://127.0.0.1:8080/v1",
      "https://api.fabric.microsoft.us/v1",
      `https://${own}/v1`,
      "https://contoso.test/v1",
    ])
      assert.equal(privateLinkOf(endpoint, workspaceId), undefined, endpoint);
  });

  it("The address of a private link is for what belongs to one workspace: not for lists of the tenant, nor for what is no id", () => {
    assert.equal(workspaceIn(`/workspaces/${workspaceId}`), workspaceId.toLowerCase());
    assert.equal(workspaceIn(`/workspaces/${workspaceId}/git/status`), workspaceId.toLowerCase());
    for (const path of [
      "/workspaces",
      "/workspaces/..%2f",
      `/admin/workspaces/${workspaceId}`,
      "/capacities",
      `/workspaces/${workspaceId}x`,
    ])
      assert.equal(workspaceIn(path), undefined, path);
  });

  it("A workspace that is closed to public networks leaves the outcome of a call unknown whose first answer was lost, whatever its link says", async () => {
    const patch = { method: "PATCH", path: `${items.path}/${workspaceId}`, operation: "rename", body: {} } as const;
    const answersOfLink: ReturnType<typeof answer>[] = [
      [400, { errorCode: "Broken" }],
      [403, denied],
    ];
    for (const ofLink of answersOfLink) {
      seen = [];
      answer = (host, _path, nth) => (nth === 1 ? [503, { errorCode: "Busy" }] : host === own ? ofLink : [403, denied]);
      const client = clientOf();
      const error: unknown = await client.send(patch).catch((thrown: unknown) => thrown);
      client.close();
      assert.equal(isOutcomeUnknown(error), true, String(error));
      assert.ok(seen.some((line) => line.includes(own)));
    }
  });
});
