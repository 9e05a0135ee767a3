import { createRequire } from "node:module";
import { posix } from "node:path";
import { messageOf } from "../api/messageOf.ts";
import { blobPlaceOf, isAddress } from "../logStore/blobPlace.ts";
import { checkKindValues } from "./kindKeys.ts";
import type { KindKey } from "./kindKeys.ts";
import { placeInPlatform } from "../api/itemDefinition.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";
import { checkAzure } from "./azure.ts";
import { declaredNameFault } from "./items/displayNameFault.ts";
import { entriesOf, entryOf, isEntry, textOf, duplicateFinder } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { resolveItem } from "./items/item.ts";
import type { ResolvedItem } from "./items/item.ts";
import type { ResolvedEntry } from "./items/resolvedEntry.ts";
import { resolveContent } from "./items/content.ts";
import { isOfDeployment } from "../secrets/secretVersion.ts";
import { checkNames } from "./names.ts";
import { gitNameProblems, gitNameWarnings } from "./gitNames.ts";
import { principalKey, principalProblem, profileRoleProblem } from "./principal.ts";
import type * as ItemFolder from "./items/itemFolder.ts";
import type * as ItemRules from "./items/itemRules.ts";
import { assertTrustedEndpoint, trustedVaultUrl } from "../api/trustedHost.ts";
import { wrongAddress } from "../api/wrongAddress.ts";

/** Loaded for the first folder of items: most stacks have none. */
const folders = {
  ofItems: () => load("./items/itemFolder.ts") as typeof ItemFolder,
  rules: () => load("./items/itemRules.ts") as typeof ItemRules,
};
const load = createRequire(import.meta.url);

/** Context that the rules need besides the file. */
export interface RuleContext {
  /** Folder of Pulumi.yaml; paths of items are relative to it. */
  readonly projectRoot: string;
  /** Environment of the user, for the hosts that it allows. */
  readonly env: NodeJS.ProcessEnv;
  /** Keys that kinds add. */
  readonly kindKeys: readonly KindKey[];
  /** Name of the stack. */
  readonly stack: string;
}

/** Result of the rules. */
export interface RuleResult {
  readonly problems: readonly Problem[];
  /** By position of the workspace, then of the entry. An entry with `from` stands for several items. */
  readonly items: readonly (readonly (readonly ResolvedItem[])[])[];
  /** What is allowed, but probably not meant. */
  readonly warnings: readonly string[];
}

/** Names that the service reserves. */
const RESERVED_WORKSPACES = ["admin monitoring", "my workspace"];

/**
 * Checks the rules that involve several values, or other files. They work on the raw file, even if other parts of it are wrong,
 * so that one run finds all problems. The schema reports values of the wrong shape.
 */
export function checkRules(raw: Entry, context: RuleContext): RuleResult {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  checkAddresses(raw, context.env, problems);
  checkAzure(raw, problems);
  checkKindValues(context.kindKeys, "stack", raw, [], problems);
  checkNames(raw, problems);
  const workspaces = entriesOf(raw["workspaces"]);
  const environmentVariables = checkVariables(raw["environmentVariables"], problems);
  const isDuplicate = duplicateFinder(problems);
  const resolved = workspaces.map((workspace, index) => {
    const at = ["workspaces", index];
    const name = textOf(workspace["name"]);
    const displayName = textOf(workspace["displayName"]) ?? name;
    if (name !== undefined && /\/|::/.test(name)) {
      problems.push(
        problemAt([...at, "name"], "must not contain / or ::, which separate the parts of a resource's key"),
      );
    }
    const spoken = workspace["displayName"] === undefined ? "name" : "displayName";
    if (displayName !== undefined && RESERVED_WORKSPACES.includes(displayName.toLowerCase())) {
      problems.push(problemAt([...at, spoken], "is a name that the service keeps for itself"));
    }
    const fault = displayName === undefined ? undefined : declaredNameFault(displayName);
    if (fault !== undefined) problems.push(problemAt([...at, spoken], fault));
    const isKnown = isDuplicate("name", name, [...at, "name"]);
    // if displayName defaults to name, one problem is enough
    if (!isKnown || spoken === "displayName") isDuplicate("displayName", displayName, [...at, spoken]);
    checkUsers(entriesOf(workspace["users"]), [...at, "users"], problems, warnings);
    checkGit(workspace["git"], [...at, "git"], problems, warnings);
    checkKindValues(context.kindKeys, "workspace", workspace, at, problems);
    checkOrphans(workspace, at, problems);
    const items = {
      entries: entriesOf(workspace["items"]),
      at: [...at, "items"],
      values: raw["values"],
      environmentVariables,
    };
    return { name: name ?? "", displayName: displayName ?? "", entries: checkItems(items, context, problems) };
  });
  const content = resolveContent(resolved, {
    projectRoot: context.projectRoot,
    environment: textOf(raw["environment"]) ?? context.stack,
    env: context.env,
    references: entriesOf(raw["references"]),
    problems,
  });
  const hasFolders = workspaces.some((workspace) =>
    entriesOf(workspace["items"]).some(({ from }) => from !== undefined),
  );
  if (raw["values"] !== undefined && !hasFolders)
    warnings.push(...folders.rules().valuesOfNothing(raw["values"], environmentVariables, problems));
  const ofEntries = resolved.flatMap(({ entries }) => entries.flatMap((entry) => entry.warnings));
  return { problems, ...content, warnings: [...warnings, ...ofEntries, ...content.warnings] };
}

