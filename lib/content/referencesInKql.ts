import { kqlSources, namesDatabases } from "./clusterUris.ts";
import type { KqlSource } from "./clusterUris.ts";
import { titleOf } from "./contentItem.ts";
import type { ContentItem } from "./contentItem.ts";
import type { TextFile } from "./contentRules.ts";
import { idsBesideOwnWorkspace, isId } from "./gitIds.ts";
import { isExplained, targetOf } from "./knownItems.ts";
import type { KnownItems } from "./knownItems.ts";
import { uriKey } from "./reference.ts";
import type { Finding } from "./reference.ts";

/** The databases that a KQL dashboard or queryset reads from. */
export function* referencesInKql(item: ContentItem, file: TextFile, known: KnownItems): Generator<Finding> {
  if (!namesDatabases(file.path)) return;
  const besideOwn = new Set(idsBesideOwnWorkspace(file).map(({ id }) => id));
  for (const source of kqlSources(file.text)) yield* ofSource(item, file, source, known, besideOwn);
}

/** @param besideOwn ids beside the own workspace, about which the search by logical ids tells */
function* ofSource(
  item: ContentItem,
  file: TextFile,
  { database, name, clusterUri }: KqlSource,
  known: KnownItems,
  besideOwn: ReadonlySet<string>,
): Generator<Finding> {
  const { given } = known;
  const position = Math.max(file.text.toLowerCase().indexOf(JSON.stringify(database)), 0);
  const byLogicalId = targetOf(item, known.byId.get(database));
  const named = databaseNamed(item, name, known);
  const isEmpty = clusterUri === "";
  const to = typeof byLogicalId === "object" ? byLogicalId : isEmpty ? named : undefined;
  if (to && to.type !== "KQLDatabase")
    yield { position, problem: `names ${titleOf(to)} as its database: it reads from a KQLDatabase.` };
  else if (to && (isEmpty || (to !== item && !given.isGiven(clusterUri)))) {
    // the address of one environment with a database of another leads nowhere
    yield { reference: { key: uriKey(database), to, attribute: "queryServiceUri" } };
    if (isId(database)) yield { reference: { key: database, to, attribute: "id" } };
  } else if (to || byLogicalId === "several") return;
  else if (isEmpty && isId(database) && !besideOwn.has(database) && !isExplained(known, database))
    yield {
      position,
      problem: `refers to the logical id ${database}, which no deployed KQLDatabase has, and names no clusterUri. Add the database's folder, or remove the source. Rules of values can put in both.`,
    };
  else if (named && !isEmpty && !given.isGiven(clusterUri) && !given.ids.has(database))
    yield {
      position: file.text.indexOf(clusterUri),
      warning: `reads from ${clusterUri}, although ${titleOf(named)} is deployed. If the address belongs to another environment, put in the database's logical id and an empty clusterUri, or replace both by rules.`,
    };
}

/** The database that a source means by its name. */
function databaseNamed(item: ContentItem, name: string, { items }: KnownItems): ContentItem | undefined {
  return items.find(
    (one) =>
      one.type === "KQLDatabase" &&
      one.workspace === item.workspace &&
      one.displayName.toLowerCase() === name.toLowerCase(),
  );
}
