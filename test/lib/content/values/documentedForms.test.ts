import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyValues } from "../../../../lib/content/values/applyValues.ts";
import { dynamicReferencesIn } from "../../../../lib/content/values/dynamicReferences.ts";
import { parseParameterFile } from "../../../../lib/content/values/parseRules.ts";
import { selectValues } from "../../../../lib/content/values/selectValues.ts";

// each kind of rule that fabric-cicd's documentation shows, on content as Git integration writes it

const ids = {
  lakehouse: "11111111-aaaa-4bbb-8ccc-000000000001",
  workspace: "22222222-aaaa-4bbb-8ccc-000000000002",
  endpoint: "33333333-aaaa-4bbb-8ccc-000000000003",
  connection: "44444444-aaaa-4bbb-8ccc-000000000004",
  model: "55555555-aaaa-4bbb-8ccc-000000000005",
};
const GUID = "([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})";

const parameters = String.raw`
find_replace:
  - find_value: \#\s*META\s+"default_lakehouse":\s*"${GUID}"
    replace_value:
      PPE: "$items.Lakehouse.Sales LH.$id"
      PROD: "$items.Lakehouse.Sales LH.$id"
    is_regex: "true"
    item_type: "Notebook"
    item_name: ["Load", "Clean"]
  - find_value: \#\s*META\s+"default_lakehouse_workspace_id":\s*"${GUID}"
    replace_value:
      _all_: $workspace.id
    is_regex: "True"
    file_path: "**/notebook-content.py"
  - find_value: "${ids.endpoint}"
    replace_value: { PPE: "$items.Lakehouse.Sales LH.sqlendpointid", PROD: "$items.Lakehouse.Sales LH.$sqlendpointid" }
    file_path:
      - "/Load.Notebook/notebook-content.py"
      - "\\Clean.Notebook\\notebook-content.py"
  - find_value: 'Pattern{[[]workspaceId\s*=\s*"${GUID}"\]\}'
    replace_value: { PROD: $workspace.Shared Data.$id }
    is_regex: "true"
    file_path: flows/Import.Dataflow/mashup.pq
  - find_value: dev-sql.example.com
    replace_value: { PROD: prod-sql.example.com }
    ignore_case: "true"
  - find_value: "${ids.model}"
    replace_value: { PROD: "$workspace.Models.$items.SemanticModel.Sales.$id" }
    item_type: PaginatedReport
key_value_replace:
  - find_key: $.properties.activities[?(@.name=="Copy")].typeProperties.source.externalReferences.connection
    replace_value: { PPE: "${ids.lakehouse}", PROD: "99999999-aaaa-4bbb-8ccc-000000000009" }
    item_type: DataPipeline
  - find_key: $.schedules[?(@.jobType=="Execute")].enabled
    replace_value: { PPE: false, PROD: true }
    file_path: "**/.schedules"
  - find_key: $.variables[?(@.name=="Environment")].value
    replace_value: { PPE: PPE, PROD: PROD }
    item_type: VariableLibrary
    item_name: Vars
`;

const { rules, problems } = parseParameterFile(parameters, "parameter.yml");
const placeholders = { placeholder: (reference: object) => `<${Object.values(reference).join("/")}>` };

/** A file of an item after the values of an environment. */
function deployed(environment: string, folder: string, file: string, text: string): string | undefined {
  const [displayName = "", type = ""] = (folder.split("/").at(-1) ?? "").split(".");
  const values = selectValues(rules, environment, { type, displayName, path: folder }).map(({ value }) => value);
  return applyValues(folder, [{ path: file, text }], values, placeholders).files[0]?.text;
}

const notebook = (lakehouse: string, workspace: string, endpoint: string) => `# Fabric notebook source

# META {
# META   "dependencies": {
# META     "lakehouse": {
# META       "default_lakehouse": "${lakehouse}",
# META       "default_lakehouse_name": "Sales LH",
# META       "default_lakehouse_workspace_id": "${workspace}",
# META       "default_lakehouse_sql_endpoint": "${endpoint}"
# META     }
# META   }
# META }
`;

