import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* Logs that hold what this version does not know: nothing of them is skipped, and nothing is written beside them. */

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true };
const workspaces = [
  { name: "sales", displayName: "sales-test", capacity: "local", items: [{ name: "bronze", type: "Lakehouse" }] },
];
const broken = { method: "POST", route: "/workspaces/{workspaceId}/items", status: 400, errorCode: "Broken" } as const;

const folderOf = (stack: EngineStack) => join(stack.folder, ".fabric/transactions");
const openOf = (stack: EngineStack) => readFileSync(join(folderOf(stack), "test.open"), "utf8");
const kindsOf = (stack: EngineStack, id: string) =>
  readFileSync(join(folderOf(stack), `${id}.jsonl`), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string; step?: string; function?: string })
    .filter(({ step }) => step === "later")
    .map(({ kind }) => kind);

/** Adds a create of a kind of a later version to a log: done, and in no state. */
function addUnknown(stack: EngineStack, transactionId: string): void {
  const place = { v: 1, transactionId, seq: 900, pid: 1, at: new Date().toISOString(), step: "later" };
  const compensation = { function: "deleteDeploymentPipeline", args: { displayName: "release" } };
  const intent = { operation: "create", resourceType: "DeploymentPipeline", resourceName: "release", compensation };
  const lines = [
    { ...place, kind: "intent", ...intent },
    { ...place, kind: "done", resourceId: "p-1" },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  appendFileSync(join(folderOf(stack), `${transactionId}.jsonl`), text);
}

const leftover =
  /DeploymentPipeline 'release' \(p-1\) +this version knows no kind 'DeploymentPipeline'\n +Nothing was called for it\. Finish it with the version that wrote the log/;

describe("a step of a kind that this version does not know", () => {
  it("A step of a kind that this version does not know is left over by rollbacks, asked for or automatic, by an up that succeeds, and by destroy", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces });
    stack.emulator.faults([{ ...broken, times: "forever" }]);
    assert.equal((await stack.command("cli/up.ts", quick)).code, 2);
    const id = openOf(stack);
    addUnknown(stack, id);

    const asked = await stack.command("cli/rollback.ts");
    assert.equal(asked.code, 2, asked.text);
    assert.match(asked.text, leftover);
    assert.doesNotMatch(asked.text, /fully rolled back/);
    assert.deepEqual(stack.emulator.service.workspaces.all(), [], "what this version knows was not rolled back");

    const automatic = await stack.command("cli/up.ts", quick, { FEATURE_USE_ROLLBACK: "true" });
    assert.equal(automatic.code, 2, automatic.text);
    assert.match(automatic.text, /could not be rolled back whole: this run goes on with it/);
    assert.match(automatic.text, leftover);

    stack.emulator.faults([]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    assert.match(up.text, leftover);

    const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.equal(destroy.code, 2, destroy.text);
    assert.match(destroy.text, leftover);
    assert.equal(openOf(stack), id, "the transaction counts as ended");
    assert.deepEqual(kindsOf(stack, id), ["intent", "done", ...Array<string>(4).fill("compensationFailed")]);
  });
});

describe("a log of a newer version", () => {
  const newer = (stack: string) => ({
    v: 3,
    transactionId: "x",
    seq: 1,
    pid: 1,
    at: "2026-01-01",
    kind: "begin",
    stack,
  });
  const message =
    /reads format 1 and 2; the log .*0000\.jsonl was written with format 3 by a newer version .*Update this clone/;

  it("A log of a newer version stops whatever would change its stack, with nothing changed; that of another stack stops nothing", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    const place = (stackName: string) => join(folderOf(stack), `${stackName}-20260101T000000Z-0000.jsonl`);
    writeFileSync(place("prod"), `${JSON.stringify(newer("prod"))}\n`);
    stack.configure({ features, workspaces: [{ ...workspaces[0], description: "more" }] });
    const other = await stack.command("cli/up.ts", quick);
    assert.equal(other.code, 0, other.text);

    writeFileSync(place("test"), `${JSON.stringify(newer("test"))}\n`);
    stack.configure({ features, workspaces: [{ ...workspaces[0], description: "less" }] });
    const before = readdirSync(folderOf(stack)).sort();
    const world = JSON.stringify(stack.emulator.service.store.snapshot());
    const runs = [
      await stack.command("cli/up.ts", quick),
      await stack.command("cli/rollback.ts"),
      await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]),
      await stack.up(),
      await stack.up({ FEATURE_USE_ROLLBACK: "true" }),
      await stack.destroy(),
    ];
    for (const { code, text } of runs) {
      assert.notEqual(code, 0, text);
      assert.match(text.replaceAll(/\s*\n\s*/g, " "), message);
      assert.doesNotMatch(text, /TypeError/);
    }
    assert.equal(JSON.stringify(stack.emulator.service.store.snapshot()), world);
    const locks = (names: string[]) => names.filter((name) => !name.endsWith(".lock"));
    assert.deepEqual(locks(readdirSync(folderOf(stack)).sort()), locks(before));
  });
});

describe("a rollback of a transaction whose log is not there, or is another stack's", () => {
  it("A rollback of a transaction whose log is not there, or is another stack's says so, and does nothing", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    writeFileSync(join(folderOf(stack), "test.open"), "test-20260101T000000Z-dead");
    const lost = await stack.command("cli/rollback.ts");
    assert.equal(lost.code, 1, lost.text);
    assert.match(
      lost.text,
      /Transaction test-20260101T000000Z-dead of stack 'test' has no log in .*cannot be rolled back/,
    );
    assert.equal(existsSync(join(folderOf(stack), "test-20260101T000000Z-dead.jsonl")), false);

    const begin = { v: 1, transactionId: "prod-1", seq: 1, pid: 1, at: "2026-01-01", kind: "begin", stack: "prod" };
    writeFileSync(join(folderOf(stack), "prod-1.jsonl"), `${JSON.stringify({ ...begin, enableRollback: true })}\n`);
    const foreign = await stack.command("cli/rollback.ts", ["--transaction", "prod-1"]);
    assert.equal(foreign.code, 1, foreign.text);
    assert.match(foreign.text, /Transaction prod-1 is of stack 'prod' and not of 'test'/);

    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /has no log in/);
  });
});
