import type { TextFile } from "./contentRules.ts";
import { circlesOf } from "./circles.ts";
import { kqlSources, namesDatabases } from "./clusterUris.ts";
import { ZERO_ID, idsBesideOwnWorkspace, idsIn, idsInOwnWorkspace, isId } from "./gitIds.ts";
import { REPORT_FILE, modelFolder, modelPathIn } from "./modelOfReport.ts";
import { lineAt } from "../api/plainText.ts";

/** An item of the stack, with its content. */
export interface ContentItem {
  /** Position of its workspace in the configuration. */
  readonly workspace: number;
  readonly type: string;
  readonly displayName: string;
  /** The item's folder, relative to the project. */
  readonly path: string;
  /** Path of the item that holds this one in its `.children`. */
  readonly parent?: string | undefined;
  /** From `.platform`; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
  /** The item's text files. */
  readonly files: readonly TextFile[];
}

/** A value in an item's content that belongs to another item, and that is known only when that item exists. */
export interface Reference {
  /** What stands in the content: a logical id, the path of a model, {@link uriKey} or {@link workspaceKey}. */
  readonly key: string;
  readonly to: ContentItem;
  readonly attribute: "id" | "queryServiceUri" | "workspaceId";
}

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

/** What values have put into the items' files. */
export interface GivenByValues {
  readonly ids: ReadonlySet<string>;
  /** Whether a text of a file comes from a value, as a whole or in part. */
  isGiven(text: string): boolean;
}
const NOTHING: GivenByValues = { ids: new Set(), isGiven: () => false };

/** Key of the address of a database. */
export const uriKey = (database: string): string => `${database}#queryServiceUri`;

/** Key of the workspace of an item of another workspace, where zeros stand for it. */
export const workspaceKey = (logicalId: string): string => `${logicalId}#workspaceId`;

