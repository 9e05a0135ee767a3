import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { withModelId } from "../../../lib/content/modelOfReport.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { callApi } from "../harness/existingEnvironment.ts";
import { notebookSource } from "../../notebookSource.ts";

const ALIEN = "cccccccc-0000-4000-8000-000000000009";
const GUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/g;

/** A workspace whose items name one another by their ids, as the service has them. */
async function makeContent(stack: EngineStack) {
  const call = (path: string, body: object) => callApi(stack, "POST", path, body);
  const capacityId = known.activeCapacity;
  const workspace = (displayName: string) => call("/workspaces", { displayName, capacityId });
  const [{ id: sales }, { id: shared }] = [await workspace("sales"), await workspace("shared")];
  const make = async (holder: string, type: string, displayName: string, files: Readonly<Record<string, string>>) => {
    const parts = Object.entries(files).map(([path, text]) => ({
      ...{ path, payload: Buffer.from(text).toString("base64") },
      payloadType: "InlineBase64",
    }));
    // the answer of some types says no id
    await call(`/workspaces/${holder}/items`, {
      type,
      displayName,
      ...(parts.length > 0 && { definition: { parts } }),
    });
    const items = stack.emulator.service.items.all();
    return items.find((item) => item.workspaceId === holder && item.displayName === displayName && item.type === type)
      ?.id as string;
  };
  const pipeline = (...activities: object[]) => ({
    "pipeline-content.json": JSON.stringify({ properties: { activities } }, null, 2),
  });
  const running = (notebookId: string, workspaceId: string) => ({
    ...{ name: "Run", type: "TridentNotebook" },
    typeProperties: { notebookId, workspaceId },
  });
  const lakehouse = await make(sales, "Lakehouse", "bronze", { "lakehouse.metadata.json": '{"defaultSchema": "dbo"}' });
  const meta = `# METADATA ********************\n\n# META {\n# META   "dependencies": {\n# META     "lakehouse": {\n# META       "default_lakehouse": "${lakehouse}",\n# META       "default_lakehouse_workspace_id": "${sales}"\n# META     }\n# META   }\n# META }\n`;
  const notebook = await make(sales, "Notebook", "load", {
    "notebook-content.py": `${notebookSource("print(1)\n")}\n${meta}`,
  });
  const elsewhere = await make(shared, "Notebook", "clean", { "notebook-content.py": notebookSource("print(2)\n") });
  const warehouse = await make(sales, "Warehouse", "facts", {});
  await make(
    sales,
    "DataPipeline",
    "nightly",
    pipeline(running(notebook, sales), running(elsewhere, shared), {
      typeProperties: { connectionId: ALIEN, warehouseId: warehouse },
    }),
  );
  const model = await make(sales, "SemanticModel", "orders", {
    "definition.pbism": JSON.stringify({ version: "4.0", settings: {} }),
    "model.bim": "{}",
  });
  const byPath = { version: "4.0", datasetReference: { byPath: { path: "../orders.SemanticModel" } } };
  await make(sales, "Report", "orders", {
    "definition.pbir": withModelId(JSON.stringify(byPath), model),
    "report.json": "{}",
  });
  const eventhouse = await make(sales, "Eventhouse", "events", {});
  const database = { databaseType: "ReadWrite", parentEventhouseItemId: eventhouse };
  await make(sales, "KQLDatabase", "clicks", { "DatabaseProperties.json": JSON.stringify(database) });
  const ping = await make(sales, "DataPipeline", "ping", pipeline(running(notebook, sales)));
  const pong = await make(sales, "DataPipeline", "pong", pipeline(running(notebook, sales)));
  const rewrite = async (id: string, files: Readonly<Record<string, string>>) => {
    const [[path, text] = ["", ""]] = Object.entries(files);
    const parts = [{ path, payload: Buffer.from(text).toString("base64"), payloadType: "InlineBase64" }];
    await call(`/workspaces/${sales}/items/${id}/updateDefinition`, { definition: { parts } });
  };
  const invoking = (pipelineId: string) => ({ type: "InvokePipeline", typeProperties: { pipelineId } });
  await rewrite(ping, pipeline(invoking(ping), invoking(pong)));
  await rewrite(pong, pipeline(invoking(ping)));
  return { sales, shared, lakehouse, notebook, elsewhere, warehouse, model, ping, pong };
}

