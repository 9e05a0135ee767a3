import { readdirSync, statSync } from "node:fs";
import { extname, join, posix } from "node:path";
import { knownItemType } from "../api/itemType.ts";
import { readPlatform } from "../api/itemDefinition.ts";
import type { Platform } from "../api/itemDefinition.ts";
import { messageOf } from "../api/messageOf.ts";

/** An item found in a directory tree. */
export interface ItemFolder {
  /** The item's folder, relative to the project, with `/` between folders. */
  readonly path: string;
  /** The item's folder, relative to the root of the tree. */
  readonly relative: string;
  /** Folders between the root and the item: the item's folder in the workspace. A child has the place of its parent. */
  readonly place: readonly string[];
  /** Path of the item that this item is a child of: an eventhouse's KQL databases lie in its `.children`. */
  readonly parent?: string | undefined;
  readonly platform: Platform;
}

/** A fault in a directory tree. */
export interface ContentProblem {
  /** File or folder, relative to the project. */
  readonly path: string;
  /** The fault, which names the path. */
  readonly message: string;
}

/** What a directory tree holds. */
export interface FoundFolders {
  /** Items in the order of their paths. */
  readonly items: readonly ItemFolder[];
  readonly problems: readonly ContentProblem[];
  /** Folders that are named as items and are none, because they have no `.platform` file. */
  readonly unnamed: readonly string[];
}

const PLATFORM = ".platform";
const OLD_PLATFORM = "item.metadata.json";
/** Holds the children of an item. */
const CHILDREN = ".children";
/** Trees that hold nothing for a workspace, and may be large. Folders whose names begin with a dot are left out anyway. */
const LEFT_OUT = new Set(["node_modules", "__pycache__"]);

/**
 * Finds the items in a tree of folders in Fabric's Git format. A folder with a `.platform` file is an item; all other folders
 * are folders of the workspace. Folders that hold no item count for nothing.
 * @param projectRoot folder of Pulumi.yaml
 * @param from root of the tree, relative to the project
 * @throws Error if the root is no folder
 */
export function findItemFolders(projectRoot: string, from: string): FoundFolders {
  const items: ItemFolder[] = [];
  const problems: ContentProblem[] = [];
  const unnamed: string[] = [];
  walk({ relative: "", place: [], parent: undefined });
  return { items, problems, unnamed };

  function walk({ relative, place, parent }: Pick<ItemFolder, "relative" | "place" | "parent">): void {
    const path = posix.join(from, relative);
    const entries = readdirSync(join(projectRoot, path), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    const isItem = entries.some(({ name }) => name === PLATFORM);
    // readPlatform tells what to do about an item in the first version of the format
    const isOldItem = !isItem && entries.some(({ name }) => name === OLD_PLATFORM);
    if ((isItem || isOldItem) && relative !== "") {
      try {
        items.push({ path, relative, place, parent, platform: readPlatform(join(projectRoot, path)) });
      } catch (error) {
        const message = messageOf(error);
        problems.push({ path, message: message.replaceAll(join(projectRoot, "/"), "") });
      }
    }
    const misspelled = isItem ? undefined : entries.find(({ name }) => name.toLowerCase() === PLATFORM);
    if (misspelled) {
      const message = `${path}/${misspelled.name} is spelled ${PLATFORM}`;
      problems.push({ path: `${path}/${misspelled.name}`, message });
    }
    const isNamedSo = relative !== "" && knownItemType(extname(relative).slice(1)) !== undefined;
    if (isNamedSo && !isItem && !isOldItem && !misspelled && entries.some((entry) => entry.isFile()))
      unnamed.push(path);
    if (isItem && relative === "") {
      const message = `${from} is an item itself: declare it by path, or name the folder above it`;
      problems.push({ path, message });
      return;
    }
    for (const entry of entries) {
      const { name } = entry;
      const below = relative === "" ? name : `${relative}/${name}`;
      if (!isItem && entry.isSymbolicLink() && isLinkToItems(join(projectRoot, path, name))) {
        const message = `${path}/${name} is a symbolic link. Put the folder itself there.`;
        problems.push({ path: `${path}/${name}`, message });
      }
      if (!entry.isDirectory() || LEFT_OUT.has(name)) continue;
      if (isItem) {
        if (name === CHILDREN) walkChildren(below, place, path);
      } else if (!name.startsWith(".")) {
        walk({
          relative: below,
          place: isItemFolder(join(projectRoot, path, name)) ? place : [...place, name],
          parent,
        });
      }
    }
  }

  /** Children lie where their parent lies. */
  function walkChildren(relative: string, place: readonly string[], parent: string): void {
    const folder = join(projectRoot, from, relative);
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory() && isItemFolder(join(folder, entry.name)))
        walk({ relative: `${relative}/${entry.name}`, place, parent });
  }
}

/** Whether a symbolic link stands for items: it leads to a folder that holds some, or leads nowhere and has the name of an item. */
function isLinkToItems(link: string): boolean {
  const name = posix.basename(link);
  if (LEFT_OUT.has(name) || name.startsWith(".")) return false;
  try {
    return statSync(link).isDirectory() && holdsItem(link, 0);
  } catch {
    return knownItemType(extname(name).slice(1)) !== undefined;
  }
}

/** Deepest folder of a workspace. */
const MAX_DEPTH = 10;

function holdsItem(folder: string, depth: number): boolean {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some(({ name }) => name === PLATFORM)) return true;
  return (
    depth < MAX_DEPTH &&
    entries.some(
      (entry) =>
        entry.isDirectory() &&
        !LEFT_OUT.has(entry.name) &&
        !entry.name.startsWith(".") &&
        holdsItem(join(folder, entry.name), depth + 1),
    )
  );
}

const isItemFolder = (folder: string) => readdirSync(folder).includes(PLATFORM);
