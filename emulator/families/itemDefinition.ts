import { ServiceError } from "../core/service.ts";
import type { Call } from "../core/service.ts";

/** One file of an item's definition. */
export interface Part {
  readonly path: string;
  readonly payload: string;
  readonly payloadType: string;
}

/** The content of `.platform`. */
interface Named {
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
}

/** @throws ServiceError if the service would refuse the definition */
export function partsOf(call: Call): Part[] {
  const { parts } = (call.body["definition"] ?? {}) as { parts?: unknown };
  if (!Array.isArray(parts) || parts.length === 0)
    throw new ServiceError(400, "MissingDefinitionParts", "The definition has no parts");
  for (const part of parts as Partial<Part>[]) {
    if (!part.path || typeof part.payload !== "string")
      throw new ServiceError(400, "InvalidDefinitionParts", "A part needs path and payload");
    if (part.payloadType !== "InlineBase64")
      throw new ServiceError(400, "UnsupportedPayloadType", "Only InlineBase64 is supported");
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(part.payload))
      throw new ServiceError(400, "CorruptedPayload", `The payload of ${part.path} is no base64`);
  }
  return parts as Part[];
}

/** The part that identifies the item, in the format of exports. */
export function platformPart(
  { type, displayName, description }: Named,
  logicalId = "00000000-0000-0000-0000-000000000000",
): Part {
  const text = JSON.stringify(
    {
      $schema:
        "https://developer.microsoft.com/json-schemas/fabric/gitIntegration/platformProperties/2.0.0/schema.json",
      metadata: { type, displayName, ...(description && { description }) },
      config: { version: "2.0", logicalId },
    },
    null,
    2,
  );
  return { path: ".platform", payload: Buffer.from(text).toString("base64"), payloadType: "InlineBase64" };
}

/** Content of an item that was made without a definition. */
export function defaultParts({ type }: { readonly type: string }): Part[] {
  const empty: Readonly<Record<string, readonly [string, string]>> = {
    Notebook: ["notebook-content.py", "# Fabric notebook source\n"],
    DataPipeline: ["pipeline-content.json", '{"properties":{"activities":[]}}'],
    Lakehouse: ["lakehouse.metadata.json", "{}"],
  };
  const [name, text] = empty[type] ?? ["content.json", "{}"];
  return [{ path: name, payload: Buffer.from(text).toString("base64"), payloadType: "InlineBase64" }];
}

/**
 * A definition as the service might return it: parts in another order, Windows line ends, JSON on one line with reversed keys,
 * outputs in notebooks, and an addition to pipelines.
 */
export function rewritten(parts: readonly Part[]): Part[] {
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
