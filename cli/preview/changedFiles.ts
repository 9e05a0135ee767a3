import { join } from "node:path";
import { readDefinitionParts } from "../../lib/api/itemDefinition.ts";
import { textOf } from "../../lib/api/plainText.ts";
import type { TextFile } from "../../lib/content/contentRules.ts";
import { valuesOf, withPool, withValues } from "../../lib/content/itemValues.ts";
import type { NamedPool } from "../../lib/content/itemValues.ts";
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
  readonly projectRoot: string;
  /** The texts that were deployed, by the hash of their definition; undefined if they are not known. */
  deployed(definitionHash: string): Promise<readonly TextFile[] | undefined>;
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
const hashesOf = (state: ResourceState) => (valueOf(state, "parts") ?? {}) as Readonly<Record<string, string>>;

/** The changed files, by the hashes in the state; more of them by the texts, if the state only knows their number. */
async function filesOf(old: ResourceState, next: ResourceState, source: TextSource): Promise<ChangedFile[]> {
  const before = await source.deployed(String(valueOf(old, "definitionHash")));
  const after = textsOf(next, source.projectRoot);
  const [was, becomes] = [hashesOf(old), hashesOf(next)];
  const byPath = (files: readonly TextFile[] = []) => new Map(files.map(({ path, text }) => [path, text]));
  const [oldTexts, newTexts] = [byPath(before), byPath(after)];
  const known = [was, becomes].every((hashes) => !("number of files" in hashes));
  const paths = known ? [...Object.keys(was), ...Object.keys(becomes)] : [...oldTexts.keys(), ...newTexts.keys()];
  return [...new Set(paths)].sort().flatMap((path): ChangedFile[] => {
    const [had, has] = known ? [was[path], becomes[path]] : [oldTexts.get(path), newTexts.get(path)];
    if (path === ".platform" || had === has) return [];
    if (had === undefined) return known || before ? [{ path, change: "added", lines: [] }] : [];
    if (has === undefined) return [{ path, change: "removed", lines: [] }];
    const [one, other] = [oldTexts.get(path), newTexts.get(path)];
    const lines = one === undefined || other === undefined ? [] : lineDifference(one, other);
    return [{ path, change: "changed", lines }];
  });
}

/** The texts as the definition's hash is of them; none if the files cannot be read. */
function textsOf(state: ResourceState, projectRoot: string): TextFile[] {
  const inputs = (state.inputs ?? {}) as {
    readonly path?: string;
    readonly values?: readonly object[];
    readonly sparkPool?: NamedPool;
  };
  try {
    const read = readDefinitionParts(join(projectRoot, inputs.path ?? ""));
    return withPool(withValues(read, valuesOf(inputs)), inputs.sparkPool).flatMap(({ path, payload }) => {
      const text = textOf(Buffer.from(payload, "base64"));
      return text === undefined ? [] : [{ path, text }];
    });
  } catch {
    return [];
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
