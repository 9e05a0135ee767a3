import { notebookSource } from "../../notebookSource.ts";

/* The items that a folder by chance can hold: what each refers to, and its files in Fabric's Git format. */

/** An item that another one refers to. */
export interface Target {
  readonly logicalId: string;
  /** The item's folder, relative to the folder of the item that refers to it. */
  readonly path: string;
}

/** What the files of an item say. */
export interface FolderContent {
  /** Text that changes from environment to environment. */
  readonly text: string;
  /** One for each of the slot's references; undefined if there is none. */
  readonly targets: readonly (Target | undefined)[];
  /** The item's own logical id. */
  readonly own: string;
  /** Names of the value sets of a variable library. */
  readonly valueSets: readonly string[];
}

/** An item that can be in the folder. */
export interface Slot {
  /** Name of its folder, and of the item if it is not renamed. */
  readonly key: string;
  readonly type: string;
  /** All zeros if the item is known by its folder alone. */
  readonly logicalId: string;
  /** Key of the item in whose `.children` it lies. */
  readonly parent?: string;
  /** Keys of the slots that each reference can mean. */
  readonly references: readonly (readonly string[])[];
  readonly files: (content: FolderContent) => Readonly<Record<string, string>>;
}

const ZERO = "00000000-0000-0000-0000-000000000000";
/** In notebooks; a rule of `parameter.yml` puts a value of the environment in its place. */
export const PLACEHOLDER = "VALUE_OF_ENVIRONMENT";
/** In notebooks; a rule puts the id of a lakehouse in its place. */
export const FOREIGN_ID = "9d2c1b7e-5a34-4c0f-8f6e-3b1a7d905c42";

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const idOf = (number: number) => `5eed0000-0000-4000-8000-${String(number).padStart(12, "0")}`;

const notebook: Slot["files"] = ({ text, targets: [lakehouse, environment], own }) => {
  const dependencies = {
    ...(lakehouse && {
      lakehouse: {
        default_lakehouse: lakehouse.logicalId,
        default_lakehouse_workspace_id: ZERO,
        known_lakehouses: [{ id: lakehouse.logicalId }],
      },
    }),
    ...(environment && { environment: { environmentId: environment.logicalId, workspaceId: ZERO } }),
  };
  const meta = json({ kernel_info: { name: "synapse_pyspark" }, dependencies })
    .trimEnd()
    .split("\n")
    .map((line) => `# META ${line}`);
  const lines = [
    "# METADATA ********************",
    "",
    ...meta,
    "",
    "# CELL ********************",
    "",
    `text = "${text}"`,
    `value = "${PLACEHOLDER}"`,
    ...(text.endsWith("2") ? [`other = "${FOREIGN_ID}"`] : []),
    ...(text.endsWith("3") && own !== ZERO ? [`itself = "${own}"`] : []),
  ];
  return { "notebook-content.py": notebookSource(`${lines.join("\n")}\n`) };
};

const pipeline: Slot["files"] = ({ text, targets }) => ({
  "pipeline-content.json": json({
    properties: {
      description: text,
      activities: targets.flatMap((target, index) => {
        if (!target) return [];
        const policy = { timeout: "0.01:00:00", retry: 1 };
        return [
          {
            name: `Run ${index}`,
            type: "TridentNotebook",
            dependsOn: [],
            policy,
            typeProperties: { notebookId: target.logicalId, workspaceId: ZERO },
          },
        ];
      }),
    },
  }),
});

const model: Slot["files"] = ({ text }) => ({
  "definition.pbism": json({ version: "4.0", settings: {} }),
  "model.bim": json({ compatibilityLevel: 1604, model: { description: text } }),
});

const report: Slot["files"] = ({ text, targets: [own] }) => ({
  "definition.pbir": json({
    version: "4.0",
    datasetReference: own
      ? { byPath: { path: own.path } }
      : { byConnection: { connectionString: null, pbiModelDatabaseName: ZERO, connectionType: "pbiServiceLive" } },
  }),
  "report.json": json({ text }),
});

const lakehouse: Slot["files"] = ({ text }) => ({
  "lakehouse.metadata.json": json(text.endsWith("1") ? {} : { text }),
});

