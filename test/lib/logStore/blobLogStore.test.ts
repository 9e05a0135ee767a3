import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { BlobServiceClient } from "@azure/storage-blob";
import { blobPlaceOf } from "../../../lib/logStore/blobPlace.ts";
import { BlobLogStore } from "../../../lib/logStore/blobLogStore.ts";
import { systemClock } from "../../../lib/clock.ts";
import type { Clock } from "../../../lib/clock.ts";
import { LockLostError, LockedError } from "../../../lib/logStore/logStore.ts";
import { openLogStore } from "../../../lib/logStore/openLogStore.ts";
import { Azurite } from "../../doubles/azurite.ts";
import { Wire } from "../../doubles/wire.ts";
import type { Passed } from "../../doubles/wire.ts";
import { FakeClock } from "../fakeClock.ts";

/* What only blobs can do wrong: answers that are lost, leases that end, accounts that refuse. */

let azurite: Azurite;
before(async () => {
  azurite = await Azurite.start("logs");
});
after(() => azurite[Symbol.asyncDispose]());

let count = 0;

/** A place of its own behind a wire, with two stores that share it and repeat lost requests at once. */
async function started(clock: Clock = systemClock) {
  const wire = await Wire.to(azurite.port);
  const place = blobPlaceOf(`${azurite.url("logs", wire.port)}/blobs-${++count}`, {});
  const options = { retryOptions: { maxTries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 1 } };
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString(wire.port), options);
  const container = service.getContainerClient("logs");
  const newStore = (itsClock = clock) => new BlobLogStore(place, container, itsClock);
  const lockBlob = container.getBlockBlobClient(`${place.prefix}test.writer.lock`);
  return { wire, store: newStore(), newStore, lockBlob, [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose]() };
}

const isAppend = ({ url }: Passed) => url.includes("comp=appendblock");
const isLease = (action: string) => (passed: Passed) => passed.headers["x-ms-lease-action"] === action;
const text = async (store: BlobLogStore, name = "a.jsonl") => (await store.read(name))?.toString();

/** Looks until something is so. */
async function eventually(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 5_000; !isSo(); await new Promise((resolve) => setTimeout(resolve, 5)))
    assert.ok(Date.now() < deadline, "it never happened");
}

describe("an append whose answer was lost", () => {
  it("An append whose answer was lost is written once, and the next one follows it", async () => {
    await using place = await started();
    const file = await place.store.appender("a.jsonl");
    place.wire.loseAnswers(2, isAppend);
    await file.append("first\n");
    await file.append("second\n");
    assert.equal(await text(place.store), "first\nsecond\n");
    assert.equal(place.wire.passed.filter(isAppend).length, 4, "the library did not repeat it");
  });

  it("An append whose answer was lost is reported when no answer ever comes, and later lines are still written", async () => {
    await using place = await started();
    const file = await place.store.appender("a.jsonl");
    place.wire.loseAnswers(3, isAppend);
    await assert.rejects(file.append("first\n"), /could not append to a\.jsonl: .*can this machine reach 127\.0\.0\.1/);
    await file.append("second\n");
    assert.equal(await text(place.store), "first\nsecond\n");
  });
});

describe("lines that are given while another is being written", () => {
  it("Lines that are given while another is being written share one append", async () => {
    await using place = await started();
    const file = await place.store.appender("a.jsonl");
    await Promise.all(Array.from({ length: 50 }, (_, index) => file.append(`${index}\n`)));
    assert.equal(place.wire.passed.filter(isAppend).length, 2);
  });

  it("Lines that are given while another is being written are split where they are more than an append may hold", async () => {
    await using place = await started();
    const file = await place.store.appender("a.jsonl");
    const line = `${"x".repeat(1_500_000)}\n`;
    await Promise.all([1, 2, 3, 4].map(() => file.append(line)));
    assert.equal((await place.store.read("a.jsonl"))?.length, 4 * line.length);
    assert.equal(place.wire.passed.filter(isAppend).length, 3);
  });
});

