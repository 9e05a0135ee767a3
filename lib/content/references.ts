import { circlesOf } from "./circles.ts";
import { placeIn } from "./contentItem.ts";
import type { ContentItem } from "./contentItem.ts";
import type { TextFile } from "./contentRules.ts";
import { knownItems } from "./knownItems.ts";
import type { GivenByValues, KnownItems } from "./knownItems.ts";
import { isSentAsItIs } from "./reference.ts";
import type { Finding, Reference } from "./reference.ts";
import { referencesById } from "./referencesById.ts";
import { referencesInKql } from "./referencesInKql.ts";
import { referencesInReports } from "./referencesInReports.ts";

/** A reference that leads nowhere. */
export interface ReferenceProblem {
  readonly item: ContentItem;
  /** The fault, with file and line. */
  readonly message: string;
}

/** The references of all items. */
export interface FoundReferences {
  readonly references: ReadonlyMap<ContentItem, readonly Reference[]>;
  readonly problems: readonly ReferenceProblem[];
  /** What is allowed, but probably not meant, with file and line. */
  readonly warnings: readonly string[];
}

const NOTHING: GivenByValues = { ids: new Set(), isGiven: () => false };

/**
 * Finds what the items of a stack refer to. A logical id means the item of the same workspace first, else the only one of
 * the stack. Pure.
 * @param left items of the same folders that are not deployed, so that a reference to one of them can be explained
 */
export function findReferences(
  items: readonly ContentItem[],
  left: readonly ContentItem[] = [],
  given: GivenByValues = NOTHING,
): FoundReferences {
  const known = knownItems(items, left, given);
  const found = items.flatMap((item) =>
    item.files.flatMap((file) => findingsIn(item, file, known).map((finding) => ({ item, file, finding }))),
  );
  const byItem = Map.groupBy(found, ({ item }) => item);
  const references = new Map(items.map((item) => [item, referencesIn(byItem.get(item) ?? [])]));
  const problems = found.flatMap(({ item, file, finding }) =>
    "problem" in finding ? [{ item, message: `${placeIn(item, file, finding.position)} ${finding.problem}` }] : [],
  );
  const warnings = found.flatMap(({ item, file, finding }) =>
    "warning" in finding ? [`${placeIn(item, file, finding.position)} ${finding.warning}`] : [],
  );
  return { references, problems: [...problems, ...circlesIn(references)], warnings };
}

/** What a file of an item tells. */
function findingsIn(item: ContentItem, file: TextFile, known: KnownItems): readonly Finding[] {
  if (isSentAsItIs(item.type, file.path)) return [];
  return [
    ...referencesById(item, file, known),
    ...referencesInReports(item, file, known),
    ...referencesInKql(item, file, known),
  ];
}

/** The references among findings. Of several with one key the last counts. */
function referencesIn(found: readonly { readonly finding: Finding }[]): Reference[] {
  const references = found.flatMap(({ finding }) => ("reference" in finding ? [finding.reference] : []));
  return [...new Map(references.map((reference) => [reference.key, reference])).values()];
}

/** Items that refer to one another in a circle cannot be made one after the other. Each circle is told once. */
function circlesIn(references: FoundReferences["references"]): ReferenceProblem[] {
  // an item's reference to itself is sent after the item was made
  return circlesOf(references.keys(), (item) => references.get(item) ?? []).flatMap((circle) => {
    const [first] = circle;
    if (!first) return [];
    const names = [...circle, first].map(({ from }) => `${from.type} '${from.displayName}'`).join(" -> ");
    const place = placeOf(first.from, first.key);
    return [
      { item: first.from, message: `${place} refers to itself by others: ${names}. Remove one of these references.` },
    ];
  });
}

/** The first place in an item's files of what a reference stands for; the item's folder if its files do not spell it so. */
function placeOf(item: ContentItem, key: string): string {
  const written = key.replace(/#\w+$/, "").toLowerCase();
  for (const file of item.files) {
    const position = file.path === ".platform" ? -1 : file.text.toLowerCase().indexOf(written);
    if (position >= 0) return placeIn(item, file, position);
  }
  return item.path;
}
