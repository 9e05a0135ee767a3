import { join, sep } from "node:path";
import { readPlatform } from "../../api/itemDefinition.ts";
import type { Platform } from "../../api/itemDefinition.ts";
import { hasDefinition, knownItemType } from "../../api/itemType.ts";
import { messageOf } from "../../api/messageOf.ts";
import type { Reference } from "../../content/reference.ts";
import type { NamedPool } from "../../content/itemValues.ts";
import type { ItemAttribute, WorkspaceAttribute } from "../../content/values/reference.ts";
import type { Variables } from "../../content/environmentValues.ts";
import type { Value } from "../../content/values/value.ts";
import { declaredNameFault, displayNameFault } from "./displayNameFault.ts";
import { isYes, textOf } from "../entries.ts";
import { insideProject } from "../../project/insideProject.ts";
import { itemNameProblem } from "./itemNames.ts";
import { misspelledType } from "./misspelledType.ts";
import { problemAt } from "../problem.ts";
import type { ConfigPath, Problem } from "../problem.ts";

/** An entry of `items` after a look at its folder. Parts that could not be determined are absent. */
export interface ResolvedItem {
  readonly type?: string | undefined;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  /** Key of the resource. */
  readonly name?: string | undefined;
  /** Folder of the definition, normalised. */
  readonly path?: string | undefined;
  /** Folder of the workspace with a leading slash, or undefined for the root. */
  readonly folder?: string | undefined;
  /** From `.platform`; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
  /** Folder of the item that this item is a child of. */
  readonly parent?: string | undefined;
  /** An entry with `from` has found the item. */
  readonly isOfFolder?: true;
  /** Creation payload from `.platform`, for a type without definitions. */
  readonly payload?: Readonly<Record<string, unknown>> | undefined;
  /** Key of the item's own options in the `items` of an entry with `from`. */
  readonly optionsKey?: string | undefined;
  /** The item's folder below the folder of an entry with `from`. */
  readonly relative?: string;
  /** What the item's files and the rules for them add. */
  readonly content?: ItemContent | undefined;
}

/** What files, and values of an environment, add to an item. What there is not is absent. */
export interface ItemContent {
  /** What the item's content refers to. */
  readonly references?: readonly ItemReference[];
  /** The Spark pool that the environment has instead of the one in the files. */
  readonly sparkPool?: NamedPool;
  /** Ids of the connections that a semantic model is bound to. */
  readonly connections?: readonly string[];
  /** The value set of a variable library that the environment has. */
  readonly activeValueSet?: string | undefined;
  /** Values of the environment that change the item's content. */
  readonly values?: readonly Value[];
  /** Salted hashes of the environment variables that those values take. */
  readonly variables?: Variables;
}

/** A value in an item's content that belongs to another object of the stack. */
export interface ItemReference {
  /** What stands in the content instead of the value ({@link Reference.key}, {@link referenceText}). */
  readonly key: string;
  readonly attribute: Exclude<Reference["attribute"], "workspaceId"> | ItemAttribute | WorkspaceAttribute;
  /** Position of the other object's workspace in the configuration; of no meaning for a named one. */
  readonly workspace: number;
  /** The object is none of this stack: an entry of `fabric:references` names it. */
  readonly named?: { readonly what: "workspace" | "item"; readonly name: string };
  /** Position of the other item in its workspace; absent for the workspace itself. */
  readonly item?: number;
}

