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
}

const sync = "sync" as const;
const async = "async" as const;
const none = "none" as const;
const asyncWithDefinition = "asyncWithDefinition" as const;

/**
 * Types from https://learn.microsoft.com/en-us/rest/api/fabric/core/items; recorded traffic shows which calls are sync and
 * which async.
 */
export const itemTypes: readonly ItemType[] = [
  { type: "Lakehouse", collection: "lakehouses", create: sync, definition: sync },
  { type: "DataPipeline", collection: "dataPipelines", create: sync, definition: sync },
  { type: "Dataflow", collection: "dataflows", create: sync, definition: sync },
  { type: "CopyJob", collection: "copyJobs", create: sync, definition: sync },
  { type: "KQLQueryset", collection: "kqlQuerysets", create: sync, definition: sync },
  { type: "KQLDashboard", collection: "kqlDashboards", create: sync, definition: sync },
  { type: "MirroredDatabase", collection: "mirroredDatabases", create: sync, definition: sync },
  { type: "Reflex", collection: "reflexes", create: sync, definition: sync },
  { type: "PaginatedReport", collection: "paginatedReports", create: sync, definition: sync },
  { type: "DataBuildToolJob", collection: "dataBuildToolJobs", create: sync, definition: sync },
  { type: "UserDataFunction", collection: "userDataFunctions", create: sync, definition: async },
  { type: "GraphQLApi", collection: "graphQLApis", create: sync, definition: async },
  { type: "GraphQuerySet", collection: "graphQuerySets", create: sync, definition: async },
  { type: "GraphModel", collection: "graphModels", create: sync, definition: sync },
  { type: "DigitalTwinBuilderFlow", collection: "digitalTwinBuilderFlows", create: sync, definition: sync },
  { type: "Environment", collection: "environments", create: asyncWithDefinition, definition: sync },
  { type: "Eventhouse", collection: "eventhouses", create: asyncWithDefinition, definition: async },
  { type: "SparkJobDefinition", collection: "sparkJobDefinitions", create: asyncWithDefinition, definition: sync },
  { type: "VariableLibrary", collection: "variableLibraries", create: asyncWithDefinition, definition: async },
  { type: "Map", collection: "maps", create: asyncWithDefinition, definition: sync },
  { type: "Notebook", collection: "notebooks", create: async, definition: async },
  { type: "SemanticModel", collection: "semanticModels", create: async, definition: async },
  { type: "Report", collection: "reports", create: async, definition: async, format: "PBIR" },
  { type: "Warehouse", collection: "warehouses", create: async, definition: none },
  { type: "SQLDatabase", collection: "sqlDatabases", create: async, definition: async, format: "dacpac" },
  { type: "Eventstream", collection: "eventstreams", create: async, definition: sync },
  { type: "KQLDatabase", collection: "kqlDatabases", create: async, definition: async },
  { type: "MLModel", collection: "mlModels", create: async, definition: none },
  { type: "MLExperiment", collection: "mlExperiments", create: async, definition: none },
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
  { type: "AppBackend", collection: "appBackends", create: sync, definition: none },
  { type: "AzureDatabricksStorage", collection: "azureDatabricksStorages", create: sync, definition: sync },
  { type: "EventSchemaSet", collection: "eventSchemaSets", create: sync, definition: sync },
  {
    type: "MirroredAzureDatabricksCatalog",
    collection: "mirroredAzureDatabricksCatalogs",
    create: sync,
    definition: sync,
  },
  { type: "MirroredCatalog", collection: "mirroredCatalogs", create: sync, definition: sync },
  { type: "OrgApp", collection: "orgApps", create: sync, definition: sync },
  { type: "OrgAppAudience", collection: "orgAppAudiences", create: sync, definition: sync },
  { type: "Plan", collection: "plans", create: sync, definition: sync },
];

const byType = new Map(itemTypes.map((itemType) => [itemType.type, itemType]));

/** The type with that name. An unknown name gives the simplest behaviour, because the service keeps adding types. */
export function itemTypeOf(type: string): ItemType {
  return byType.get(type) ?? { type, collection: type, create: sync, definition: sync };
}

/** Whether the service knows the type. */
export const isItemType = (type: string) =>
  byType.has(type) || ["Dashboard", "Datamart", "MirroredWarehouse"].includes(type);
