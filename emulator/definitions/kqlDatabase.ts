import type { Service } from "../core/service.ts";
import { items } from "../families/itemStore.ts";
import type { Item } from "../families/itemStore.ts";
import { inOperation, needsParts } from "./check.ts";
import type { Check, Sent } from "./check.ts";
import { objectOf } from "./definition.ts";

/** Id of the eventhouse that a KQL database is to be in, as it was sent; undefined if nothing names one. */
export function parentEventhouseId({ definition, creationPayload }: Sent): string | undefined {
  const properties = definition?.parts.find(({ path }) => path === "DatabaseProperties.json");
  const id = (objectOf(properties) ?? creationPayload)?.["parentEventhouseItemId"];
  return typeof id === "string" ? id : undefined;
}

/**
 * The eventhouse must exist in the workspace. An id that only Git integration resolves, such as a logical id, names none.
 * @see https://github.com/clemensv/real-time-sources/issues/960
 */
const parentExists: Check = (sent, { workspaceId }, service) => {
  const id = parentEventhouseId(sent);
  return id === undefined || parentEventhouse(sent, workspaceId, service)
    ? undefined
    : inOperation("ParentEventhouseItemWasNotFound", `The parent eventhouse ${id} was not found.`);
};

/** The eventhouse that a KQL database is to be in; undefined if the workspace has no such one. */
export function parentEventhouse(sent: Sent, workspaceId: string, service: Service): Item | undefined {
  const parent = items.in(service).get(parentEventhouseId(sent) ?? "");
  return parent?.type === "Eventhouse" && parent.workspaceId === workspaceId ? parent : undefined;
}

/** Checks of KQL databases. */
export const kqlDatabaseChecks: readonly Check[] = [needsParts(["DatabaseProperties.json"]), parentExists];
