import { z } from "zod";
import { jsonIn } from "./textFiles.ts";

/*
 * Where a KQL dashboard or queryset reads from. In a branch the address of the database's cluster is empty; it is known only
 * after the database was made. An export by the API has the address of the environment that it comes from.
 */

/** The files that name databases, by lower-case name. */
const FILES = new Set(["realtimequeryset.json", "realtimedashboard.json", "embeddedrealtimequeryset.json"]);

const sourceSchema = z.looseObject({
  clusterUri: z.string(),
  databaseItemId: z.string().optional(),
  databaseItemName: z.string().optional(),
  database: z.string().optional(),
  name: z.string().optional(),
});
type Source = z.output<typeof sourceSchema>;

/** A source of a dashboard or queryset. */
export interface KqlSource {
  /** What names the database, in lower case: in a branch its logical id. */
  readonly database: string;
  /** What is probably the database's display name: fabric-cicd looks for the database of a dashboard by it. */
  readonly name: string;
  /** Address of the cluster; empty in a branch. */
  readonly clusterUri: string;
}

/** Whether a file may name databases. */
export const namesDatabases = (path: string): boolean => FILES.has(path.toLowerCase());

/** The sources in a file that name a database. */
export const kqlSources = (text: string): KqlSource[] =>
  sourcesIn(jsonIn(text)).flatMap((source) => {
    const { clusterUri, databaseItemName, name } = source;
    const database = databaseOf(source);
    return database === "" ? [] : [{ database, name: databaseItemName ?? name ?? "", clusterUri }];
  });

/** The sources of a dashboard or queryset. The objects are parts of `json`. */
function sourcesIn(json: unknown): Source[] {
  const { queryset, dataSources } = (json ?? {}) as { queryset?: { dataSources?: unknown }; dataSources?: unknown };
  const sources: unknown = queryset?.dataSources ?? dataSources;
  if (!Array.isArray(sources)) return [];
  return (sources as unknown[]).filter((source): source is Source => sourceSchema.safeParse(source).success);
}

const databaseOf = ({ databaseItemId, database }: Source) => (databaseItemId ?? database ?? "").toLowerCase();

/** The file with addresses. @param uriOf the address of a database by what names it; undefined to leave what stands there */
export function withClusterUris(text: string, uriOf: (database: string) => string | undefined): string {
  const json = jsonIn(text);
  let isChanged = false;
  for (const source of sourcesIn(json)) {
    const uri = uriOf(databaseOf(source));
    if (uri === undefined || uri === source.clusterUri) continue;
    Object.assign(source, { clusterUri: uri });
    isChanged = true;
  }
  return isChanged ? JSON.stringify(json, null, 2) : text;
}
