/*
 * What the service wants to know of a type's content. The facts come from the definition articles of the REST API, where the
 * rules name no other source: https://learn.microsoft.com/rest/api/fabric/articles/item-management/definitions/item-definition-overview
 */

/** Rules for the content of one type. */
interface ContentRule {
  /** The main file in the service's own spelling. Without it the service refuses the definition. */
  readonly main?: string;
  /** Other names that the main file may have, in lower case. */
  readonly or?: RegExp;
  /** Files besides the main one without which the service refuses the definition. */
  readonly besides?: readonly Besides[];
  /** The format to name, by the paths of all files; undefined for the format that the service expects without a name. */
  format?(paths: readonly string[]): string | undefined;
}

/** A file that a definition must have besides its main file. */
interface Besides {
  readonly pattern: RegExp;
  /** The file in words. */
  readonly words: string;
  /** Only for definitions with such a file. */
  readonly if?: RegExp;
}

/** Types with rules of their own. */
const RULES: Readonly<Record<string, ContentRule>> = {
  Notebook: {
    main: "notebook-content.py",
    or: /^notebook-content\.\w+$|\.ipynb$/,
    // without a name the service expects source files, and refuses .ipynb
    format: (paths) => (paths.some((path) => path.endsWith(".ipynb")) ? "ipynb" : undefined),
  },
  SparkJobDefinition: {
    main: "SparkJobDefinitionV1.json",
    // the first version knows only the description of the job, and no files
    format: () => "SparkJobDefinitionV2",
  },
  SQLDatabase: {
    main: ".sqlproj file",
    or: /\.(?:sqlproj|dacpac)$/,
    format: (paths) => (paths.some((path) => path.endsWith(".sqlproj")) ? "sqlproj" : undefined),
  },
  PaginatedReport: { main: ".rdl file", or: /\.rdl$/ },
  DataPipeline: { main: "pipeline-content.json" },
  Report: {
    main: "definition.pbir",
    besides: [
      { pattern: /^(?:definition\/)?report\.json$/, words: "report.json and no definition/report.json" },
      // https://github.com/microsoft/terraform-provider-fabric/issues/617
      {
        pattern: /^definition\/pages\/.+\/page\.json$/,
        words: "page in definition/pages",
        if: /^definition\/report\.json$/,
      },
    ],
  },
  SemanticModel: {
    main: "definition.pbism",
    besides: [{ pattern: /^(?:model\.bim|definition\/.+\.tmdl)$/, words: "model.bim and no definition/*.tmdl" }],
  },
  Eventhouse: { main: "EventhouseProperties.json" },
  KQLDatabase: { main: "DatabaseProperties.json" },
  KQLQueryset: { main: "RealTimeQueryset.json" },
  KQLDashboard: { main: "RealTimeDashboard.json" },
  Eventstream: { main: "eventstream.json" },
  Reflex: { main: "ReflexEntities.json" },
  CopyJob: { main: "copyjob-content.json" },
  Dataflow: { main: "mashup.pq", besides: [{ pattern: /^querymetadata\.json$/, words: "queryMetadata.json" }] },
  DataAgent: { main: "Files/Config/data_agent.json" },
  DataBuildToolJob: { main: "dbt-content.json" },
  Map: { main: "map.json" },
  Ontology: { main: "definition.json" },
  UserDataFunction: { main: "definition.json" },
  MirroredDatabase: { main: "mirroring.json" },
  Lakehouse: {},
  VariableLibrary: { main: "variables.json" },
  GraphQLApi: { main: "graphql-definition.json" },
  ApacheAirflowJob: { main: "apacheairflowjob-content.json" },
  MountedDataFactory: { main: "mountedDataFactory-content.json" },
};

/**
 * The file that a definition lacks, in words: the main file, else another one. Undefined if it lacks none, or if its type has no
 * rule.
 * @param paths paths of all files below the item's folder
 */
export function missingContent(type: string, paths: readonly string[]): string | undefined {
  const { main, besides = [] } = RULES[type] ?? {};
  if (main !== undefined && mainFiles(type, paths).length === 0) return main;
  const has = (pattern: RegExp) => paths.some((path) => pattern.test(path.toLowerCase()));
  return besides.find(({ pattern, if: condition }) => (!condition || has(condition)) && !has(pattern))?.words;
}

/** Types with files of the user's own, which need no certain form. */
const WITH_OWN_FILES = new Set([
  "ApacheAirflowJob",
  "DataBuildToolJob",
  "Notebook",
  "SparkJobDefinition",
  "SQLDatabase",
  "UserDataFunction",
]);

/** Whether the service reads a file of an item as JSON. */
export function isJsonFile(type: string, path: string): boolean {
  if (mainFiles(type, [path]).length > 0) return /\.(?:json|ipynb|pbir|pbism)$/i.test(path);
  if (/^(?:\.schedules|notebook-settings\.json)$/i.test(path)) return true;
  return !WITH_OWN_FILES.has(type) && RULES[type] !== undefined && /\.(?:json|bim)$/i.test(path);
}

/** The main files of an item; none if its type has no rule. */
export function mainFiles(type: string, paths: readonly string[]): string[] {
  const { main, or } = RULES[type] ?? {};
  return paths.filter((path) => path.toLowerCase() === main?.toLowerCase() || or?.test(path.toLowerCase()));
}

/** The format to name with a definition, by its files; undefined if the service needs no name. */
export const formatOf = (type: string, paths: readonly string[]): string | undefined =>
  RULES[type]?.format?.(paths.map((path) => path.toLowerCase()));

/** A file of an item, with its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What a new item of a type needs to know although its folder holds content: whether a lakehouse has schemas. An item with such a
 * payload is made without a definition, because the service takes only one of both.
 * @param files the item's text files
 */
export const payloadOf = (type: string, files: readonly TextFile[]): Readonly<Record<string, unknown>> | undefined =>
  type === "Lakehouse" && hasSchemas(files) ? { enableSchemas: true } : undefined;

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
