import { z } from "zod";
import type { Json } from "./stackSchema.ts";

/* TypeScript types as text, made from schemas of values. */

/** The JSON Schema of what a schema accepts. */
export const acceptedBy = (schema: z.ZodType): Json =>
  z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" });

/** Leaves each part of a type as it is; the text then has no comments either. */
export const asItIs = (type: string): string => type;

/**
 * The type of values.
 * @param wrap the type of a part, from its own type and its path: `(type) => Input<type>`
 */
export function typeText(schema: Json, wrap: (type: string, path: string) => string, path = ""): string {
  const { type, properties, additionalProperties, items } = schema;
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return [...new Set(variants.map((one) => typeText(one, wrap, path)))].join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  // a file may have "true" in quotes; a program has no reason to
  if (Array.isArray(type) && type.includes("boolean") && schema.pattern !== undefined) return "boolean";
  if (Array.isArray(type)) return type.map((one) => typeText({ type: one }, wrap, path)).join(" | ");
  if (properties) return objectText(schema, wrap, path);
  if (typeof additionalProperties === "object") {
    const value = typeText(additionalProperties, wrap, path);
    return `Readonly<Record<string, ${wrap(value, `${path}[]`)}>>`;
  }
  if (items !== undefined) return `readonly ${bracketed(wrap(typeText(items as Json, wrap, path), `${path}[]`))}[]`;
  const known: Readonly<Record<string, string>> = {
    string: "string",
    number: "number",
    integer: "number",
    boolean: "boolean",
  };
  return (typeof type === "string" ? known[type] : undefined) ?? (type === "object" ? "object" : "unknown");
}

const bracketed = (type: string) => (type.includes(" | ") && !/^\w+<.*>$/s.test(type) ? `(${type})` : type);

function objectText(
  { properties = {}, required = [] }: Json,
  wrap: (type: string, path: string) => string,
  path: string,
): string {
  const lines = Object.entries(properties).map(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const schema = value as Json;
    return propertyText({
      name: key,
      type: wrap(typeText(schema, wrap, at), at),
      isRequired: required.includes(key) && schema.default === undefined,
      says: wrap === asItIs ? "" : saysOf(schema),
    });
  });
  return `{\n${lines.join("\n")}\n}`;
}

/** What a schema says of its values: its description, its default and what its absence means. */
export function saysOf(schema: Json): string {
  const { absent } = schema as { readonly absent?: unknown };
  const without = typeof absent === "string" ? absent : undefined;
  const fallback = schema.default === undefined ? without : `\`${JSON.stringify(schema.default)}\``;
  return [schema.description ?? "", ...(fallback === undefined ? [] : [`@default ${fallback}`])].join("\n").trim();
}

/** A property of a type. */
export interface Property {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** Its documentation; empty if there is none. */
  readonly says: string;
  /** Words before its name. @default readonly */
  readonly words?: string;
}

/** A property with its documentation, as lines of code. */
export function propertyText({ name, type, isRequired, says, words = "readonly" }: Property): string {
  return `${commentText(says)}${words} ${name}${isRequired ? "" : "?"}: ${type};`;
}

/** A documentation comment, with a line break at its end; empty without a text. */
export function commentText(says: string): string {
  if (says === "") return "";
  const lines = says.replaceAll("*/", "*\\/").split("\n");
  return lines.length === 1
    ? `/** ${lines[0]} */\n`
    : `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */\n`;
}
