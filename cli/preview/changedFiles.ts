import { join } from "node:path";
import { areNamed, hashPart, readDefinitionParts } from "../../lib/api/itemDefinition.ts";
import { textOf } from "../../lib/api/plainText.ts";
import { valuesOf, withPool, withValues } from "../../lib/content/itemValues.ts";
import type { NamedPool } from "../../lib/content/itemValues.ts";
import type { DeployedFile } from "../../lib/transactions/deployedDefinitions.ts";
import { lineDifference } from "../report/lineDifference.ts";
import { objectOf } from "./previewChanges.ts";
import type { PreviewedObject } from "./previewChanges.ts";
import type { PreviewLog, ResourceState, Step } from "./previewLog.ts";

/** A changed file of an item. */
export interface ChangedFile {
  readonly path: string;
  readonly change: "added" | "changed" | "removed";
  /** Lines of a unified difference; none if the former text is not known, or the file is no text. */
  readonly lines: readonly string[];
}

/** What a deployment does to an item of a folder. */
export interface ItemChange extends PreviewedObject {
  /** In the order in which they are told. */
  readonly what: readonly ("created" | "changed" | "renamed" | "moved" | "removed")[];
  readonly files: readonly ChangedFile[];
  /** What the content refers to, if only that is another. */
  readonly hasOtherReferences: boolean;
}

/** Where the texts come from. */
export interface TextSource {
  /** The folder in which the program runs: paths of items start there. */
  readonly programRoot: string;
  /** The files that were deployed, by the hash of their definition; undefined if they are not known. */
  deployed(definitionHash: string): Promise<readonly DeployedFile[] | undefined>;
}

/** The changes of items with files, in the order of the steps. */
export async function itemChangesIn({ steps }: PreviewLog, source: TextSource): Promise<ItemChange[]> {
  const found = await Promise.all(steps.filter(isOfFiles).map((step) => changeOf(step, source)));
  return found.filter(({ what }) => what.length > 0);
}

const isOfFiles = ({ type, old, new: next }: Step) =>
  type.endsWith("dynamic/fabric:Item") && [old, next].some((state) => state?.inputs?.["path"] !== undefined);

async function changeOf(step: Step, source: TextSource): Promise<ItemChange> {
  const { op, old, new: next } = step;
  const object = objectOf(step);
  const none = { ...object, files: [], hasOtherReferences: false };
  if (op === "create" || op === "create-replacement") return { ...none, what: ["created"] };
  if (op === "delete") return { ...none, what: ["removed"] };
  if (op !== "update" || !old || !next) return { ...none, what: [] };
  const differs = (property: string) =>
    JSON.stringify(valueOf(old, property)) !== JSON.stringify(valueOf(next, property));
  const isOther = differs("definitionHash");
  const files = isOther ? await filesOf(old, next, source) : [];
  const hasOtherReferences = !isOther && (differs("references") || differs("variables"));
  return {
    ...object,
    what: [
      ...(isOther || hasOtherReferences ? (["changed"] as const) : []),
      ...(differs("displayName") ? (["renamed"] as const) : []),
      ...(differs("folderId") || differs("path") ? (["moved"] as const) : []),
    ],
    files,
    hasOtherReferences,
  };
}

const valueOf = ({ inputs }: ResourceState, property: string) => inputs?.[property];

/** The files of an item, as far as they are known. */
interface KnownFiles {
  /** Hashes by path, without `.platform`; none if nothing is known. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Whether a file that is not among the hashes is for certain no file of the item. */
  readonly areAll: boolean;
  /** Texts by path; files that are no text, or were too long to keep, have none. */
  readonly texts: ReadonlyMap<string, string>;
}

