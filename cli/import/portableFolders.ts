import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDefinitionParts } from "../../lib/api/itemDefinition.ts";
import { lineAt, withoutMark } from "../../lib/api/plainText.ts";
import { liveResourcesOf, resourceNameOf } from "../../lib/checkpoint/checkpoint.ts";
import { idsIn } from "../../lib/content/gitIds.ts";
import { keptIds, portableText } from "../../lib/content/portableText.ts";
import type { KeptId, NamedItem } from "../../lib/content/portableText.ts";
import { isSentAsItIs } from "../../lib/content/reference.ts";
import { textFiles } from "../../lib/content/textFiles.ts";
import type { FabricItem } from "../../lib/api/objects.ts";
import type { ExportedDefinition } from "./description.ts";
import type { ImportPlan } from "./plan.ts";
import type { Target } from "./target.ts";

/*
 * Definitions that were written into folders hold the ids of the environment that they come from. Here they get what Git
 * integration writes for them, so that the folders can be deployed to other environments.
 */

/** An item whose definition was written. */
export interface WrittenItem {
  readonly item: FabricItem;
  readonly definition: ExportedDefinition;
}

/** An id that stays in the files, and means something in this environment only. */
export interface LeftId {
  readonly id: string;
  /** What has the id, if that is known: `Lakehouse 'bronze'`. */
  readonly what?: string | undefined;
  /** First place: path of the file, relative to the project. */
  readonly file: string;
  readonly line: number;
  /** Number of places. */
  readonly count: number;
}

/** What a stack already manages: items that new content may name. */
export function managedItems({ config, state }: Pick<Target, "config" | "state">): NamedItem[] {
  const live = liveResourcesOf(state).filter(({ type }) => type.endsWith("/fabric:Item"));
  return live.flatMap(({ urn, id, inputs }) => {
    const workspace = config.workspaces.find(({ name }) => resourceNameOf(urn).startsWith(`${name}/`));
    const [workspaceId = "", itemId = ""] = (id ?? "").split("/");
    const item = workspace?.items.find(
      ({ type, logicalId }) =>
        logicalId !== undefined && logicalId === inputs?.["logicalId"] && type === inputs["type"],
    );
    return item?.path === undefined || item.logicalId === undefined
      ? []
      : [{ id: itemId, workspaceId, type: item.type, path: item.path, logicalId: item.logicalId }];
  });
}

/** Titles of everything that the import has seen, and of what the stack holds, by id in lower case. */
export function titlesIn({ workspaces }: ImportPlan, { state }: Pick<Target, "state">): Map<string, string> {
  const held = liveResourcesOf(state).flatMap(({ id = "", type, inputs }): [string, string][] => {
    const { type: itemType, displayName } = inputs ?? {};
    const kind = typeof itemType === "string" ? itemType : (type.split(":").at(-1) ?? type);
    return typeof displayName === "string" ? [[id.split("/").at(-1) ?? "", `${kind} '${displayName}'`]] : [];
  });
  const seen = workspaces.flatMap(({ existing: { workspace, items, folders, git } }): [string, string][] => [
    [workspace.id, `Workspace '${workspace.displayName}'`],
    ...(workspace.capacityId ? [[workspace.capacityId, "a capacity"] as [string, string]] : []),
    ...(git?.connectionId ? [[git.connectionId, "a connection"] as [string, string]] : []),
    ...items.map(({ id, type, displayName }): [string, string] => [id, `${type} '${displayName}'`]),
    ...folders.map(({ id, displayName }): [string, string] => [id, `folder '${displayName}'`]),
  ]);
  return new Map([...held, ...seen].map(([id, title]) => [id.toLowerCase(), title]));
}

/**
 * Gives each item a logical id if it has none, as Git integration would. The id follows from the item's own, so that a second
 * import writes the same files.
 */
export function withLogicalIds(projectRoot: string, written: readonly WrittenItem[]): NamedItem[] {
  const taken = new Set<string>();
  return written.map(({ item: { id, type, workspaceId }, definition: { path, logicalId: own } }) => {
    const isOwn = own !== undefined && idsIn(own)[0]?.id === own && !taken.has(`${workspaceId} ${own}`);
    const logicalId = isOwn ? own : logicalIdFor(id);
    taken.add(`${workspaceId} ${logicalId}`);
    if (!isOwn) writeLogicalId(join(projectRoot, path, ".platform"), logicalId);
    return { id, type, workspaceId, path, logicalId };
  });
}

