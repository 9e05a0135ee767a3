import { structuredPatch } from "diff";
import type { Family } from "../core/family.ts";
import type { Service } from "../core/service.ts";
import type { CollectionDeclaration, Stored } from "../core/store.ts";
import type { Version } from "./versions.ts";

/* What the portal shows, from the declarations of the families alone: a new family is there without a line about it here. */

/** A collection as the page draws it. */
export interface DrawnCollection {
  readonly name: string;
  readonly family: string;
  /** Property with the id of the owner, by the owner's collection. */
  readonly ownedBy: Readonly<Record<string, string>>;
  /** Property with the id of the container, by the container's collection. */
  readonly liesIn: Readonly<Record<string, string>>;
  readonly objects: readonly DrawnObject[];
}

/** An object in a list. */
export interface DrawnObject {
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Its properties without long ones, and what its family adds. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Most objects of a collection in the page's lists. */
const MOST_OBJECTS = 2_000;
/** Longest value in a list, as JSON. */
const LONGEST_VALUE = 300;
/** Longest file whose differences are computed. */
const LONGEST_FILE = 200_000;

/** All collections, in the order of the families. */
export function drawnCollections(families: readonly Family[], service: Service): DrawnCollection[] {
  return families.flatMap(({ name: family, collections = {} }) =>
    Object.values(collections).map((declaration) => ({
      name: declaration.name,
      family,
      ownedBy: declaration.ownedBy,
      liesIn: declaration.liesIn,
      objects: service.store
        .collection(declaration.name)
        .all()
        .slice(-MOST_OBJECTS)
        .map((object) => drawn(object, declaration, service)),
    })),
  );
}

function drawn(object: Stored, { shows }: CollectionDeclaration, service: Service): DrawnObject {
  // some families keep the service's own words in one property
  const { body, ...own } = object as Stored & { readonly body?: unknown };
  const all = { ...own, ...(typeof body === "object" ? body : {}), ...shows?.(object.id, service as never) };
  const values = Object.entries(all).flatMap(([key, value]) =>
    key === "id" ? [] : [[key, shortened(value)] as const],
  );
  return { id: object.id, name: nameOf(all, object.id), values: Object.fromEntries(values) };
}

function nameOf(values: Readonly<Record<string, unknown>>, id: string): string {
  for (const key of ["displayName", "name", "userPrincipalName"])
    if (typeof values[key] === "string" && values[key] !== "") return values[key];
  return id;
}

/** A value for a list: files without their content, long values cut. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value) && value.every(isPart)) return value.map(({ path }) => path);
  const text = JSON.stringify(value) ?? "";
  return text.length <= LONGEST_VALUE ? value : `${text.slice(0, LONGEST_VALUE)}…`;
}

const isPart = (value: unknown): value is { path: string; payload: string } =>
  typeof value === "object" && value !== null && "path" in value && "payload" in value;

/** A file with its text. */
export interface TextFile {
  readonly path: string;
  /** Undefined for content that is no text. */
  readonly text: string | undefined;
}

/** An object in full, as files: its properties as one of them, and those of its definition. */
export function filesOf(object: Stored): TextFile[] {
  const files: TextFile[] = [];
  const rest = Object.fromEntries(
    Object.entries(object).map(([key, value]: [string, unknown]) => {
      if (!Array.isArray(value) || value.length === 0 || !value.every(isPart)) return [key, value];
      for (const { path, payload } of value) files.push({ path, text: textOf(payload) });
      return [key, value.map(({ path }) => path)];
    }),
  );
  return [{ path: "properties", text: JSON.stringify(rest, null, 2) }, ...files];
}

function textOf(payload: string): string | undefined {
  const text = Buffer.from(payload, "base64").toString();
  return text.includes("\u0000") ? undefined : text;
}

/** What changed from one version of an object to the next. */
export interface VersionChange {
  readonly at: string;
  readonly files: readonly { readonly path: string; readonly lines: readonly string[] }[];
}

/** The changes between versions, newest first. */
export function changesBetween(versions: readonly Version[]): VersionChange[] {
  return versions
    .flatMap((version, index) => {
      const before = versions[index - 1];
      return before ? [{ at: version.at, files: differences(filesOf(before.value), filesOf(version.value)) }] : [];
    })
    .reverse();
}

function differences(before: readonly TextFile[], after: readonly TextFile[]): VersionChange["files"] {
  const paths = [...new Set([...after, ...before].map(({ path }) => path))];
  const of = (files: readonly TextFile[], path: string) => files.find((file) => file.path === path);
  return paths.flatMap((path) => {
    const [old, now] = [of(before, path)?.text ?? "", of(after, path)?.text ?? ""];
    if (old === now) return [];
    if (old.length + now.length > LONGEST_FILE) return [{ path, lines: ["@@ too long to compare @@"] }];
    const { hunks } = structuredPatch("", "", old, now, undefined, undefined, { context: 2 });
    const lines = hunks.flatMap((hunk) => [
      `@@ line ${hunk.newStart} @@`,
      ...hunk.lines.filter((line) => !line.startsWith("\\")),
    ]);
    return [{ path, lines }];
  });
}