/** The changed files, as far as they are known for certain: a file is called added or removed only if it was or is not there. */
async function filesOf(old: ResourceState, next: ResourceState, source: TextSource): Promise<ChangedFile[]> {
  const was = knownFiles(old, await source.deployed(String(valueOf(old, "definitionHash"))));
  const becomes = knownFiles(next, filesIn(next, source.programRoot));
  const paths = new Set([...was.hashes.keys(), ...becomes.hashes.keys()]);
  return [...paths].sort().flatMap((path): ChangedFile[] => {
    const [had, has] = [was.hashes.get(path), becomes.hashes.get(path)];
    if (had === has) return [];
    if (had === undefined) return was.areAll ? [{ path, change: "added", lines: [] }] : [];
    if (has === undefined) return becomes.areAll ? [{ path, change: "removed", lines: [] }] : [];
    const [one, other] = [was.texts.get(path), becomes.texts.get(path)];
    const lines = one === undefined || other === undefined ? [] : lineDifference(one, other);
    return [{ path, change: "changed", lines }];
  });
}

/**
 * What state and files together tell of an item.
 * @param files undefined if they cannot be read
 */
function knownFiles(state: ResourceState, files: readonly DeployedFile[] | undefined): KnownFiles {
  const texts = new Map(files?.flatMap(({ path, text }) => (text === undefined ? [] : [[path, text]])));
  const named = valueOf(state, "parts") as Readonly<Record<string, string>> | undefined;
  if (named && areNamed(named)) return { hashes: new Map(Object.entries(named)), areAll: true, texts };
  const hashes = new Map(
    files?.flatMap((file) => (file.path === ".platform" ? [] : [[file.path, file.hash ?? hashOfText(file)]])),
  );
  const isWithoutContent = named === undefined && valueOf(state, "definitionHash") === undefined;
  const areAll = isWithoutContent || (files?.length ? files.every(({ hash }) => hash !== undefined) : false);
  return { hashes, areAll, texts };
}

const hashOfText = ({ path, text = "" }: DeployedFile) =>
  hashPart({ path, payload: Buffer.from(text).toString("base64") });

/** The files as the definition's hash is of them; undefined if they cannot be read. */
function filesIn(state: ResourceState, programRoot: string): readonly DeployedFile[] | undefined {
  const inputs = (state.inputs ?? {}) as {
    readonly path?: string;
    readonly values?: readonly object[];
    readonly sparkPool?: NamedPool;
  };
  if (inputs.path === undefined) return undefined;
  try {
    const read = readDefinitionParts(join(programRoot, inputs.path));
    return withPool(withValues(read, valuesOf(inputs)), inputs.sparkPool).map((part) => {
      const text = textOf(Buffer.from(part.payload, "base64"));
      return { path: part.path, hash: hashPart(part), ...(text !== undefined && { text }) };
    });
  } catch {
    return undefined;
  }
}

/** Most lines of one file, and of all files together. */
const MOST_LINES = 40;
const MOST_LINES_OF_ALL = 400;

/** The table of changed items, with the lines of changed texts; none without changes. */
export function itemChangeLines(changes: readonly ItemChange[]): string[] {
  let room = MOST_LINES_OF_ALL;
  const rows = changes.flatMap((change) => {
    const { workspace, name, what, files, hasOtherReferences } = change;
    const place = workspace === undefined ? name : `${workspace}/${name}`;
    const told = files.map((file) => fileWords(file));
    const more = hasOtherReferences ? ["what it refers to"] : [];
    const head = `  ${what.join(", ").padEnd(8)} ${place}${[...told, ...more].length > 0 ? `: ${[...told, ...more].join(", ")}` : ""}`;
    const lines = files.flatMap(({ path, lines: all }) => {
      const shown = all.slice(0, Math.max(0, Math.min(MOST_LINES, room)));
      room -= shown.length;
      const cut = all.length - shown.length;
      return shown.length === 0
        ? []
        : [`      ${path}`, ...shown.map((line) => `      ${line}`), ...(cut > 0 ? [`      … ${cut} more lines`] : [])];
    });
    return [head, ...lines];
  });
  if (rows.length === 0) return [];
  const counts = (["created", "changed", "renamed", "moved", "removed"] as const).flatMap((word) => {
    const count = changes.filter(({ what }) => what.includes(word)).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return [`Content of items: ${counts.join(", ")}`, ...rows];
}

/** `notebook-content.py +1 -1`. */
function fileWords({ path, change, lines }: ChangedFile): string {
  if (change !== "changed") return `${path} ${change}`;
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return lines.length === 0 ? `${path} changed` : `${path} +${count("+")} -${count("-")}`;
}