/** Whether a file of an item of a type is sent as it is, whatever ids it holds. */
export const isSentAsItIs = (type: string, path: string): boolean => path === ".platform" || type === "VariableLibrary";

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
  const byId = Map.groupBy(items, ({ logicalId }) => logicalId ?? "");
  const leftById = new Map(left.map((item) => [item.logicalId ?? "", item]));
  const byPath = Map.groupBy(items, ({ path }) => path);
  const problems: ReferenceProblem[] = [];
  const warnings: string[] = [];

  const found = items.map((item) => [item, referencesOf(item)] as const);
  const references = new Map(found);
  return { references, problems: [...problems, ...circlesIn(references)], warnings };

  function referencesOf(item: ContentItem): Reference[] {
    const keys = new Map<string, Reference>();
    const add = (reference: Reference) => void keys.set(reference.key, reference);
    for (const file of item.files) {
      if (isSentAsItIs(item.type, file.path)) continue;
      const report = (position: number, message: string) =>
        void problems.push({ item, message: `${item.path}/${file.path}:${lineAt(file.text, position)} ${message}` });
      addIds(item, file, add, report);
      addModel(item, file, add, report);
      addUris(item, file, add, report);
    }
    return [...keys.values()];
  }

  function addIds(item: ContentItem, file: TextFile, add: (one: Reference) => void, report: Report): void {
    const parent = eventhouseOf(item, file);
    const inOwnWorkspace = idsInOwnWorkspace(file);
    for (const { id, position } of idsIn(file.text)) {
      if (id === ZERO_ID) continue;
      if (parent && id === parent.key) {
        add(parent);
        continue;
      }
      const to = targetOf(item, byId.get(id) ?? []);
      if (to === "several")
        report(
          position,
          `refers to ${id}, the logical id of items in several other workspaces. Copy the item, or give it another logical id.`,
        );
      else if (to && to.type !== "Eventhouse" && isParent(file, position))
        report(position, `names ${titleOf(to)} as its eventhouse: a database lies in an Eventhouse.`);
      else if (to && to.workspace !== item.workspace && isParent(file, position))
        report(
          position,
          `names ${to.type} '${to.displayName}' (${to.path}) of another workspace: a database lies in the workspace of its eventhouse.`,
        );
      else if (to) {
        add({ key: id, to, attribute: "id" });
        if (to.workspace !== item.workspace && inOwnWorkspace.has(id))
          add({ key: workspaceKey(id), to, attribute: "workspaceId" });
      }
      if (!byId.has(id) && !leftById.has(id) && !given.ids.has(id) && isParent(file, position))
        warnings.push(
          `${item.path}/${file.path}:${lineAt(file.text, position)} names the eventhouse ${id}, which is no item of this stack. The service refuses the database, unless its workspace has an eventhouse with that id.`,
        );
      const other = byId.has(id) ? undefined : leftById.get(id);
      if (other)
        report(
          position,
          `refers to ${other.type} '${other.displayName}' (${other.path}), which is not deployed: include it, or remove the reference.`,
        );
    }
    for (const { id, position } of idsBesideOwnWorkspace(file))
      if (!byId.has(id) && !leftById.has(id) && !given.ids.has(id))
        report(
          position,
          `refers to the logical id ${id}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
        );
  }

  /** A KQL database names its eventhouse; its place below that eventhouse says which it is, also without logical ids. */
  function eventhouseOf(item: ContentItem, { path, text }: TextFile): Reference | undefined {
    if (item.parent === undefined || path.toLowerCase() !== "databaseproperties.json") return undefined;
    const key = /"parentEventhouseItemId"\s*:\s*"([^"]+)"/.exec(text)?.[1]?.toLowerCase();
    const to = targetOf(item, byPath.get(item.parent) ?? []);
    return key === undefined || key === ZERO_ID || typeof to !== "object" ? undefined : { key, to, attribute: "id" };
  }

  function addModel(item: ContentItem, file: TextFile, add: (one: Reference) => void, report: Report): void {
    if (file.path !== REPORT_FILE) return;
    const key = modelPathIn(file.text);
    if (key === undefined) return;
    const to = targetOf(item, byPath.get(modelFolder(item.path, key)) ?? []);
    const position = Math.max(file.text.indexOf('"path"'), 0);
    if (typeof to === "object" && to.type !== "SemanticModel")
      return report(
        position,
        `names ${to.type} '${to.displayName}' (${to.path}) as its model: a report shows a SemanticModel.`,
      );
    if (typeof to === "object") return add({ key, to, attribute: "id" });
    const folder = modelFolder(item.path, key);
    const meant = [...byPath.keys()].find((path) => path.toLowerCase() === folder.toLowerCase());
    report(
      position,
      meant === undefined
        ? `names its model by the folder ${folder}, which is no deployed item. Add the model's folder, or name the model by byConnection.`
        : `names its model by the folder ${folder}, which is spelled ${meant}.`,
    );
  }

  function addUris(item: ContentItem, file: TextFile, add: (one: Reference) => void, report: Report): void {
    if (!namesDatabases(file.path)) return;
    const besideOwn = new Set(idsBesideOwnWorkspace(file).map(({ id }) => id));
    const isToldElsewhere = (id: string) => leftById.has(id) || besideOwn.has(id);
    for (const { database, name, clusterUri } of kqlSources(file.text)) {
      const position = Math.max(file.text.toLowerCase().indexOf(JSON.stringify(database)), 0);
      const byLogicalId = targetOf(item, byId.get(database) ?? []);
      const named = databaseNamed(item, name);
      const isEmpty = clusterUri === "";
      const to = typeof byLogicalId === "object" ? byLogicalId : isEmpty ? named : undefined;
      if (to && to.type !== "KQLDatabase")
        report(position, `names ${titleOf(to)} as its database: it reads from a KQLDatabase.`);
      else if (to && (isEmpty || (to !== item && !given.isGiven(clusterUri)))) {
        // the address of one environment with a database of another leads nowhere
        add({ key: uriKey(database), to, attribute: "queryServiceUri" });
        if (isId(database)) add({ key: database, to, attribute: "id" });
      } else if (to || byLogicalId === "several") continue;
      else if (isEmpty && isId(database) && !isToldElsewhere(database) && !given.ids.has(database))
        report(
          position,
          `refers to the logical id ${database}, which no deployed KQLDatabase has, and names no clusterUri. Add the database's folder, or remove the source. Rules of values can put in both.`,
        );
      else if (named && !isEmpty && !given.isGiven(clusterUri) && !given.ids.has(database))
        warnings.push(
          `${item.path}/${file.path}:${lineAt(file.text, file.text.indexOf(clusterUri))} reads from ${clusterUri}, although ${titleOf(named)} is deployed. If the address belongs to another environment, put in the database's logical id and an empty clusterUri, or replace both by rules.`,
        );
    }
  }

  /** The database that a source means by its name. */
  function databaseNamed(item: ContentItem, name: string): ContentItem | undefined {
    return items.find(
      (one) =>
        one.type === "KQLDatabase" &&
        one.workspace === item.workspace &&
        one.displayName.toLowerCase() === name.toLowerCase(),
    );
  }
}

const titleOf = ({ type, displayName, path }: ContentItem) => `${type} '${displayName}' (${path})`;

/** Whether an id at a position is that of the eventhouse of a KQL database. */
export const isParent = ({ path, text }: TextFile, position: number) =>
  path.toLowerCase() === "databaseproperties.json" && /"parentEventhouseItemId"\s*:\s*"$/.test(text.slice(0, position));

type Report = (position: number, message: string) => void;

/** The item that a reference of an item means, among those of one logical id or path. */
function targetOf(item: ContentItem, candidates: readonly ContentItem[]): ContentItem | "several" | undefined {
  const own = candidates.find(({ workspace }) => workspace === item.workspace);
  if (own) return own;
  return candidates.length > 1 ? "several" : candidates[0];
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
function placeOf({ path, files }: ContentItem, key: string): string {
  const written = key.replace(/#\w+$/, "").toLowerCase();
  for (const file of files) {
    const position = file.path === ".platform" ? -1 : file.text.toLowerCase().indexOf(written);
    if (position >= 0) return `${path}/${file.path}:${lineAt(file.text, position)}`;
  }
  return path;
}
