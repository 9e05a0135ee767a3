import { foldedList } from "../commandLine/foldedList.ts";
import { kindNamed } from "../../providers/kinds/kinds.ts";
import type { DescribedWorkspace } from "./description.ts";
import type { ImportedObject } from "./importedObjects.ts";
import type { ImportPlan } from "./plan.ts";
import type { LeftId } from "./portableFolders.ts";
import { entriesText } from "./stackFile.ts";

/* Reports for people. */

/** Report of a dry run: everything that would be written, and every object that would be imported. */
export function planReport(plan: ImportPlan, file: string, folders: ReadonlyMap<string, string> = new Map()): string {
  const lines = beginning(plan);
  if (plan.workspaces.length === 0) return [...lines, "There is nothing to import."].join("\n");
  const described = plan.workspaces.map((workspace) => workspace.described);
  const connections = plan.connections.added;
  const all = [...connections.map(({ object }) => object), ...described.flatMap((one) => one.objects)];
  const objects = foldedList(
    all.map(({ kind, name, id }) => ({ words: kind, name, line: `  ${kind} ${name} (${id})` })),
  );
  const ofConnections = connections.flatMap(({ entry }) => entry ?? []);
  if (ofConnections.length > 0)
    lines.push(`Would be written to ${file}, at the end of fabric:connections:`, "", entriesText(ofConnections));
  const entries = entriesText(described.map(({ entry }) => entry));
  lines.push(`Would be written to ${file}, at the end of fabric:workspaces:`, "", entries);
  if (folders.size > 0)
    lines.push(
      "Would be written, if the service gives a definition:",
      ...[...folders.values()].map((path) => `  ${path}/`),
      "",
    );
  lines.push("Would be imported:", ...objects, ...leftOut(described), "", "Nothing was changed: this was a dry run.");
  return lines.join("\n");
}

/** Report of an import. @param left ids that stay in the written definitions. @default none */
export function importReport(
  plan: ImportPlan,
  described: readonly DescribedWorkspace[],
  file: string,
  left: readonly LeftId[] = [],
): string {
  const done = described.map(({ entry, objects }) => `  ${entry.name}: ${countsOf(objects)}`);
  const connections = plan.connections.added.map(
    ({ object: { name } }) => `  ${name}: 1 connection, which stays at a destroy`,
  );
  const lines = [`Imported, and declared in ${file}:`, ...connections, ...done, ...leftOut(described)];
  return [...beginning(plan), ...lines, ...leftIdsReport(left)].join("\n");
}

/** Most ids that are listed one by one. */
const MAX_IDS = 40;

/** The ids that no other environment has, what stands out most first. */
function leftIdsReport(left: readonly LeftId[]): string[] {
  if (left.length === 0) return [];
  const lines = left
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MAX_IDS)
    .map(({ id, what, file, line, count }) => {
      const more = count === 1 ? "" : ` and ${count - 1} more ${count === 2 ? "place" : "places"}`;
      return `  ${file}:${line}${more}: ${id}${what === undefined ? "" : `, ${what}`}`;
    });
  return [
    "Ids that stay in the definitions, and mean this environment only (docs/content.md says what to do about them):",
    ...lines,
    ...(left.length > MAX_IDS ? [`  … and ${left.length - MAX_IDS} more ids`] : []),
  ];
}

const beginning = ({ managed, notes }: ImportPlan): string[] => [
  ...managed.map(({ displayName }) => `Workspace '${displayName}' is part of the stack already.`),
  ...notes,
];

function leftOut(described: readonly DescribedWorkspace[]): string[] {
  const lines = described.flatMap(({ entry, notes }) => notes.map((note) => `  ${entry.name}: ${note}`));
  return lines.length === 0 ? [] : ["Not declared:", ...lines];
}

/** `1 workspace, 3 users, 12 items`. */
function countsOf(objects: readonly ImportedObject[]): string {
  const counts = Object.entries(Object.groupBy(objects, ({ kind }) => kind));
  return counts
    .map(([kind, own = []]) => {
      const noun = kindNamed(kind)?.noun ?? kind;
      return `${own.length} ${own.length === 1 ? noun : pluralOf(noun)}`;
    })
    .join(", ");
}

const pluralOf = (noun: string) => `${noun.replace(/y$/, "ie")}s`;
