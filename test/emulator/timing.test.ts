import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EmulatorOptions } from "../../emulator/emulator.ts";
import { timingOptions } from "../../emulator/core/timingOptions.ts";
import { ImpatientClock } from "../lib/fakeClock.ts";
import { TestService } from "./client.ts";

/** A service with recorded times whose waits are over at once, and what they were. */
async function recorded(options: EmulatorOptions = {}) {
  const clock = new ImpatientClock();
  const service = await TestService.start({ timing: "recorded", clock, ...options });
  /** Seconds that the emulator took for a call. */
  const timed = async (method: string, path: string, body?: unknown) => {
    const [begin, first] = [clock.now(), clock.sleeps.length];
    const answer = await service.call(method, path, body);
    return { answer, seconds: (clock.now() - begin) / 1000, waits: clock.sleeps.length - first };
  };
  return { service, clock, timed };
}

const within = (value: number, from: number, to: number, what: string) =>
  assert.ok(value >= from - 0.001 && value <= to + 0.001, `${what}: ${value} is not from ${from} to ${to}`);

describe("recorded times", () => {
  it("Recorded times are those of the type that a create makes, by the shared route and by its own", async () => {
    const { service, timed } = await recorded();
    await using _service = service;
    const path = await service.workspace();
    for (const [type, from, to, collection] of [
      ["Lakehouse", 4.9, 7.9, "lakehouses"],
      ["DataPipeline", 6, 8.8, "dataPipelines"],
      ["Notebook", 2.1, 3.5, "notebooks"],
      ["Ontology", 8.2, 23.5, "ontologies"],
    ] as const) {
      const shared = await timed("POST", `${path}/items`, { displayName: `a${type}`, type });
      within(shared.seconds, from, to, type);
      if (type === "Ontology") continue;
      const own = await timed("POST", `${path}/${collection}`, { displayName: `b${type}` });
      within(own.seconds, from, to, `${type} by its own route`);
    }
    within((await timed("GET", "/workspaces")).seconds, 0.8, 2, "a list");
    within((await timed("POST", `${path}/folders`, { displayName: "f" })).seconds, 1.1, 1.1, "a folder");
  });

  it("Recorded times let operations run as long as they did, with Retry-After 20 whatever that is", async () => {
    const { service, clock } = await recorded();
    await using _service = service;
    const path = await service.workspace();
    for (const [type, from, to] of [
      ["Notebook", 0.9, 1.1],
      ["SQLDatabase", 18.5, 19.8],
      ["Ontology", 61.3, 86.3],
    ] as const) {
      const started = await service.call("POST", `${path}/items`, { displayName: type, type });
      assert.deepEqual([started.status, started.headers.get("retry-after")], [202, "20"]);
      const { createdAt, endsAt } = service.emulator.service.operations.all().at(-1) ?? assert.fail("no operation");
      within((endsAt - createdAt) / 1000, from, to, type);
      await clock.sleep(endsAt - clock.now());
      const { state } = await service.operation(started);
      assert.equal(state.body["status"], "Succeeded");
    }
  });

  it("Recorded times make the SQL endpoint of a lakehouse ready 11 to 13 s after it was made, and after one operation by default", async () => {
    const { service, clock } = await recorded();
    await using _service = service;
    await using immediate = await TestService.start({ clock, operationDelayMs: 1000 });
    for (const [one, readyMs] of [
      [service, 13_000],
      [immediate, 1000],
    ] as const) {
      const path = await one.workspace();
      const { body } = await one.call("POST", `${path}/lakehouses`, { displayName: "bronze" });
      const status = async () => {
        const { body: lakehouse } = await one.call("GET", `${path}/lakehouses/${body.id}`);
        const { sqlEndpointProperties } = lakehouse["properties"] as { sqlEndpointProperties: Record<string, unknown> };
        return sqlEndpointProperties;
      };
      assert.equal((await status())["provisioningStatus"], "InProgress");
      await clock.sleep(readyMs);
      const after = await status();
      assert.equal(after["provisioningStatus"], "Success");
      const list = await one.call("GET", `${path}/items?type=SQLEndpoint`);
      assert.equal(after["id"], list.body.value?.[0]?.["id"]);
    }
  });

  it("Recorded times are the same with the same seed, others with another, and divided by the speed", async () => {
    const times = async (options: EmulatorOptions) => {
      const { service, timed } = await recorded(options);
      await using _service = service;
      return [(await timed("GET", "/workspaces")).seconds, (await timed("GET", "/workspaces")).seconds];
    };
    const first = await times({});
    assert.deepEqual(await times({}), first);
    assert.notDeepEqual(await times({ timingSeed: 2 }), first);
    const fast = await times({ speed: 50 });
    for (const [index, seconds] of fast.entries())
      within(seconds * 50, first[index] ?? 0, first[index] ?? 0, "50 times");
  });

  it("Recorded times leave Microsoft Graph, the control plane and refusals by quota alone", async () => {
    const { service, timed } = await recorded({ throttle: { limit: 1, windowMs: 60_000 } });
    await using _service = service;
    await timed("GET", "/workspaces");
    const { answer, waits } = await timed("GET", "/workspaces");
    assert.deepEqual([answer.status, waits], [429, 0]);
  });
});

describe("the documented quotas", () => {
  /** How many calls in a row pass. */
  async function passed(service: TestService, method: string, path: string, body?: unknown, as?: string) {
    for (let count = 0; ; count++) {
      const { status, headers } = await service.call(method, path, body, as);
      if (status === 429) return { count, retryAfter: headers.get("retry-after") };
    }
  }

  it("The documented quotas hold for each identity: 500 calls a minute, and operations, jobs and creates of workspaces on their own", async () => {
    let now = Date.UTC(2026, 0, 1);
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    await using service = await TestService.start({ quota: "documented", clock });
    const path = await service.workspace();
    assert.equal((await passed(service, "GET", "/operations/x")).count, 200);
    assert.equal((await passed(service, "POST", `${path}/items/x/jobs/instances`)).count, 200);
    assert.equal((await passed(service, "POST", "/workspaces", {})).count, 199);
    now += 20_000;
    // the refused create has counted, too
    assert.deepEqual(await passed(service, "GET", "/workspaces"), { count: 299, retryAfter: "40" });
    const other = "0e000000-0000-4000-8000-000000000001";
    assert.equal((await passed(service, "POST", `${path}/bulkImportDefinitions`, {}, other)).count, 10);
    now += 40_000;
    assert.equal((await service.call("GET", "/workspaces")).status, 200);
  });

  it("The documented quotas have windows as much shorter as the service is faster", async () => {
    let now = Date.UTC(2026, 0, 1);
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    await using service = await TestService.start({ quota: "documented", speed: 50, clock });
    assert.deepEqual(await passed(service, "GET", "/workspaces"), { count: 500, retryAfter: "2" });
    now += 1_200;
    assert.equal((await service.call("GET", "/workspaces")).status, 200);
  });
});

describe("the options of time", () => {
  it("The options of time are refused by name where they make no sense", () => {
    assert.deepEqual(timingOptions({ timing: "recorded", speed: "50", quota: "documented" }), {
      timing: "recorded",
      speed: 50,
      quota: "documented",
    });
    assert.deepEqual(timingOptions({}), {});
    for (const [option, value] of [
      ["timing", "slow"],
      ["speed", "0"],
      ["speed", "fast"],
      ["quota", "500"],
    ])
      assert.throws(() => timingOptions({ [option ?? ""]: value }), new RegExp(`--${option}`));
  });
});
