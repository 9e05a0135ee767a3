import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { textOf, withoutMark } from "./plainText.ts";
import { doubledKey, jsonFault } from "./textFault.ts";
import { readOwnTextFile } from "./textFile.ts";

/** One file of a definition, in the service's format. */
export interface DefinitionPart {
  /** Path below the item's folder, with `/` between folders. */
  readonly path: string;
  /** The file's bytes in base64. */
  readonly payload: string;
  /** The only encoding that the service accepts. */
  readonly payloadType: "InlineBase64";
}

/** Properties of an item in its folder's `.platform` file. */
export interface Platform {
  /** Type of the item, in the service's spelling. */
  readonly type: string;
  /** Name of the item in Fabric. */
  readonly displayName: string;
  /** At most 256 characters at the service; absent if the file has none. */
  readonly description?: string | undefined;
  /** Id by which other items of the same repository refer to this item, in lower case; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
  /** What a new item of a type without definitions needs to know: the collation of a warehouse. */
  readonly creationPayload?: Readonly<Record<string, unknown>> | undefined;
}

/** An item read from its folder. */
export interface ItemDefinition extends Platform {
  /** All files, sorted by path, `.platform` among them. */
  readonly parts: readonly DefinitionPart[];
  /** See {@link hashDefinition}. */
  readonly hash: string;
}

const MEBIBYTE = 1024 * 1024;
/** Largest number of files of one definition. */
const MAX_FILES = 1_000;
/** Largest size of one definition with all its files. The definition is sent as one request, a third larger in base64. */
const MAX_BYTES = 32 * MEBIBYTE;

const PLATFORM = ".platform";
/** The file's predecessor in the first version of the Git format. */
const OLD_PLATFORM = "item.metadata.json";

/**
 * Files and folders in item folders that are no part of the item: child items with a definition of their own (`.children`),
 * personal caches and settings of Power BI Desktop (`.pbi`), leftovers of operating systems and tools.
 */
const IGNORED = new Set(
  [
    ".children",
    ".pbi",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    ".git",
    ".gitattributes",
    ".gitignore",
    ".gitkeep",
    ".ipynb_checkpoints",
    ".vscode",
    "__pycache__",
  ].map((name) => name.toLowerCase()),
);

/**
 * Reads an item's folder in Fabric's Git format.
 * @param path the folder; relative to the current one, or absolute
 * @throws Error if it is no such folder, holds a symbolic link, or exceeds the size of a definition
 * @see https://learn.microsoft.com/fabric/cicd/git-integration/source-code-format
 */
export function readItemDefinition(path: string): ItemDefinition {
  const platform = readPlatform(path);
  const parts = readDefinitionParts(path);
  return { ...platform, parts, hash: hashDefinition(parts) };
}

/** Items that were exported by the API, and not by Git, have this logical id. */
const NO_ID = /^[0-]*$/;

/** Keys that count in a `.platform` file. */
const PLATFORM_KEYS = ["metadata", "config", "type", "displayName", "description", "version", "logicalId"];

const platformSchema = z.object({
  metadata: z.object({
    type: z.string().min(1),
    displayName: z.string().min(1),
    // tools write null for an empty description
    description: z
      .string()
      .nullish()
      .transform((text) => text ?? undefined),
    creationPayload: z.record(z.string(), z.unknown()).optional(),
  }),
  config: z
    .object({
      version: z.union([z.string(), z.number()]).nullish(),
      logicalId: z
        .string()
        .nullish()
        .transform((id) => (id && !NO_ID.test(id) ? id.toLowerCase() : undefined)),
    })
    .optional(),
});

/**
 * Reads only the `.platform` file of an item's folder.
 * @throws Error that names what is missing or wrong
 */
export function readPlatform(path: string): Platform {
  const names = namesIn(path);
  if (!names.includes(PLATFORM)) {
    throw new Error(
      names.includes(OLD_PLATFORM)
        ? `${path} is in the first version of Fabric's Git format (${OLD_PLATFORM}). Commit the item from its workspace again to have a ${PLATFORM} file.`
        : `${path} has no ${PLATFORM} file, so it is not an item's folder in Fabric's Git format.`,
    );
  }
  const file = `${path}/${PLATFORM}`;
  const text = readOwnTextFile(file);
  const fault = jsonFault(text) ?? doubledKey(text, PLATFORM_KEYS);
  if (fault) throw new Error(`${file} ${fault.message}${inLine(fault.line)}.`);
  const parsed = platformSchema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}${lineInPlatform(path, issue.path)}`);
    if (wrong.includes("")) throw new Error(`${file} is no object with metadata.`);
    throw new Error(`${file} lacks a valid ${wrong.join(", ")}.`);
  }
  const { metadata, config } = parsed.data;
  const version = config?.version ?? "2.0";
  // what another version means is not known
  if (!/^2(?:\.|$)/.test(String(version))) {
    const line = lineInPlatform(path, ["config", "version"]);
    throw new Error(`${file} has another version of the format than 2.0${line}.`);
  }
  return { ...metadata, logicalId: config?.logicalId };
}

const inLine = (line: number | undefined) => (line === undefined ? "" : ` (line ${line})`);

/**
 * Where a key of a `.platform` file stands, or the innermost object that lacks it: ` (line 4)`, or nothing for a file that holds
 * none of it.
 */
export function lineInPlatform(path: string, keys: readonly PropertyKey[]): string {
  return inLine(lineOfKey(path, keys));
}

/** A key of a `.platform` file with its line: `items/load.Notebook/.platform:4`. @param path the item's folder, relative to the root */
export function placeInPlatform(root: string, path: string, keys: readonly PropertyKey[]): string {
  return `${path}/${PLATFORM}:${lineOfKey(`${root}/${path}`, keys) ?? 1}`;
}

function lineOfKey(path: string, keys: readonly PropertyKey[]): number | undefined {
  const text = withoutMark(readFileSync(`${path}/${PLATFORM}`, "utf8"));
  let position = -1;
  for (const key of keys) {
    const next = text.indexOf(JSON.stringify(String(key)), position + 1);
    if (next < 0) break;
    position = next;
  }
  return position < 0 ? undefined : text.slice(0, position).split("\n").length;
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw new Error(`${path} does not exist.`);
    if (code === "ENOTDIR") throw new Error(`${path} is a file; an item is a folder in Fabric's Git format.`);
    throw new Error(`${path} cannot be read (${code ?? "unknown"}).`);
  }
}

