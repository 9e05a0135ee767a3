import type { Service } from "../core/service.ts";
import { objectOf } from "../definitions/definition.ts";
import { parentEventhouseId } from "../definitions/kqlDatabase.ts";
import { childrenOf } from "./itemStore.ts";
import type { Item } from "./itemStore.ts";
import { timesOf } from "./itemTimes.ts";
import type { ItemTimes } from "./itemTimes.ts";

/** What the properties of an item depend on, besides the item. */
interface Surroundings {
  readonly children: readonly Item[];
  readonly times: ItemTimes;
  readonly now: number;
  /** Speed relative to the service. */
  readonly speed: number;
}

type Properties = Readonly<Record<string, unknown>>;

/** Time from the create of a SQL database to its restore points: none at 82 s, some at 95 s. */
const RESTORE_POINTS_AFTER_MS = 90_000;

const oneLake = ({ workspaceId, id }: Item) => `https://onelake.dfs.fabric.microsoft.com/${workspaceId}/${id}`;
const moment = (ms: number) => `${new Date(ms).toISOString().replace("Z", "")}0000`;
/** One server has the lakehouses, warehouses and databases of a workspace. */
const serverOf = ({ workspaceId }: Item, kind: "datawarehouse" | "database") =>
  `${workspaceId.replaceAll("-", "").slice(0, 20)}.${kind}.fabric.microsoft.com`;
const kusto = (eventhouseId: string) => {
  const host = `trd-${eventhouseId.replaceAll("-", "").slice(0, 18)}.z1.kusto.fabric.microsoft.com`;
  return { queryServiceUri: `https://${host}`, ingestionServiceUri: `https://ingest-${host}` };
};
const partOf = ({ parts }: Item, path: string) => objectOf(parts?.find((part) => part.path === path));

/** The SQL endpoint of an item, once it is ready. */
function sqlEndpoint(item: Item, { children, times, now }: Surroundings): Properties {
  const isReady = times.endpointAt <= now;
  const endpoint = children.find(({ type }) => type === "SQLEndpoint");
  return {
    sqlEndpointProperties: isReady
      ? {
          connectionString: serverOf(item, "datawarehouse"),
          id: endpoint?.id ?? item.id,
          provisioningStatus: "Success",
        }
      : { connectionString: null, id: null, provisioningStatus: "InProgress" },
  };
}

/** A lakehouse has schemas if its creation payload or its definition says so. */
const schema = (item: Item): Properties =>
  item.creationPayload?.["enableSchemas"] === true || partOf(item, "lakehouse.metadata.json")?.["defaultSchema"]
    ? { defaultSchema: "dbo" }
    : {};

function sqlDatabase(item: Item, { times: { createdAt }, now, speed }: Surroundings): Properties {
  const { id, displayName } = item;
  const databaseName = `${displayName}-${id}`;
  const server = `${serverOf(item, "database")},1433`;
  const connection = `Data Source=${server};Initial Catalog="${databaseName}";Multiple Active Result Sets=False;Connect Timeout=30;Encrypt=True;Trust Server Certificate=False`;
  const point = `${new Date(createdAt).toISOString().slice(0, 19)}Z`;
  return {
    connectionInfo: connection,
    connectionString: connection,
    databaseName,
    serverFqdn: server,
    ...(now >= createdAt + RESTORE_POINTS_AFTER_MS / speed && {
      earliestRestorePoint: point,
      latestRestorePoint: point,
    }),
    backupRetentionDays: 7,
    collation: "SQL_Latin1_General_CP1_CI_AS",
  };
}

function warehouse(item: Item, { times: { createdAt } }: Surroundings): Properties {
  const server = serverOf(item, "datawarehouse");
  return {
    connectionInfo: server,
    connectionString: server,
    createdDate: moment(createdAt),
    lastUpdatedTime: moment(createdAt),
    collationType: item.creationPayload?.["defaultCollation"] ?? "Latin1_General_100_BIN2_UTF8",
    creationMode: "New",
  };
}

function kqlDatabase(item: Item): Properties {
  const { id, parentId, parts, creationPayload } = item;
  const sent = { ...(parts && { definition: { parts } }), ...(creationPayload && { creationPayload }) };
  const parent = parentId ?? parentEventhouseId(sent) ?? id;
  return { parentEventhouseItemId: parent, ...kusto(parent), databaseType: "ReadWrite" };
}

/** An environment counts as published from its create on. While it is published again, the settings are done at once. */
function publishDetails({ id, publish }: Item, { times: { createdAt }, now }: Surroundings): Properties {
  const { targetVersion, startedAt, endsAt, isCancelled } = publish ?? {
    targetVersion: id,
    startedAt: createdAt,
    endsAt: createdAt,
  };
  const isRunning = endsAt > now;
  const state = isRunning ? "Running" : isCancelled ? "Cancelled" : "Success";
  const settings = isCancelled ? "Cancelled" : "Success";
  return {
    state,
    targetVersion,
    startTime: `${moment(startedAt)}Z`,
    ...(!isRunning && { endTime: `${moment(endsAt)}Z` }),
    componentPublishInfo: { sparkLibraries: { state }, sparkSettings: { state: settings } },
  };
}

/** Properties that the service computes, by type. Types without an entry have none. */
const computed: Readonly<Record<string, (item: Item, surroundings: Surroundings) => Properties>> = {
  Lakehouse: (item, surroundings) => ({
    oneLakeTablesPath: `${oneLake(item)}/Tables`,
    oneLakeFilesPath: `${oneLake(item)}/Files`,
    ...sqlEndpoint(item, surroundings),
    ...schema(item),
  }),
  MirroredDatabase: (item, surroundings) => ({
    oneLakeTablesPath: `${oneLake(item)}/Tables`,
    ...sqlEndpoint(item, surroundings),
  }),
  SQLDatabase: sqlDatabase,
  Warehouse: warehouse,
  Eventhouse: ({ id }, { children }) => ({
    ...kusto(id),
    databasesItemIds: children.filter(({ type }) => type === "KQLDatabase").map((database) => database.id),
    minimumConsumptionUnits: 0,
  }),
  KQLDatabase: kqlDatabase,
  Environment: (item, surroundings) => ({ publishDetails: publishDetails(item, surroundings) }),
  SparkJobDefinition: (item) => ({ oneLakeRootPath: oneLake(item) }),
  VariableLibrary: () => ({ activeValueSetName: "Default value set" }),
  Dataflow: () => ({ isParametric: false }),
  MLExperiment: ({ id }) => ({ mlFlowExperimentId: id }),
  DigitalTwinBuilderFlow: ({ creationPayload: { digitalTwinBuilderItemReference } = {} }) =>
    digitalTwinBuilderItemReference === undefined ? {} : { digitalTwinBuilderItemReference },
};

/** The properties of an item in its type's own collection; undefined if the type has none. */
export function propertiesOf(item: Item, service: Service): Properties | undefined {
  const { clock, levers } = service;
  const surroundings = {
    children: childrenOf(service, item),
    times: timesOf(service, item.id),
    now: clock.now(),
    speed: levers.speed,
  };
  const properties = { ...computed[item.type]?.(item, surroundings), ...item.properties };
  return Object.keys(properties).length > 0 ? properties : undefined;
}
