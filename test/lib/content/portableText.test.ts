import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keptIds, portableText } from "../../../lib/content/portableText.ts";
import type { NamedItem } from "../../../lib/content/portableText.ts";
import { resolvedText } from "../../../lib/content/resolvedDefinition.ts";
import { withModelId } from "../../../lib/content/modelOfReport.ts";
import { id } from "./projectFolder.ts";

const ZERO = "00000000-0000-0000-0000-000000000000";
const WORKSPACE = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER = "aaaaaaaa-0000-4000-8000-000000000002";
const live = (digits: number) => `bbbbbbbb-0000-4000-8000-${String(digits).padStart(12, "0")}`;

const named = (digits: number, type: string, workspaceId = WORKSPACE): NamedItem => ({
  ...{ id: live(digits), logicalId: id(digits), type, workspaceId },
  path: `items/${digits}.${type}`,
});
const NOTEBOOK = named(1, "Notebook");
const MODEL = named(2, "SemanticModel");
const ELSEWHERE = named(3, "Eventhouse", OTHER);
const items = new Map([NOTEBOOK, MODEL, ELSEWHERE].map((item) => [item.id, item]));

/** The file that stands for a text of the service, after a check that the text is sent for it. */
function portable(path: string, text: string, type = "DataPipeline"): string {
  const found = portableText({ path, text }, { type, workspaceId: WORKSPACE, path: `items/x.${type}`, items });
  const references = Object.fromEntries(
    [...items.values()].flatMap((item) => [
      [item.logicalId, item.id],
      [`../${item.path.slice("items/".length)}`, item.id],
    ]),
  );
  assert.equal(resolvedText({ path, text: found }, { type, workspaceId: WORKSPACE, references }), text);
  return found;
}

