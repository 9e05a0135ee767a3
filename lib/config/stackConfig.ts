import type { FlagName } from "../featureFlags.ts";
import type { GitConfig } from "./schema/gitSchema.ts";
import type { ItemInput, ItemOptions } from "./schema/itemSchema.ts";
import { inOurWords, schemaProblems, StackConfigError, withPlaces } from "./problem.ts";
import type { Problem } from "./problem.ts";
import { stackFileLines } from "./stackFileLines.ts";
import type { PlaceOf } from "./stackFileLines.ts";
import { checkRules } from "./rules.ts";
import type { ItemContent, ResolvedItem } from "./items/item.ts";
import { defaultKey } from "../content/itemKeys.ts";
import { kindValues } from "./kindKeys.ts";
import type { KindKey, KindValues } from "./kindKeys.ts";
import { knownKeysWith, schemaWith } from "./schema/schema.ts";
import type { StackInput } from "./schema/schema.ts";
import type { UserConfig, WorkspaceInput } from "./schema/workspaceSchema.ts";
import { withWorkspaceFiles } from "./workspaceFiles.ts";
import type { WithWorkspaces } from "./workspaceFiles.ts";

export { StackConfigError } from "./problem.ts";
export type { AzureConfig } from "./schema/azureSchema.ts";
export type { GitConfig } from "./schema/gitSchema.ts";
export type { UserConfig } from "./schema/workspaceSchema.ts";

/** Keys of an entry that stands for a folder of items. */
type FolderKey = "from" | "include" | "exclude" | "types" | "items" | "parameters";

/** An item, completed from its folder. {@link ItemInput} describes the keys. */
export interface ItemConfig
  extends Omit<ItemInput, "name" | "type" | "displayName" | FolderKey | keyof ItemContent>, ItemContent {
  /** Key of the resource, unique in the workspace, unless the state knows the item under another key. */
  readonly name: string;
  /** The configuration names the key. */
  readonly isNamed?: true;
  /** From `.platform`; absent if it is all zeros. */
  readonly logicalId?: string | undefined;
  /** Whether an entry with `from` has found the item. */
  readonly isOfFolder?: true;
  /** Item type, declared or from its folder. */
  readonly type: string;
  /** Name in Fabric, declared or from its folder. */
  readonly displayName: string;
  /** Values of the keys that kinds add; absent if the file has none. */
  readonly kindValues?: KindValues | undefined;
}

/** A workspace, with defaults filled in. {@link WorkspaceInput} describes the keys. */
export interface WorkspaceConfig extends Omit<WorkspaceInput, "displayName" | "users" | "git" | "items"> {
  /** Name in Fabric, declared or the same as `name`. */
  readonly displayName: string;
  /** Roles to give; none by default. */
  readonly users: readonly (UserConfig & { readonly key?: string })[];
  /** Absent if the workspace is not connected. */
  readonly git?: GitConfig | undefined;
  /** Items to make, in the order of the file. */
  readonly items: readonly ItemConfig[];
  /** Values of the keys that kinds add; absent if the file has none. */
  readonly kindValues?: KindValues | undefined;
}

/** A stack's configuration, valid as a whole. {@link StackInput} describes the keys. */
export interface StackConfig extends Omit<StackInput, "features" | "workspaces"> {
  /** Only the features that the stack names. */
  readonly features: Partial<Record<FlagName, boolean>>;
  /** What is allowed, but probably not meant; absent if there is nothing to tell. */
  readonly warnings?: readonly string[];
  /** Workspaces to make, in the order of the file. */
  readonly workspaces: readonly WorkspaceConfig[];
  /** Values of the keys that kinds add; absent if the file has none. */
  readonly kindValues?: KindValues | undefined;
}

/** Context that the file does not contain. */
export interface StackConfigOptions {
  /** Folder of Pulumi.yaml; paths of items are relative to it. */
  readonly projectRoot: string;
  /** Name of the stack, for messages. */
  readonly stack: string;
  /** For FABRIC_ALLOWED_HOSTS and FABRIC_ENDPOINT. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Keys that kinds add. @default none */
  readonly kindKeys?: readonly KindKey[];
}

