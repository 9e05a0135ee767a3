import { z } from "zod";
import { nothing, optional } from "../../../lib/api/answer.ts";
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

/**
 * The path of a model's source. The list of connections leaves out the slash at the end of a lake's path, and the service finds
 * the source only by the whole path.
 * @see https://github.com/microsoft/fabric-cicd (build_request_body in its module for semantic models)
 */
const pathOfSource = (type: string | undefined, path: string | undefined) =>
  type === "AzureDataLakeStorage" && path && !path.endsWith("/") ? `${path}/` : path;

/** Ids of the connections that a model is bound to, in lower case and sorted. */
export async function boundConnections(run: Run, id: string): Promise<readonly string[]> {
  const shape = z.object({ id: optional(z.string()) });
  const sources = await run.list(
    `${pathOf(itemPlace, id)}/connections`,
    "list the connections of a semantic model",
    shape,
  );
  return [...new Set(sources.flatMap(({ id: connection }) => connection?.toLowerCase() ?? []))].toSorted();
}

/** Those of some connections that the deploying identity sees. */
export async function visibleAmong(run: Run, connections: readonly string[]): Promise<readonly string[]> {
  if (connections.length === 0) return connections;
  const known = await run.listOnce("/connections", "list connections", connectionShape);
  return connections.filter((one) => known.some(({ id }) => id.toLowerCase() === one.toLowerCase()));
}

/**
 * Binds a model to its connections; a connection replaces the one that the same source had.
 * @param others whether connections that are not named stay; a rollback takes away those that its transaction has added
 * @throws Error if the deploying identity does not see a connection
 */
export async function bindConnections(
  run: Run,
  id: string,
  {
    displayName,
    connections = [],
  }: { readonly displayName: string; readonly connections?: readonly string[] | undefined },
  others: "stay" | "go" = "stay",
): Promise<void> {
  if (connections.length === 0 && others === "stay") return;
  let bound = await boundConnections(run, id);
  const isWanted = (one: string) => connections.some((wanted) => wanted.toLowerCase() === one.toLowerCase());
  for (const wanted of connections) if (!bound.includes(wanted.toLowerCase())) await bind(wanted, true);
  if (others === "go") for (const other of bound.filter((one) => !isWanted(one))) await bind(other, false);

  async function bind(connectionId: string, isBound: boolean): Promise<void> {
    const known = await run.listOnce("/connections", "list connections", connectionShape);
    const connection = known.find((one) => one.id.toLowerCase() === connectionId.toLowerCase());
    if (!connection)
      throw new Error(
        `SemanticModel '${displayName}' needs the connection ${connectionId}, which the deploying identity does not see. ` +
          `Share it with that identity, or name another one in the parameter file.`,
      );
    const { type, path } = connection.connectionDetails ?? {};
    const isOfSource = (one: string) =>
      known.some(
        ({ id: other, connectionDetails }) =>
          other.toLowerCase() === one && connectionDetails?.type === type && connectionDetails?.path === path,
      );
    const rest = bound.filter((one) => !isOfSource(one));
    const after = isBound ? [...rest, connection.id.toLowerCase()].toSorted() : rest;
    const intent = {
      ...changeOfItem(id, displayName, { function: "restoreItem", args: { id } }),
      // what a rollback gives back, also if no state has ever known it
      before: { connections: bound },
      after: { connections: after },
    };
    const connectionDetails = { type, path: pathOfSource(type, path) };
    const { workspaceId = "", id: itemId = "" } = parseId(itemPlace, id) ?? {};
    await run.write(intent, {
      method: "POST",
      path: `/workspaces/${workspaceId}/semanticModels/${itemId}/bindConnection`,
      body: {
        connectionBinding: isBound
          ? { ...connection, connectionDetails }
          : { connectivityType: "None", connectionDetails },
      },
      operation: `${isBound ? "bind" : "unbind"} SemanticModel '${displayName}' ${isBound ? "to" : "from"} connection ${connectionId}`,
      answer: nothing,
      replaySafe: true,
    });
    bound = after;
  }
}