describe("a definition of the service as a file of a repository", () => {
  it("A definition of the service as a file of a repository has logical ids and zeros where Git integration writes them", () => {
    assert.equal(
      portable(
        "pipeline-content.json",
        `{"notebookId": "${live(1)}", "workspaceId": "${WORKSPACE}", "a": "${WORKSPACE}"}`,
      ),
      `{"notebookId": "${id(1)}", "workspaceId": "${ZERO}", "a": "${WORKSPACE}"}`,
    );
    const source = (item: string, workspace: string) =>
      `# META   "default_lakehouse": "${item}",\n# META   "default_lakehouse_workspace_id": "${workspace}"\nworkspaceId = "${WORKSPACE}"\n`;
    assert.equal(portable("notebook-content.py", source(live(1), WORKSPACE), "Notebook"), source(id(1), ZERO));
    assert.equal(
      portable("a.json", `\uFEFF{"items":["${live(1)}","${live(1)}"]}\r\n`),
      `\uFEFF{"items":["${id(1)}","${id(1)}"]}\r\n`,
    );
  });

  it("A definition of the service as a file of a repository names a model by its folder if nothing but the model's id was put in for it", () => {
    const datasetReference = { byPath: { path: "../2.SemanticModel" } };
    for (const report of [
      { $schema: "x", version: "4.0", datasetReference },
      { version: "4.0", datasetReference },
      { datasetReference, more: { a: 1 }, version: "4.0" },
    ]) {
      const file = portable("definition.pbir", withModelId(JSON.stringify(report), live(2)), "Report");
      assert.deepEqual((JSON.parse(file) as typeof report).datasetReference, datasetReference);
    }
    // made by others: the model's logical id stands for its id
    const byOthers = `{"datasetReference": {"byConnection": {"connectionString": "Data Source=powerbi://api.powerbi.com/v1.0/myorg/${WORKSPACE};semanticmodelid=${live(2)}", "pbiModelDatabaseName": "${live(2)}"}}}`;
    assert.equal(
      portable("definition.pbir", byOthers, "Report"),
      byOthers.replaceAll(live(2), id(2)).replace(WORKSPACE, ZERO),
    );
  });

  it("A definition of the service as a file of a repository keeps what would not be sent as it was", () => {
    const kept = [
      [
        "another spelling",
        "a.json",
        `{"notebookId": "${live(1).toUpperCase()}", "workspaceId": "${WORKSPACE.toUpperCase()}"}`,
      ],
      ["an unknown item beside the workspace", "a.json", `{"notebookId": "${live(9)}", "workspaceId": "${WORKSPACE}"}`],
      ["a file of the service", ".platform", `{"a": "${live(1)}"}`],
      ["an eventhouse elsewhere", "DatabaseProperties.json", `{"parentEventhouseItemId": "${live(3)}"}`],
      ["the own workspace in a dataflow", "mashup.pq", `[workspaceId = "${WORKSPACE}"]`],
      ...["", "https://cluster"].map((uri) => [
        `a database with the address '${uri}'`,
        "RealTimeQueryset.json",
        `{"queryset":{"dataSources":[{"clusterUri":"${uri}","databaseItemId":"${live(1)}"}]}}`,
      ]),
      [
        "an item of another workspace beside the own one",
        "a.json",
        `{"notebookId": "${live(3)}", "workspaceId": "${WORKSPACE}"}`,
      ],
    ] as const;
    for (const [what = "", path = "", text = ""] of kept) assert.equal(portable(path, text), text, what);
    const library = `{"variables": [{"value": "${live(1)}"}]}`;
    assert.equal(portable("variables.json", library, "VariableLibrary"), library);
  });

  it("A definition of the service as a file of a repository keeps only the workspaces beside unknown items", () => {
    const text = `[{"notebookId": "${live(9)}", "workspaceId": "${WORKSPACE}"}, {"notebookId": "${live(1)}", "workspaceId": "${WORKSPACE}"}]`;
    assert.equal(
      portable("a.json", text),
      `[{"notebookId": "${live(9)}", "workspaceId": "${WORKSPACE}"}, {"notebookId": "${id(1)}", "workspaceId": "${ZERO}"}]`,
    );
  });

  it("A definition of the service as a file of a repository gets logical ids also if it holds zeros already", () => {
    const origin = { type: "DataPipeline", workspaceId: WORKSPACE, path: "items/x.DataPipeline", items };
    const text = `{"notebookId": "${live(1)}", "workspaceId": "${ZERO}"}`;
    assert.equal(
      portableText({ path: "pipeline-content.json", text }, origin),
      `{"notebookId": "${id(1)}", "workspaceId": "${ZERO}"}`,
    );
  });
});

describe("an id that stays in a file", () => {
  const told = (text: string, path = "a.json") =>
    keptIds({ path, text }, new Set([id(1)])).map((kept) => kept.isOfObject);

  it("An id that stays in a file means an object if its key or its address says so", () => {
    for (const text of [
      `{"connectionId": "${live(9)}"}`,
      `{"connection" : "${live(9)}"}`,
      `# META     "workspaceId": "${live(9)}"`,
      `lakehouse_id = '${live(9)}'`,
      `path = "abfss://${live(9)}@onelake.dfs.fabric.microsoft.com/x"`,
      `url = "https://app.powerbi.com/groups/${live(9)}/x"`,
      `{"a": "{\\"datasetId\\": \\"${live(9)}\\"}"}`,
    ])
      assert.deepEqual(told(text), [true], text);
  });

  it("An id that stays in a file means none if it belongs to the content, is a logical id, or is all zeros", () => {
    for (const text of [`lineageTag: ${live(9)}`, `{"id": "${live(9)}"}`, `{"dataSourceId": "${live(9)}"}`])
      assert.deepEqual(told(text), [false], text);
    assert.deepEqual(told(`{"notebookId": "${id(1)}", "workspaceId": "${ZERO}"}`), []);
    assert.deepEqual(told(`{"itemId": "${live(9)}"}`, ".platform"), []);
  });
});
