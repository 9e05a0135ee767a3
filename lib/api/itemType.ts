/**
 * Item types known at the time of writing. The list is open: another type is accepted as it is. The list only corrects
 * spelling.
 * @see https://learn.microsoft.com/rest/api/fabric/core/items/create-item#itemtype
 */
export const knownItemTypes: readonly string[] = `
  AnomalyDetector ApacheAirflowJob AppBackend AzureDatabricksStorage CopyJob CosmosDBDatabase Dashboard DataAgent DataBuildToolJob
  Dataflow Datamart DataPipeline DigitalTwinBuilder DigitalTwinBuilderFlow Environment Eventhouse EventSchemaSet Eventstream
  GraphModel GraphQLApi GraphQuerySet KQLDashboard KQLDatabase KQLQueryset Lakehouse Map MirroredAzureDatabricksCatalog
  MirroredCatalog MirroredDatabase MirroredWarehouse MLExperiment MLModel MountedDataFactory Notebook Ontology OperationsAgent
  OrgApp OrgAppAudience PaginatedReport Plan Reflex Report SemanticModel SnowflakeDatabase SparkJobDefinition SQLDatabase
  SQLEndpoint UserDataFunction VariableLibrary Warehouse WarehouseSnapshot`
  .trim()
  .split(/\s+/);

/** Types whose items hold data that no definition restores, so that a delete loses the data. */
const DATA_BEARING = new Set([
  "CosmosDBDatabase",
  "Datamart",
  "DigitalTwinBuilder",
  "Eventhouse",
  "KQLDatabase",
  "Lakehouse",
  "MirroredDatabase",
  "MirroredWarehouse",
  // runs and registered versions come from training, not from a definition
  "MLExperiment",
  "MLModel",
  // imported rows; a refresh may not find its sources again
  "SemanticModel",
  "SnowflakeDatabase",
  "SQLDatabase",
  "Warehouse",
  "WarehouseSnapshot",
]);

/** Types that the service offers no definition for: getDefinition and updateDefinition are refused. */
const WITHOUT_DEFINITION = new Set([
  "AppBackend",
  "Dashboard",
  "Datamart",
  "MLExperiment",
  "MLModel",
  "SQLEndpoint",
  "Warehouse",
  "WarehouseSnapshot",
]);

/** Types that the service lets nobody make through its API: some come with other items. */
const NOT_MADE = new Set(["Dashboard", "Datamart", "MirroredWarehouse", "SQLEndpoint"]);

/** Types whose items keep the display name that they were made with. */
const NOT_RENAMED = new Set(["CosmosDBDatabase", "MLModel"]);

const bySpelling = new Map(knownItemTypes.map((type) => [type.toLowerCase(), type]));

/** The service's spelling of a type in any case; undefined for a type that is not in the list (it may still exist). */
export function knownItemType(type: string): string | undefined {
  return bySpelling.get(type.toLowerCase());
}

/** Where Dataflow Gen2 keeps intermediate data. */
const STAGING = /^(?:DataflowsStaging(?:Lakehouse|Warehouse)|Staging(?:Lakehouse|Warehouse)ForDataflows(?:_|$))/i;

/**
 * Whether the service has made an item by itself, as its name says: nobody declares such an item, and nobody may delete it.
 * @see https://learn.microsoft.com/fabric/data-factory/data-in-staging-artifacts
 */
export const isOfService = ({ displayName }: { readonly displayName: string }): boolean => STAGING.test(displayName);

/** Whether an item of this type holds data of its own. Such items are protected from deletion by default. */
export function isDataBearing(type: string): boolean {
  return DATA_BEARING.has(knownItemType(type) ?? type);
}

/** Whether the service accepts definitions of this type; true for unknown types, so that the service decides. */
export function hasDefinition(type: string): boolean {
  return !WITHOUT_DEFINITION.has(knownItemType(type) ?? type);
}

/** Whether the service makes items of this type; true for unknown types, so that the service decides. */
export function canBeMade(type: string): boolean {
  return !NOT_MADE.has(knownItemType(type) ?? type);
}

/** Whether the service gives items of this type another display name; true for unknown types, so that the service decides. */
export function canBeRenamed(type: string): boolean {
  return !NOT_RENAMED.has(knownItemType(type) ?? type);
}
