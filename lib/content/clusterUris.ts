import { z } from "zod";
import { jsonIn } from "./textFiles.ts";

/*
 * Where a KQL dashboard or queryset reads from. In a branch the address of the database's cluster is empty; it is known only
 * after the database was made.
 */

/** The files that name databases, by lower-case name. */
const FILES = new Set(["realtimequeryset.json", "realtimedashboard.json"]);

const sourceSchema = z.looseObject({
  clusterUri: z.string(),
  databaseItemId: z.string().optional(),
  database: z.string().optional(),
});
type Source = z.output<typeof sourceSchema>;

/** Whether a file may name databases. */
export const namesDatabases = (path: string): boolean => FILES.has(path.toLowerCase());

/** The sources of a dashboard or queryset without an address. The objects are parts of `json`. */
function sourcesWithoutUri(json: unknown): Source[] {
  const { queryset, dataSources } = (json ?? {}) as { queryset?: { dataSources?: unknown }; dataSources?: unknown };
  const sources: unknown = queryset?.dataSources ?? dataSources;
  if (!Array.isArray(sources)) return [];
  return (sources as unknown[]).filter(
    (source): source is Source => sourceSchema.safeParse(source).success && (source as Source).clusterUri === "",
  );
}

const databaseOf = ({ databaseItemId, database }: Source) => (databaseItemId ?? database ?? "").toLowerCase();

/** Logical ids of the databases whose address is empty. */
export const databasesWithoutUri = (text: string): string[] => [
  ...new Set(sourcesWithoutUri(jsonIn(text)).map(databaseOf).filter(Boolean)),
];

/** The file with addresses. @param uriOf the address of a database by its logical id; undefined to leave the address empty */
export function withClusterUris(text: string, uriOf: (database: string) => string | undefined): string {
  const json = jsonIn(text);
  let isChanged = false;
  for (const source of sourcesWithoutUri(json)) {
    const uri = uriOf(databaseOf(source));
    if (uri === undefined) continue;
    Object.assign(source, { clusterUri: uri });
    isChanged = true;
  }
  return isChanged ? JSON.stringify(json, null, 2) : text;
}
