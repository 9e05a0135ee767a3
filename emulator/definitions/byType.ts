import type { Service } from "../core/service.ts";
import { ifFormat, inAnswer, needsParts, ofDefinition } from "./check.ts";
import type { Check, Refusal, Sent, Subject } from "./check.ts";
import { isObject, objectOf } from "./definition.ts";
import { kqlDatabaseChecks } from "./kqlDatabase.ts";
import { notebookChecks } from "./notebook.ts";
import { paginatedReportChecks, reportChecks, semanticModelChecks } from "./powerBi.ts";

/** What the service demands of the content of a type. */
interface Content {
  /**
   * Formats of definitions that the service knows, the default first. An empty list: the service refuses every format. Absent: it
   * is not known, and the emulator takes every one.
   */
  readonly formats?: readonly string[];
  /** Whether a create must bring a definition. @default false */
  readonly isRequired?: boolean;
  readonly checks?: readonly Check[];
}

/** The only content that the documentation requires of a type is one or more files. */
const files = (...paths: readonly string[]): Content => ({ checks: [needsParts(paths)] });

/**
 * Files of the job are parts of format V2 only. The formats are documented; the code is inferred.
 * @see https://learn.microsoft.com/fabric/data-engineering/spark-job-definition-api-v2
 */
const noFiles: Check = ofDefinition(({ parts }) => {
  const file = parts.find(({ path }) => /^(Main|Libs)\//.test(path));
  return file && inAnswer("InvalidDefinitionParts", `'${file.path}' is only a part of format SparkJobDefinitionV2.`);
});

/**
 * Content by type. Formats come from the OpenAPI specification and from the documentation; those of pipelines and dataflows
 * from refusals.
 * @see https://github.com/microsoft/fabric-rest-api-specs (the definitions.json of each type)
 * @see https://github.com/microsoft/skills-for-fabric/blob/main/common/ITEM-DEFINITIONS-CORE.md
 */
const contents: Readonly<Record<string, Content>> = {
  Notebook: { formats: ["fabricGitSource", "ipynb"], checks: notebookChecks },
  SemanticModel: { formats: ["TMDL", "TMSL"], isRequired: true, checks: semanticModelChecks },
  Report: { formats: ["PBIR", "PBIR-Legacy"], isRequired: true, checks: reportChecks },
  PaginatedReport: { isRequired: true, checks: paginatedReportChecks },
  KQLDatabase: { formats: ["JSON"], checks: kqlDatabaseChecks },
  Eventhouse: { formats: ["JSON"], ...files("EventhouseProperties.json") },
  Eventstream: files("eventstream.json"),
  KQLDashboard: files("RealTimeDashboard.json"),
  KQLQueryset: files("RealTimeQueryset.json"),
  Reflex: { formats: ["json"], ...files("ReflexEntities.json") },
  MirroredDatabase: { isRequired: true, ...files("mirroring.json") },
  // https://github.com/microsoft/skills-for-fabric (its skill for dataflows quotes the refusal of a format)
  Dataflow: { formats: [], ...files("queryMetadata.json", "mashup.pq") },
  DataPipeline: { formats: [], ...files("pipeline-content.json") },
  CopyJob: files("copyjob-content.json"),
  VariableLibrary: { formats: ["VariableLibraryV1"], ...files("variables.json") },
  GraphQLApi: files("graphql-definition.json"),
  MountedDataFactory: { formats: ["MountedDataFactoryV1"], ...files("mountedDataFactory-content.json") },
  SparkJobDefinition: {
    formats: ["SparkJobDefinitionV1", "SparkJobDefinitionV2"],
    // the file has this name in both formats
    checks: [
      needsParts(["SparkJobDefinitionV1.json"]),
      ifFormat((format) => format !== "sparkjobdefinitionv2", noFiles),
    ],
  },
  SQLDatabase: {
    formats: ["dacpac", "sqlproj"],
    checks: [
      ifFormat((format) => format !== "sqlproj", needsParts([/\.dacpac$/i])),
      ifFormat((format) => format === "sqlproj", needsParts([/\.sqlproj$/i])),
    ],
  },
};

/**
 * Why the service would not take an item's content; undefined if it takes it.
 * @param isCreate whether the item is being made, so that the type may require a definition
 */
export function refusalOfContent(
  sent: Sent,
  subject: Subject,
  service: Service,
  isCreate: boolean,
): Refusal | undefined {
  const { isRequired = false, checks = [] } = contents[subject.type] ?? {};
  if (isCreate && isRequired && !sent.definition)
    return inAnswer("MissingDefinition", `A definition is required to create an item of type ${subject.type}.`);
  const first = refusalOfFormat(subject.type, sent.definition?.format) ?? refusalOfPlatform(sent);
  if (first) return first;
  const refusals = checks.map((check) => check(sent, subject, service)).filter((refusal) => refusal !== undefined);
  // what the answer can say comes before what only the operation finds
  return refusals.find((refusal) => refusal.in === "answer") ?? refusals[0];
}

/** Why the service does not know a format; undefined if it does, or if no format is given. */
export function refusalOfFormat(type: string, format: string | undefined): Refusal | undefined {
  const { formats } = contents[type] ?? {};
  if (!format || !formats || formats.some((known) => known.toLowerCase() === format.toLowerCase())) return undefined;
  return inAnswer("InvalidDefinitionFormat", `The format '${format}' is not supported for items of type ${type}.`);
}

/**
 * The part `.platform` must be a JSON object that has metadata.
 * @see https://github.com/microsoft/skills-for-fabric (its skill for dataflows quotes InvalidPlatformFile)
 */
function refusalOfPlatform({ definition }: Sent): Refusal | undefined {
  const part = definition?.parts.find(({ path }) => path === ".platform");
  return !part || isObject(objectOf(part)?.["metadata"])
    ? undefined
    : inAnswer("InvalidPlatformFile", "The platform file is invalid: it is no JSON object with metadata.");
}
