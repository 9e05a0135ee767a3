import { z } from "zod";
import { optional } from "../../../lib/api/answer.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import { switchEntry } from "../../engine/entry.ts";
import { identifier, sameIgnoringCase } from "../../engine/field.ts";
import { isItemGone, mayMeanGone, unlessGoneWith } from "../../engine/gone.ts";
import { parseId } from "../../engine/place.ts";
import { defineKind } from "../../engine/resourceKind.ts";
import type { Run } from "../../run/run.ts";
import { lookUntil } from "../../run/waits.ts";

/** Longest wait for a SQL endpoint. Measured were 11 to 14 s. */
const DEADLINE_MS = 10 * 60_000;

/** The types with endpoints, and their own collections in paths. */
const collections = {
  Lakehouse: "lakehouses",
  Warehouse: "warehouses",
  SQLDatabase: "sqlDatabases",
  MirroredDatabase: "mirroredDatabases",
  Eventhouse: "eventhouses",
  KQLDatabase: "kqlDatabases",
} as const;

type EndpointType = keyof typeof collections;

const hasEndpoints = (type: string): type is EndpointType => Object.hasOwn(collections, type);

/** Whether items of a type tell how far their SQL endpoint is. A new one tells nothing yet. */
const tellsStatus = (type: EndpointType) => type === "Lakehouse" || type === "MirroredDatabase";

/** What is read of an item of such a type. */
const shape = z.object({
  id: z.string(),
  properties: optional(
    z.object({
      connectionString: optional(z.string()),
      serverFqdn: optional(z.string()),
      databaseName: optional(z.string()),
      queryServiceUri: optional(z.string()),
      ingestionServiceUri: optional(z.string()),
      oneLakeTablesPath: optional(z.string()),
      oneLakeFilesPath: optional(z.string()),
      sqlEndpointProperties: optional(
        z.object({
          id: optional(z.string()),
          connectionString: optional(z.string()),
          provisioningStatus: optional(z.string()),
        }),
      ),
    }),
  ),
});

/** Where programs reach an item. Absent is what its type does not have. */
export interface Endpoints {
  /** Id of the SQL endpoint of a lakehouse or mirrored database. */
  readonly sqlEndpointId?: string | undefined;
  /** Host of the SQL endpoint, warehouse or SQL database: the server of a connection string. */
  readonly sqlEndpoint?: string | undefined;
  /** Name of a SQL database at its server. */
  readonly databaseName?: string | undefined;
  readonly queryServiceUri?: string | undefined;
  readonly ingestionServiceUri?: string | undefined;
  readonly oneLakeTablesPath?: string | undefined;
  readonly oneLakeFilesPath?: string | undefined;
}

/** Names of the outputs. */
const endpointOutputs = [
  "sqlEndpointId",
  "sqlEndpoint",
  "databaseName",
  "queryServiceUri",
  "ingestionServiceUri",
  "oneLakeTablesPath",
  "oneLakeFilesPath",
] as const satisfies readonly (keyof Endpoints)[];

/**
 * The endpoints of an item that only exist after its creation: waited for, and told to programs. Nothing is written. Its id is
 * `{workspaceId}/{itemId}`.
 */
