import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvedDefinition } from "../../../lib/content/resolvedDefinition.ts";
import { id } from "./projectFolder.ts";

const ZERO = "00000000-0000-0000-0000-000000000000";
const WORKSPACE = "aaaaaaaa-0000-4000-8000-000000000001";
const LIVE = "bbbbbbbb-0000-4000-8000-000000000002";

/** The text of a file as it is sent. */
function sent(
  path: string,
  text: string,
  references: Readonly<Record<string, string>> = {},
  type = "DataPipeline",
): string {
  const payload = Buffer.from(text).toString("base64");
  const { parts } = resolvedDefinition([{ path, payload, payloadType: "InlineBase64" }], {
    ...{ type, workspaceId: WORKSPACE, references },
  });
  return Buffer.from(parts[0]?.payload ?? "", "base64").toString();
}

const formatOf = (type: string, ...paths: string[]) =>
  resolvedDefinition(
    paths.map((path) => ({ path, payload: "", payloadType: "InlineBase64" })),
    { type, workspaceId: WORKSPACE, references: {} },
  ).format;

describe("a definition as it is sent", () => {
  it("A definition as it is sent has ids instead of logical ids, whatever their case and place", () => {
    const text = `{"notebookId": "${id(1).toUpperCase()}", "text": "see ${id(1)}, not ${id(2)}"}`;
    assert.equal(
      sent("pipeline-content.json", text, { [id(1)]: LIVE }),
      `{"notebookId": "${LIVE}", "text": "see ${LIVE}, not ${id(2)}"}`,
    );
  });

  it("A definition as it is sent leaves .platform, binary files and variable libraries alone", () => {
    const text = `{"a": "${id(1)}", "workspaceId": "${ZERO}"}`;
    assert.equal(sent(".platform", text, { [id(1)]: LIVE }), text);
    assert.equal(sent("variables.json", text, { [id(1)]: LIVE }, "VariableLibrary"), text);
    assert.equal(sent("a.bin", `\u0000${id(1)}`, { [id(1)]: LIVE }), `\u0000${id(1)}`);
  });

  for (const key of ["workspaceId", "workspace", "workspace_id", "default_lakehouse_workspace_id"])
    it(`A definition as it is sent has the workspace's id instead of zeros for the key ${key}`, () => {
      assert.equal(sent("a.json", `{ "${key}" : "${ZERO}" }`), `{ "${key}" : "${WORKSPACE}" }`);
      assert.equal(
        sent("notebook-content.py", `# META   "${key}": "${ZERO}"\n`, {}, "Notebook"),
        `# META   "${key}": "${WORKSPACE}"\n`,
      );
      assert.equal(
        sent("notebook-content.sql", `-- META   "${key}": "${ZERO}"\n`, {}, "Notebook"),
        `-- META   "${key}": "${WORKSPACE}"\n`,
      );
    });

  it("A definition as it is sent has the workspace's id instead of zeros in the actions of an activator, and in a dataflow", () => {
    const action = (workspaceId: string) =>
      JSON.stringify([{ payload: JSON.stringify({ name: "workspaceId", type: "string", value: workspaceId }) }]);
    assert.equal(sent("ReflexEntities.json", action(ZERO), {}, "Reflex"), action(WORKSPACE));
    assert.equal(sent("a.json", action(ZERO)), action(ZERO));
    const mashup = (workspaceId: string) => `Source{[workspaceId = "${workspaceId}"]}[Data], other = "${ZERO}"`;
    assert.equal(sent("mashup.pq", mashup(ZERO), {}, "Dataflow"), mashup(WORKSPACE));
  });

  it("A definition as it is sent keeps zeros that mean no workspace", () => {
    for (const text of [
      `{"itemId": "${ZERO}", "notWorkspaceId": "${ZERO}", "PipelineGuid": "${ZERO}"}`,
      `{"cells": [{"source": ["x = {\\"workspaceId\\": \\"${ZERO}\\"}"]}]}`,
    ])
      assert.equal(sent("a.json", text), text);
    for (const text of [
      `workspaceId = "${ZERO}"\n`,
      `df.filter(id != "${ZERO}")\n`,
      `config = {"workspaceId": "${ZERO}"}\n`,
    ])
      assert.equal(sent("notebook-content.py", text, {}, "Notebook"), text);
    assert.equal(sent("a.sqlproj", `<ProjectGuid>{${ZERO}}</ProjectGuid>`), `<ProjectGuid>{${ZERO}}</ProjectGuid>`);
  });

  it("A definition as it is sent names a report's model by its id instead of its folder", () => {
    const report = {
      $schema: "x/2.0.0/schema.json",
      version: "4.0",
      datasetReference: { byPath: { path: "../m.SemanticModel" } },
    };
    const text = sent("definition.pbir", JSON.stringify(report), { "../m.SemanticModel": LIVE }, "Report");
    assert.deepEqual(JSON.parse(text), {
      $schema: "https://developer.microsoft.com/json-schemas/fabric/item/report/definitionProperties/1.0.0/schema.json",
      version: "4.0",
      datasetReference: {
        byConnection: {
          connectionString: null,
          pbiServiceModelId: null,
          pbiModelVirtualServerName: "sobe_wowvirtualserver",
          pbiModelDatabaseName: LIVE,
          name: "EntityDataSource",
          connectionType: "pbiServiceXmlaStyleLive",
        },
      },
    });
  });

  it("A definition as it is sent has logical ids and zeros in a report's connection resolved", () => {
    const connection = `Data Source=powerbi://api.powerbi.com/v1.0/myorg/${ZERO};semanticmodelid=${id(1)};other=${ZERO}`;
    const text = JSON.stringify({ datasetReference: { byConnection: { connectionString: connection } } });
    assert.equal(
      sent("definition.pbir", text, { [id(1)]: LIVE }, "Report"),
      text.replace(`myorg/${ZERO}`, `myorg/${WORKSPACE}`).replace(id(1), LIVE),
    );
  });

  it("A definition as it is sent has the addresses of KQL databases where a branch leaves them empty, or has others", () => {
    const queryset = {
      queryset: {
        dataSources: [
          { clusterUri: "", databaseItemId: id(1) },
          { clusterUri: "x", databaseItemId: id(1) },
          { clusterUri: "x", databaseItemId: id(2) },
        ],
      },
    };
    const references = { [id(1)]: LIVE, [`${id(1)}#queryServiceUri`]: "https://cluster" };
    assert.deepEqual(JSON.parse(sent("RealTimeQueryset.json", JSON.stringify(queryset), references, "KQLQueryset")), {
      queryset: {
        dataSources: [
          { clusterUri: "https://cluster", databaseItemId: LIVE },
          { clusterUri: "https://cluster", databaseItemId: LIVE },
          { clusterUri: "x", databaseItemId: id(2) },
        ],
      },
    });
    const dashboard = { dataSources: [{ clusterUri: "", database: id(1), workspace: ZERO }] };
    assert.deepEqual(
      JSON.parse(sent("RealTimeDashboard.json", JSON.stringify(dashboard), references, "KQLDashboard")),
      {
        dataSources: [{ clusterUri: "https://cluster", database: LIVE, workspace: WORKSPACE }],
      },
    );
  });

  it("A definition as it is sent names its format if the service expects another one", () => {
    assert.equal(formatOf("Notebook", ".platform", "notebook-content.ipynb"), "ipynb");
    assert.equal(formatOf("Notebook", ".platform", "notebook-content.py"), undefined);
    assert.equal(formatOf("SparkJobDefinition", "SparkJobDefinitionV1.json", "Main/main.py"), "SparkJobDefinitionV2");
    assert.equal(formatOf("SQLDatabase", "orders.sqlproj"), "sqlproj");
    assert.equal(formatOf("SemanticModel", "definition/model.tmdl"), undefined);
  });

  it("A definition as it is sent has the same bytes in files without anything to resolve", () => {
    const text = '\uFEFF{ "a" :\t1 }\r\n';
    assert.equal(sent("a.json", text), text);
  });
});