/**
 * Checks a stack's configuration as a whole and fills in its defaults. Reads the files that it names: workspaces, and definitions
 * of items.
 * @param given the values by key without the namespace `fabric:`; objects and lists already parsed
 * @throws StackConfigError that lists all problems at once, each with its path in the file, and never a value
 */
export function parseStackConfig(given: Readonly<Record<string, unknown>>, options: StackConfigOptions): StackConfig {
  const { projectRoot, stack, env = process.env, kindKeys = [] } = options;
  const declared = withWorkspaceFiles(given, projectRoot, stack);
  const { raw } = declared;
  const parsed = schemaWith(kindKeys).safeParse(raw, { error: inOurWords });
  // while workspaces are missing, rules would miss what others mean
  const { problems, items, warnings } = declared.isWhole
    ? checkRules(raw, { projectRoot, env, kindKeys, stack })
    : { problems: [], items: [], warnings: [] };
  if (!parsed.success || problems.length > 0 || declared.problems.length > 0) {
    const shape = parsed.success ? [] : schemaProblems(parsed.error, knownKeysWith(kindKeys));
    const inStackFile = stackFileLines(projectRoot, stack, env);
    const placed = withPlaces([...shape, ...problems], placesIn(declared, inStackFile));
    throw new StackConfigError(stack, problemsToShow(withPlaces(declared.problems, inStackFile), declared, placed));
  }

  const { workspaces, ...rest } = parsed.data;
  return {
    ...rest,
    ...kindValues(kindKeys, "stack", rest),
    ...(warnings.length > 0 && { warnings: warnings.map(declared.withFilePlaces) }),
    workspaces: workspaces.map((workspace, index) => completed(workspace, items[index] ?? [], kindKeys)),
  };
}

const placesIn =
  ({ placeOf }: WithWorkspaces, inStackFile: PlaceOf): PlaceOf =>
  (at) =>
    placeOf(at, inStackFile);

/** Problems with the files of workspaces, and those of the whole with their places in these files. */
function problemsToShow(
  ofFiles: readonly Problem[],
  declared: WithWorkspaces,
  problems: readonly Problem[],
): readonly Problem[] {
  const isCovered = (place: string) =>
    ofFiles.some(({ path }) => place === path || [".", "[", " "].some((next) => place.startsWith(path + next)));
  const others = problems.map(({ path, message }) => ({
    path: declared.withFilePlaces(path),
    message: declared.withFilePlaces(message),
  }));
  return [...ofFiles, ...others.filter(({ path }) => !isCovered(path))];
}

function completed(
  workspace: WorkspaceInput,
  entries: readonly (readonly ResolvedItem[])[],
  kindKeys: readonly KindKey[],
): WorkspaceConfig {
  return {
    ...workspace,
    displayName: workspace.displayName ?? workspace.name,
    ...kindValues(kindKeys, "workspace", workspace),
    items: workspace.items.flatMap((entry, index) =>
      (entries[index] ?? []).map((item) => completedItem(entry, item, kindKeys)),
    ),
  };
}

/** The rules found no problem, so every item has been resolved to a name and a type. */
function completedItem(
  {
    from: _from,
    include: _include,
    exclude: _exclude,
    types: _types,
    items,
    parameters: _parameters,
    ...entry
  }: ItemInput,
  resolved: ResolvedItem,
  kindKeys: readonly KindKey[],
): ItemConfig {
  const { type = "", displayName = "", path, folder, logicalId, isOfFolder, content, payload } = resolved;
  const options: ItemOptions = items?.[resolved.optionsKey ?? ""] ?? {};
  const own = kindValues(kindKeys, "item", { ...entry, ...options });
  return {
    ...entry,
    name: options.name ?? resolved.name ?? defaultKey({ type, displayName }),
    ...((options.name ?? entry.name) !== undefined && { isNamed: true as const }),
    adopt: options.adopt ?? entry.adopt,
    protect: options.protect ?? entry.protect,
    ...{ type, displayName, description: options.description ?? resolved.description, path, folder },
    ...(logicalId !== undefined && { logicalId }),
    ...(isOfFolder && { isOfFolder }),
    ...content,
    activeValueSet: options.activeValueSet ?? entry.activeValueSet ?? content?.activeValueSet,
    ...(payload && { creationPayload: payload }),
    ...own,
  };
}
