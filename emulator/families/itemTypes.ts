/** The service's behaviour for a type of item, from recordings. */
export interface ItemType {
  readonly type: string;
  /** Name of the type's own collection in paths. */
  readonly collection: string;
  /** Whether a create is an operation: always, only with a definition, or never. */
  readonly create: "async" | "asyncWithDefinition" | "sync";
  /** Whether reading the definition is an operation; `none` if the type has no definition. */
  readonly definition: "async" | "sync" | "none";
  /** Format of a definition in the service's answers; absent if the service names none. */
  readonly format?: string;
  /** Additional properties in the type's own collection; absent if there are none. */
  readonly properties?: (workspaceId: string, id: string) => Record<string, unknown>;
}

const oneLake = (workspaceId: string, id: string) => `https://onelake.dfs.fabric.microsoft.com/${workspaceId}/${id}`;
const moment = () => new Date().toISOString().replace("Z", "0000Z");
const sync = "sync" as const;
const async = "async" as const;
const none = "none" as const;
const asyncWithDefinition = "asyncWithDefinition" as const;

/**
 * Types from https://learn.microsoft.com/en-us/rest/api/fabric/core/items; recorded traffic shows which calls are sync and
 * which async.
 */
export const itemTypes: readonly ItemType[] = [
  {
    type: "Lakehouse",
    collection: "lakehouses",
    create: sync,
    definition: sync,
    properties: (ws, id) => ({
      oneLakeTablesPath: `${oneLake(ws, id)}/Tables`,
      oneLakeFilesPath: `${oneLake(ws, id)}/Files`,
      sqlEndpointProperties: { connectionString: null, id: null, provisioningStatus: "InProgress" },
    }),
  },
  { type: "DataPipeline", collection: "dataPipelines", create: sync, definition: sync },
  {
    type: "Dataflow",
    collection: "dataflows",
    create: sync,
    definition: sync,
    properties: () => ({ isParametric: false }),
  },
  { type: "CopyJob", collection: "copyJobs", create: sync, definition: sync },
  { type: "KQLQueryset", collection: "kqlQuerysets", create: sync, definition: sync },
  { type: "KQLDashboard", collection: "kqlDashboards", create: sync, definition: sync },
  {
    type: "MirroredDatabase",
    collection: "mirroredDatabases",
    create: sync,
    definition: sync,
    properties: (ws, id) => ({
      oneLakeTablesPath: `${oneLake(ws, id)}/Tables`,
      sqlEndpointProperties: { connectionString: null, id: null, provisioningStatus: "InProgress" },
    }),
  },
  { type: "Reflex", collection: "reflexes", create: sync, definition: sync },
  { type: "PaginatedReport", collection: "paginatedReports", create: sync, definition: sync },
  { type: "DataBuildToolJob", collection: "dataBuildToolJobs", create: sync, definition: sync },
  { type: "UserDataFunction", collection: "userDataFunctions", create: sync, definition: async },
  { type: "GraphQLApi", collection: "graphQLApis", create: sync, definition: async },
  { type: "GraphQuerySet", collection: "graphQuerySets", create: sync, definition: async },
  { type: "GraphModel", collection: "graphModels", create: sync, definition: sync },
  { type: "DigitalTwinBuilderFlow", collection: "digitalTwinBuilderFlows", create: sync, definition: sync },
  {
    type: "Environment",
    collection: "environments",
    create: asyncWithDefinition,
    definition: sync,
    properties: () => ({
      publishDetails: {
        state: "Success",
        targetVersion: "00000000-0000-0000-0000-000000000000",
        startTime: moment(),
        endTime: moment(),
        componentPublishInfo: { sparkLibraries: { state: "Success" }, sparkSettings: { state: "Success" } },
      },
    }),
  },
  {
    type: "Eventhouse",
    collection: "eventhouses",
    create: asyncWithDefinition,
    definition: async,
    properties: (_ws, id) => ({
      queryServiceUri: `https://trd-${id.slice(0, 8)}.z1.kusto.fabric.microsoft.com`,
      ingestionServiceUri: `https://ingest-trd-${id.slice(0, 8)}.z1.kusto.fabric.microsoft.com`,
      databasesItemIds: ["00000000-0000-0000-0000-000000000000"],
      minimumConsumptionUnits: 0,
    }),
  },
  {
    type: "SparkJobDefinition",
    collection: "sparkJobDefinitions",
    create: asyncWithDefinition,
    definition: sync,
    properties: (ws, id) => ({ oneLakeRootPath: oneLake(ws, id) }),
  },
  {
    type: "VariableLibrary",
    collection: "variableLibraries",
    create: asyncWithDefinition,
    definition: async,
    properties: () => ({ activeValueSetName: "Default value set" }),
  },
  { type: "Map", collection: "maps", create: asyncWithDefinition, definition: sync },
  { type: "Notebook", collection: "notebooks", create: async, definition: async },
  { type: "SemanticModel", collection: "semanticModels", create: async, definition: async },
  { type: "Report", collection: "reports", create: async, definition: async, format: "PBIR" },
  {
    type: "Warehouse",
    collection: "warehouses",
    create: async,
    definition: none,
    properties: (ws) => ({
      connectionInfo: `${ws}.datawarehouse.fabric.microsoft.com`,
      connectionString: `${ws}.datawarehouse.fabric.microsoft.com`,
      createdDate: moment(),
      lastUpdatedTime: moment(),
      collationType: "Latin1_General_100_BIN2_UTF8",
    }),
  },
  {
    type: "SQLDatabase",
    collection: "sqlDatabases",
    create: async,
    definition: async,
    format: "dacpac",
    properties: (ws, id) => ({
      connectionInfo: `Data Source=${ws}.database.fabric.microsoft.com,1433;Initial Catalog=${id}`,
      connectionString: "mock_connection_string",
      databaseName: id,
      serverFqdn: `${ws}.database.fabric.microsoft.com,1433`,
    }),
  },
  { type: "Eventstream", collection: "eventstreams", create: async, definition: sync },
  {
    type: "KQLDatabase",
    collection: "kqlDatabases",
    create: async,
    definition: async,
    properties: (_ws, id) => ({
      parentEventhouseItemId: id,
      queryServiceUri: `https://trd-${id.slice(0, 8)}.z9.kusto.fabric.microsoft.com`,
      ingestionServiceUri: `https://ingest-trd-${id.slice(0, 8)}.z9.kusto.fabric.microsoft.com`,
      databaseType: "ReadWrite",
      oneLakeStandardStoragePeriod: "P36500D",
      oneLakeCachingPeriod: "P36500D",
    }),
  },
  { type: "MLModel", collection: "mlModels", create: async, definition: none },
  {
    type: "MLExperiment",
    collection: "mlExperiments",
    create: async,
    definition: none,
    properties: (_ws, id) => ({ mlFlowExperimentId: id }),
  },
  { type: "CosmosDBDatabase", collection: "cosmosDbDatabases", create: async, definition: sync },
  { type: "DigitalTwinBuilder", collection: "digitalTwinBuilders", create: async, definition: sync },
  { type: "Ontology", collection: "ontologies", create: async, definition: sync },
  { type: "DataAgent", collection: "dataAgents", create: sync, definition: sync },
  { type: "MountedDataFactory", collection: "mountedDataFactories", create: sync, definition: sync },
  { type: "ApacheAirflowJob", collection: "apacheAirflowJobs", create: sync, definition: sync },
  { type: "SnowflakeDatabase", collection: "snowflakeDatabases", create: sync, definition: sync },
  { type: "AnomalyDetector", collection: "anomalyDetectors", create: sync, definition: sync },
  { type: "OperationsAgent", collection: "operationsAgents", create: sync, definition: sync },
  { type: "WarehouseSnapshot", collection: "warehouseSnapshots", create: async, definition: none },
  { type: "SQLEndpoint", collection: "sqlEndpoints", create: sync, definition: none },
];

const byType = new Map(itemTypes.map((itemType) => [itemType.type, itemType]));

/** The type with that name. An unknown name gives the simplest behaviour, because the service keeps adding types. */
export function itemTypeOf(type: string): ItemType {
  return byType.get(type) ?? { type, collection: type, create: sync, definition: sync };
}

/** Whether the service knows the type. */
export const isItemType = (type: string) =>
  byType.has(type) || ["Dashboard", "Datamart", "MirroredWarehouse", "EventSchemaSet", "OrgApp", "Plan"].includes(type);
