import { inAnswer, inOperation, needsParts, ofDefinition } from "./check.ts";
import type { Check, Refusal } from "./check.ts";
import { isObject, objectOf, textIn } from "./definition.ts";

/**
 * A model is TMSL in one file, or TMDL in a folder. The message is the service's.
 * @see https://github.com/microsoft/Analysis-Services/issues/259
 */
const modelSource = ofDefinition(({ parts }) =>
  parts.some(({ path }) => path === "model.bim" || /^definition\/.+\.tmdl$/.test(path))
    ? undefined
    : inAnswer("MissingDefinitionParts", "Neither 'model.bim' nor anything with 'definition/*.tmdl' were found."),
);

/** Checks of semantic models. */
export const semanticModelChecks: readonly Check[] = [needsParts(["definition.pbism"]), modelSource];

/**
 * A report is `report.json` (PBIR-Legacy), or a folder `definition` (PBIR).
 * @see https://learn.microsoft.com/rest/api/fabric/articles/item-management/definitions/report-definition
 */
const reportSource = needsParts([/^(definition\/)?report\.json$/]);

/**
 * A report in format PBIR needs a page.
 * @see https://github.com/microsoft/terraform-provider-fabric/issues/617
 */
const pages = ofDefinition(({ parts }) => {
  const isPbir = parts.some(({ path }) => path.startsWith("definition/"));
  return !isPbir || parts.some(({ path }) => /^definition\/pages\/.+\/page\.json$/.test(path))
    ? undefined
    : inOperation(
        "Report_Import_FailedToImportReport",
        "Error while reading ReportDefinition. Definition contains no pages.",
      );
});

const unreadable = (why: string) =>
  inOperation("Workload_FailedToParseFile", `Cannot read 'definition.pbir'. ${why.replaceAll("\n", " ")}`);

/**
 * The reference of a report to its model. A path is only resolved by Git integration.
 * @see https://github.com/microsoft/Analysis-Services/issues/302 (a path is not for the item API)
 * @see https://learn.microsoft.com/rest/api/fabric/articles/item-management/definitions/report-definition (only byConnection)
 * @see https://github.com/microsoft/Analysis-Services/issues/326 (neither)
 */
const modelReference = ofDefinition(({ parts }) => {
  const pbir = objectOf(parts.find(({ path }) => path === "definition.pbir"));
  if (!pbir) return unreadable("It is no JSON object.");
  const { byPath, byConnection } = isObject(pbir["datasetReference"]) ? pbir["datasetReference"] : {};
  if (!isObject(byPath) && !isObject(byConnection))
    return unreadable("Either byPath or byConnection must be populated in 'definition.pbir'.");
  // an early version of microsoft/fabric-cicd's module for reports quotes code and message
  if (isObject(byPath))
    return inOperation(
      "UnknownError",
      "definition.pbir holds the relative path (ByPath) reference to the semantic model. Fabric REST API only supports byConnection references.",
    );
  const isSecondSchema = /\/definitionProperties\/2\.\d+\.\d+\//.test(textIn(pbir["$schema"]));
  return isSecondSchema && isObject(byConnection) ? connectionOfSecondSchema(byConnection) : undefined;
});

/**
 * Version 2 of the schema allows only a connection string, which must name the model. Definitions of the first schema have
 * more properties, and no such name.
 * @see https://github.com/microsoft/fabric-cicd/issues/436
 * @see https://github.com/Guust-Franssens/tableau-to-powerbi-migration/blob/main/scripts/deploy_estate.py (measured)
 */
function connectionOfSecondSchema(byConnection: Readonly<Record<string, unknown>>): Refusal | undefined {
  const { connectionString, ...more } = byConnection;
  const extra = Object.keys(more).map(
    (key) => `Property '${key}' has not been defined and the schema does not allow additional properties.`,
  );
  if (typeof connectionString !== "string") extra.unshift("Invalid type. Expected String.");
  if (extra.length > 0) return unreadable(`'definition.pbir': ${extra.join(" ")}`);
  return /semanticmodelid\s*=\s*[^;\s]/i.test(String(connectionString))
    ? undefined
    : inOperation("InvalidConnectionInformation", "The connection string does not name a semantic model.");
}

/** Checks of reports. */
export const reportChecks: readonly Check[] = [needsParts(["definition.pbir"]), reportSource, modelReference, pages];

/** Checks of paginated reports: the definition is one RDL file. */
export const paginatedReportChecks: readonly Check[] = [needsParts([/^[^/]+\.rdl$/i])];