/** Nothing is deleted that the stack cannot know to be its own. */
function checkOrphans(workspace: Entry, at: ConfigPath, problems: Problem[]): void {
  const why =
    workspace["adopt"] === true
      ? "is not for an adopted workspace, whose other items belong to others: use report"
      : workspace["git"] !== undefined
        ? "not together with git, which brings items that nobody declares: use report"
        : undefined;
  if (why === undefined) return;
  entriesOf(workspace["items"]).forEach(({ orphans }, index) => {
    if (orphans === "delete") problems.push(problemAt([...at, "items", index, "orphans"], why));
  });
}

/** Name of an environment variable that values may take. */
const ENVIRONMENT_VARIABLE = /^[A-Za-z_]\w{0,126}$/;

/** The variables of the environment that values may take. What the deployment itself signs in with is refused. */
function checkVariables(raw: unknown, problems: Problem[]): readonly string[] {
  const names: readonly unknown[] = Array.isArray(raw) ? raw : [];
  return names.filter((name, index): name is string => {
    // the schema reports names of another form
    if (typeof name !== "string" || !ENVIRONMENT_VARIABLE.test(name)) return false;
    if (isOfDeployment(name))
      problems.push(
        problemAt(["environmentVariables", index], "belongs to the deployment itself, and content must not hold it"),
      );
    return true;
  });
}

function checkAddresses(raw: Entry, env: NodeJS.ProcessEnv, problems: Problem[]): void {
  const endpoint = textOf(raw["endpoint"]);
  if (endpoint !== undefined && endpoint !== "emulator") {
    const wrong = wrongAddress(endpoint, ["https:", "http:"]);
    if (wrong) problems.push(problemAt(["endpoint"], `must be emulator or ${wrong}`));
    else if (!env["FABRIC_ENDPOINT"]) refusalAt("endpoint", () => assertTrustedEndpoint(endpoint, env), problems);
  }
  const keyVaultUrl = textOf(raw["keyVaultUrl"]);
  const wrongVault = keyVaultUrl === undefined ? undefined : wrongAddress(keyVaultUrl, ["https:"]);
  if (wrongVault) problems.push(problemAt(["keyVaultUrl"], `must be ${wrongVault}`));
  else refusalAt("keyVaultUrl", () => trustedVaultUrl(keyVaultUrl, env), problems);

  const log = textOf(raw["transactionLog"]);
  if (log === undefined) return;
  if (isAddress(log)) {
    try {
      blobPlaceOf(log, env);
    } catch (error) {
      problems.push(problemAt(["transactionLog"], messageOf(error)));
    }
  } else if (log.includes("\\") || posix.normalize(log).startsWith("..")) {
    const message = "must be a folder inside the project, with / between folders, or an absolute path";
    problems.push(problemAt(["transactionLog"], message));
  }
}

const warningAt = (at: ConfigPath, message: string) => `${problemAt(at, message).path} ${message}.`;

/** Turns an error of a rule into a problem of one key. */
function refusalAt(key: string, rule: () => unknown, problems: Problem[]): void {
  try {
    rule();
  } catch (error) {
    problems.push(problemAt([key], messageOf(error)));
  }
}

function checkUsers(users: readonly Entry[], at: ConfigPath, problems: Problem[], warnings: string[]): void {
  const isDuplicate = duplicateFinder(problems);
  users.forEach((user, index) => {
    const { principal, type, role } = user;
    const path = [...at, index];
    const problem = principalProblem(principal, type);
    if (problem) problems.push(problemAt([...path, problem.key], problem.message));
    const roleProblem = profileRoleProblem(type, role);
    if (roleProblem?.isCertain) problems.push(problemAt([...path, "role"], roleProblem.message));
    else if (roleProblem) warnings.push(warningAt([...path, "role"], roleProblem.message));
    isDuplicate("principal", keyOfPrincipal(principal), [...path, "principal"]);
  });
}

