import { partOf } from "./definition.ts";
import type { Part } from "./definition.ts";

const schema = (name: string) =>
  `https://developer.microsoft.com/json-schemas/fabric/item/variableLibrary/definition/${name}/1.0.0/schema.json`;

/** Content that the service gives to items that were made without a definition, by type; most of it was recorded. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Notebook: { "notebook-content.py": "# Fabric notebook source\n" },
  DataPipeline: { "pipeline-content.json": '{"properties":{"activities":[]}}' },
  Lakehouse: { "lakehouse.metadata.json": "{}" },
  Eventhouse: { "EventhouseProperties.json": {} },
  KQLQueryset: { "RealTimeQueryset.json": {} },
  KQLDashboard: { "RealTimeDashboard.json": {} },
  Reflex: { "ReflexEntities.json": [] },
  CopyJob: { "copyjob-content.json": { properties: { jobMode: "Batch" }, activities: [] } },
  Dataflow: { "queryMetadata.json": { formatVersion: "202502" }, "mashup.pq": "section Section1;\n" },
  Eventstream: {
    "eventstream.json": { sources: [], destinations: [], streams: [], operators: [], compatibilityLevel: "1.1" },
  },
  VariableLibrary: {
    "variables.json": { $schema: schema("variables"), variables: [] },
    "settings.json": { $schema: schema("settings"), valueSetsOrder: [] },
  },
  SparkJobDefinition: { "SparkJobDefinitionV1.json": { executableFile: null, language: null } },
  SemanticModel: {
    "definition.pbism": { version: "4.0", settings: {} },
    "model.bim": { compatibilityLevel: 1604, model: { tables: [] } },
  },
  Report: {
    "definition.pbir": { version: "4.0", datasetReference: { byConnection: { connectionString: null } } },
    "report.json": { sections: [] },
  },
  PaginatedReport: { "report.rdl": "<Report />" },
  MirroredDatabase: { "mirroring.json": { properties: { source: { type: "GenericMirror", typeProperties: {} } } } },
  SQLDatabase: { "database.dacpac": "" },
  GraphQLApi: { "graphql-definition.json": { datasources: [] } },
  MountedDataFactory: { "mountedDataFactory-content.json": {} },
};

/** A database says which eventhouse it is in. */
const kqlDatabase = (parentEventhouseItemId: string | undefined) => ({
  "DatabaseProperties.json": { databaseType: "ReadWrite", ...(parentEventhouseItemId && { parentEventhouseItemId }) },
  "DatabaseSchema.kql": "// KQL script\n",
});

/**
 * Parts of an item that was made without a definition.
 * @param parentId id of the item that it is in, if it is in one
 */
export function defaultDefinition(type: string, parentId?: string): Part[] {
  const files = type === "KQLDatabase" ? kqlDatabase(parentId) : (defaults[type] ?? { "content.json": "{}" });
  return Object.entries(files).map(([path, value]) => partOf(path, value));
}
