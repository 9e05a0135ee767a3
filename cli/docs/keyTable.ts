import { stringify } from "yaml";
import type { Json } from "./stackSchema.ts";

/* Tables of keys, made from the schema of the configuration. */

/** A key of an object, in one of its variants. */
interface Row {
  /** Path from the table's own object: `storageAccount.name`, `operators[].type`. */
  readonly key: string;
  readonly schema: Json;
  readonly isRequired: boolean;
  /** Values of the discriminator that the key is for; undefined for all. */
  readonly only?: readonly string[] | undefined;
}

const head = "| Key | Meaning | Default | Example |\n|---|---|---|---|";

/**
 * The table of an object's keys. Objects below it appear as rows of the same table, unless they have a table of their own.
 * @param path path of the object: empty for the whole configuration, `workspaces[].git`
 * @param hasOwnTable whether the object at a path has its own table
 */
export function keyTable(schema: Json, path: string, hasOwnTable: (path: string) => boolean): string {
  const rows = rowsOf(schema, path, "", hasOwnTable, new Map());
  return [head, ...rows].join("\n");
}

/**
 * The schema of the value at a path.
 * @throws Error if the schema has no such path
 */
export function schemaAt(schema: Json, path: string): Json {
  const steps = path.split(".").filter(Boolean);
  return steps.reduce((holder, step) => {
    const key = step.replace(/\[\]$/, "");
    const found = keysOf(holder).find((row) => row.key === key)?.schema;
    if (!found) throw new Error(`The configuration has no ${path}: correct the name of the table.`);
    return step.endsWith("[]") ? entryOf(found) : found;
  }, schema);
}

function rowsOf(
  schema: Json,
  path: string,
  prefix: string,
  hasOwnTable: (path: string) => boolean,
  seen: Map<string, string>,
): string[] {
  return keysOf(schema).flatMap((row) => {
    const isList = row.schema.type === "array";
    const key = `${row.key}${isList ? "[]" : ""}`;
    const below = isList ? entryOf(row.schema) : row.schema;
    const at = path ? `${path}.${key}` : key;
    const shown = `${prefix}${row.key}`;
    if (hasOwnTable(at)) return [line(shown, row, "below")];
    if (keysOf(below).length === 0) return [line(shown, row, exampleOf(row.schema))];
    const shape = JSON.stringify([below.properties, below.oneOf]);
    const same = seen.get(shape);
    if (same !== undefined) return [line(shown, row, "", ` The same keys as \`${same}\`.`)];
    seen.set(shape, shown);
    return [line(shown, row, ""), ...rowsOf(below, at, `${prefix}${key}.`, hasOwnTable, seen)];
  });
}

const entryOf = (schema: Json): Json =>
  typeof schema.items === "object" && !Array.isArray(schema.items) ? schema.items : {};

/** The keys of an object. If the object has variants, a key that differs between them appears once for each variant. */
function keysOf(schema: Json): Row[] {
  const variants = schema.oneOf ?? [schema];
  const names = new Set(variants.flatMap(({ properties = {} }) => Object.keys(properties)));
  return [...names].flatMap((key) => {
    const rows = variants.flatMap(({ properties = {}, required = [] }): Row[] => {
      const found = properties[key];
      return typeof found === "object"
        ? [{ key, schema: found, isRequired: required.includes(key), only: constOf(properties) }]
        : [];
    });
    const [first] = rows;
    if (!first) return [];
    const constants = rows.flatMap((row) => row.schema.const ?? []);
    const isDiscriminator = variants.length > 1 && constants.length === variants.length;
    if (isDiscriminator) {
      const { const: _, ...rest } = first.schema;
      return [{ ...first, schema: { ...rest, enum: constants }, only: undefined }];
    }
    const isCommon =
      rows.length === variants.length && new Set(rows.map((row) => JSON.stringify(row.schema))).size === 1;
    return isCommon ? [{ ...first, only: undefined }] : rows;
  });
}

/** The value of the key that distinguishes a variant from the others; undefined if no value does. */
function constOf(properties: Readonly<Record<string, unknown>>): string[] | undefined {
  const found = Object.values(properties).flatMap((value) => {
    const fixed = (value as Json).const;
    return typeof fixed === "string" ? [fixed] : [];
  });
  return found.length > 0 ? found : undefined;
}

function line(key: string, row: Row, example: string, also = ""): string {
  const cells = [`\`${key}\``, `${meaningOf(row)}${also}`, defaultOf(row), example];
  // a | ends a cell, even inside code
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").trim()).join(" | ")} |`.replaceAll("|  |", "| |");
}

function meaningOf({ schema, only }: Row): string {
  const { description = "", more, maxLength } = schema as Json & { readonly more?: string };
  const values = (schema.enum ?? []).map(String);
  const isNamed = values.every((value) => description.includes(value));
  const entry = schema.type === "array" ? entryOf(schema) : {};
  const limits = [
    !isNamed && `${values.length === 1 ? "Always" : "One of"} ${values.map(code).join(", ")}.`,
    maxLength !== undefined &&
      !description.includes("characters") &&
      schema.format === undefined &&
      `At most ${maxLength} characters.`,
    schema.maxItems !== undefined && entry.type === "string" && `At most ${schema.maxItems}.`,
  ];
  const link = more && `[More](${more}).`;
  return [only && `${only.map(code).join(", ")}:`, description, ...limits, link].filter(Boolean).join(" ");
}

function defaultOf({ schema, isRequired }: Row): string {
  const { absent } = schema as Json & { readonly absent?: string };
  if (absent !== undefined) return absent;
  if (schema.default !== undefined) return code(inline(schema.default));
  return isRequired ? "required" : "none";
}

const exampleOf = ({ examples }: Json): string => (examples?.[0] === undefined ? "" : code(inline(examples[0])));

const code = (text: string): string => `\`${text}\``;

/** A value in the notation of one YAML line. */
function inline(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: true }).trim();
}
