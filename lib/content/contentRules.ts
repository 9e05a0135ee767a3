import { hasDefinition } from "../api/itemType.ts";

/*
 * What the service wants to know of a type's content. The facts come from the definition articles of the REST API, where the
 * rules name no other source: https://learn.microsoft.com/rest/api/fabric/articles/item-management/definitions/item-definition-overview
 */

/** Rules for the content of one type. */
interface ContentRule {
  /** Without one of these files the service refuses the definition. Paths in lower case. */
  readonly needs?: readonly RegExp[];
  /** The format to name, by the paths of all files; undefined for the format that the service expects without a name. */
  format?(paths: readonly string[]): string | undefined;
}

const needs = (...files: RegExp[]): ContentRule => ({ needs: files });

/** Types with rules of their own. */
const RULES: Readonly<Record<string, ContentRule>> = {
  Notebook: {
    needs: [/^notebook-content\.\w+$/, /\.ipynb$/],
    // without a name the service expects source files, and refuses .ipynb
    format: (paths) => (paths.some((path) => path.endsWith(".ipynb")) ? "ipynb" : undefined),
  },
  SparkJobDefinition: {
    needs: [/^sparkjobdefinitionv1\.json$/],
    // the first version knows only the description of the job, and no files
    format: () => "SparkJobDefinitionV2",
  },
  SQLDatabase: {
    format: (paths) => (paths.some((path) => path.endsWith(".sqlproj")) ? "sqlproj" : undefined),
  },
  DataPipeline: needs(/^pipeline-content\.json$/),
  Report: needs(/^definition\.pbir$/),
  SemanticModel: needs(/^definition\.pbism$/),
  PaginatedReport: needs(/\.rdl$/),
  KQLDatabase: needs(/^databaseproperties\.json$/),
  KQLQueryset: needs(/^realtimequeryset\.json$/),
  KQLDashboard: needs(/^realtimedashboard\.json$/),
  Eventstream: needs(/^eventstream\.json$/),
  Reflex: needs(/^reflexentities\.json$/),
  CopyJob: needs(/^copyjob-content\.json$/),
  Dataflow: needs(/^mashup\.pq$/),
  MirroredDatabase: needs(/^mirroring\.json$/),
  VariableLibrary: needs(/^variables\.json$/),
  GraphQLApi: needs(/^graphql-definition\.json$/),
  ApacheAirflowJob: needs(/^apacheairflowjob-content\.json$/),
  MountedDataFactory: needs(/^mounteddatafactory-content\.json$/),
};

/**
 * The main file that a definition lacks, in words; undefined if it has one, or if its type has no rule.
 * @param paths paths of all files below the item's folder
 */
export function missingContent(type: string, paths: readonly string[]): string | undefined {
  const wanted = RULES[type]?.needs;
  const isThere = !wanted || paths.some((path) => wanted.some((file) => file.test(path.toLowerCase())));
  return isThere ? undefined : (MAIN_FILES[type] ?? "its content");
}

/** Main files in the service's own spelling, for messages. */
const MAIN_FILES: Readonly<Record<string, string>> = {
  Notebook: "notebook-content.py",
  SparkJobDefinition: "SparkJobDefinitionV1.json",
  DataPipeline: "pipeline-content.json",
  Report: "definition.pbir",
  SemanticModel: "definition.pbism",
  PaginatedReport: "its .rdl file",
  KQLDatabase: "DatabaseProperties.json",
  KQLQueryset: "RealTimeQueryset.json",
  KQLDashboard: "RealTimeDashboard.json",
  Eventstream: "eventstream.json",
  Reflex: "ReflexEntities.json",
  CopyJob: "copyjob-content.json",
  Dataflow: "mashup.pq",
  MirroredDatabase: "mirroring.json",
  VariableLibrary: "variables.json",
  GraphQLApi: "graphql-definition.json",
  ApacheAirflowJob: "apacheairflowjob-content.json",
  MountedDataFactory: "mountedDataFactory-content.json",
};

/** The format to name with a definition, by its files; undefined if the service needs no name. */
export const formatOf = (type: string, paths: readonly string[]): string | undefined =>
  RULES[type]?.format?.(paths.map((path) => path.toLowerCase()));

/** A file of an item, with its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What a new item of a type needs to know although its folder holds content: the collation of a warehouse, whether a
 * lakehouse has schemas. An item with such a payload is made without a definition, because the service takes only one of both.
 * @param platform content of `.platform`
 * @param files the item's text files
 */
export function payloadOf(
  type: string,
  platform: { readonly creationPayload?: Readonly<Record<string, unknown>> | undefined },
  files: readonly TextFile[],
): Readonly<Record<string, unknown>> | undefined {
  if (type === "Lakehouse") return hasSchemas(files) ? { enableSchemas: true } : undefined;
  return hasDefinition(type) ? undefined : platform.creationPayload;
}

/** A lakehouse with schemas names its default schema. */
function hasSchemas(files: readonly TextFile[]): boolean {
  const metadata = files.find(({ path }) => path === "lakehouse.metadata.json");
  return metadata !== undefined && /"defaultSchema"\s*:\s*"[^"]/.test(metadata.text);
}

/** Files of a lakehouse that a new lakehouse has by itself, so that there is nothing to send. */
const OF_NEW_LAKEHOUSE = new Set(["lakehouse.metadata.json", "alm.settings.json", ".platform"]);

/** Whether the folder of an item that was made with a payload holds content that must still be sent. */
export function hasMoreThanPayload(type: string, files: readonly TextFile[]): boolean {
  if (type !== "Lakehouse") return false;
  return files.some(({ path, text }) => {
    if (OF_NEW_LAKEHOUSE.has(path)) return false;
    return !(path === "shortcuts.metadata.json" && /^\s*\[\s*\]\s*$/.test(text));
  });
}

/**
 * Types in the order in which items come that refer to nothing: what others read from comes first. Types that the list lacks
 * come in the middle.
 */
const TIERS: readonly ReadonlySet<string>[] = [
  new Set(["VariableLibrary", "Lakehouse", "Warehouse", "SQLDatabase", "CosmosDBDatabase", "SnowflakeDatabase"]),
  new Set(["MirroredDatabase", "Environment", "Eventhouse", "UserDataFunction", "MLExperiment", "MLModel"]),
  new Set(["KQLDatabase", "SemanticModel", "Notebook", "SparkJobDefinition", "Dataflow", "CopyJob"]),
  new Set(["Report", "PaginatedReport", "KQLQueryset", "KQLDashboard", "DataPipeline", "GraphQLApi"]),
  new Set(["Reflex", "Eventstream", "ApacheAirflowJob", "MountedDataFactory", "Ontology", "DataAgent", "Map"]),
];
const MIDDLE = 2;

/** Position of a type in the order of items without references: 0 comes first. */
export function tierOf(type: string): number {
  const tier = TIERS.findIndex((types) => types.has(type));
  return tier < 0 ? MIDDLE : tier;
}