const environment: Slot["files"] = ({ text }) => ({
  "Setting/Sparkcompute.yml": `driver_cores: 4\nruntime_version: 1.3\n# ${text}\n`,
  ...(text.endsWith("3") && {
    "Libraries/PublicLibraries/environment.yml": "dependencies:\n  - pip:\n      - fuzzy\n",
  }),
});

const library: Slot["files"] = ({ text, valueSets }) => ({
  "variables.json": json({ variables: [{ name: "rows", type: "String", value: text }] }),
  "settings.json": json({ valueSetsOrder: valueSets }),
  ...Object.fromEntries(
    valueSets.map((name) => [
      `valueSets/${name}.json`,
      json({ name, variableOverrides: [{ name: "rows", value: `${name} ${text}` }] }),
    ]),
  ),
});

const database: Slot["files"] = ({ text, targets: [eventhouse] }) => ({
  "DatabaseProperties.json": json({
    databaseType: "ReadWrite",
    parentEventhouseItemId: eventhouse?.logicalId ?? ZERO,
    oneLakeCachingPeriod: "P30D",
  }),
  "DatabaseSchema.kql": `.create-merge table Events (At:datetime, Shop:string)\n// ${text}\n`,
});

const queryset: Slot["files"] = ({ text, targets: [own] }) => ({
  "RealTimeQueryset.json": json({
    queryset: {
      version: "1.0.0",
      dataSources: own
        ? [{ id: idOf(900), clusterUri: "", type: "Fabric", databaseItemId: own.logicalId, databaseItemName: "events" }]
        : [],
      tabs: [{ id: idOf(901), content: text, title: "Latest" }],
    },
  }),
});

const sparkJob: Slot["files"] = ({ text, targets: [own, spark] }) => ({
  "SparkJobDefinitionV1.json": json({
    executableFile: "main.py",
    defaultLakehouseArtifactId: own?.logicalId ?? "",
    language: "Python",
    environmentArtifactId: spark?.logicalId ?? null,
  }),
  "Main/main.py": `print("${text}")\n`,
});

const lakehouses = ["bronze", "silver"];
const notebooks = ["loads", "checks"];

/** All items that can be in the folder; what an item refers to comes before it. */
export const slots: readonly Slot[] = [
  { key: "bronze", type: "Lakehouse", logicalId: idOf(1), references: [], files: lakehouse },
  { key: "silver", type: "Lakehouse", logicalId: idOf(2), references: [], files: lakehouse },
  { key: "facts", type: "Warehouse", logicalId: ZERO, references: [], files: () => ({}) },
  { key: "spark", type: "Environment", logicalId: idOf(3), references: [], files: environment },
  { key: "settings", type: "VariableLibrary", logicalId: idOf(4), references: [], files: library },
  {
    key: "telemetry",
    type: "Eventhouse",
    logicalId: idOf(5),
    references: [],
    files: () => ({ "EventhouseProperties.json": "{}\n" }),
  },
  {
    key: "events",
    type: "KQLDatabase",
    logicalId: idOf(6),
    parent: "telemetry",
    references: [["telemetry"]],
    files: database,
  },
  { key: "doors", type: "KQLQueryset", logicalId: idOf(7), references: [["events"]], files: queryset },
  { key: "loads", type: "Notebook", logicalId: idOf(8), references: [lakehouses, ["spark"]], files: notebook },
  { key: "checks", type: "Notebook", logicalId: idOf(9), references: [lakehouses, ["spark"]], files: notebook },
  { key: "notes", type: "Notebook", logicalId: ZERO, references: [["silver"]], files: notebook },
  {
    key: "compact",
    type: "SparkJobDefinition",
    logicalId: idOf(10),
    references: [lakehouses, ["spark"]],
    files: sparkJob,
  },
  { key: "nightly", type: "DataPipeline", logicalId: idOf(11), references: [notebooks, notebooks], files: pipeline },
  { key: "weekly", type: "DataPipeline", logicalId: idOf(12), references: [["nightly", "loads"]], files: pipeline },
  { key: "sales", type: "SemanticModel", logicalId: idOf(13), references: [], files: model },
  { key: "shops", type: "SemanticModel", logicalId: idOf(14), references: [], files: model },
  { key: "figures", type: "Report", logicalId: idOf(15), references: [["sales", "shops"]], files: report },
];
