import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { renameSync, rmSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { EngineStack } from "./harness/engineStack.ts";
import { edit, idOf, itemsOf, stackWithFolder } from "./harness/retailFolder.ts";

const textOf = (parts: readonly { path: string; payload: string }[], path: string) =>
  Buffer.from(parts.find((part) => part.path === path)?.payload ?? "", "base64").toString();

/** Body of the create of an item. */
function createOf(stack: EngineStack, type: string, displayName: string) {
  const bodies = stack.emulator
    .requests()
    .filter(({ method, path }) => method === "POST" && path.endsWith("/items"))
    .map(
      ({ body }) =>
        body as {
          type: string;
          displayName: string;
          definition?: { format?: string; parts: { path: string; payload: string }[] };
        },
    );
  return bodies.find((body) => body.type === type && body.displayName === displayName);
}

describe("a folder of items", () => {
  it("A folder of items is deployed by one line with references resolved and in their order, is unchanged in the next preview without a call, and goes on by its identity when files and folders are renamed", async () => {
    await using stack = await stackWithFolder();
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.equal(up.steps.filter((step) => step.startsWith("create Item ")).length, 22);

    const workspaceId =
      idOf(stack, "Lakehouse", "orders") && (itemsOf(stack)[0] as unknown as { workspaceId: string }).workspaceId;
    const notebook = createOf(stack, "Notebook", "loadOrders")?.definition;
    const source = textOf(notebook?.parts ?? [], "notebook-content.py");
    assert.ok(source.includes(`"default_lakehouse": "${idOf(stack, "Lakehouse", "orders")}"`), source);
    assert.ok(source.includes(`"default_lakehouse_workspace_id": "${workspaceId}"`), source);
    assert.ok(source.includes('.csv("Files/landing/orders/sample")'), source);
    assert.equal(createOf(stack, "Notebook", "explore")?.definition?.format, "ipynb");
    assert.equal(createOf(stack, "SparkJobDefinition", "compact")?.definition?.format, "SparkJobDefinitionV2");
    const report = JSON.parse(
      textOf(createOf(stack, "Report", "sales")?.definition?.parts ?? [], "definition.pbir"),
    ) as {
      datasetReference: { byConnection: { pbiModelDatabaseName: string } };
    };
    assert.equal(report.datasetReference.byConnection.pbiModelDatabaseName, idOf(stack, "SemanticModel", "sales"));

    const calls = stack.emulator.requests().length;
    const again = await stack.preview();
    assert.deepEqual([again.code, again.steps], [0, []], again.text);
    assert.equal(stack.emulator.requests().length, calls);

    // what the portal does for a rename, what Git does for a move, and an edit
    const ids = new Map(itemsOf(stack).map(({ id, type, displayName }) => [`${type}/${displayName}`, id]));
    edit(stack, "explore.Notebook/.platform", (text) => text.replace('"explore"', '"Explore orders"'));
    edit(stack, "load/weekly.DataPipeline/.platform", (text) => text.replace('"weekly"', '"Weekly"'));
    renameSync(
      join(stack.folder, "items/retail/load/nightly.DataPipeline"),
      join(stack.folder, "items/retail/load/daily.DataPipeline"),
    );
    renameSync(
      join(stack.folder, "items/retail/watch/doors.KQLDashboard"),
      join(stack.folder, "items/retail/doors.KQLDashboard"),
    );
    edit(stack, "load/compact.SparkJobDefinition/Main/main.py", (text) => text.replace("OPTIMIZE", "VACUUM"));
    const comment = join(stack.folder, "preview.md");
    const shown = await stack.command("cli/pulumiCommand.ts", ["preview", "--comment", comment]);
    assert.match(shown.text, /Content of items: 1 changed, 2 renamed, 2 moved\n/);
    assert.match(
      shown.text,
      /compact: Main\/main\.py \+1 -1\n +Main\/main\.py\n.*\n(?:.*\n)*? +-.*OPTIMIZE.*\n +\+.*VACUUM/,
    );
    assert.match(readFileSync(comment, "utf8"), /Changed files \(1\)[^]*VACUUM/);
    const changed = await stack.up();
    assert.equal(changed.code, 0, changed.text);
    assert.deepEqual(changed.changes, [
      "Item retail/DataPipeline/nightly: path",
      "Item retail/DataPipeline/weekly: displayName",
      "Item retail/KQLDashboard/doors: folderId",
      "Item retail/KQLDashboard/doors: path",
      "Item retail/Notebook/explore: displayName",
      "Item retail/SparkJobDefinition/compact: definitionHash",
      "Item retail/SparkJobDefinition/compact: parts",
      "UnlistedItems retail: listed",
    ]);
    for (const [key, id] of ids) {
      const now = itemsOf(stack).find((item) => item.id === id);
      assert.ok(now, key);
    }
    assert.equal(idOf(stack, "Notebook", "Explore orders"), ids.get("Notebook/explore"));
    assert.equal(idOf(stack, "DataPipeline", "Weekly"), ids.get("DataPipeline/weekly"));
    assert.deepEqual((await stack.preview()).steps, []);

    const others = {
      id: randomUUID(),
      workspaceId: String(workspaceId),
      type: "Notebook",
      displayName: "by hand",
      description: "",
    };
    stack.emulator.service.items.put(others);
    const refreshed = await stack.refresh();
    assert.match(refreshed.text, /not declared \(orphans: report\): Notebook 'by hand'\. Declare what belongs/);

    // an item that another one refers to cannot just go
    rmSync(join(stack.folder, "items/retail/load/loadOrders.Notebook"), { recursive: true });
    const dangling = await stack.preview();
    assert.notEqual(dangling.code, 0);
    assert.match(
      dangling.text,
      /items\/retail\/load\/daily\.DataPipeline\/pipeline-content\.json:14 refers to the logical id [\da-f-]+, which no deployed item has/,
    );
  });
});
