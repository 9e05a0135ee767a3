import { join } from "node:path";
import picomatch from "picomatch";
import { messageOf } from "../../api/messageOf.ts";
import { findItemFolders } from "../../content/itemFolders.ts";
import type { FoundFolders, ItemFolder } from "../../content/itemFolders.ts";
import { lineInPlatform } from "../../api/itemDefinition.ts";
import { canBeMade, knownItemType } from "../../api/itemType.ts";
import { closestName } from "../closestName.ts";
import { displayNameFault } from "./displayNameFault.ts";
import { entryOf, isYes, textOf } from "../entries.ts";
import { insideProject } from "../../project/insideProject.ts";
import { folderOf } from "./item.ts";
import { itemNameProblem } from "./itemNames.ts";
import type { ResolvedItem } from "./item.ts";
import { misspelledType } from "./misspelledType.ts";
import { problemAt } from "../problem.ts";
import type { ConfigPath, Problem } from "../problem.ts";

/** Keys of an entry of `items` that names a folder of items. */
const folderKeys = [
  "from",
  "folder",
  "include",
  "exclude",
  "types",
  "adopt",
  "items",
  "parameters",
  "orphans",
] as const;
/** Longest description of an item. https://learn.microsoft.com/rest/api/fabric/core/items/create-item */
const MAX_TEXT = 256;

/** The items of a folder. */
export interface ResolvedFolder {
  readonly items: readonly ResolvedItem[];
  /** Items that the entry leaves out. */
  readonly left: readonly ResolvedItem[];
  /** What is allowed, but probably not meant. */
  readonly warnings: readonly string[];
}

/**
 * Resolves an entry of `items` with the key `from`: every item in a tree of folders.
 * @param raw the entry in the file
 * @param at path of the entry
 * @param problems receives all faults of the entry and of the files
 */
export function resolveFolder(
  raw: Readonly<Record<string, unknown>>,
  at: ConfigPath,
  projectRoot: string,
  problems: Problem[],
): ResolvedFolder {
  const report = (key: string, message: string) => void problems.push(problemAt([...at, key], message));
  for (const key of Object.keys(raw))
    if (!(folderKeys as readonly string[]).includes(key))
      report(key, "not together with from: options of one item belong in its entry of items");
  const base = folderOf(raw["folder"], (message) => report("folder", message)) ?? "";
  const { items: found, unnamed } = foundIn(raw["from"], projectRoot, (message) => report("from", message));
  const types = typesOf(raw["types"], new Set(found.map(({ platform }) => platform.type)), report);
  const isIncluded = matcherOf(raw["include"]);
  const isExcluded = matcherOf(raw["exclude"]);
  const options = optionsOf(raw["items"]);

  const isWanted = ({ relative, platform }: ItemFolder) =>
    (types === undefined || types.includes(platform.type)) &&
    (isIncluded?.(relative) ?? true) &&
    !isExcluded?.(relative);
  const wanted = found.filter(isWanted);
  if (found.length > 0 && wanted.length === 0)
    report("from", `holds ${found.length} items, and include, exclude and types leave none of them`);
  const paths = wanted.map(({ relative }) => relative);
  for (const path of options.keys())
    if (!paths.map(composed).includes(path)) {
      const meant = closestName(path, paths);
      report("items", `names ${path}, which is no item of this folder${meant ? `; did you mean ${meant}?` : ""}`);
    }
  const resolve = (folder: ItemFolder): ResolvedItem => {
    const { platform, path, parent, place } = folder;
    const { logicalId, creationPayload } = platform;
    return {
      ...{ type: platform.type, displayName: platform.displayName, description: platform.description },
      ...{ path, parent, logicalId, isOfFolder: true, payload: creationPayload, relative: folder.relative },
      folder: folderOf(`${base}/${place.join("/")}`, (message) =>
        report("from", `${path}: its place in the workspace ${message}`),
      ),
      optionsKey: options.get(composed(folder.relative)),
      name: textOf(entryOf(entryOf(raw["items"])[options.get(composed(folder.relative)) ?? ""])["name"]),
    };
  };
  const isAdopted = (folder: ItemFolder) =>
    isYes(raw["adopt"]) || isYes(entryOf(entryOf(raw["items"])[options.get(folder.relative) ?? ""])["adopt"]);
  for (const folder of wanted)
    checkPlatform(folder, { types, isAdopted: isAdopted(folder) }, (key, message) =>
      report("from", `${message}${lineInPlatform(join(projectRoot, folder.path), ["metadata", key])}`),
    );
  return {
    items: wanted.map(resolve),
    left: found.filter((folder) => !wanted.includes(folder)).map(resolve),
    warnings: unnamed.map((path) => `${path} has no .platform file, so it is no item and is left alone`),
  };
}

