import { defaultCaller } from "../../../emulator/families/identity.ts";
import type { EngineStack } from "./engineStack.ts";

/** Collections that are history, not condition. */
const HISTORY = ["operations", "reservations", "branches", "recoverableItems"];
/** Fields that tell a time, how far a read has come, an id that Git gives, or the last publish of an environment. */
const PASSING = ["syncedAt", "readyAt", "assignmentReads", "logicalId", "publish"];

/**
 * Everything the emulator has, without times and history, in order, and with names instead of the ids of what may have
 * been made again. Equal names show as equal values, so duplicates are seen.
 */
export function worldOf({ emulator }: Pick<EngineStack, "emulator">): unknown {
  const names = namesOf(emulator.state());
  const collections = Object.entries(emulator.state()).filter(([name]) => !HISTORY.includes(name));
  return Object.fromEntries(
    collections.map(([name, objects]) => {
      const lines = (objects as object[]).map((object) => {
        const text = JSON.stringify(object, (key, value: unknown) => conditionOf(key, value));
        return names.reduce((named, [id, title]) => named.replaceAll(id, title), text);
      });
      return [name, lines.sort()];
    }),
  );
}

/** Ids of objects of every collection that have names, with the names to show in their place. */
function namesOf(state: Readonly<Record<string, unknown>>): [id: string, title: string][] {
  const all = Object.entries(state).flatMap(([name, objects]) =>
    HISTORY.includes(name) ? [] : (objects as Named[]).map((object) => ({ collection: name, object })),
  );
  const nameOf = ({ displayName, name, body }: Named) => displayName ?? name ?? body?.displayName;
  const workspaces = new Map(
    all.flatMap(({ collection, object }) => (collection === "workspaces" ? [[object.id, nameOf(object)]] : [])),
  );
  return all.flatMap(({ collection, object }): [string, string][] => {
    const name = nameOf(object);
    if (name === undefined) return [];
    const { workspaceId } = object;
    const within = workspaceId === undefined ? "" : ` in ${workspaces.get(workspaceId) ?? workspaceId}`;
    return [[object.id, `${[collection, object.type, name].filter(Boolean).join(" ")}${within}`]];
  });
}

/** What names an object at the service. */
interface Named {
  readonly id: string;
  readonly displayName?: string;
  readonly name?: string;
  readonly type?: string;
  readonly workspaceId?: string;
  /** The emulator keeps connections and gateways as they are shown. */
  readonly body?: { readonly displayName?: string };
}

function conditionOf(key: string, value: unknown): unknown {
  if (PASSING.includes(key)) return undefined;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    // an object that was changed has its keys in another order than one that was made
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  }
  if (key !== "parts" || !Array.isArray(value)) return value;
  // holds the id that Git gives
  return (value as { path: string }[]).filter(({ path }) => path !== ".platform");
}

/** What is at the service and in no state, but for what the service or Git puts there by itself. */
export async function orphansOf(stack: EngineStack): Promise<string[]> {
  const { workspaces, roles, folders, items, gitConnections } = stack.emulator.service;
  const known = new Set((await stack.state()).deployment.resources?.flatMap(({ id }) => id?.toLowerCase() ?? []));
  const isDeployer = (principalId: string) => principalId === defaultCaller(stack.emulator.service);
  const isByItself = ({ type, displayName }: { type: string; displayName: string }) =>
    type === "SQLEndpoint" || displayName === "exploration";
  const all = [
    ...workspaces.all().map(({ id }) => id),
    ...roles.all().flatMap((role) => (isDeployer(role.principalId) ? [] : [`${role.workspaceId}/${role.principalId}`])),
    ...folders.all().map(({ workspaceId, id }) => `${workspaceId}/${id}`),
    ...items.all().flatMap((item) => (isByItself(item) ? [] : [`${item.workspaceId}/${item.id}`])),
    ...gitConnections.all().map(({ id }) => id),
  ];
  return all.filter((id) => !known.has(id.toLowerCase()));
}
