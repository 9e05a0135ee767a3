import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { worldOf } from "./harness/worldOf.ts";
import { features, first, quick, started } from "./harness/failingSales.ts";

/* A deployment is a transaction: what failed is taken back whole, by the engine and the log. */

describe("a failed deployment", () => {
  it("A failed deployment gives back what it had updated, replaced, deleted and created, with the old definitions", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const before = worldOf(stack);
    const [workspaceId] = stack.emulator.service.workspaces.all().map(({ id }) => id);

    writeFileSync(
      join(stack.folder, "items/ingest.Notebook/notebook-content.py"),
      "# Fabric notebook source\n\nprint('changed')\n",
    );
    const second = {
      ...first,
      displayName: "sales-renamed",
      description: "after",
      users: [
        { principal: "alice@contoso.com", role: "Admin" },
        { principal: "carol@contoso.com", role: "Viewer" },
      ],
      items: [
        { name: "ingest", path: "items/ingest.Notebook", folder: "/weekly" },
        { name: "bronze", type: "Lakehouse", displayName: "bronze", creationPayload: { enableSchemas: true } },
        { name: "last", type: "Notebook", displayName: "last" },
      ],
    };
    stack.configure({
      features,
      workspaces: [second, { name: "finance", displayName: "finance-test", capacity: "local" }],
    });
    // the notebook is the last to be made: it waits until everything else is done
    stack.emulator.faults([
      {
        method: "POST",
        route: "/workspaces/{workspaceId}/items",
        nth: 2,
        delayMs: 1_500,
        operationError: { errorCode: "Broken", message: "no" },
      },
    ]);
    const failed = await stack.command("cli/up.ts", quick);
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    assert.deepEqual(worldOf(stack), before);
    assert.deepEqual(
      stack.emulator.service.workspaces.all().map(({ id }) => id),
      [workspaceId],
      "the workspace itself is the same",
    );
    writeFileSync(join(stack.folder, "items/ingest.Notebook/notebook-content.py"), "");
    cpSync(join(stack.folder, "fabric/sales"), join(stack.folder, "items"), { recursive: true });
    stack.configure({ features, workspaces: [first] });
    assert.deepEqual((await stack.preview()).steps, [], "state and declaration agree again");
  });
});
