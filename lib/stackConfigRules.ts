import { isAbsolute, posix } from "node:path";
import { listed } from "./listed.ts";
import { problemAt } from "./stackConfigProblem.ts";
import type { ConfigPath, Problem } from "./stackConfigProblem.ts";
import { resolveItem, textOf } from "./stackConfigItem.ts";
import type { ResolvedItem } from "./stackConfigItem.ts";
import { principalTypes } from "./stackConfigSchema.ts";
import { assertTrustedEndpoint } from "./trustedHost.ts";

/** What the rules need to know besides the file. */
export interface RuleContext {
  /** Folder of Pulumi.yaml; paths of items are relative to it. */
  readonly projectRoot: string;
  /** For the hosts that this person allows. */
  readonly env: NodeJS.ProcessEnv;
}

/** What the rules found out. */
export interface RuleResult {
  readonly problems: readonly Problem[];
  /** By position of the workspace, then of the item. */
  readonly items: readonly (readonly ResolvedItem[])[];
}

/** Names that the service keeps for itself. */
const RESERVED_WORKSPACES = ["admin monitoring", "my workspace"];
const GUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/i;

type Entry = Readonly<Record<string, unknown>>;

/**
 * The rules that need more than one value, or files. They work on the file as it stands, whatever else is wrong in it, so
 * that all problems are found at once; what has the wrong shape is left to the schema.
 */
export function checkRules(raw: Entry, context: RuleContext): RuleResult {
  const problems: Problem[] = [];
  checkAddresses(raw, context.env, problems);
  const workspaces = entriesOf(raw["workspaces"]);
  const isTwice = twice(problems);
  const items = workspaces.map((workspace, index) => {
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
    const isKnown = isTwice("name", name, [...at, "name"]);
    // where displayName is name, one problem is enough
    if (!isKnown || spoken === "displayName") isTwice("displayName", displayName, [...at, spoken]);
    checkUsers(entriesOf(workspace["users"]), [...at, "users"], problems);
    checkGit(workspace["git"], [...at, "git"], problems);
    return checkItems(entriesOf(workspace["items"]), [...at, "items"], context, problems);
  });
  return { problems, items };
}

function checkAddresses(raw: Entry, env: NodeJS.ProcessEnv, problems: Problem[]): void {
  const endpoint = textOf(raw["endpoint"]);
  if (endpoint !== undefined && endpoint !== "emulator") {
    const wrong = wrongAddress(endpoint, ["https:", "http:"]);
    if (wrong) problems.push(problemAt(["endpoint"], `must be emulator or ${wrong}`));
    else if (!env["FABRIC_ENDPOINT"]) {
      try {
        assertTrustedEndpoint(endpoint, env);
      } catch (error) {
        problems.push(problemAt(["endpoint"], error instanceof Error ? error.message : String(error)));
      }
    }
  }
  const keyVaultUrl = textOf(raw["keyVaultUrl"]);
  const wrongVault = keyVaultUrl === undefined ? undefined : wrongAddress(keyVaultUrl, ["https:"]);
  if (wrongVault) problems.push(problemAt(["keyVaultUrl"], `must be ${wrongVault}`));

  const log = textOf(raw["transactionLog"]);
  if (log === undefined) return;
  if (/^\w+:\/\//.test(log)) {
    problems.push(problemAt(["transactionLog"], "must be a folder of the project: other places are not supported yet"));
  } else if (isAbsolute(log) || log.includes("\\") || posix.normalize(log).startsWith("..")) {
    problems.push(problemAt(["transactionLog"], "must be a folder inside the project, with / between folders"));
  }
}

/** What would be right instead; it never repeats the address, which may hold a password or a signature. */
function wrongAddress(text: string, protocols: readonly string[]): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !protocols.includes(url.protocol)) return "an https address";
  if (url.username || url.password || url.search || url.hash) return "an address without credentials, ? or #";
  return undefined;
}

function checkUsers(users: readonly Entry[], at: ConfigPath, problems: Problem[]): void {
  const isTwice = twice(problems);
  users.forEach((user, index) => {
    const principal = textOf(user["principal"]);
    if (principal === undefined) return;
    const path = [...at, index];
    if (principal.includes("@")) {
      if (user["type"] !== undefined && user["type"] !== "User") {
        problems.push(
          problemAt([...path, "type"], "a user principal name is always a User: remove the key, or give an object id"),
        );
      }
    } else if (!GUID.test(principal)) {
      problems.push(
        problemAt([...path, "principal"], "must be a user principal name (alice@contoso.com) or an object id"),
      );
    } else if (user["type"] === undefined) {
      problems.push(problemAt([...path, "type"], `required with an object id: ${listed(principalTypes, "or")}`));
    }
    isTwice("principal", principal, [...path, "principal"]);
  });
}

function checkGit(git: unknown, at: ConfigPath, problems: Problem[]): void {
  if (!isEntry(git)) return;
  if (git["gitProviderType"] === "GitHub" && git["connectionId"] === undefined) {
    problems.push(problemAt([...at, "connectionId"], "required for GitHub, which knows no automatic credentials"));
  }
  const directory = textOf(git["directoryName"]);
  if (directory?.includes("\\") || directory?.split("/").includes("..")) {
    problems.push(problemAt([...at, "directoryName"], "must be a folder of the branch, with / between folders"));
  }
}

function checkItems(
  items: readonly Entry[],
  at: ConfigPath,
  context: RuleContext,
  problems: Problem[],
): readonly ResolvedItem[] {
  const isTwice = twice(problems);
  const spellings = new Map<string, string>();
  return items.map((item, index) => {
    const path = [...at, index];
    const resolved = resolveItem(item, path, context.projectRoot, problems);
    const { name, type, displayName, folder } = resolved;
    if (name?.includes("::")) problems.push(problemAt([...path, "name"], "must not contain ::"));
    const hasSameType = type !== undefined && displayName !== undefined;
    const seen = hasSameType && isTwice("type and displayName", `${type}/${displayName}`, path);
    // items that are the same by default have the same key too: one problem is enough
    if (!seen) isTwice("name", name, item["name"] === undefined ? path : [...path, "name"]);
    const known = folder === undefined ? undefined : spellings.get(folder.toLowerCase());
    if (folder !== undefined && known !== undefined && known !== folder) {
      problems.push(problemAt([...path, "folder"], `is spelled ${known} elsewhere, and the service ignores case`));
    } else if (folder !== undefined) spellings.set(folder.toLowerCase(), folder);
    return resolved;
  });
}

/** Remembers names of one list, whatever their case, and reports those seen before. */
function twice(problems: Problem[]): (what: string, value: string | undefined, path: ConfigPath) => boolean {
  const seen = new Map<string, ConfigPath>();
  return (what, value, path) => {
    if (value === undefined) return false;
    const key = `${what} ${value.toLowerCase()}`;
    const first = seen.get(key);
    if (first) problems.push(problemAt(path, `same ${what} as ${problemAt(first, "").path}`));
    else seen.set(key, path);
    return first !== undefined;
  };
}

const isEntry = (raw: unknown): raw is Entry => typeof raw === "object" && raw !== null && !Array.isArray(raw);

/** The entries of a list; what has another shape counts as empty, so that positions stay right. */
function entriesOf(raw: unknown): Entry[] {
  return Array.isArray(raw) ? raw.map((entry: unknown) => (isEntry(entry) ? entry : {})) : [];
}
