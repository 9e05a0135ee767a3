import assert from "node:assert/strict";
import { RunVariables } from "../../../lib/content/environmentValues.ts";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import type { LogStore } from "../../../lib/logStore/logStore.ts";
import { attemptsIn, inStep, inWork } from "../../../lib/transactions/attempts.ts";
import { AttemptsWriter } from "../../../lib/transactions/attemptsWriter.ts";
import { Redaction } from "../../../lib/telemetry/redaction.ts";
import { StackTransactions } from "../../../lib/transactions/stackTransactions.ts";

const attempt = {
  method: "GET",
  origin: "https://api.fabric.microsoft.com",
  route: "/v1/workspaces",
  path: "/v1/workspaces",
  status: 200,
  durationMs: 12.3,
  heldMs: 0,
  attempt: 1,
  requestId: "r",
};

/** A busy machine may take long to open a file. */
const patient = { closeDeadlineMs: 60_000 };

function place() {
  const folder = mkdtempSync(join(tmpdir(), "fabric-attempts-"));
  return { store: new FolderLogStore(folder), file: join(folder, "dev-1.attempts") };
}

describe("records of attempts", () => {
  it("Records of attempts lie beside the log, each with the step and the work in which it was made", async () => {
    const { store, file } = place();
    const writer = new AttemptsWriter(store, () => "dev-1", patient);
    writer.attempt(attempt);
    await inWork(async () => {
      writer.attempt(attempt);
      await inStep("s", async () => writer.wait({ why: "operation", ms: 5 }));
    });
    await writer.close();
    const records = attemptsIn(readFileSync(file, "utf8"));
    assert.deepEqual(
      records.map((record) => [
        record.kind,
        "step" in record && record.step,
        "work" in record && record.work !== undefined,
      ]),
      [
        ["attempt", undefined, false],
        ["attempt", undefined, true],
        ["wait", "s", true],
      ].map(([kind, step, hasWork]) => [kind, kind === "wait" ? step : false, hasWork]),
    );
  });

  it("Records of attempts are not written by a run without a log, so that no file is left that nobody removes", async () => {
    const { store, file } = place();
    const writer = new AttemptsWriter(store, () => undefined);
    writer.attempt(attempt);
    await writer.close();
    assert.equal(existsSync(file), false);
  });

  it("Records of attempts that find no room are counted, and left out", async () => {
    const { store, file } = place();
    const writer = new AttemptsWriter(store, () => "dev-1", { ...patient, mostWaiting: 2 });
    for (let nth = 0; nth < 5; nth++) writer.attempt(attempt);
    await writer.close();
    const records = attemptsIn(readFileSync(file, "utf8"));
    assert.equal(records.filter(({ kind }) => kind === "attempt").length, 2);
    assert.deepEqual(
      records.flatMap((record) => (record.kind === "lost" ? [record.count] : [])),
      [3],
    );
  });

  it("Records of attempts delay nothing and break nothing if their place refuses them, or never answers", async () => {
    const { store } = place();
    for (const appender of [() => Promise.reject(new Error("full")), () => new Promise<never>(() => undefined)]) {
      const broken = new Proxy<LogStore>(store, {
        get: (target, name) => (name === "appender" ? appender : (Reflect.get(target, name) as unknown)),
      });
      const writer = new AttemptsWriter(broken, () => "dev-1");
      const begin = performance.now();
      writer.attempt(attempt);
      await writer.close();
      writer.attempt(attempt);
      await writer.close();
      assert.ok(performance.now() - begin < 3_000);
    }
  });

  it("Records of attempts hold the parts of a sent definition, without the content of a long one", async () => {
    const { store, file } = place();
    const writer = new AttemptsWriter(store, () => "dev-1", patient);
    const parts = [
      { path: "a.py", payload: "eA==", payloadType: "InlineBase64" },
      { path: "big.bin", payload: "A".repeat(100_000), payloadType: "InlineBase64" },
    ];
    await inStep("s", async () => {
      writer.sent({ displayName: "x", definition: { parts } });
      writer.sent({ displayName: "no definition" });
      writer.sent(undefined);
    });
    await writer.close();
    const [record, ...more] = attemptsIn(readFileSync(file, "utf8"));
    assert.deepEqual(more, []);
    assert.deepEqual(record?.kind === "definition" && record.parts.map(({ path, payload }) => [path, payload]), [
      ["a.py", "eA=="],
      ["big.bin", undefined],
    ]);
  });

  it("Records of attempts hold no content of a file with a secret that the process knows, and no token", async () => {
    const { store, file } = place();
    const redaction = new Redaction({ MY_PASSWORD: "of-the-environment" }, () => ["from-the-vault"]);
    const writer = new AttemptsWriter(store, () => "dev-1", { ...patient, redaction });
    const texts = ["x = 'from-the-vault'", "y = 'of-the-environment'", "Authorization: Bearer abcdefgh", "plain"];
    const parts = texts.map((text, index) => ({ path: `${index}.py`, payload: Buffer.from(text).toString("base64") }));
    writer.sent({ definition: { parts } });
    await writer.close();
    const [record] = attemptsIn(readFileSync(file, "utf8"));
    assert.deepEqual(record?.kind === "definition" && record.parts.map(({ payload }) => payload !== undefined), [
      false,
      false,
      false,
      true,
    ]);
  });

  it("Records of attempts hold the names of variables instead of the values that the run has taken, longest first and in quotes", async () => {
    const { store, file } = place();
    const variables = new RunVariables({ A: "host", B: "host-of-prod", C: 'a "b"' });
    for (const name of ["A", "B", "C"]) variables.value(name);
    const options = { ...patient, withoutValues: (text: string) => variables.without(text) };
    const writer = new AttemptsWriter(store, () => "dev-1", options);
    const text = 'host-of-prod host a "b" "a \\"b\\""';
    writer.sent({ definition: { parts: [{ path: "a.json", payload: Buffer.from(text).toString("base64") }] } });
    await writer.close();
    const [record] = attemptsIn(readFileSync(file, "utf8"));
    const payload = record?.kind === "definition" ? record.parts[0]?.payload : undefined;
    assert.equal(Buffer.from(payload ?? "", "base64").toString(), '$ENV:B $ENV:A $ENV:C "$ENV:C"');
    // another run has taken nothing
    assert.equal(new RunVariables({ A: "host" }).without("host"), "host");
  });

  it("Records of attempts are no log, and are removed with theirs", async () => {
    const { store, file } = place();
    const transactions = new StackTransactions(store, "dev");
    const log = await transactions.openLog("dev-1");
    await log.begin({ stack: "dev", enableRollback: false });
    await log.commit();
    await log.close();
    const writer = new AttemptsWriter(store, () => "dev-1", patient);
    writer.attempt(attempt);
    await writer.close();
    assert.equal((await transactions.logs()).length, 1);
    await transactions.prune(0);
    assert.equal(existsSync(file), false);
  });
});
