import { posix } from "node:path";
import { z } from "zod";
import { jsonIn } from "./textFiles.ts";

/*
 * The model that a report shows. In a branch a report names the model's folder, which only Git integration understands; the
 * item API wants the model's id. https://learn.microsoft.com/power-bi/developer/projects/projects-report#definitionpbir
 */

/** The file that names the model. */
export const REPORT_FILE = "definition.pbir";

const byPathSchema = z.looseObject({
  $schema: z.string().optional(),
  version: z.string().optional(),
  datasetReference: z.looseObject({ byPath: z.object({ path: z.string().min(1) }) }),
});

const reportOf = (text: string) => byPathSchema.safeParse(jsonIn(text)).data;

const namedSchema = z.looseObject({
  datasetReference: z.union([
    z.looseObject({ byPath: z.looseObject({ path: z.string().min(1) }) }),
    z.looseObject({ byConnection: z.looseObject({}) }),
  ]),
});

/** Whether a report names a model in one of both ways. Without one the service refuses the report. */
export const namesModel = (text: string): boolean => namedSchema.safeParse(jsonIn(text)).success;

/** The folder of the model as the report names it; undefined if the report does not name a folder. */
export const modelPathIn = (text: string): string | undefined => reportOf(text)?.datasetReference.byPath.path;

/** The folder of the model, relative to the project. @param reportPath folder of the report, relative to the project */
export const modelFolder = (reportPath: string, modelPath: string): string =>
  posix.normalize(posix.join(reportPath, modelPath.replaceAll("\\", "/"))).replace(/\/$/, "");

/** The report with its model by id. */
export function withModelId(text: string, modelId: string): string {
  const report = reportOf(text);
  if (!report) return text;
  const $schema =
    "https://developer.microsoft.com/json-schemas/fabric/item/report/definitionProperties/1.0.0/schema.json";
  const byConnection = {
    connectionString: null,
    pbiServiceModelId: null,
    pbiModelVirtualServerName: "sobe_wowvirtualserver",
    pbiModelDatabaseName: modelId,
    name: "EntityDataSource",
    connectionType: "pbiServiceXmlaStyleLive",
  };
  return JSON.stringify({ ...report, $schema, datasetReference: { byConnection } }, null, 2);
}