const NOTHING = { items: [], unnamed: [] };

function foundIn(
  from: unknown,
  projectRoot: string,
  report: (message: string) => void,
): Pick<FoundFolders, "items" | "unnamed"> {
  const text = textOf(from);
  if (text === undefined) return NOTHING;
  try {
    const path = insideProject(text);
    const { items, problems, unnamed } = findItemFolders(projectRoot, path);
    for (const { message } of problems) report(message);
    if (items.length === 0 && problems.length === 0)
      report(`${path} holds no item: an item is a folder with a .platform file, in Fabric's Git format`);
    return { items, unnamed };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") report(`${text} does not exist`);
    else if (code === "ENOTDIR") report(`${text} is a file: name the folder that holds the items`);
    else report(messageOf(error));
    return NOTHING;
  }
}

/** What the service would refuse in the middle of a deployment. */
function checkPlatform(
  { path, platform }: ItemFolder,
  { types, isAdopted }: { readonly types: readonly string[] | undefined; readonly isAdopted: boolean },
  report: (key: "type" | "displayName" | "description", message: string) => void,
): void {
  const { type, displayName, description } = platform;
  const file = `${path}/.platform`;
  const known = knownItemType(type.trim());
  // a type that is newer than this version can be named on purpose
  if (known === undefined && !types?.includes(type)) {
    const meant = misspelledType(type);
    report(
      "type",
      `${file} has the type ${type}, which this version does not know${meant ? `; did you mean ${meant}?` : "."} If the ` +
        `service knows it, name it in types`,
    );
  } else if (known !== undefined && known !== type)
    report("type", `${file} has the type ${type}, which is spelled ${known}`);
  else if (!isAdopted && !canBeMade(type))
    report("type", `${file} has the type ${type}, which the service lets nobody make: exclude the item`);
  const fault = displayNameFault(displayName);
  if (fault !== undefined) report("displayName", `${file} has a displayName ${fault}`);
  // an item that exists already has a name that the service has taken
  const wrong = isAdopted ? undefined : itemNameProblem(type, displayName);
  if (wrong) report("displayName", `${file}: the displayName '${displayName}' ${wrong}`);
  if ((description ?? "").length > MAX_TEXT)
    report("description", `${file} has a description of more than ${MAX_TEXT} characters`);
}

/** @param present the types of the folder's items */
function typesOf(
  raw: unknown,
  present: ReadonlySet<string>,
  report: (key: string, message: string) => void,
): readonly string[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  const types = raw.filter((type) => typeof type === "string");
  for (const type of types) {
    const known = knownItemType(type);
    if (known !== undefined && known !== type) report("types", `${type} is spelled ${known}`);
    const meant = present.has(type) ? undefined : misspelledType(type);
    if (meant) report("types", `no item has the type ${type}; did you mean ${meant}?`);
  }
  return types;
}

/** Whether a glob of the list matches an item's folder or a folder above it; undefined without a list. */
function matcherOf(raw: unknown): ((relative: string) => boolean) | undefined {
  if (!Array.isArray(raw)) return undefined;
  const globs = raw
    .filter((glob) => typeof glob === "string")
    .map((glob) => composed(glob.replace(/^\.?\//, "").replace(/\/$/, "")));
  if (globs.length === 0) return undefined;
  // a pattern without a slash means the name of a folder, at whatever depth
  const matchers = globs.map((glob) => picomatch(glob, { dot: true, nocase: true, basename: !glob.includes("/") }));
  return (relative) => {
    const names = composed(relative).split("/");
    const paths = names.map((_, index) => names.slice(0, index + 1).join("/"));
    return paths.some((path) => matchers.some((matches) => matches(path)));
  };
}

/** Keys of single items' options, by the folder that they mean. */
const optionsOf = (raw: unknown): ReadonlyMap<string, string> =>
  new Map(Object.keys(entryOf(raw)).map((key) => [composed(key.replace(/^\.?\//, "").replace(/\/$/, "")), key]));

/** One form of letters with accents: some systems store the letter and the accent apart in names of files. */
const composed = (name: string) => name.normalize("NFC");
