import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { partOf } from "../../emulator/definitions/definition.ts";
import type { Part } from "../../emulator/definitions/definition.ts";
import { TestService } from "./client.ts";

/** Files of a definition, with a text or a JSON value each. */
type Files = Readonly<Record<string, unknown>>;

interface Content {
  readonly format?: string;
  readonly files: Files;
}

/** An outcome: `taken`, or a code with `400` (refused at once) or `operation` (the operation fails). */
type Outcome = "taken" | readonly ["400" | "operation", string];

const definitionOf = ({ format, files }: Content) => ({
  ...(format && { format }),
  parts: Object.entries(files).map(([path, value]): Part => partOf(path, value)),
});

/** What becomes of a call that brings a definition. */
async function outcomeOf(service: TestService, path: string, body: object): Promise<Outcome> {
  const answer = await service.call("POST", path, body);
  if (answer.status >= 400) {
    assert.equal(answer.status, 400, answer.code ?? "");
    assert.equal(answer.body["errorCode"], answer.code);
    return ["400", answer.code ?? ""];
  }
  if (answer.status !== 202) return "taken";
  const { state } = await service.operation(answer);
  const { status, error } = state.body as { status: string; error: { errorCode: string } | null };
  return status === "Succeeded" ? "taken" : ["operation", error?.errorCode ?? ""];
}

const create = (service: TestService, path: string, type: string, content: Content, displayName = "subject") =>
  outcomeOf(service, `${path}/items`, { type, displayName, definition: definitionOf(content) });

const itemsIn = ({ emulator }: TestService) => emulator.service.items.all().map(({ type }) => type);

const source = "# Fabric notebook source\n\nprint(1)\n";
const ipynb = { nbformat: 4, cells: [{ cell_type: "code", source: ["print(1)"] }] };
const pbism = { version: "4.0", settings: {} };
const byConnection = {
  connectionString: null,
  pbiModelDatabaseName: "0e000000-0000-4000-8000-000000000001",
  name: "EntityDataSource",
};
const pbir = (datasetReference: object, more: object = {}) => ({ version: "4.0", datasetReference, ...more });
const secondSchema = {
  $schema: "https://developer.microsoft.com/json-schemas/fabric/item/report/definitionProperties/2.0.0/schema.json",
};
const legacyReport = { "definition.pbir": pbir({ byConnection }), "report.json": {} };
const page = { "definition/report.json": {}, "definition/pages/p1/page.json": {} };
const sjd = { "SparkJobDefinitionV1.json": { executableFile: "main.py", language: "Python" } };

