import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, { mkdtempSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import type { LogStore } from "../../../lib/logStore/logStore.ts";
import { LockedError } from "../../../lib/logStore/logStore.ts";
import { openLogStore } from "../../../lib/logStore/openLogStore.ts";
import { TransactionLog, readTransactionLog } from "../../../lib/transactions/transactionLog.ts";
import { Azurite } from "../../doubles/azurite.ts";

/* What every place for logs keeps to: the same tests on a folder and on a container of blobs. */

let azurite: Azurite;
before(async () => {
  azurite = await Azurite.start("logs");
});
after(() => azurite[Symbol.asyncDispose]());

let count = 0;
const places = {
  "a folder": () => join(mkdtempSync(join(tmpdir(), "fabric-log-")), "transactions"),
  "a container of blobs": () => `${azurite.url("logs")}/place-${++count}`,
};
const openedAt = (place: string): Promise<LogStore> => openLogStore(place, { stack: "test", env: azurite.logEnv });

/** A process that takes a lock and keeps it. */
async function otherHolder(place: string, lock: string) {
  const lib = resolve(import.meta.dirname, "../../../lib/logStore/openLogStore.ts");
  const script = `const { openLogStore } = await import(${JSON.stringify(lib)});
    const store = await openLogStore(${JSON.stringify(place)}, { stack: "test" });
    await store.lock(${JSON.stringify(lock)});
    console.log("taken");
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, ...azurite.logEnv },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

for (const [kind, newPlace] of Object.entries(places)) {
  describe(`logs in ${kind}`, () => {
    const fresh = async () => {
      const place = newPlace();
      return { place, store: await openedAt(place), other: await openedAt(place) };
    };

    it(`Logs in ${kind} hold lines in the order in which they were given, whoever waits for which`, async () => {
      const { store } = await fresh();
      const file = await store.appender("a.jsonl");
      const lines = Array.from({ length: 100 }, (_, index) => `{"line":${index},"x":"${"x".repeat(index * 10)}"}\n`);
      await Promise.all(lines.map((line) => file.append(line)));
      await file.append("last\n");
      await file.close();
      assert.equal((await store.read("a.jsonl"))?.toString(), `${lines.join("")}last\n`);
    });

    it(`Logs in ${kind} have a line when its append has resolved, also for another reader`, async () => {
      const { store, other } = await fresh();
      const file = await store.appender("a.jsonl");
      await file.append("first\n");
      assert.equal((await other.read("a.jsonl"))?.toString(), "first\n");
      await file.close();
    });

    it(`Logs in ${kind} are gone on with where they ended`, async () => {
      const { store, other } = await fresh();
      for (const [writer, line] of [
        [store, "first\n"],
        [other, "second\n"],
      ] as const) {
        const file = await writer.appender("a.jsonl");
        await file.append(line);
        await file.close();
      }
      assert.equal((await store.read("a.jsonl"))?.toString(), "first\nsecond\n");
    });

    it(`Logs in ${kind} keep the lines of two writers at once whole, and lose none`, async () => {
      const { store, other } = await fresh();
      const files = [await store.appender("a.jsonl"), await other.appender("a.jsonl")];
      const lines = files.map((_, writer) =>
        Array.from({ length: 20 }, (_, index) => `writer ${writer} line ${index}`),
      );
      await Promise.all(
        files.map(async (file, writer) => {
          for (const line of lines[writer] ?? []) await file.append(`${line}\n`);
          await file.close();
        }),
      );
      const all = (await store.read("a.jsonl"))?.toString().trimEnd().split("\n") ?? [];
      for (const writer of files.keys())
        assert.deepEqual(
          all.filter((line) => line.startsWith(`writer ${writer}`)),
          lines[writer],
        );
      assert.equal(all.length, 40);
    });

    it(`Logs in ${kind} carry a transaction log, whose steps run side by side`, async () => {
      const { store } = await fresh();
      const log = await TransactionLog.open({ store, transactionId: "tx-1" });
      await log.begin({ stack: "test", enableRollback: true });
      const intent = { operation: "create", resourceType: "Item", resourceName: "x", compensation: null } as const;
      const steps = Array.from({ length: 10 }, async (_, index) => log.step(intent, async () => index, String));
      await Promise.all(steps);
      await log.close();
      const entries = await readTransactionLog(store, "tx-1");
      assert.deepEqual(
        entries.map(({ seq }) => seq),
        Array.from({ length: 21 }, (_, index) => index + 1),
      );
    });

    it(`Logs in ${kind} have files beside them: written whole, read, named, removed one by one and by folder`, async () => {
      const { store, other } = await fresh();
      assert.equal(await store.read("a.checkpoint.json"), undefined);
      await store.write("a.checkpoint.json", '{"old":true}');
      await store.write("a.checkpoint.json", "{}");
      await store.write("a.definitions/one.json.gz", Uint8Array.of(0, 255));
      await store.write("a.definitions/two.json.gz", "");
      assert.equal((await other.read("a.checkpoint.json"))?.toString(), "{}");
      assert.deepEqual(await other.read("a.definitions/one.json.gz"), Buffer.of(0, 255));
      assert.equal((await other.read("a.definitions/two.json.gz"))?.length, 0);
      for (const name of ["a.checkpoint.json", "a.definitions/one.json.gz"])
        assert.ok((await store.names()).includes(name), name);
      await store.remove("a.definitions/");
      await store.remove("a.checkpoint.json");
      await store.remove("never.there");
      await store.remove("never.there/");
      assert.deepEqual(
        (await store.names()).filter((name) => name.startsWith("a.")),
        [],
      );
    });

    it(`Logs in ${kind} have locks that one at a time can hold, and a refusal says who has it and what to do`, async () => {
      const { store, other } = await fresh();
      const lock = await store.lock("test.run");
      await assert.rejects(
        other.lock("test.run"),
        (error: unknown) =>
          error instanceof LockedError &&
          error.holder?.pid === process.pid &&
          /^The lock 'test\.run' in .+ is held by process \d+ on \S+ since \d{4}-\S+Z\. Wait until it has ended\./.test(
            error.message,
          ),
      );
      await (await other.lock("test.writer")).release();
      await lock.release();
      await (await other.lock("test.run")).release();
    });

    it(`Logs in ${kind} give a lock to one of many that want it at once`, async () => {
      const { place } = await fresh();
      const stores = await Promise.all(Array.from({ length: 8 }, () => openedAt(place)));
      const results = await Promise.allSettled(stores.map((store) => store.lock("test.run")));
      assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
      for (const result of results) {
        if (result.status === "fulfilled") await result.value.release();
        else assert.ok(result.reason instanceof LockedError, String(result.reason));
      }
    });

    it(`Logs in ${kind} give a lock to who waits, when its holder releases it`, async () => {
      const { store, other } = await fresh();
      const lock = await store.lock("test.run");
      const waiting = other.lock("test.run", { waitMs: 10_000 });
      await lock.release();
      await (await waiting).release();
    });

    it(`Logs in ${kind} give the lock of a process of this machine that was killed to the next one at once`, async () => {
      const { place, store } = await fresh();
      const holder = await otherHolder(place, "test.run");
      await assert.rejects(store.lock("test.run"), new RegExp(`held by process ${holder.pid} `));
      holder.kill("SIGKILL");
      await once(holder, "exit");
      await (await store.lock("test.run")).release();
    });
  });
}

describe("a log in a folder whose disk is full for a while", () => {
  it("A log in a folder whose disk is full for a while stays readable, and later lines are lines of their own", async (test) => {
    const folder = mkdtempSync(join(tmpdir(), "fabric-log-"));
    const store = await openedAt(folder);
    const file = await store.appender("a.jsonl");
    await file.append("first\n");
    const probe = await open(join(folder, "probe"), "w");
    // the first half of every write fits
    type Handle = Pick<typeof probe, "appendFile"> & {
      write(text: string): Promise<{ readonly bytesWritten: number }>;
    };
    const half = test.mock.method(
      Object.getPrototypeOf(probe) as Handle,
      "write",
      async function (this: Handle, text: string) {
        const fits = text.slice(0, text.length / 2);
        await this.appendFile(fits);
        return { bytesWritten: fits.length };
      },
    );
    await assert.rejects(file.append("second, which does not fit\n"));
    half.mock.restore();
    await file.append("third\n");
    await file.close();
    await probe.close();
    assert.equal((await store.read("a.jsonl"))?.toString(), "first\nthird\n");
  });

  it("A log in a folder loses its torn last line whole, however long that is", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fabric-log-"));
    writeFileSync(join(folder, "a.jsonl"), `first\n${"x".repeat(3 << 20)}`);
    const store = await openedAt(folder);
    const file = await store.appender("a.jsonl");
    await file.append("second\n");
    await file.close();
    const content = (await store.read("a.jsonl"))?.toString() ?? "";
    assert.equal(content.slice(0, 100), "first\nsecond\n");
  });
});

describe("a log in a folder without hard links", () => {
  it("A log in a folder without hard links, as on a share of Windows, has locks that one at a time can hold", async (test) => {
    const store = await openedAt(mkdtempSync(join(tmpdir(), "fabric-log-")));
    const link = test.mock.method(fs, "linkSync", () => {
      throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });
    });
    syncBuiltinESMExports();
    try {
      const lock = await store.lock("test.run");
      await assert.rejects(store.lock("test.run"), LockedError);
      await lock.release();
      await (await store.lock("test.run")).release();
      assert.ok(link.mock.callCount() > 2);
    } finally {
      link.mock.restore();
      syncBuiltinESMExports();
    }
  });
});
