import type { Part } from "./model.ts";
import type { Levers, Reply } from "./service.ts";

/*
 * The service does not spell everything as it was told, and not today as last year. What it means stays the same.
 */

const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

/** An answer in the spelling that the levers ask for. */
export function respelled(reply: Reply, { omitEmptyDescriptions, upperCaseIds }: Levers): Reply {
  if (!reply.body || !(omitEmptyDescriptions || upperCaseIds)) return reply;
  let text = JSON.stringify(reply.body, (key, value: unknown) =>
    omitEmptyDescriptions && key === "description" && value === "" ? undefined : value,
  );
  if (upperCaseIds) text = text.replace(ID, (id) => id.toUpperCase());
  return { ...reply, body: JSON.parse(text) as unknown };
}

/**
 * The parts of a definition in another order, with Windows line ends, with JSON on one line and its keys turned round, with
 * outputs in notebooks, and with what the service adds to pipelines.
 */
export function rewritten(parts: readonly Part[]): Part[] {
  return parts.toReversed().map(({ path, payload, payloadType }) => {
    const text = respelledText(path, Buffer.from(payload, "base64").toString());
    // bytes that are no text
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
