import { ServiceError } from "../core/service.ts";
import type { Call, Service } from "../core/service.ts";
import { refusalOfFormat } from "../definitions/byType.ts";
import { defaultDefinition } from "../definitions/defaults.ts";
import { partOf } from "../definitions/definition.ts";
import type { Definition, Part } from "../definitions/definition.ts";
import { inFormat } from "../definitions/formats.ts";
import type { Item } from "./itemStore.ts";
import { itemTypeOf } from "./itemTypes.ts";

export type { Part } from "../definitions/definition.ts";

/** The content of `.platform`. */
interface Named {
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
}

/**
 * The definition in a request's body, with its format if one is given; undefined if there is none.
 * @throws ServiceError if the service would refuse its form. What the parts contain is checked by type
 */
export function definitionOf(call: Call): Definition | undefined {
  const definition = call.body["definition"];
  if (definition === undefined || definition === null) return undefined;
  const { parts, format } = definition as { parts?: unknown; format?: unknown };
  if (!Array.isArray(parts) || parts.length === 0)
    throw new ServiceError(400, "MissingDefinitionParts", "The definition has no parts");
  for (const part of parts as (Partial<Part> | null)[]) {
    if (!part || typeof part.path !== "string" || part.path === "" || typeof part.payload !== "string")
      throw new ServiceError(400, "InvalidDefinitionParts", "A part needs path and payload");
    if (part.payloadType !== "InlineBase64")
      throw new ServiceError(400, "UnsupportedPayloadType", "Only InlineBase64 is supported");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(part.payload))
      throw new ServiceError(400, "CorruptedPayload", `The payload of ${part.path} is no base64`);
  }
  return { parts: parts as Part[], format: typeof format === "string" && format !== "" ? format : undefined };
}

/**
 * The definition of an item, as an answer shows it.
 * @throws ServiceError 400 if the query asks for a format that the service does not know
 */
export function shownDefinition(item: Item, call: Call, service: Service): Definition {
  const wanted = call.query.get("format") || undefined;
  const refusal = refusalOfFormat(item.type, wanted);
  if (refusal) throw new ServiceError(400, refusal.errorCode, refusal.message);
  const own = inFormat(item.type, { format: item.format, parts: item.parts ?? defaultParts(item) }, wanted);
  const isNamed = own.some((part) => part.path === ".platform");
  const parts = service.levers.rewriteDefinitions
    ? [...rewritten(own.filter((part) => part.path !== ".platform")), platformPart(item, item.id)]
    : isNamed
      ? own
      : [...own, platformPart(item)];
  const format = formatOf(item, own);
  return { ...(format && { format }), parts };
}

/** The format that the answer names; most types name none. A report has the format in which it is stored. */
function formatOf({ type, format }: Item, parts: readonly Part[]): string | undefined {
  const { format: named } = itemTypeOf(type);
  if (type === "Report") return parts.some(({ path }) => path === "report.json") ? "PBIR-Legacy" : named;
  return named && (format ?? named);
}

/** The part that identifies the item, in the format of exports. */
function platformPart(
  { type, displayName, description }: Named,
  logicalId = "00000000-0000-0000-0000-000000000000",
): Part {
  return partOf(".platform", {
    $schema: "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/platformProperties/2.0.0/schema.json",
    metadata: { type, displayName, ...(description && { description }) },
    config: { version: "2.0", logicalId },
  });
}

/** Content of an item that was made without a definition. */
export const defaultParts = ({ type, parentId }: Pick<Item, "type" | "parentId">): Part[] =>
  defaultDefinition(type, parentId);

/**
 * A definition as the service might return it: parts in another order, Windows line ends, JSON on one line with reversed keys,
 * outputs in notebooks, and an addition to pipelines.
 */
function rewritten(parts: readonly Part[]): Part[] {
  return parts.toReversed().map(({ path, payload, payloadType }) => {
    const text = respelledText(path, Buffer.from(payload, "base64").toString());
    // binary content
    if (/[\0\uFFFD]/.test(text)) return { path, payload, payloadType };
    return { path, payload: Buffer.from(text).toString("base64"), payloadType };
  });
}

function respelledText(path: string, text: string): string {
  try {
    const content = turnedRound(JSON.parse(text));
    if (path.endsWith(".ipynb")) return JSON.stringify(withOutputs(content));
    if (path !== "pipeline-content.json") return JSON.stringify(content);
    return JSON.stringify({ lastModifiedBy: "the service", ...(content as object) });
  } catch {
    return text.replace(/\n?$/, "\n").replace(/\r?\n/g, "\r\n");
  }
}

function turnedRound(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, inner]) => [key, turnedRound(inner)]));
}

function withOutputs(notebook: unknown): unknown {
  const { cells = [], ...rest } = notebook as { cells?: object[] };
  return { ...rest, cells: cells.map((cell) => ({ ...cell, execution_count: 7, outputs: [{ text: ["7"] }] })) };
}
