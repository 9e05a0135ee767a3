import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { GraphUsers } from "../../providers/run/graphUsers.ts";

/* Names of principals that Microsoft Graph answers on several pages. */

const [one, other] = ["11111111-1111-4111-8111-00000000000a", "11111111-1111-4111-8111-00000000000b"];

/** What Graph answers page by page, and where it says that the next one is. */
interface Answers {
  readonly pages: readonly (readonly string[])[];
  readonly link?: (page: number) => string;
}

/** The group that is found. @returns its id, and the queries that were sent */
async function found({ pages, link = (page) => `https://elsewhere.example/groups?$skiptoken=t%2F${page}` }: Answers) {
  const asked: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://localhost");
    const page = Number(searchParams.get("$skiptoken")?.slice(2) ?? 0);
    asked.push(searchParams);
    const value = (pages[page] ?? pages[0] ?? []).map((id) => ({ id, displayName: "Analysts" }));
    const isLast = page === pages.length - 1;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ value, ...(!isLast && { "@odata.nextLink": link(page + 1) }) }));
  });
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const graph = new GraphUsers({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: { name: "test", token: () => Promise.resolve("canary") },
    flags: FeatureFlags.load({}, {}),
    env: {},
  });
  try {
    return { id: await graph.principalId({ displayName: "Analysts", type: "Group" }), asked };
  } finally {
    graph.close();
    server.closeAllConnections();
    server.close();
  }
}

describe("the name of a group in Microsoft Graph", () => {
  it("The name of a group in Microsoft Graph is looked up on all pages, with the same question at the same host", async () => {
    const { id, asked } = await found({ pages: [[], [], [one]] });
    assert.equal(id, one);
    assert.deepEqual(
      asked.map((query) => query.get("$skiptoken")),
      [null, "t/1", "t/2"],
    );
    assert.deepEqual(new Set(asked.map((query) => query.get("$filter"))), new Set(["displayName eq 'Analysts'"]));
  });

  it("The name of a group in Microsoft Graph is ambiguous if a later page has another group of that name", async () => {
    await assert.rejects(
      found({ pages: [[one], [other]] }),
      new RegExp(`more than one group 'Analysts': ${one}, ${other}`),
    );
  });

  it("The name of a group in Microsoft Graph whose pages have no end, or no address, ends in advice to give the id", async () => {
    const advice = /gives more pages than can be read\. Give the object id with its type/;
    await assert.rejects(found({ pages: [[one], []], link: () => "none" }), advice);
    await assert.rejects(found({ pages: Array.from({ length: 50 }, () => []) }), advice);
  });
});
