import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { idShape, itemShape, workspaceShape } from "../../../lib/api/objects.ts";
import { referencedThing } from "../../../lib/config/names.ts";
import type { ReferenceKey } from "../../../lib/config/names.ts";
import { butForSpaces, spacedName } from "../../engine/edgeSpace.ts";
import { sameIgnoringCase } from "../../engine/field.ts";
import type { Run } from "../../run/run.ts";
import { visibleCapacities } from "../../run/visible.ts";

/* Looks objects of others up by their names. A run reads each list once. */

/** What a reference names: the display name or the id of one thing. */
export interface Referenced {
  readonly name?: string | undefined;
  /** The workspace, or with `item` the workspace that holds it. */
  readonly workspace?: string | undefined;
  readonly item?: string | undefined;
  /** Type of the item. */
  readonly type?: string | undefined;
  readonly connection?: string | undefined;
  readonly capacity?: string | undefined;
  readonly gateway?: string | undefined;
}

/** What was found. */
export interface Found {
  /** Id of the object. */
  readonly targetId: string;
  /** Workspace of an item, and of a workspace itself. */
  readonly workspaceId?: string | undefined;
  readonly displayName?: string | undefined;
  /** Object id of a workspace's identity. */
  readonly servicePrincipalId?: string | undefined;
}

/** What a reference looks up. */
const thingOf = (reference: Referenced): ReferenceKey | undefined => referencedThing({ ...reference });

const namedShape = z.object({ id: idShape, displayName: optional(z.string()) });
const identityShape = z.object({
  id: idShape,
  workspaceIdentity: optional(z.object({ servicePrincipalId: optional(z.string()) })),
});

/**
 * Looks up what a reference names.
 * @throws Error if nothing has the name, or several have it, with the ids of all
 */
export async function lookUp(run: Pick<Run, "get" | "listOnce">, reference: Referenced): Promise<Found> {
  const { workspace = "", item = "", connection = "", capacity = "", gateway = "" } = reference;
  const title = `reference '${reference.name ?? "?"}'`;
  switch (thingOf(reference)) {
    case "workspace": {
      const { id, displayName } = await workspaceNamed(run, title, workspace);
      const { workspaceIdentity } = await run.get(
        `/workspaces/${id}`,
        `read workspace '${displayName}'`,
        identityShape,
      );
      const servicePrincipalId = workspaceIdentity?.servicePrincipalId;
      return { targetId: id, workspaceId: id, displayName, servicePrincipalId };
    }
    case "item": {
      const { id: workspaceId } = await workspaceNamed(run, title, workspace);
      const all = await run.listOnce(`/workspaces/${workspaceId}/items`, "list items", itemShape);
      const { type } = reference;
      const ofType = all.filter((one) => type === undefined || sameIgnoringCase(one.type, type));
      const what = `${type ?? "item"} '${item}' in workspace '${workspace}'`;
      const found = theOne(ofType, item, title, what);
      return { targetId: found.id, workspaceId, displayName: found.displayName };
    }
    case "connection":
      return ofList(
        await run.listOnce("/connections", "list connections", namedShape),
        connection,
        title,
        "connection",
      );
    case "capacity":
      return ofList(await visibleCapacities(run), capacity, title, "capacity");
    case "gateway":
      return ofList(await run.listOnce("/gateways", "list gateways", namedShape), gateway, title, "gateway");
    case undefined:
      throw new Error(
        `${title} names not exactly one of workspace, item with its workspace, connection, capacity, gateway.`,
      );
  }
}

const workspaceNamed = async (run: Pick<Run, "listOnce">, title: string, nameOrId: string) =>
  theOne(
    await run.listOnce("/workspaces", "list workspaces", workspaceShape),
    nameOrId,
    title,
    `workspace '${nameOrId}'`,
  );

function ofList(all: readonly z.output<typeof namedShape>[], nameOrId: string, title: string, what: string): Found {
  const { id, displayName } = theOne(all, nameOrId, title, `${what} '${nameOrId}'`);
  return { targetId: id, displayName };
}

/** The object with that id, else the only one with that display name. */
function theOne<T extends { readonly id: string; readonly displayName?: string | undefined; readonly type?: string }>(
  all: readonly T[],
  nameOrId: string,
  title: string,
  what: string,
): T {
  const byId = all.find(({ id }) => sameIgnoringCase(id, nameOrId));
  if (byId) return byId;
  const [found, ...others] = all.filter(({ displayName }) => sameIgnoringCase(displayName, nameOrId));
  const spaced = found
    ? undefined
    : butForSpaces(all, ({ displayName }) => sameIgnoringCase(displayName, nameOrId.trim()));
  if (spaced) throw new Error(`${title}: ${spacedName(`the ${what},`, spaced.id)}: rename it, or give its id.`);
  if (!found)
    throw new Error(
      `${title}: there is no ${what} that the deploying identity can see. Check the name, and that it is shared with the identity.`,
    );
  if (others.length > 0) {
    const ids = [found, ...others].map(({ id, type }) => (type === undefined ? id : `${type} ${id}`)).join(", ");
    throw new Error(
      `${title}: there is more than one ${what} (${ids}). Give the id of the right one, or an item's type.`,
    );
  }
  return found;
}
