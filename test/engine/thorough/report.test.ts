import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

const features = { useRetryLogic: true, useRollback: true };
const quick = ["--yes", "--skip-preview"];

describe("the report of a deployment", () => {
  it("The report of a deployment that failed lies where up says, and shows calls, waits, changes and the rollback", async () => {
    await using stack = await EngineStack.start();
    cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
    const workspace = {
      name: "sales",
      displayName: "sales-test",
      capacity: "local",
      items: [{ name: "ingest", path: "items/ingest.Notebook" }],
    };
    stack.configure({ features, workspaces: [workspace] });
    const up = await stack.command("cli/up.ts", quick, { GITHUB_ACTOR: "someone" });
    assert.equal(up.code, 0, up.text);
    assert.doesNotMatch(up.text, /Report:/);
    const written = await stack.command("cli/report.ts", ["--out", "r/first.html", "--comment", "r/first.md"]);
    assert.equal(written.code, 0, written.text);
    const first = readFileSync(join(stack.folder, "r/first.html"), "utf8");
    assert.match(first, /committed/);
    assert.match(first, /someone/);
    assert.match(
      readFileSync(join(stack.folder, "r/first.md"), "utf8"),
      /✅ Deployment of stack <code>test<\/code>: committed/,
    );

    writeFileSync(
      join(stack.folder, "items/ingest.Notebook/notebook-content.py"),
      "# Fabric notebook source\n\nprint('new')\n",
    );
    stack.configure({
      features,
      workspaces: [
        { ...workspace, description: "after", items: [...workspace.items, { name: "bronze", type: "Lakehouse" }] },
      ],
    });
    stack.emulator.faults([
      {
        method: "PATCH",
        route: "/workspaces/{workspaceId}",
        status: 429,
        errorCode: "RequestBlocked",
        retryAfter: "1",
      },
      // the notebook waits for a second, so that both are written before the lakehouse is refused
      { method: "POST", route: "/workspaces/{workspaceId}/items", delayMs: 1_500, status: 400, errorCode: "Broken" },
    ]);
    const failed = await stack.command("cli/up.ts", quick);
    assert.equal(failed.code, 1, failed.text);
    const path = /^Report: (.+)$/m.exec(failed.text)?.[1] ?? "";
    assert.ok(existsSync(path), failed.text);
    const page = readFileSync(path, "utf8").split("</style>")[1] ?? "";
    assert.match(page, /failed and rolled back/);
    assert.match(page, /What failed first: create Item &#39;bronze&#39;/);
    assert.match(page, /print\(&#39;new&#39;\)/);
    assert.match(page, /"why":"quota"|"why":"retry"/);
    assert.match(page, /"isBack":true/);
    assert.match(page, /"code":"RequestBlocked"/);
    const beside = readdirSync(join(stack.folder, ".fabric/transactions"));
    assert.equal(beside.filter((name) => name.endsWith(".attempts")).length, 3, beside.join("\n"));

    const again = await stack.command("cli/history.ts", ["--output", "json"]);
    const { command, exitCode } = JSON.parse(again.text.slice(again.text.indexOf("{\n"))) as Record<string, unknown>;
    assert.deepEqual([command, exitCode], ["history", 0]);
    const history = await stack.command("cli/history.ts", ["--json"]);
    assert.equal(history.code, 0, history.text);
    const { deployments } = JSON.parse(history.text) as {
      deployments: { outcome: string; by?: string; command?: string }[];
    };
    assert.deepEqual(
      deployments.map(({ outcome, command }) => [outcome, command]),
      [
        ["rolledBack", "up"],
        ["committed", "up"],
      ],
    );
    assert.equal(deployments[1]?.by, "someone");
    const table = await stack.command("cli/history.ts");
    assert.match(table.text, /failed and rolled back .*1 failed/);
    assert.match(table.text, /2 ended deployments, chained by hash: none was changed/);

    const none = await stack.command("cli/report.ts", ["--transaction", "no-such"]);
    assert.equal(none.code, 1);
    assert.match(none.text, /has no transaction no-such/);
  });
});
