import assert from "node:assert/strict";
import { afterEach, before, after, beforeEach, describe, it } from "node:test";
import { foreign } from "../../doubles/foreignAnswers.ts";
import { Wire } from "../../doubles/wire.ts";
import type { Passed } from "../../doubles/wire.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/* A network that answers in the service's place: the sign-in page of a captive portal, a proxy's page. */

const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Member" }],
      items: [{ name: "bronze", type: "Lakehouse", folder: "/raw" }],
    },
    { name: "finance", displayName: "finance-test" },
  ],
};
const portal = foreign["a page with 200"];

describe("a network that answers in the service's place", () => {
  let start: EngineStack;
  let stack: EngineStack;
  let wire: Wire;
  const env = () => ({
    FABRIC_ENDPOINT: `http://127.0.0.1:${wire.port}/v1`,
    FABRIC_GRAPH_ENDPOINT: `http://127.0.0.1:${wire.port}`,
  });

  before(async () => {
    start = await EngineStack.start();
    start.configure({ workspaces: [] });
    const { code, text } = await start.up();
    assert.equal(code, 0, text);
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
    stack.configure(environment);
    wire = await Wire.to(Number(new URL(stack.emulator.origin).port));
  });
  afterEach(async () => {
    await wire[Symbol.asyncDispose]();
    await stack[Symbol.asyncDispose]();
  });
  /** Deploys while the network is as it should be. */
  async function deploy(): Promise<void> {
    const { code, text } = await stack.up(env());
    assert.equal(code, 0, text);
    // the first refresh leaves out of the state what is empty
    assert.equal((await stack.refresh(env())).code, 0);
  }

  it("A network that answers in the service's place makes nothing twice where it answers a create after the effect, and all of it is in the state", async () => {
    const once = new Set<string>();
    const isFirst = ({ method, url }: Passed) =>
      method === "POST" && /\/(workspaces|roleAssignments|folders|items)$/.test(url) && once.size < once.add(url).size;
    wire.replaceAnswers((passed) => (isFirst(passed) ? portal : undefined));
    const up = await stack.up(env());
    assert.equal(up.code, 0, up.text);
    assert.ok(once.size >= 4, "a workspace, a role, a folder and an item");
    const { workspaces, roles, folders, items } = stack.emulator.service;
    const counts = [workspaces, roles, folders, items].map((collection) => collection.all().length);
    assert.deepEqual(counts, [2, 3, 1, 2], "one of each, the deployer's own roles, and the lakehouse's SQL endpoint");
    wire.replaceAnswers(() => undefined);
    const ids = new Set((await stack.state()).deployment.resources?.map(({ id }) => id?.split("/").at(-1)));
    for (const { id } of [...workspaces.all(), ...folders.all(), ...items.all()])
      assert.ok(ids.has(id) || items.get(id)?.type === "SQLEndpoint", `${id} is in the state`);
    const refresh = await stack.refresh(env());
    assert.equal(refresh.code, 0, refresh.text);
    const again = await stack.preview(env());
    assert.deepEqual(again.steps, [], again.text);
  });

  for (const [what, answer] of [
    ["a page with 200", portal],
    ["a page with 404", foreign["a page with 404"]],
    ["an empty list of nothing", { status: 200, headers: { "content-type": "application/json" }, body: "{}" }],
  ] as const) {
    it(`A network that answers in the service's place makes a refresh fail, which changes nothing in the state: ${what}`, async () => {
      await deploy();
      const [before, world] = [await stack.state(), worldOf(stack)];
      wire.replaceAnswers(() => answer);
      const refresh = await stack.refresh(env());
      wire.replaceAnswers(() => undefined);
      assert.notEqual(refresh.code, 0, refresh.text);
      assert.match(refresh.text, /failed: (NotTheService \(200\)|HTTP 404 \(404\)).* answered with /);
      assert.deepEqual((await stack.state()).deployment.resources, before.deployment.resources);
      assert.deepEqual(worldOf(stack), world);
    });
  }

  it("A network that answers in the service's place is not taken for the service by a destroy, which then goes on where it was", async () => {
    await deploy();
    wire.replaceAnswers(({ method }) => (method === "DELETE" ? foreign["a page with 404"] : undefined));
    const destroy = await stack.destroy(env());
    wire.replaceAnswers(() => undefined);
    assert.notEqual(destroy.code, 0, destroy.text);
    assert.match(destroy.text, /failed: HTTP 404 \(404\)/);
    const again = await stack.destroy(env());
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });
});