export const itemEndpoint = defineKind<Endpoints>()({
  name: "ItemEndpoint",
  noun: "endpoint",
  fields: {
    workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
    itemId: { schema: identifier, change: "replace", same: sameIgnoringCase },
  },
  place: { in: "workspace", collection: "items" },
  removal: "portal",
  outputs: [...endpointOutputs],
  title: ({ itemId }) => `endpoints of item ${itemId ?? "?"}`,
  entry: switchEntry({
    in: "item",
    key: "endpoints",
    says:
      "Wait for the SQL endpoint or query service of a Lakehouse, Warehouse, SQLDatabase, MirroredDatabase, Eventhouse or " +
      "KQLDatabase, and show in the stack's outputs where programs reach it.",
    example: true,
    shows: endpointOutputs,
  }),

  async create(run, { workspaceId, itemId }) {
    return { id: `${workspaceId}/${itemId}`, outputs: await endpointsWhenReady(run, workspaceId, itemId) };
  },

  async read(run, id, state) {
    const { workspaceId = "", id: itemId = "" } = parseId({ in: "workspace", collection: "items" }, id) ?? {};
    try {
      const told = await unlessGoneWith(run, workspaceId, () => endpointsOf(run, workspaceId, itemId));
      return told === "gone" ? told : { inputs: {}, outputs: told.endpoints };
    } catch (error) {
      if (!mayMeanGone(error)) throw error;
      return (await isItemGone(run, workspaceId, itemId)) ? "gone" : { inputs: {}, outputs: state };
    }
  },

  update: (run, _id, _old, { workspaceId, itemId }) => endpointsWhenReady(run, workspaceId, itemId),

  // nothing was made
  delete: () => Promise.resolve(),
});

/** What an item tells of its endpoints. */
interface Told {
  readonly endpoints: Endpoints;
  /** How far its SQL endpoint is; absent for types that tell nothing of it, and for a new item. */
  readonly status: string | undefined;
  /** Whether programs can reach the item. */
  readonly isReady: boolean;
}

/** @throws Error if the endpoint failed at the service, or is not ready in time */
async function endpointsWhenReady(run: Run, workspaceId: string, itemId: string): Promise<Endpoints> {
  const pauses = { firstMs: 500, mostMs: 15_000, deadlineMs: DEADLINE_MS };
  const ready = await lookUntil(run.clock, pauses, async () => {
    const { endpoints, status, isReady } = await endpointsOf(run, workspaceId, itemId);
    if (isReady) return endpoints;
    if (status === "Failed")
      throw new Error(
        `The SQL endpoint of item ${itemId} failed at the service. Create the item again, or ask support.`,
      );
    return run.isRollback ? endpoints : undefined;
  });
  if (ready) return ready;
  throw new Error(`The endpoint of item ${itemId} is not ready after 10 minutes. Run again to go on waiting.`);
}

async function endpointsOf(run: Run, workspaceId: string, itemId: string): Promise<Told> {
  const { type } = await run.get(`/workspaces/${workspaceId}/items/${itemId}`, `read item ${itemId}`, itemShape);
  if (!hasEndpoints(type))
    throw new Error(
      `Items of type ${type} have no endpoints: remove the key endpoints. ${Object.keys(collections).join(", ")} have some.`,
    );
  const path = `/workspaces/${workspaceId}/${collections[type]}/${itemId}`;
  const { properties = {} } = await run.get(path, `read the endpoints of item ${itemId}`, shape);
  const { sqlEndpointProperties: sql, serverFqdn, connectionString, databaseName } = properties;
  const server = sql?.connectionString ?? serverFqdn ?? connectionString;
  const { queryServiceUri, ingestionServiceUri, oneLakeFilesPath } = properties;
  // the service tells the path of some types only, and the tables of all databases lie alike
  const { oneLakeTablesPath = type === "Eventhouse" ? undefined : tablesPath(workspaceId, itemId) } = properties;
  const status = sql?.provisioningStatus;
  return {
    status,
    isReady: tellsStatus(type) ? status === "Success" : (server ?? queryServiceUri) !== undefined,
    endpoints: {
      sqlEndpointId: sql?.id,
      sqlEndpoint: server && hostOf(server),
      databaseName,
      queryServiceUri,
      ingestionServiceUri,
      oneLakeTablesPath,
      oneLakeFilesPath,
    },
  };
}

const tablesPath = (workspaceId: string, itemId: string) =>
  `https://onelake.dfs.fabric.microsoft.com/${workspaceId}/${itemId}/Tables`;

/** The host of a server, or of a connection string: without a port, which is always 1433. */
function hostOf(server: string): string {
  const source = /(?:^|;)\s*(?:data source|server)\s*=\s*([^;]+)/i.exec(server)?.[1] ?? server;
  return source.replace(/^tcp:/i, "").replace(/,\d+$/, "").trim();
}