/**
 * Reads the files of an item's folder, sorted by path.
 * @throws Error if the folder holds a symbolic link, or exceeds the size of a definition
 */
export function readDefinitionParts(root: string): DefinitionPart[] {
  const paths = filesBelow(root, "").sort(byText);
  // sizes are checked first, so that nothing large is ever loaded
  const bytes = paths.reduce((sum, path) => sum + statSync(join(root, path)).size, 0);
  if (paths.length > MAX_FILES || bytes > MAX_BYTES) {
    throw new Error(
      `${root} is too large for a definition: it has ${paths.length} files with ${Math.ceil(bytes / MEBIBYTE)} MiB, and at ` +
        `most ${MAX_FILES} files with ${MAX_BYTES / MEBIBYTE} MiB are sent. Data and build results belong elsewhere.`,
    );
  }
  return paths.map((path) => ({
    path,
    payload: readFileSync(join(root, path)).toString("base64"),
    payloadType: "InlineBase64",
  }));
}

/** Paths below the root with `/` on every system. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name.toLowerCase())) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    // a link could name any file of this machine, and its content would be uploaded
    if (entry.isSymbolicLink()) throw new Error(`${root}/${path} is a symbolic link. Put the file itself there.`);
    if (entry.isDirectory()) return filesBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
}

/**
 * One hash for all spellings of the same definition, on Windows and Linux, and as the service returns it. The following do
 * not count: the order of parts, line ends, a byte order mark, empty lines at the end of a file, the order of keys and white
 * space in JSON, outputs of notebooks, and `.platform`. The service rewrites `.platform`; its type, name and description are
 * inputs of their own, and its ids differ by workspace.
 * @returns sha256 in hexadecimal
 */
export function hashDefinition(parts: readonly DefinitionPart[]): string {
  const content = parts
    .map(({ path, payload }) => [path.replaceAll("\\", "/"), Buffer.from(payload, "base64")] as const)
    .filter(([path]) => path !== PLATFORM)
    .sort(([a], [b]) => byText(a, b))
    .map(([path, bytes]) => [path, ...normalised(path, bytes)]);
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

/** Most files whose hashes are told one by one. */
const MAX_HASHES = 50;

/** What stands in the place of the hashes if there are too many. */
const NUMBER_OF_FILES = "number of files";

/**
 * A short hash of each file, which shows what changed. A definition of many files has only their number.
 * @returns hashes by path, without `.platform`
 */
export function hashParts(parts: readonly DefinitionPart[]): Readonly<Record<string, string>> {
  const files = parts.filter(({ path }) => path !== PLATFORM);
  if (files.length > MAX_HASHES) return { [NUMBER_OF_FILES]: String(files.length) };
  return Object.fromEntries(files.map((file) => [file.path, hashPart(file)]));
}

/** Whether {@link hashParts} named the files one by one. */
export const areNamed = (hashes: Readonly<Record<string, unknown>>): boolean => !(NUMBER_OF_FILES in hashes);

/** The short hash of one file. */
export function hashPart({ path, payload }: Pick<DefinitionPart, "path" | "payload">): string {
  const content = JSON.stringify(normalised(path, Buffer.from(payload, "base64")));
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}

/** The kind of content, and the content in its normal spelling. */
function normalised(path: string, bytes: Buffer): [kind: "json" | "text" | "binary", content: string] {
  const marked = textOf(bytes);
  if (marked === undefined) return ["binary", bytes.toString("base64")];
  const text = withoutMark(marked);
  if (/^\s*[[{]/.test(text)) {
    try {
      const value: unknown = JSON.parse(text, exactNumber as Parameters<typeof JSON.parse>[1]);
      return ["json", JSON.stringify(sorted(path.endsWith(".ipynb") ? withoutOutputs(value) : value))];
    } catch {
      // the file only looks like JSON
    }
  }
  return ["text", text.replace(/\r\n?/g, "\n").replace(/\n+$/, "")];
}

/** Integers that a double cannot hold keep their digits: two different ids must not become one. */
function exactNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isInexact = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isInexact ? { number: context?.source ?? String(value) } : value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => byText(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** A notebook without the outputs of its runs. A cell's source may be one text or a list of lines, and becomes one text. */
function withoutOutputs(notebook: unknown): unknown {
  if (!isObject(notebook) || !Array.isArray(notebook["cells"])) return notebook;
  const cells = notebook["cells"].map((cell: unknown) => {
    if (!isObject(cell)) return cell;
    const { outputs: _outputs, execution_count: _count, source, ...written } = cell;
    return { ...written, source: Array.isArray(source) ? source.join("") : source };
  });
  return { ...notebook, cells };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** By code units: the same order in every locale. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
