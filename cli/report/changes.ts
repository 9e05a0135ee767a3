import { isDeepStrictEqual } from "node:util";
import type { CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import type { DefinitionPart } from "../../lib/api/itemDefinition.ts";
import type { AttemptRecord } from "../../lib/transactions/attempts.ts";
import { outcomesIn } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { lineDifference } from "./lineDifference.ts";
import { workspaceOf } from "./rows.ts";

/** What changes are read from. */
export interface DefinitionSource {
  readonly entries: readonly Entry[];
  readonly attempts: readonly AttemptRecord[];
  /** Resources of the checkpoint from before. */
  readonly resources: readonly CheckpointResource[];
  /** The definition that was kept of an item before the transaction changed or deleted it, by the item's id. */
  readonly kept: ReadonlyMap<string, readonly DefinitionPart[]>;
}

/** A changed property. */
export interface ChangedProperty {
  readonly property: string;
  /** As text. Absent for a new value. */
  readonly before?: string | undefined;
  /** Absent for a value that was taken away. */
  readonly after?: string | undefined;
}

/** A changed file of a definition. */
export interface ChangedFile {
  readonly path: string;
  readonly change: "new" | "changed" | "removed";
  /** Lines of a unified difference; empty if the contents are unknown, too long or no text. */
  readonly lines: readonly string[];
  /** Why there are no lines. */
  readonly note?: string | undefined;
}

/** An object that a transaction has changed. */
export interface ChangedObject {
  readonly kind: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly operation: "create" | "update" | "delete";
  /** Whether the service refused the change. */
  readonly isRefused: boolean;
  readonly properties: readonly ChangedProperty[];
  readonly files: readonly ChangedFile[];
}

/** Most lines of one file's difference. */
const MOST_LINES = 60;
/** Longest value. */
const LONGEST_VALUE = 400;

/** What a transaction has changed, object by object, in the order of its writes. Pure. */
export function changesIn(source: DefinitionSource): ChangedObject[] {
  const { entries } = source;
  const objects = new Map<string, ChangedObject>();
  const names = namesById(source);
  const workspaces = workspacesIn(source);
  const outcomeOf = outcomesIn(entries);
  for (const entry of entries) {
    if (entry.kind !== "intent") continue;
    const key = keyOf(entry, entries, workspaces);
    const known = objects.get(key);
    const isRefused = outcomeOf(entry.step) === "refused";
    // a refused part of a change that went on in another attempt says nothing
    if (known && isRefused && entry.operation !== "update") continue;
    const properties = [...(known?.properties ?? []), ...propertiesIn(entry, names)];
    objects.set(key, {
      kind: entry.resourceType,
      name: entry.resourceName,
      workspaceId: workspaceOf(entry, doneId(entry, entries), workspaces),
      operation: known && entry.operation === "update" ? known.operation : entry.operation,
      isRefused: (known?.isRefused ?? true) && isRefused,
      properties: properties.filter(
        ({ property }, index) => properties.findLastIndex((other) => other.property === property) === index,
      ),
      files: [...(known?.files ?? []), ...filesIn(entry, source)],
    });
  }
  return [...objects.values()];
}

type IntentEntry = Extract<Entry, { kind: "intent" }>;

/** Key of the object that an intent is about. */
function keyOf(entry: IntentEntry, entries: readonly Entry[], workspaces: ReadonlySet<string>): string {
  const id = doneId(entry, entries);
  const own = id?.split("/").at(-1)?.toLowerCase() ?? entry.resourceName;
  return `${entry.resourceType} ${workspaceOf(entry, id, workspaces)} ${own}`;
}

/** Id of the object, as far as the log has it. */
function doneId(entry: IntentEntry, entries: readonly Entry[]): string | undefined {
  if (entry.resourceId !== undefined) return entry.resourceId;
  const done = entries.find((other) => other.kind === "done" && other.step === entry.step);
  return done?.kind === "done" ? done.resourceId : undefined;
}

/** Ids of the workspaces that the state or the log knows. */
function workspacesIn({ entries, resources }: DefinitionSource): ReadonlySet<string> {
  const known = resources.flatMap(({ type, id }) => (type.endsWith(":Workspace") && id ? [id.toLowerCase()] : []));
  const written = entries.flatMap((entry) => {
    const id = entry.kind === "intent" && entry.resourceType === "Workspace" ? doneId(entry, entries) : undefined;
    return id === undefined ? [] : [id.toLowerCase()];
  });
  return new Set([...known, ...written]);
}

/** Names of objects by id, so that a changed id can be read: folders, capacities, workspaces. */
function namesById({ entries, resources }: DefinitionSource): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const learn = (id: string | undefined, name: unknown) => {
    const own = id?.split("/").at(-1)?.toLowerCase();
    if (own && typeof name === "string" && name !== "") names.set(own, name);
  };
  for (const { id, inputs } of resources) learn(id, inputs?.["displayName"]);
  for (const entry of entries)
    if (entry.kind === "intent" && entry.operation === "create") learn(doneId(entry, entries), entry.resourceName);
  return names;
}