/** Content of one type: its form in words, the content, and what the service says to it. */
const cases: Readonly<Record<string, readonly (readonly [form: string, content: Content, outcome: Outcome])[]>> = {
  Notebook: [
    ["source without a format", { files: { "notebook-content.py": source } }, "taken"],
    ["source with its format", { format: "FabricGitSource", files: { "notebook-content.py": source } }, "taken"],
    ["source of SQL", { files: { "notebook-content.sql": "-- Fabric notebook source\r\n\r\nSELECT 1" } }, "taken"],
    ["source of Scala", { files: { "notebook-content.scala": "// Fabric notebook source" } }, "taken"],
    ["source of R", { files: { "notebook-content.r": "# Fabric notebook source" } }, "taken"],
    ["source with a byte order mark", { files: { "notebook-content.py": `\uFEFF${source}` } }, "taken"],
    ["Jupyter with its format", { format: "ipynb", files: { "notebook-content.ipynb": ipynb } }, "taken"],
    ["Jupyter with another file name", { format: "ipynb", files: { "artifact.content.ipynb": ipynb } }, "taken"],
    ["settings after the content", { files: { "notebook-content.py": source, "notebook-settings.json": {} } }, "taken"],
    [
      "settings before the content",
      { files: { "notebook-settings.json": {}, "notebook-content.py": source } },
      ["operation", "PyToIPynbFailure"],
    ],
    ["Jupyter without a format", { files: { "notebook-content.ipynb": ipynb } }, ["operation", "PyToIPynbFailure"]],
    [
      "Jupyter in the format of sources",
      { format: "fabricGitSource", files: { "notebook-content.ipynb": ipynb } },
      ["operation", "PyToIPynbFailure"],
    ],
    [
      "source without the first line",
      { files: { "notebook-content.py": "print(1)\n" } },
      ["operation", "PyToIPynbFailure"],
    ],
    [
      "source with the first line of another language",
      { files: { "notebook-content.sql": source } },
      ["operation", "PyToIPynbFailure"],
    ],
    ["empty source", { files: { "notebook-content.py": "" } }, ["operation", "PyToIPynbFailure"]],
    [
      "source in format ipynb",
      { format: "ipynb", files: { "notebook-content.py": source } },
      ["400", "MissingDefinitionParts"],
    ],
    ["nothing but its name", { files: { ".platform": { metadata: {} } } }, ["400", "MissingDefinitionParts"]],
    [
      "an unknown format",
      { format: "py", files: { "notebook-content.py": source } },
      ["400", "InvalidDefinitionFormat"],
    ],
    [
      "a platform file that is no object",
      { files: { "notebook-content.py": source, ".platform": '"{}"' } },
      ["400", "InvalidPlatformFile"],
    ],
    [
      "a platform file without metadata",
      { files: { "notebook-content.py": source, ".platform": {} } },
      ["400", "InvalidPlatformFile"],
    ],
  ],
  SemanticModel: [
    ["TMSL", { files: { "definition.pbism": pbism, "model.bim": {} } }, "taken"],
    ["TMDL", { files: { "definition.pbism": pbism, "definition/model.tmdl": "model Model" } }, "taken"],
    ["TMSL with its format", { format: "tmsl", files: { "definition.pbism": pbism, "model.bim": {} } }, "taken"],
    ["no model", { files: { "definition.pbism": pbism } }, ["400", "MissingDefinitionParts"]],
    ["no definition.pbism", { files: { "model.bim": {} } }, ["400", "MissingDefinitionParts"]],
    [
      "paths with a leading slash",
      { files: { "/definition.pbism": pbism, "/model.bim": {} } },
      ["400", "MissingDefinitionParts"],
    ],
    [
      "paths with backslashes",
      { files: { "definition.pbism": pbism, "definition\\model.tmdl": "model Model" } },
      ["400", "MissingDefinitionParts"],
    ],
    [
      "a format of reports",
      { format: "PBIR", files: { "definition.pbism": pbism, "model.bim": {} } },
      ["400", "InvalidDefinitionFormat"],
    ],
  ],
  Report: [
    ["PBIR-Legacy", { files: legacyReport }, "taken"],
    ["PBIR-Legacy with its format", { format: "PBIR-Legacy", files: legacyReport }, "taken"],
    ["PBIR", { files: { "definition.pbir": pbir({ byConnection }), ...page } }, "taken"],
    [
      "an empty byPath",
      { files: { ...legacyReport, "definition.pbir": pbir({ byPath: null, byConnection }) } },
      "taken",
    ],
    [
      "the second schema",
      {
        files: {
          ...legacyReport,
          "definition.pbir": pbir({ byConnection: { connectionString: "semanticModelId=1" } }, secondSchema),
        },
      },
      "taken",
    ],
    [
      "a model by path",
      { files: { ...legacyReport, "definition.pbir": pbir({ byPath: { path: "../m.SemanticModel" } }) } },
      ["operation", "UnknownError"],
    ],
    [
      "no model",
      { files: { ...legacyReport, "definition.pbir": pbir({}) } },
      ["operation", "Workload_FailedToParseFile"],
    ],
    [
      "a reference that is no JSON",
      { files: { ...legacyReport, "definition.pbir": "{" } },
      ["operation", "Workload_FailedToParseFile"],
    ],
    [
      "properties of the first schema in the second",
      { files: { ...legacyReport, "definition.pbir": pbir({ byConnection }, secondSchema) } },
      ["operation", "Workload_FailedToParseFile"],
    ],
    [
      "a connection of the second schema without a model",
      {
        files: {
          ...legacyReport,
          "definition.pbir": pbir({ byConnection: { connectionString: "Data Source=x" } }, secondSchema),
        },
      },
      ["operation", "InvalidConnectionInformation"],
    ],
    [
      "PBIR without pages",
      { files: { "definition.pbir": pbir({ byConnection }), "definition/report.json": {} } },
      ["operation", "Report_Import_FailedToImportReport"],
    ],
    ["no report", { files: { "definition.pbir": pbir({ byConnection }) } }, ["400", "MissingDefinitionParts"]],
    ["no definition.pbir", { files: { "report.json": {} } }, ["400", "MissingDefinitionParts"]],
  ],
  PaginatedReport: [
    ["an RDL file", { files: { "sales.rdl": "<Report />" } }, "taken"],
    ["no RDL file", { files: { "report.json": {} } }, ["400", "MissingDefinitionParts"]],
  ],
  SparkJobDefinition: [
    ["the first format", { format: "SparkJobDefinitionV1", files: sjd }, "taken"],
    ["no format", { files: sjd }, "taken"],
    [
      "the second format with files",
      { format: "SparkJobDefinitionV2", files: { ...sjd, "Main/main.py": "" } },
      "taken",
    ],
    ["files without the second format", { files: { ...sjd, "Main/main.py": "" } }, ["400", "InvalidDefinitionParts"]],
    [
      "files in the first format",
      { format: "SparkJobDefinitionV1", files: { ...sjd, "Libs/lib.py": "" } },
      ["400", "InvalidDefinitionParts"],
    ],
    [
      "files only",
      { format: "SparkJobDefinitionV2", files: { "Main/main.py": "" } },
      ["400", "MissingDefinitionParts"],
    ],
    ["an unknown format", { format: "SparkJobDefinitionV3", files: sjd }, ["400", "InvalidDefinitionFormat"]],
  ],
  SQLDatabase: [
    ["a dacpac", { files: { "db.dacpac": "PK" } }, "taken"],
    ["a dacpac with its format", { format: "dacpac", files: { "db.dacpac": "PK" } }, "taken"],
    ["a project with its format", { format: "sqlproj", files: { "db.sqlproj": "<Project />", "t.sql": "" } }, "taken"],
    ["a project without its format", { files: { "db.sqlproj": "<Project />" } }, ["400", "MissingDefinitionParts"]],
    [
      "a dacpac in the format of projects",
      { format: "sqlproj", files: { "db.dacpac": "PK" } },
      ["400", "MissingDefinitionParts"],
    ],
    ["an unknown format", { format: "bacpac", files: { "db.bacpac": "PK" } }, ["400", "InvalidDefinitionFormat"]],
  ],
  DataPipeline: [
    ["its content", { files: { "pipeline-content.json": {} } }, "taken"],
    ["its content and schedules", { files: { ".schedules": {}, "pipeline-content.json": {} } }, "taken"],
    ["no content", { files: { "pipeline.json": {} } }, ["400", "MissingDefinitionParts"]],
    ["a format", { format: "Default", files: { "pipeline-content.json": {} } }, ["400", "InvalidDefinitionFormat"]],
  ],
  Dataflow: [
    ["its content", { files: { "queryMetadata.json": {}, "mashup.pq": "" } }, "taken"],
    ["no queries", { files: { "queryMetadata.json": {} } }, ["400", "MissingDefinitionParts"]],
    [
      "a format",
      { format: "json", files: { "queryMetadata.json": {}, "mashup.pq": "" } },
      ["400", "InvalidDefinitionFormat"],
    ],
  ],
  VariableLibrary: [
    ["variables", { files: { "variables.json": {} } }, "taken"],
    ["variables with their format", { format: "VariableLibraryV1", files: { "variables.json": {} } }, "taken"],
    ["value sets only", { files: { "valueSets/prod.json": {} } }, ["400", "MissingDefinitionParts"]],
  ],
  Environment: [
    ["compute only", { files: { "Setting/Sparkcompute.yml": "" } }, "taken"],
    ["a library", { files: { "Libraries/CustomLibraries/a.whl": "PK" } }, "taken"],
  ],
  Ontology: [["anything", { format: "whatever", files: { "definition.json": {} } }, "taken"]],
};

