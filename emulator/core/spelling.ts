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