/** Deepest folder of a workspace. */
const MAX_FOLDER_DEPTH = 10;
/** @see https://learn.microsoft.com/fabric/fundamentals/workspaces-folders#folder-name-requirements */
const FORBIDDEN_IN_FOLDER = /[~"#.&*:<>?/{|}\\%]/;
const RESERVED_FOLDERS = ["$recycle.bin", "recycled", "recycler"];

/**
 * Resolves one entry of `items`, even if other parts of the entry are wrong.
 * @param raw the entry in the file
 * @param at path of the entry
 * @param problems receives the entry's faults
 */
export function resolveItem(
  raw: Readonly<Record<string, unknown>>,
  at: ConfigPath,
  projectRoot: string,
  problems: Problem[],
): ResolvedItem {
  const report = (key: string, message: string) => problems.push(problemAt([...at, key], message));
  const declared = {
    name: textOf(raw["name"]),
    type: textOf(raw["type"]),
    displayName: textOf(raw["displayName"]),
    path: textOf(raw["path"]),
  };
  const spelled = declared.type && knownItemType(declared.type);
  if (spelled && spelled !== declared.type) report("type", `is spelled ${spelled}`);
  const meant = declared.type && misspelledType(declared.type);
  if (meant) report("type", `${declared.type} is no type of items; did you mean ${meant}?`);

  let platform: Platform | undefined;
  let path: string | undefined;
  if (declared.path !== undefined) {
    try {
      path = insideProject(declared.path);
      platform = readPlatform(join(projectRoot, path));
    } catch (error) {
      const message = messageOf(error);
      report("path", message.replaceAll(`${projectRoot}${sep}`, ""));
    }
    if (raw["creationPayload"] !== undefined) {
      report("creationPayload", "not together with path: the service takes either a definition or a creation payload");
    }
    const type = platform?.type ?? declared.type;
    const meantByFile = platform && misspelledType(platform.type);
    if (meantByFile)
      report("path", `${path}/.platform has the type ${platform?.type}, which is none; did you mean ${meantByFile}?`);
    if (type !== undefined && !hasDefinition(type)) {
      report(
        "path",
        `the service has no definitions for ${type}: declare type and displayName, and bring its content by Git`,
      );
    }
  } else {
    if (raw["type"] === undefined) report("type", "required where there is no path");
    if (raw["displayName"] === undefined && raw["name"] === undefined) {
      report("displayName", "required where there is neither path nor name");
    }
  }
  if (platform && declared.type && declared.type !== platform.type) {
    report("type", `differs from the one in ${path}/.platform, which is ${platform.type}: remove the key`);
  }
  if (platform && declared.displayName && declared.displayName !== platform.displayName) {
    report("displayName", `differs from the one in ${path}/.platform: remove the key, or change it there`);
  }

  const type = platform?.type ?? declared.type;
  const displayName = platform?.displayName ?? declared.displayName ?? (declared.path ? undefined : declared.name);
  const key = type !== undefined && displayName !== undefined ? `${type}/${displayName}` : undefined;
  const holder = platform ? "path" : declared.displayName === undefined ? "name" : "displayName";
  const fault = displayName === undefined ? undefined : displayNameFault(displayName);
  if (fault !== undefined && platform) report(holder, `${path}/.platform has a displayName ${fault}`);
  const declaredFault = platform || displayName === undefined ? undefined : declaredNameFault(displayName);
  if (declaredFault !== undefined) report(holder, declaredFault);
  // an item that exists already has a name that the service has taken
  if (fault === undefined && type !== undefined && displayName !== undefined && !isYes(raw["adopt"])) {
    const problem = itemNameProblem(type, displayName);
    if (problem) report(holder, platform ? `${path}/.platform: the displayName '${displayName}' ${problem}` : problem);
  }
  return {
    type,
    displayName,
    description: textOf(raw["description"]) ?? platform?.description,
    // the key of an item with a path also depends on the state: see `lib/content/itemKeys.ts`
    name: declared.name ?? key,
    path,
    logicalId: platform?.logicalId,
    folder: folderOf(raw["folder"], (message) => report("folder", message)),
  };
}

/** A folder of the workspace with a leading slash; undefined for the root. */
export function folderOf(raw: unknown, report: (message: string) => void): string | undefined {
  const text = textOf(raw);
  if (text === undefined || text === "/") return undefined;
  const names = text.replace(/^\/|\/$/g, "").split("/");
  if (names.length > MAX_FOLDER_DEPTH) report(`must be at most ${MAX_FOLDER_DEPTH} folders deep`);
  const wrong = names.map(wrongFolderName).find((reason) => reason !== undefined);
  if (wrong) report(wrong);
  return `/${names.join("/")}`;
}

function wrongFolderName(name: string): string | undefined {
  if (name === "") return "has an empty folder name";
  if (name.length > 255) return "has a folder name of more than 255 characters";
  if (name !== name.trim()) return "has a folder name that begins or ends with a space";
  if (FORBIDDEN_IN_FOLDER.test(name) || /[\u0000-\u001f\u007f-\u009f]/.test(name)) {
    return 'has a folder name with one of ~ " # . & * : < > ? { | } \\ % or a control character';
  }
  if (RESERVED_FOLDERS.includes(name.toLowerCase())) return "has a folder name that the service keeps for itself";
  return undefined;
}