describe("an import of items that refer to one another", () => {
  let stack: EngineStack;
  let ids: Awaited<ReturnType<typeof makeContent>>;
  let imported: Awaited<ReturnType<EngineStack["command"]>>;
  const fileOf = (path: string) => readFileSync(join(stack.folder, "items", path), "utf8");
  const logicalIdOf = (path: string) =>
    (JSON.parse(fileOf(`${path}/.platform`)) as { config: { logicalId: string } }).config.logicalId;

  before(async () => {
    stack = await EngineStack.start();
    ids = await makeContent(stack);
    stack.configure({ workspaces: [], contentDrift: true });
    const options = ["--definitions", "--definitions-folder", "items"];
    const first = await stack.command("cli/import.ts", ["--workspace", "shared", ...options]);
    assert.equal(first.code, 0, first.text);
    imported = await stack.command("cli/import.ts", ["--all", ...options]);
  });
  after(() => stack[Symbol.asyncDispose]());

  it("An import of items that refer to one another writes what Git integration would write for their ids", () => {
    assert.equal(imported.code, 0, imported.text);
    const pipeline = fileOf("sales/nightly.DataPipeline/pipeline-content.json");
    assert.deepEqual(pipeline.match(GUID), [
      logicalIdOf("sales/load.Notebook"),
      "00000000-0000-0000-0000-000000000000",
      logicalIdOf("shared/clean.Notebook"),
      ids.shared,
      ALIEN,
      ids.warehouse,
    ]);
    assert.deepEqual(fileOf("sales/load.Notebook/notebook-content.py").match(GUID), [
      logicalIdOf("sales/bronze.Lakehouse"),
      "00000000-0000-0000-0000-000000000000",
    ]);
    const idsOf = (name: string) => fileOf(`sales/${name}.DataPipeline/pipeline-content.json`).match(GUID);
    const [ping, pong] = ["ping", "pong"].map((name) => logicalIdOf(`sales/${name}.DataPipeline`));
    assert.deepEqual(idsOf("ping"), [ping, pong]);
    const { datasetReference } = JSON.parse(fileOf("sales/orders.Report/definition.pbir")) as {
      datasetReference: object;
    };
    assert.deepEqual(datasetReference, { byPath: { path: "../orders.SemanticModel" } });
  });

  it("An import of items that refer to one another says which ids stay, where, and whose they are", () => {
    for (const line of [
      `items/sales/nightly.DataPipeline/pipeline-content.json:17: ${ids.shared}, Workspace 'shared'`,
      `items/sales/nightly.DataPipeline/pipeline-content.json:22: ${ALIEN}`,
      `items/sales/nightly.DataPipeline/pipeline-content.json:23: ${ids.warehouse}, Warehouse 'facts'`,
      // the other direction of a circle
      `items/sales/pong.DataPipeline/pipeline-content.json:7: ${ids.ping}, DataPipeline 'ping'`,
    ])
      assert.ok(imported.text.includes(line), `${line} in ${imported.text}`);
  });

  it("An import of items that refer to one another leaves nothing to change, to deploy or to see as drift", async () => {
    assert.match(imported.text, /A preview shows no change/);
    const begun = stack.emulator.requests().length;
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(
      stack.calls(begun).filter((call) => !call.startsWith("GET")),
      [],
    );
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 0, refresh.text);
    const preview = await stack.preview();
    assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);
  });

  it("An import of items that refer to one another comes back with the ids of what is made anew", async () => {
    const destroy = await stack.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const items = stack.emulator.service.items.all();
    const itemOf = (type: string, displayName: string) =>
      items.find((item) => item.type === type && item.displayName === displayName);
    const textOf = (type: string, displayName: string, path: string) => {
      const part = itemOf(type, displayName)?.parts?.find((one) => one.path === path);
      return Buffer.from(part?.payload ?? "", "base64").toString();
    };
    const workspaceId = itemOf("Notebook", "load")?.workspaceId;
    const pipeline = textOf("DataPipeline", "nightly", "pipeline-content.json").match(GUID) ?? [];
    assert.deepEqual(pipeline.slice(0, 3), [
      itemOf("Notebook", "load")?.id,
      workspaceId,
      itemOf("Notebook", "clean")?.id,
    ]);
    assert.deepEqual(textOf("Notebook", "load", "notebook-content.py").match(GUID), [
      itemOf("Lakehouse", "bronze")?.id,
      workspaceId,
    ]);
    const database = textOf("KQLDatabase", "clicks", "DatabaseProperties.json").match(GUID);
    assert.deepEqual(database, [itemOf("Eventhouse", "events")?.id]);
    assert.match(
      textOf("Report", "orders", "definition.pbir"),
      new RegExp(`"pbiModelDatabaseName": "${itemOf("SemanticModel", "orders")?.id}"`),
    );
  });
});
