import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ClientSecretCredential } from "@azure/identity";
import { known } from "../../emulator/core/defaultSeed.ts";
import { findRunningEmulator, startEmulator } from "../../emulator/emulator.ts";
import { readToken, tenantId, tokenFor } from "../../emulator/families/identity.ts";
import { makeCertificate } from "../../emulator/core/tls.ts";
import { TestService } from "./client.ts";

const temporary = () => mkdtempSync(join(tmpdir(), "fabric-emulator-"));
const ws = { displayName: "sales" };

describe("every answer", () => {
  it("Every answer has the service's headers, and an envelope where it refuses", async () => {
    await using service = await TestService.start();
    const fine = await service.call("GET", "/workspaces");
    assert.match(fine.headers.get("requestid") ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(fine.headers.get("content-type"), "application/json; charset=utf-8");
    assert.ok(fine.headers.get("home-cluster-uri"));
    const refused = await service.call("GET", "/nothing/here");
    assert.deepEqual(
      [refused.status, refused.code, refused.body["errorCode"]],
      [404, "EntityNotFound", "EntityNotFound"],
    );
    assert.ok(refused.body["requestId"] && refused.body["message"]);
    const coverage = (await (await fetch(`${service.emulator.origin}/_emulator/coverage`)).json()) as {
      requests: Record<string, number>;
    };
    assert.equal(coverage.requests["not covered: GET /nothing/here"], 1);
  });

  it("Every answer needs a token that has not ended, and no Authorization header is kept", async () => {
    const store = temporary();
    await using service = await TestService.start({ store });
    const get = (authorization?: string) =>
      fetch(`${service.emulator.url}/workspaces`, { headers: authorization ? { authorization } : {} });
    assert.equal((await get()).status, 401);
    assert.equal(
      (await get(`Bearer ${tokenFor(known.alice, tenantId, "a", Date.now() - 7_200_000)}`)).headers.get(
        "x-ms-public-api-error-code",
      ),
      "TokenExpired",
    );
    assert.equal((await get("Bearer canary-token")).status, 200);
    await service.call("POST", "/workspaces", ws);
    const kept =
      JSON.stringify(service.emulator.requests()) +
      readdirSync(store)
        .map((file) => readFileSync(join(store, file), "utf8"))
        .join("");
    assert.ok(!/canary-token|authorization|Bearer/i.test(kept));
  });

  it("Every answer pages where the lever says so, with tokens that survive encoding", async () => {
    await using service = await TestService.start({ pageSize: 2 });
    const names: unknown[] = [];
    for (let token = ""; ;) {
      const { body } = await service.call("GET", `/capacities${token && `?continuationToken=${token}`}`);
      names.push(...(body.value ?? []).map(({ displayName }) => displayName));
      if (!body["continuationToken"]) break;
      token = body["continuationToken"] as string;
    }
    assert.deepEqual(names, ["local", "local-large", "paused"]);
    for (const token of ["x", "%25", "%25E0%25A4%25A"])
      assert.deepEqual(
        await service.outcome("GET", `/capacities?continuationToken=${token}`),
        [400, "InvalidContinuationToken"],
        token,
      );
  });

  it("Every answer is a refusal above the quota of an identity, until its window is over", async () => {
    let now = Date.UTC(2026, 0, 1);
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    await using service = await TestService.start({ throttle: { limit: 2, windowMs: 60_000 }, clock });
    await service.call("GET", "/workspaces");
    await service.call("GET", "/workspaces");
    now += 17_000;
    const refused = await service.call("GET", "/workspaces");
    assert.deepEqual(
      [refused.status, refused.code, refused.headers.get("retry-after"), refused.body["isRetriable"]],
      [429, "RequestBlocked", "43", true],
    );
    now += 43_000;
    assert.equal((await service.call("GET", "/workspaces")).status, 200);
  });
});

describe("operations", () => {
  it("Operations run, succeed with or without a result, and fail with an error", async () => {
    await using service = await TestService.start({ operationDelayMs: 400, retryAfterSeconds: 20 });
    const path = await service.workspace();
    const started = await service.call("POST", `${path}/items`, { displayName: "a", type: "Notebook" });
    assert.deepEqual(
      [started.status, started.headers.get("retry-after"), started.headers.get("content-type")],
      [202, "20", "application/json; charset=utf-8"],
    );
    const id = started.headers.get("x-ms-operation-id");
    assert.equal(started.headers.get("location"), `${service.emulator.url}/operations/${id}`);
    const running = await service.call("GET", `/operations/${id}`);
    assert.deepEqual([running.body["status"], running.headers.get("retry-after")], ["Running", "20"]);
    assert.match(String(running.body["createdTimeUtc"]), /\.\d{7}$/);
    assert.deepEqual(await service.outcome("GET", `/operations/${id}/result`), [400, "OperationNotSucceeded"]);
    const { state } = await service.operation(started);
    assert.deepEqual([state.body["percentComplete"], state.headers.get("retry-after")], [100, null]);
    const without = await service.operation(await service.call("POST", `${path}/deprovisionIdentity`));
    assert.equal(without.state.headers.get("location"), null);
    assert.deepEqual(await service.outcome("GET", `/operations/${known.alice}`), [404, "OperationNotFound"]);
  });

  it("Operations name a Retry-After that every client understands and waits no longer than: whole seconds, from one on", async () => {
    // Azure's client for Go takes 0, a fraction and nothing for 30 s, and waits for that
    for (const [levers, told] of [
      [{}, "1"],
      [{ retryAfterSeconds: 0.4 }, "1"],
      [{ retryAfterSeconds: 1.5 }, "2"],
      [{ timing: "recorded", speed: 1000 }, "1"],
    ] as const) {
      await using service = await TestService.start({ operationDelayMs: 60_000, ...levers });
      const path = await service.workspace();
      const started = await service.call("POST", `${path}/items`, { displayName: "a", type: "Notebook" });
      assert.deepEqual([started.status, started.headers.get("retry-after")], [202, told]);
      const state = await service.call("GET", `/operations/${started.headers.get("x-ms-operation-id")}`);
      const ends = state.body["status"] === "Succeeded";
      assert.equal(state.headers.get("retry-after"), ends ? null : told);
    }
  });
});

describe("faults", () => {
  it("Faults hit the nth matching request, so many times, or for ever", async () => {
    await using service = await TestService.start();
    service.emulator.faults([
      {
        method: "GET",
        route: "/workspaces",
        nth: 2,
        times: 2,
        status: 503,
        errorCode: "Busy",
        retryAfter: "7",
        isRetriable: true,
      },
    ]);
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await service.call("GET", "/workspaces")).status);
    assert.deepEqual(statuses, [200, 503, 503, 200]);
    service.emulator.faults([{ times: "forever", status: 429, retryAfter: "7" }]);
    for (let call = 0; call < 5; call++)
      assert.equal((await service.call("GET", "/capacities")).headers.get("retry-after"), "7");
    service.emulator.faults([]);
    assert.equal((await service.call("GET", "/capacities")).status, 200);
  });

  it("Faults hit each path on its own, or only requests like the first that was hit", async () => {
    await using service = await TestService.start();
    const statusOf = async (path: string) => (await service.call("GET", path)).status;
    service.emulator.faults([{ each: true, status: 503 }]);
    const each = [await statusOf("/workspaces"), await statusOf("/capacities"), await statusOf("/workspaces")];
    assert.deepEqual(each, [503, 503, 200]);
    service.emulator.faults([{ sticky: true, times: 2, status: 503 }]);
    const sticky = [await statusOf("/workspaces"), await statusOf("/capacities"), await statusOf("/workspaces")];
    assert.deepEqual([...sticky, await statusOf("/workspaces")], [503, 200, 503, 200]);
  });

  it("Faults drop the connection before the effect or after it", async () => {
    await using service = await TestService.start();
    service.emulator.faults([{ method: "POST", drop: "before" }]);
    await assert.rejects(service.call("POST", "/workspaces", ws), TypeError);
    assert.equal(service.emulator.service.workspaces.all().length, 0);
    service.emulator.faults([{ method: "POST", drop: "after" }]);
    await assert.rejects(service.call("POST", "/workspaces", ws), TypeError);
    assert.equal(service.emulator.service.workspaces.all().length, 1);
  });

  it("Faults let an operation fail without effect, and delay answers", async () => {
    await using service = await TestService.start();
    const path = await service.workspace();
    service.emulator.faults([
      {
        method: "POST",
        route: "/workspaces/{workspaceId}/items",
        operationError: { errorCode: "Broken", message: "no" },
        delayMs: 30,
      },
    ]);
    const begin = performance.now();
    const { state } = await service.operation(
      await service.call("POST", `${path}/items`, { displayName: "a", type: "Notebook" }),
    );
    assert.ok(performance.now() - begin >= 29);
    assert.deepEqual(
      [state.status, state.body["status"], state.body["error"]],
      [200, "Failed", { errorCode: "Broken", message: "no" }],
    );
    assert.deepEqual(service.emulator.service.items.all(), []);
  });

  it("Faults are told over the control plane, which refuses rules it does not know", async () => {
    await using service = await TestService.start();
    const tell = (rules: unknown) =>
      fetch(`${service.emulator.origin}/_emulator/faults`, { method: "POST", body: JSON.stringify(rules) });
    assert.equal((await tell([{ status: 500, times: 1 }])).status, 200);
    assert.equal((await service.call("GET", "/workspaces")).status, 500);
    assert.equal((await tell([{ colour: "blue" }])).status, 400);
    assert.equal((await fetch(`${service.emulator.origin}/_emulator/reset`, { method: "POST" })).status, 200);
    assert.deepEqual(service.emulator.requests(), []);
  });
});

