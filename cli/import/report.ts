import { foldedList } from "../pulumi/foldedList.ts";
import { kindNamed } from "../../providers/kinds/kinds.ts";
import type { DescribedWorkspace, ImportedObject } from "./description.ts";
import type { ImportPlan } from "./plan.ts";
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

/** Report of an import. */
export function importReport(plan: ImportPlan, described: readonly DescribedWorkspace[], file: string): string {
  const done = described.map(({ entry, objects }) => `  ${entry.name}: ${countsOf(objects)}`);
  const connections = plan.connections.added.map(
    ({ object: { name } }) => `  ${name}: 1 connection, which stays at a destroy`,
  );
  const lines = [...connections, ...done];
  return [...beginning(plan), `Imported, and declared in ${file}:`, ...lines, ...leftOut(described)].join("\n");
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
