import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { awaitOperations } from "../../../cli/transaction/operationsOfEarlierRuns.ts";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { operationsGoingOn } from "../../../lib/transactions/goingOn.ts";
import type { Intent } from "../../../lib/transactions/entry.ts";
import { readTransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import { TestService } from "../../emulator/client.ts";

/* A run that ended while the service was still working: its log names the operation, and the next run waits for it. */

const ID = "test-20260101T000000Z-00aa";
const body = { displayName: "ingest", type: "Notebook" };

/** A service with a workspace, and what a run of the project on it needs. */
async function world(operationDelayMs: number) {
  const service = await TestService.start({ operationDelayMs, retryAfterSeconds: 20 });
  const path = await service.workspace();
  const transactionLog = mkdtempSync(join(tmpdir(), "fabric-going-on-"));
  const configuration = {
    stack: "test",
    endpoint: "emulator",
    features: { useRetryLogic: true },
    credential: "auto",
    transactionLog,
  };
  const env = { FABRIC_ENDPOINT: service.emulator.url, FABRIC_RETRY_BASE_MS: "20", FABRIC_TRANSACTION_ID: ID };
  const intent: Intent = {
    operation: "create",
    resourceType: "Item",
    resourceName: "sales/ingest",
    names: { path, ...body },
    compensation: { function: "deleteItem", args: { path, ...body } },
  };
  const create = async () => {
    const run = await startRun(configuration, env);
    try {
      const find = async () =>
        (await run.list(`${path}/items`, "list items", itemShape)).find(({ type }) => type === body.type);
      const call = { method: "POST", path: `${path}/items`, body, answer: itemShape } as const;
      return await run.create(intent, call, { find, wasFree: true });
    } finally {
      await run.close();
    }
  };
  /** What a run leaves that is killed while it waits for the operation of its create. */
  const killedRun = async (origin: string) => {
    const started = await service.call("POST", `${path}/items`, body);
    assert.equal(started.status, 202);
    const operationId = started.headers.get("x-ms-operation-id") ?? "";
    const place = { v: 2, transactionId: ID, pid: 1, at: "2026-01-01T00:00:00.000Z" };
    const lines = [
      { ...place, seq: 1, kind: "begin", stack: "test", enableRollback: false },
      { ...place, seq: 2, kind: "intent", step: "1", ...intent, wasFree: true },
      { ...place, seq: 3, kind: "accepted", step: "1", operationId, origin },
    ];
    const store = new FolderLogStore(transactionLog);
    await store.write(`${ID}.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await store.write(`${ID}.provider.json`, JSON.stringify(configuration));
    return { store, operationId, from: service.emulator.requests().length };
  };
  const here = new URL(service.emulator.url).host;
  const isRunning = (id: string) =>
    (service.emulator.service.operations.get(id)?.endsAt ?? assert.fail("no such operation")) > Date.now();
  return { service, create, killedRun, env, here, isRunning, transactionLog };
}

describe("an operation that the service has accepted", () => {
  it("An operation that the service has accepted is in the log with its id and with endpoint and tenant, before it is waited for", async () => {
    const { service, create, here, transactionLog } = await world(20);
    await using _service = service;
    await create();
    const entries = await readTransactionLog(new FolderLogStore(transactionLog), ID);
    const [operation] = service.emulator.service.operations.all();
    assert.deepEqual(
      entries.map(({ kind }) => kind).filter((kind) => kind !== "begin"),
      ["intent", "accepted", "done"],
    );
    const accepted = entries.find(({ kind }) => kind === "accepted");
    assert.ok(accepted?.kind === "accepted");
    assert.deepEqual([accepted.operationId, accepted.origin.split("/")[0]], [operation?.id, here]);
    assert.deepEqual(operationsGoingOn([entries]), []);
    assert.equal(readFileSync(join(transactionLog, `${ID}.jsonl`), "utf8").includes(known.gitHubConnection), false);
  });
});

describe("an operation that was going on when a run ended", () => {
  it("An operation that was going on when a run ended is waited for by the create that follows, which then looks, and makes nothing twice", async () => {
    const { service, create, killedRun, here, isRunning } = await world(600);
    await using _service = service;
    const { operationId, from } = await killedRun(here);
    assert.ok(isRunning(operationId));
    const { id } = await create();
    const calls = service.emulator.requests().slice(from);
    const routes = calls.map(({ method, route }) => `${method} ${route}`);
    assert.equal(routes[0], "GET /operations/{operationId}");
    assert.ok(
      routes.lastIndexOf("GET /operations/{operationId}") < routes.indexOf("GET /workspaces/{workspaceId}/items"),
    );
    assert.equal(
      routes.some((route) => route.startsWith("POST")),
      false,
    );
    assert.equal(isRunning(operationId), false);
    assert.deepEqual(
      service.emulator.service.items.all().map((item) => item.id),
      [id],
    );
  });

  it("An operation that was going on when a run ended is not asked for where it does not run: at another endpoint or in another tenant", async () => {
    for (const origin of ["api.fabric.microsoft.com", "HERE/0e000000-0000-4000-8000-00000000beef"]) {
      const { service, create, killedRun, here } = await world(20);
      await using _service = service;
      const { from } = await killedRun(origin.replace("HERE", here));
      await create();
      const polls = service.emulator
        .requests()
        .slice(from)
        .filter(({ route }) => route.startsWith("/operations"));
      assert.deepEqual(polls, [], origin);
    }
  });

  it("An operation that was going on when a run ended is waited for by the commands before they look at anything, and one that nobody knows stops nobody", async () => {
    const { service, killedRun, env, here, isRunning } = await world(600);
    await using _service = service;
    const { store, operationId } = await killedRun(here);
    const lines: string[] = [];
    const access = { env, store, say: (line: string) => void lines.push(line) };
    const log = await readTransactionLog(store, ID);
    assert.equal(operationsGoingOn([log]).length, 1);
    await awaitOperations(access, [log]);
    assert.equal(isRunning(operationId), false);
    assert.match(lines.join("\n"), /^Waiting for create Item 'sales\/ingest': an earlier run has begun it/);
    service.emulator.reset();
    await awaitOperations(access, [log]);
    assert.equal(lines.length, 2, lines.join("\n"));
    await store.remove(`${ID}.provider.json`);
    await awaitOperations(access, [log]);
    assert.match(lines.at(-1) ?? "", /could not be asked for.*provider\.json is missing/);
  });
});