describe("the store", () => {
  it("The store survives a restart, costs one line a mutation, and ignores a line that was being written", async () => {
    const store = temporary();
    const journal = join(store, "journal.jsonl");
    {
      await using service = await TestService.start({ store });
      const path = await service.workspace();
      const lines = () => readFileSync(journal, "utf8").split("\n").length;
      const before = lines();
      await service.call("PATCH", path, { description: "new" });
      assert.equal(lines(), before + 1);
    }
    appendFileSync(journal, '{"in":"workspaces","id":"torn');
    await using again = await TestService.start({ store });
    assert.deepEqual(
      (await again.call("GET", "/workspaces")).body.value?.map(({ description }) => description),
      ["new"],
    );
  });

  it("The store has one owner at a time, which others find, and is taken over from a dead one", async () => {
    const store = temporary();
    assert.equal(await findRunningEmulator(store), undefined);
    {
      await using service = await TestService.start({ store });
      assert.equal(await findRunningEmulator(store), service.emulator.url);
      await assert.rejects(startEmulator({ store }), /An emulator runs on .* already/);
    }
    assert.equal(await findRunningEmulator(store), undefined);
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    writeFileSync(join(store, "owner.json"), JSON.stringify({ pid: dead.pid, url: "http://127.0.0.1:1/v1" }));
    await using service = await TestService.start({ store });
    assert.equal(await findRunningEmulator(store), service.emulator.url);
  });
});