/** The main file of types about which the emulator knows no more than that. */
const mainFiles: Readonly<Record<string, string>> = {
  Eventhouse: "EventhouseProperties.json",
  Eventstream: "eventstream.json",
  KQLDashboard: "RealTimeDashboard.json",
  KQLQueryset: "RealTimeQueryset.json",
  Reflex: "ReflexEntities.json",
  MirroredDatabase: "mirroring.json",
  CopyJob: "copyjob-content.json",
  GraphQLApi: "graphql-definition.json",
  MountedDataFactory: "mountedDataFactory-content.json",
};

describe("content of items", () => {
  for (const [type, forms] of Object.entries(cases)) {
    it(`Content of items of type ${type} is taken or refused with the service's code, by creates and by updates`, async () => {
      await using service = await TestService.start({ operationDelayMs: 0 });
      const path = await service.workspace();
      const [good] = forms;
      assert.ok(good);
      for (const [form, content, outcome] of forms) {
        const before = itemsIn(service).length;
        assert.deepEqual(await create(service, path, type, content, form), outcome, `create: ${form}`);
        const made = service.emulator.service.items.all().find(({ displayName }) => displayName === form);
        assert.equal(made !== undefined, outcome === "taken", `${form}: there is an item only if it was taken`);
        if (!made) assert.equal(itemsIn(service).length, before, form);
      }
      const { body } = await service.call("GET", `${path}/items?type=${type}`);
      const [subject] = body.value ?? [];
      const update = `${path}/items/${String(subject?.["id"])}/updateDefinition`;
      for (const [form, content, outcome] of forms) {
        const was = service.emulator.service.items.get(String(subject?.["id"]));
        const definition = definitionOf(content);
        assert.deepEqual(await outcomeOf(service, update, { definition }), outcome, `update: ${form}`);
        if (outcome === "taken") continue;
        assert.deepEqual(service.emulator.service.items.get(String(subject?.["id"])), was, `update: ${form}`);
      }
    });
  }

  it("Content of items that is no definition at all is refused by its form", async () => {
    await using service = await TestService.start();
    const path = `${await service.workspace()}/items`;
    const part = partOf("notebook-content.py", source);
    for (const [definition, code] of [
      ["text", "MissingDefinitionParts"],
      [[], "MissingDefinitionParts"],
      [{ parts: "text" }, "MissingDefinitionParts"],
      [{ parts: [null] }, "InvalidDefinitionParts"],
      [{ parts: ["text"] }, "InvalidDefinitionParts"],
      [{ parts: [{ ...part, path: "" }] }, "InvalidDefinitionParts"],
      [{ parts: [{ ...part, path: 1 }] }, "InvalidDefinitionParts"],
      [{ parts: [{ ...part, payload: null }] }, "InvalidDefinitionParts"],
      [{ parts: [{ ...part, payloadType: "Text" }] }, "UnsupportedPayloadType"],
      [{ parts: [{ ...part, payload: "%" }] }, "CorruptedPayload"],
      [{ format: 1, parts: [part] }, null],
    ] as const) {
      const body = { type: "Notebook", displayName: "odd", definition };
      const { status, code: answered } = await service.call("POST", path, body);
      assert.deepEqual([status, answered], code === null ? [202, null] : [400, code], JSON.stringify(definition));
    }
  });

  it("Content of items needs the main file of its type", async () => {
    await using service = await TestService.start({ operationDelayMs: 0 });
    const path = await service.workspace();
    for (const [type, file] of Object.entries(mainFiles)) {
      const missing = await create(service, path, type, { files: { "content.json": {} } }, `no ${type}`);
      assert.deepEqual(missing, ["400", "MissingDefinitionParts"], type);
      assert.equal(await create(service, path, type, { files: { [file]: {} } }, `a ${type}`), "taken", type);
    }
  });

  it("Content of items must be there where their type requires it", async () => {
    await using service = await TestService.start({ operationDelayMs: 0 });
    const path = await service.workspace();
    for (const type of ["Report", "SemanticModel", "PaginatedReport", "MirroredDatabase"])
      assert.deepEqual(
        await service.outcome("POST", `${path}/items`, { type, displayName: "bare" }),
        [400, "MissingDefinition"],
        type,
      );
    for (const type of ["Notebook", "Lakehouse", "Eventhouse", "DataPipeline", "Warehouse"]) {
      const { status } = await service.call("POST", `${path}/items`, { type, displayName: "bare" });
      assert.ok([201, 202].includes(status), type);
    }
  });

  it("Content of items that were made without any can be sent back as it was read", async () => {
    await using service = await TestService.start({ operationDelayMs: 0 });
    const path = await service.workspace();
    const workspaceId = path.replace("/workspaces/", "");
    for (const type of [...Object.keys(cases), ...Object.keys(mainFiles), "KQLDatabase", "Lakehouse"]) {
      const item = { id: `bare-${type}`, workspaceId, type, displayName: type, description: "" };
      service.emulator.service.items.put(item);
      const own = `${path}/items/${item.id}`;
      const got = await service.call("POST", `${own}/getDefinition`);
      const { body } = got.status === 202 ? ((await service.operation(got)).result ?? got) : got;
      const { definition } = body as { definition: { parts: Part[] } };
      assert.equal(await outcomeOf(service, `${own}/updateDefinition`, { definition }), "taken", type);
    }
  });
});