/** What must be unique of a principal, whatever its shape. */
function keyOfPrincipal(principal: unknown): string | undefined {
  const { applicationId, workspaceIdentity } = entryOf(principal);
  const named = textOf(workspaceIdentity);
  const application = textOf(applicationId);
  if (named !== undefined) return principalKey({ workspaceIdentity: named });
  return application === undefined ? textOf(principal) : principalKey({ applicationId: application });
}

function checkGit(git: unknown, at: ConfigPath, problems: Problem[], warnings: string[]): void {
  if (!isEntry(git)) return;
  for (const { key, message } of gitNameProblems(git)) problems.push(problemAt([...at, key], message));
  for (const { key, message } of gitNameWarnings(git)) warnings.push(warningAt([...at, key], message));
  const { connectionId, connection } = git;
  if (git["gitProviderType"] === "GitHub" && connectionId === undefined && connection === undefined) {
    problems.push(problemAt([...at, "connectionId"], "required for GitHub, which knows no automatic credentials"));
  }
  if (connectionId !== undefined && connection !== undefined)
    problems.push(problemAt([...at, "connection"], "give either connection or connectionId"));
  const directory = textOf(git["directoryName"]);
  if (directory?.includes("\\") || directory?.split("/").includes("..")) {
    problems.push(problemAt([...at, "directoryName"], "must be a folder of the branch, with / between folders"));
  }
}

/** The entries of a workspace in the file. */
interface StackItems {
  readonly entries: readonly Entry[];
  readonly at: ConfigPath;
  /** The stack's values for all of them. */
  readonly values: unknown;
  /** Variables of the environment that values may take. */
  readonly environmentVariables: readonly string[];
}

/** Keys that say which items of a folder are meant, and how. */
const ONLY_OF_FOLDERS = ["include", "exclude", "types", "items", "parameters", "orphans"];

function checkItems(
  { entries, at, values, environmentVariables }: StackItems,
  context: RuleContext,
  problems: Problem[],
): readonly ResolvedEntry[] {
  const isDuplicate = duplicateFinder(problems);
  const isDoubledId = duplicateFinder(problems);
  const spellings = new Map<string, string>();
  return entries.map((entry, index): ResolvedEntry => {
    const path = [...at, index];
    const isFolder = entry["from"] !== undefined;
    const { items, left, warnings } = isFolder
      ? folders.ofItems().resolveFolder(entry, path, context.projectRoot, problems)
      : { items: [resolveItem(entry, path, context.projectRoot, problems)], left: [], warnings: [] };
    if (!isFolder) {
      checkKindValues(context.kindKeys, "item", entry, path, problems);
      for (const key of ONLY_OF_FOLDERS)
        if (entry[key] !== undefined) problems.push(problemAt([...path, key], "only together with from"));
    }
    for (const { name, type, displayName, folder, path: place, logicalId } of items) {
      const where = isFolder ? [...path, "from", place ?? ""] : path;
      if (name?.includes("::")) problems.push(problemAt([...path, "name"], "must not contain ::"));
      const hasSameType = type !== undefined && displayName !== undefined;
      const inFile = (...keys: string[]) =>
        place === undefined ? undefined : () => placeInPlatform(context.projectRoot, place, keys);
      const nameFile = inFile("metadata", "displayName");
      const seen = hasSameType && isDuplicate("type and displayName", `${type}/${displayName}`, where, nameFile);
      // items that are equal by default also have equal keys, so one problem is enough
      if (!seen) isDuplicate("name", name, entry["name"] === undefined ? where : [...path, "name"]);
      isDoubledId("logicalId", logicalId, where, inFile("config", "logicalId"));
      const known = folder === undefined ? undefined : otherSpelling(folder, spellings);
      if (known !== undefined) {
        problems.push(problemAt([...path, "folder"], `is spelled ${known} elsewhere, and the service ignores case`));
      }
    }
    if (!isFolder) return { at: path, items, left, warnings };
    const place = { at: path, projectRoot: context.projectRoot, environmentVariables };
    return { at: path, items, left, warnings, rules: folders.rules().rulesOf(entry, values, place, problems) };
  });
}
/** The earlier spelling of a folder or of one above it, if the spelling differs. Remembers new spellings. */
function otherSpelling(folder: string, spellings: Map<string, string>): string | undefined {
  const names = folder.split("/");
  const above = names.slice(1).map((_, index) => names.slice(0, index + 2).join("/"));
  return above
    .map((part) => {
      const known = spellings.get(part.toLowerCase());
      if (known === undefined) spellings.set(part.toLowerCase(), part);
      return known === part ? undefined : known;
    })
    .find((known) => known !== undefined);
}
