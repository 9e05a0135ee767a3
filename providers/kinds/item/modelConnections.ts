import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { pathOf, parseId } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import { changeOfItem } from "./itemIntent.ts";
import { itemPlace } from "./itemPlace.ts";

/*
 * The connections that a semantic model reads its sources with.
 * https://learn.microsoft.com/rest/api/fabric/semanticmodel/items/bind-semantic-model-connection
 */

const connectionShape = z.object({
  id: z.string(),
  connectivityType: optional(z.string()),
  connectionDetails: optional(z.looseObject({ type: optional(z.string()), path: optional(z.string()) })),
});

/** Ids of the connections that a model is bound to, in lower case. */
export async function boundConnections(run: Run, id: string): Promise<readonly string[]> {
  const shape = z.object({ id: optional(z.string()) });
  const sources = await run.list(
    `${pathOf(itemPlace, id)}/connections`,
    "list the connections of a semantic model",
    shape,
  );
  return sources.flatMap(({ id: connection }) => connection?.toLowerCase() ?? []);
}

/**
 * Binds a model to its connections; a connection replaces the one that the same source had.
 * @throws Error if the deploying identity does not see a connection
 */
export async function bindConnections(
  run: Run,
  id: string,
  {
    displayName,
    connections = [],
  }: { readonly displayName: string; readonly connections?: readonly string[] | undefined },
): Promise<void> {
  if (connections.length === 0) return;
  const bound = await boundConnections(run, id);
  const { workspaceId = "", id: itemId = "" } = parseId(itemPlace, id) ?? {};
  for (const wanted of connections) {
    if (bound.includes(wanted.toLowerCase())) continue;
    const known = await run.listOnce("/connections", "list connections", connectionShape);
    const connection = known.find((one) => one.id.toLowerCase() === wanted.toLowerCase());
    if (!connection)
      throw new Error(
        `SemanticModel '${displayName}' needs the connection ${wanted}, which the deploying identity does not see. Share it ` +
          `with that identity, or name another one in the parameter file.`,
      );
    const { type, path } = connection.connectionDetails ?? {};
    await run.write(changeOfItem(id, displayName, { function: "restoreItem", args: { id } }), {
      method: "POST",
      path: `/workspaces/${workspaceId}/semanticModels/${itemId}/bindConnection`,
      body: { connectionBinding: { ...connection, connectionDetails: { type, path } } },
      operation: `bind SemanticModel '${displayName}' to connection ${wanted}`,
      replaySafe: true,
    });
  }
}