describe("definitions in a format", () => {
  const read = async (service: TestService, item: string, format?: string) => {
    const query = format === undefined ? "" : `?format=${format}`;
    const got = await service.call("POST", `${item}/getDefinition${query}`);
    const { body } = got.status === 202 ? ((await service.operation(got)).result ?? got) : got;
    const { definition } = body as { definition: { format?: string; parts: Part[] } };
    const { parts } = definition;
    return {
      format: definition.format,
      paths: parts.map(({ path }) => path).filter((path) => path !== ".platform"),
      text: Buffer.from(parts[0]?.payload ?? "", "base64").toString(),
    };
  };
  const made = async (service: TestService, type: string, content: Content) => {
    const path = await service.workspace();
    assert.equal(await create(service, path, type, content), "taken");
    return `${path}/items/${service.emulator.service.items.all().find((item) => item.type === type)?.id}`;
  };

  it("Definitions in a format that the type does not have are refused to readers, too", async () => {
    await using service = await TestService.start();
    const item = await made(service, "Notebook", { files: { "notebook-content.py": source } });
    const refused = await service.outcome("POST", `${item}/getDefinition?format=docx`);
    assert.deepEqual(refused, [400, "InvalidDefinitionFormat"]);
  });

  it("Definitions in a format of notebooks are read as source by default, and as Jupyter where that is asked for", async () => {
    await using service = await TestService.start();
    const notebook = {
      nbformat: 4,
      cells: [
        { cell_type: "markdown", source: ["# Title\n", "words"] },
        { cell_type: "code", source: ["a = 1\n", "b = 2"] },
      ],
    };
    const item = await made(service, "Notebook", { format: "ipynb", files: { "notebook-content.ipynb": notebook } });
    const asSource = await read(service, item);
    assert.deepEqual(asSource.paths, ["notebook-content.py"]);
    assert.match(asSource.text, /^# Fabric notebook source\n/);
    const back = await read(service, item, "ipynb");
    assert.deepEqual(back.paths, ["notebook-content.ipynb"]);
    assert.deepEqual(JSON.parse(back.text), notebook);

    // the source that was read is a notebook with the same cells
    const definition = { parts: [partOf("notebook-content.py", asSource.text)] };
    assert.equal(await outcomeOf(service, `${item}/updateDefinition`, { definition }), "taken");
    const { cells } = JSON.parse((await read(service, item, "ipynb")).text) as typeof notebook;
    assert.deepEqual(
      cells.map(({ cell_type: kind, source: lines }) => [kind, lines.join("")]),
      [
        ["markdown", "# Title\nwords"],
        ["code", "a = 1\nb = 2"],
      ],
    );
  });

  it("Definitions in a format of Spark jobs have files only in the second", async () => {
    await using service = await TestService.start();
    const files = { ...sjd, "Main/main.py": "print(1)" };
    const item = await made(service, "SparkJobDefinition", { format: "SparkJobDefinitionV2", files });
    assert.deepEqual((await read(service, item, "SparkJobDefinitionV2")).paths, Object.keys(files));
    assert.deepEqual((await read(service, item, "SparkJobDefinitionV1")).paths, ["SparkJobDefinitionV1.json"]);
  });

  it("Definitions in a format of reports are given back in the one in which they are stored", async () => {
    await using service = await TestService.start();
    const item = await made(service, "Report", { files: legacyReport });
    assert.equal((await read(service, item)).format, "PBIR-Legacy");
    const parts = definitionOf({ files: { "definition.pbir": pbir({ byConnection }), ...page } });
    assert.equal(await outcomeOf(service, `${item}/updateDefinition`, { definition: parts }), "taken");
    assert.equal((await read(service, item)).format, "PBIR");
  });
});