describe("identity", () => {
  it("Identity finds users by principal name or id, as Microsoft Graph does", async () => {
    await using service = await TestService.start();
    const get = (user: string) =>
      fetch(`${service.emulator.origin}/v1.0/users/${encodeURIComponent(user)}`, {
        headers: { authorization: "Bearer t" },
      });
    assert.equal(((await (await get("Alice@Contoso.com")).json()) as { id: string }).id, known.alice);
    const none = await get("nobody@contoso.com");
    assert.deepEqual(
      [none.status, ((await none.json()) as { error: { code: string } }).error.code],
      [404, "Request_ResourceNotFound"],
    );
  });

  it("Identity gives tokens to Azure's own library, over https", async () => {
    const certificate = await makeCertificate(temporary());
    await using service = await TestService.start({ tls: certificate });
    const credential = new ClientSecretCredential(tenantId, known.deployer, "secret", {
      authorityHost: service.emulator.origin,
      disableInstanceDiscovery: true,
      tlsOptions: { ca: certificate.cert },
    });
    const { token } = await credential.getToken("https://api.fabric.microsoft.com/.default");
    assert.equal(readToken(token, Date.now()).principalId, known.deployer);
  });
});

describe("npm run emulator", () => {
  it("npm run emulator refuses an option that it does not know by one line", () => {
    const script = join(import.meta.dirname, "../../emulator/server.ts");
    const { status, stderr } = spawnSync(process.execPath, [script, "--delay", "5"], { encoding: "utf8" });
    assert.equal(status, 1);
    assert.match(stderr, /^Unknown option '--delay'.*\n$/);
  });

  it("npm run emulator serves https where asked to, says where and with which CA, and stops when told", async () => {
    const folder = temporary();
    const script = join(import.meta.dirname, "../../emulator/server.ts");
    const child = spawn(process.execPath, [script, "--port", "0", "--memory", "--tls"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    for await (const chunk of child.stdout) {
      text += String(chunk as Buffer);
      if (text.includes("Stop it")) break;
    }
    assert.match(text, /listens on https:\/\/localhost:\d+\/v1/);
    assert.match(text, /NODE_EXTRA_CA_CERTS=.*ca\.pem/);
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 0);
  });
});