describe("the lock on a blob", () => {
  it("The lock on a blob is renewed every 20 s until it is released", async () => {
    const clock = new FakeClock();
    await using place = await started(clock);
    const lock = await place.store.lock("test.writer");
    const renewals = () => place.wire.passed.filter(isLease("renew")).length;
    for (let round = 1; round <= 3; round++) {
      await clock.advance(19_999);
      assert.equal(renewals(), round - 1);
      await clock.advance(1);
      await eventually(() => renewals() === round && clock.sleeps.length === round + 1);
    }
    await lock.release();
    await clock.advance(60_000);
    assert.equal(renewals(), 3);
    assert.equal(await place.lockBlob.exists(), false);
  });

  it("The lock on a blob of a holder on another machine is refused with its name, and free when its lease has ended", async () => {
    await using place = await started();
    const holder = { pid: 7, host: "build-7", since: "2026-01-01T00:00:00.000Z", processSpace: "elsewhere" };
    const content = JSON.stringify(holder);
    await place.lockBlob.upload(content, content.length);
    await place.lockBlob.getBlobLeaseClient().acquireLease(15);
    await assert.rejects(place.store.lock("test.writer"), (error: unknown) => {
      assert.ok(error instanceof LockedError);
      assert.match(
        error.message,
        /is held by process 7 on build-7 since 2026-01-01T00:00:00.000Z\. .*by itself within 60 s/,
      );
      return true;
    });
    await place.lockBlob.getBlobLeaseClient().breakLease(0);
    await (await place.store.lock("test.writer")).release();
  });

  it("The lock on a blob is taken although every answer is lost once", async () => {
    await using place = await started();
    const lost = new Set<string>();
    place.wire.loseAnswers(Infinity, ({ method, url, headers }) => {
      const kind = `${method} ${url} ${String(headers["x-ms-lease-action"])} ${String(headers["x-ms-lease-id"] !== undefined)}`;
      return !lost.has(kind) && Boolean(lost.add(kind));
    });
    const lock = await place.store.lock("test.writer");
    assert.ok(lost.size >= 3);
    await assert.rejects(place.newStore().lock("test.writer"), LockedError);
    await lock.release();
  });

  it("The lock on a blob that somebody else has taken keeps this process from writing: at once where they wrote to the same log", async () => {
    await using place = await started();
    await place.store.lock("test.writer");
    const file = await place.store.appender("a.jsonl");
    await file.append("ours\n");
    await place.lockBlob.getBlobLeaseClient().breakLease(0);
    const successor = place.newStore();
    const lock = await successor.lock("test.writer");
    const theirs = await successor.appender("a.jsonl");
    await theirs.append("theirs\n");
    await assert.rejects(file.append("too late\n"), LockLostError);
    assert.equal(await text(successor), "ours\ntheirs\n");
    await lock.release();
  });

  it("The lock on a blob that somebody else has taken keeps this process from writing after it has slept", async () => {
    const clock = new FakeClock();
    await using place = await started(clock);
    await place.store.lock("test.writer");
    const file = await place.store.appender("a.jsonl");
    await place.lockBlob.getBlobLeaseClient().breakLease(0);
    const lock = await place.newStore(systemClock).lock("test.writer");
    await clock.advance(10 * 60_000);
    await assert.rejects(file.append("too late\n"), LockLostError);
    assert.equal(await text(place.store), "");
    await lock.release();
  });
});

describe("an account that refuses", () => {
  const opened = (address: string, env: NodeJS.ProcessEnv = azurite.logEnv) =>
    openLogStore(address, { stack: "test", env });

  it("An account that refuses is told apart: no container, no right, a wrong key, not to be reached; with what to do and without the key", async () => {
    await assert.rejects(
      (await opened(azurite.url("missing"))).lock("test.run"),
      /logs?.*\/missing could not take the lock 'test\.run': ContainerNotFound, 404, request \S+\. Make it: az storage container create/,
    );
    const wrongKey = Buffer.from("wrong key").toString("base64");
    const env = { AZURE_STORAGE_ACCOUNT: "devstoreaccount1", AZURE_STORAGE_KEY: wrongKey };
    await assert.rejects((await opened(azurite.url("logs"), env)).lock("test.run"), (error: Error) => {
      assert.match(error.message, /AuthorizationFailure|AuthenticationFailed/);
      assert.ok(!error.message.includes(wrongKey));
      return true;
    });
    await using refusing = await refusingServer("AuthorizationPermissionMismatch");
    const { port } = refusing;
    const refused = await opened(azurite.url("logs", port), {
      AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString(port),
    });
    await assert.rejects(refused.lock("test.run"), /403\. .*role Storage Blob Data Contributor on container 'logs'/);
  });

  it("An account that refuses of another name than the environment's key is not sent that key", async () => {
    await assert.rejects(opened(azurite.url("logs", 1)), /on this machine nobody signs in by a token/);
    await assert.rejects(
      opened(azurite.url("logs"), { AZURE_STORAGE_CONNECTION_STRING: "secret=of-mine" }),
      (error: Error) => !error.message.includes("of-mine"),
    );
  });

  it("An account that refuses is never asked by stack local, unless it is on this machine", async () => {
    const address = "https://contoso.blob.core.windows.net/logs";
    await assert.rejects(openLogStore(address, { stack: "local", env: {} }), /never uses real credentials/);
    assert.ok(await openLogStore(azurite.url("logs"), { stack: "local", env: azurite.logEnv }));
  });
});

async function refusingServer(code: string) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(403, { "x-ms-error-code": code, "content-type": "application/xml" });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

describe("the address of a container", () => {
  it("The address of a container names account, container and folder, in all clouds and on this machine", () => {
    assert.deepEqual(blobPlaceOf("https://contoso.blob.core.windows.net/logs/team/a/", {}), {
      serviceUrl: "https://contoso.blob.core.windows.net",
      account: "contoso",
      container: "logs",
      prefix: "team/a/",
    });
    for (const host of [
      "contoso.blob.core.usgovcloudapi.net",
      "contoso.blob.core.chinacloudapi.cn",
      "contoso.z07.blob.storage.azure.net",
    ])
      assert.equal(blobPlaceOf(`https://${host}/logs`, {}).account, "contoso");
    assert.equal(blobPlaceOf("http://127.0.0.1:1/acc/logs", {}).serviceUrl, "http://127.0.0.1:1/acc");
  });

  it("The address of a container is refused where its host is not known, it is not https, or it holds more than a place", () => {
    for (const address of [
      "https://contoso.blob.core.windows.net.example.com/logs",
      "https://example.com/logs",
      "https://api.fabric.microsoft.com/logs",
      "http://contoso.blob.core.windows.net/logs",
      "https://contoso.blob.core.windows.net",
      "https://contoso.blob.core.windows.net/Logs",
      "https://contoso.blob.core.windows.net/logs?sig=x",
      "https://user:x@contoso.blob.core.windows.net/logs",
    ])
      assert.throws(() => blobPlaceOf(address, {}), Error, address);
    assert.ok(blobPlaceOf("https://logs.example.com/logs", { FABRIC_ALLOWED_HOSTS: "logs.example.com" }));
  });
});
