import type { Levers, Reply } from "./service.ts";

/*
 * The service does not always return text in the spelling that it received, and changes its spelling over time. The meaning
 * stays the same.
 */

const ID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

/** A reply in the spelling that the levers demand. */
export function respelled(reply: Reply, { omitEmptyDescriptions, upperCaseIds }: Levers): Reply {
  if (!reply.body || !(omitEmptyDescriptions || upperCaseIds)) return reply;
  let text = JSON.stringify(reply.body, (key, value: unknown) =>
    omitEmptyDescriptions && key === "description" && value === "" ? undefined : value,
  );
  if (upperCaseIds) text = text.replace(ID, (id) => id.toUpperCase());
  return { ...reply, body: JSON.parse(text) as unknown };
}