describe("The forms of the documentation do what it says", () => {
  test("A file with the documented forms has no problems", () => assert.deepEqual(problems, []));

  test("A notebook gets the lakehouse, the workspace and the endpoint of the target", () => {
    const before = notebook(ids.lakehouse, ids.workspace, ids.endpoint);
    const [lakehouse, endpoint] = ["<item/Lakehouse/Sales LH/id>", "<item/Lakehouse/Sales LH/sqlendpointid>"];
    const after = notebook(lakehouse, "<workspace/id>", endpoint);
    assert.equal(deployed("PROD", "Load.Notebook", "notebook-content.py", before), after);
    assert.equal(deployed("PPE", "Load.Notebook", "notebook-content.py", before), after);
    assert.equal(deployed("PROD", "Clean.Notebook", "notebook-content.py", before), after);
    // other notebooks only what is for all of them
    const other = notebook(ids.lakehouse, "<workspace/id>", ids.endpoint);
    assert.equal(deployed("PROD", "Other.Notebook", "notebook-content.py", before), other);
    assert.equal(deployed("DEV", "Other.Notebook", "notebook-content.py", before), other);
  });

  test("A dataflow gets the id of another workspace", () => {
    const line = (id: string) => `  Navigation_1 = Pattern{[workspaceId = "${id}"]}[Data],`;
    const folder = "flows/Import.Dataflow";
    assert.equal(deployed("PROD", folder, "mashup.pq", line(ids.workspace)), line("<workspace/Shared Data/id>"));
    assert.equal(deployed("PPE", folder, "mashup.pq", line(ids.workspace)), line(ids.workspace));
    assert.equal(deployed("PROD", "Import.Dataflow", "mashup.pq", line(ids.workspace)), line(ids.workspace));
  });

  test("A text is found in any case, and its replacement keeps its own", () => {
    assert.equal(deployed("PROD", "A.Report", "a.json", "DEV-SQL.example.COM"), "prod-sql.example.com");
  });

  test("A paginated report gets the model of another workspace", () => {
    const line = (id: string) =>
      `<ConnectString>Initial Catalog=sobe_wowvirtualserver-${id};Integrated</ConnectString>`;
    const after = line("<item/Models/SemanticModel/Sales/id>");
    assert.equal(deployed("PROD", "Sales.PaginatedReport", "Sales.rdl", line(ids.model)), after);
  });

  test("A pipeline gets its connection by key, and keeps its form", () => {
    const pipeline = (connection: string) => `{
  "properties": {
    "activities": [
      { "name": "Copy", "typeProperties": { "source": { "externalReferences": { "connection": "${connection}" } } } },
      { "name": "Other", "typeProperties": { "source": { "externalReferences": { "connection": "${ids.connection}" } } } }
    ]
  }
}`;
    const path = ["Load.DataPipeline", "pipeline-content.json"] as const;
    const after = pipeline("99999999-aaaa-4bbb-8ccc-000000000009");
    assert.equal(deployed("PROD", ...path, pipeline(ids.connection)), after);
    assert.equal(deployed("PPE", ...path, pipeline(ids.connection)), pipeline(ids.lakehouse));
    assert.equal(deployed("DEV", ...path, pipeline(ids.connection)), pipeline(ids.connection));
  });

  test("A schedule is JSON although its name does not say so", () => {
    const schedule = (enabled: boolean) =>
      `{"schedules": [{"enabled": ${enabled}, "jobType": "Execute"}, {"enabled": 0}]}`;
    assert.equal(deployed("PPE", "Load.DataPipeline", ".schedules", schedule(true)), schedule(false));
    assert.equal(deployed("PROD", "Load.DataPipeline", ".schedules", schedule(false)), schedule(true));
    assert.equal(deployed("PROD", "Load.DataPipeline", "schedules.json", schedule(false)), schedule(false));
  });

  test("A variable library gets a value by the name of the variable", () => {
    const library = (value: string) => `{"variables": [{"name": "Environment", "value": "${value}"}]}`;
    assert.equal(deployed("PROD", "Vars.VariableLibrary", "variables.json", library("DEV")), library("PROD"));
    assert.equal(deployed("PROD", "More.VariableLibrary", "variables.json", library("DEV")), library("DEV"));
  });

  test("All references are known before anything is deployed", () => {
    const item = { type: "Notebook", displayName: "Load", path: "Load.Notebook" };
    const values = selectValues(rules, "PROD", item).map(({ value }) => value);
    assert.deepEqual(dynamicReferencesIn(values), {
      toFind: [],
      toPutIn: [
        { kind: "item", type: "Lakehouse", name: "Sales LH", attribute: "id" },
        { kind: "workspace", attribute: "id" },
        { kind: "item", type: "Lakehouse", name: "Sales LH", attribute: "sqlendpointid" },
      ],
    });
  });
});