/** A version 8 UUID. */
function logicalIdFor(id: string): string {
  const hash = createHash("sha256").update(`logical id of ${id.toLowerCase()}`).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function writeLogicalId(file: string, logicalId: string): void {
  const platform = JSON.parse(withoutMark(readFileSync(file, "utf8"))) as { config?: object };
  const config = { version: "2.0", ...platform.config, logicalId };
  writeFileSync(file, `${JSON.stringify({ ...platform, config }, null, 2)}\n`);
}

/**
 * Makes the folders of imported items portable.
 * @param own the items whose folders these are
 * @param managed other items of the stack
 * @param known titles of objects by their id in lower case, to say what the ids are that stay
 * @returns ids that stay
 */
export function makePortable(
  projectRoot: string,
  own: readonly NamedItem[],
  managed: readonly NamedItem[],
  known: ReadonlyMap<string, string>,
): LeftId[] {
  const all = [...own, ...managed];
  const byId = new Map(all.map((item) => [item.id.toLowerCase(), item]));
  const byLogicalId = Map.groupBy(all, ({ logicalId }) => logicalId);
  const circles = new Circles();
  const found: FoundId[] = [];
  for (const item of own) {
    const folder = join(projectRoot, item.path);
    const files = textFiles(readDefinitionParts(folder));
    const ids = files.flatMap(({ path, text }) => (isSentAsItIs(item.type, path) ? [] : idsIn(text)));
    const named = new Map<string, NamedItem>();
    for (const { id } of ids) {
      const target = byId.get(id);
      if (target && !named.has(id) && isMeantBy(item, target) && circles.add(item.id, target.id)) named.set(id, target);
    }
    const logicalIds = new Set([...named.values()].map(({ logicalId }) => logicalId));
    for (const file of files) {
      const text = portableText(file, { ...item, items: named });
      if (text !== file.text) writeFileSync(join(folder, file.path), text);
      // what was a logical id at the service is none that this import has put in
      const left = isSentAsItIs(item.type, file.path) ? new Set<string>() : logicalIds;
      for (const kept of keptIds({ path: file.path, text }, left))
        found.push({
          ...{ ...kept, isOfObject: kept.isOfObject || item.type === "VariableLibrary" },
          ...{ item: item.id, file: `${item.path}/${file.path}`, line: lineAt(text, kept.position) },
        });
    }
  }
  return leftIds(found, known);

  /** Whether a logical id in an item leads to the other item: to that of the same workspace first, else to the only one. */
  function isMeantBy({ workspaceId }: NamedItem, target: NamedItem): boolean {
    const candidates = byLogicalId.get(target.logicalId) ?? [];
    if (target.workspaceId === workspaceId) return true;
    return candidates.length === 1;
  }
}

/** Items that refer to one another in a circle could not be made one after the other. */
class Circles {
  readonly #to = new Map<string, Set<string>>();

  /** Adds a reference. @returns false if it would close a circle; an item may refer to itself */
  add(from: string, to: string): boolean {
    if (from === to) return true;
    if (this.#leads(to, from, new Set())) return false;
    this.#to.set(from, (this.#to.get(from) ?? new Set()).add(to));
    return true;
  }

  #leads(from: string, to: string, seen: Set<string>): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(this.#to.get(from) ?? [])].some((next) => this.#leads(next, to, seen));
  }
}

interface FoundId extends KeptId {
  /** Id of the item with the file. */
  readonly item: string;
  readonly file: string;
  readonly line: number;
}

/** The ids that mean an object: a known one, one whose place says so, or one that several items name. */
function leftIds(found: readonly FoundId[], known: ReadonlyMap<string, string>): LeftId[] {
  return [...Map.groupBy(found, ({ id }) => id)].flatMap(([id, places]): LeftId[] => {
    const what = known.get(id);
    const isOfObject = places.some((place) => place.isOfObject) || new Set(places.map(({ item }) => item)).size > 1;
    const [first] = places;
    if (!first || (what === undefined && !isOfObject)) return [];
    return [{ id, what, file: first.file, line: first.line, count: places.length }];
  });
}