function propertiesIn(
  { operation, before = {}, after = {}, names = {} }: IntentEntry,
  known: ReadonlyMap<string, string>,
): ChangedProperty[] {
  const shown = (value: unknown) => {
    const name = typeof value === "string" ? known.get(value.toLowerCase()) : undefined;
    return name === undefined ? shownAlone(value) : `${name} (${String(value)})`;
  };
  if (operation === "delete")
    return Object.entries(before).flatMap(([property, value]) =>
      isEmpty(value) ? [] : [{ property, before: shown(value) }],
    );
  if (operation === "create")
    return Object.entries(names).flatMap(([property, value]) =>
      property === "workspaceId" || isEmpty(value) ? [] : [{ property, after: shown(value) }],
    );
  return Object.entries(after).flatMap(([property, value]) => {
    const had = before[property];
    if (isDeepStrictEqual(had ?? null, value ?? null)) return [];
    return [
      {
        property,
        ...(!isEmpty(had) && { before: shown(had) }),
        ...(!isEmpty(value) && { after: shown(value) }),
      },
    ];
  });
}

const isEmpty = (value: unknown) => value === undefined || value === null || value === "";

function shownAlone(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** The files that a step has sent, compared with those that were kept. */
function filesIn(entry: IntentEntry, { attempts, kept }: DefinitionSource): ChangedFile[] {
  const sent = attempts.find((record) => record.kind === "definition" && record.step === entry.step);
  if (sent?.kind !== "definition") return [];
  const before = kept.get(entry.resourceId?.toLowerCase() ?? "");
  const old = new Map((before ?? []).map(({ path, payload }) => [path, payload]));
  const isUnknown = entry.operation === "update" && before === undefined;
  const files = sent.parts.flatMap(({ path, payload, bytes }): ChangedFile[] => {
    const had = old.get(path);
    if (had !== undefined && had === payload) return [];
    if (isUnknown) return [{ path, change: "changed", lines: [], note: "the former content was not kept" }];
    if (payload === undefined)
      return [{ path, change: had === undefined ? "new" : "changed", lines: [], note: `${bytes} bytes` }];
    if (had === undefined) return [{ path, change: "new", lines: [], note: `${bytes} bytes` }];
    const lines = differenceOf(had, payload);
    return lines.length === 0 ? [] : [{ path, change: "changed", ...fitted(lines) }];
  });
  const removed = isUnknown ? [] : [...old.keys()].filter((path) => !sent.parts.some((part) => part.path === path));
  // the service adds a file of its own to every definition
  const gone = removed.filter((path) => path !== ".platform");
  return [...files, ...gone.map((path): ChangedFile => ({ path, change: "removed", lines: [] }))];
}

const fitted = (lines: readonly string[]) =>
  lines.length <= MOST_LINES
    ? { lines }
    : { lines: lines.slice(0, MOST_LINES), note: `${lines.length - MOST_LINES} more lines` };

/** Lines of a unified difference of two files in base64; a note for what is no text. */
function differenceOf(before: string, after: string): string[] {
  const [old, now] = [before, after].map((payload) => Buffer.from(payload, "base64").toString());
  return old === undefined || now === undefined ? [] : lineDifference(old, now);
}
