import outputs from "@pulumi/pulumi/output.js";
import type { WorkspaceConfig } from "../lib/config/stackConfig.ts";

/*
 * Outputs among the arguments of a workspace. The rules of the configuration work on values, so a stand-in that no rule refuses
 * takes the place of each output while they run. The kinds check the real value as soon as it is known.
 */

type Entry = Readonly<Record<string, unknown>>;

/** The keys of a workspace that may be outputs; all others decide which resources there are. */
export const MAY_BE_OUTPUT: Readonly<Record<string, readonly string[]>> = {
  "": ["displayName", "description", "capacity"],
  users: ["principal", "type", "role"],
  git: [
    "ownerName",
    "organizationName",
    "projectName",
    "repositoryName",
    "branchName",
    "directoryName",
    "connectionId",
  ],
  items: ["displayName", "description"],
};

/** A GUID of its own for each place. */
const guid = (place: number) => `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;

const isOutput = (value: unknown): boolean => outputs.Output.isInstance(value) || value instanceof Promise;

/** An entry without its outputs, and the outputs. */
function split(entry: Entry, keys: readonly string[] = [], standIn: (key: string) => unknown) {
  const given = Object.entries(entry).filter(([key, value]) => keys.includes(key) && isOutput(value));
  const plain = { ...entry, ...Object.fromEntries(given.map(([key]) => [key, standIn(key)])) };
  return { plain, given: Object.fromEntries(given) as Entry };
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isOutput(value);

/**
 * The arguments of a workspace without outputs.
 * @returns `restored` puts the outputs into the checked configuration
 * @throws Error for a user or item whose key depends on an output
 */
export function standInsFor(args: Entry): {
  readonly plain: Entry;
  readonly restored: (config: WorkspaceConfig) => WorkspaceConfig;
} {
  const own = split(args, MAY_BE_OUTPUT[""], (key) => (key === "displayName" ? args["name"] : `output ${key}`));
  const users = listOf(args["users"]).map((user, index) => splitUser(user, index));
  const git = isEntry(args["git"])
    ? split(args["git"], MAY_BE_OUTPUT["git"], (key) => (key === "connectionId" ? guid(0) : "output"))
    : undefined;
  const items = listOf(args["items"]).map((item, index) => {
    if (isOutput(item["displayName"]) && item["name"] === undefined)
      throw new Error(`items[${index}] needs a name, the key of its resource, because displayName is an output.`);
    return split(item, MAY_BE_OUTPUT["items"], (key) => (key === "displayName" ? item["name"] : "output"));
  });
  const ofItems = new Map(items.map(({ plain, given }) => [plain["name"], given]));
  return {
    plain: {
      ...own.plain,
      ...(Array.isArray(args["users"]) && { users: users.map(({ plain }) => plain) }),
      ...(git && { git: git.plain }),
      ...(Array.isArray(args["items"]) && { items: items.map(({ plain }) => plain) }),
    },
    // the types of the configuration know no outputs; the resources take them
    restored: (config) => ({
      ...config,
      ...own.given,
      users: config.users.map((user, index) => ({ ...user, ...users[index]?.given })),
      ...(config.git && { git: { ...config.git, ...git?.given } }),
      items: config.items.map((item) => (item.isNamed ? { ...item, ...ofItems.get(item.name) } : item)),
    }),
  };
}

const listOf = (value: unknown): readonly Entry[] => (Array.isArray(value) ? (value as Entry[]) : []);

/** A user; `name` is the key of the resource if the principal is an output. */
function splitUser({ name, ...user }: Entry, index: number) {
  const isLater = isOutput(user["principal"]);
  if (isLater && typeof name !== "string")
    throw new Error(`users[${index}] needs a name, the key of its resource, because principal is an output.`);
  const isTyped = user["type"] !== undefined;
  const stand = (key: string) =>
    key === "principal" ? (isTyped ? guid(index + 1) : `user${index}@output`) : key === "type" ? "User" : "Viewer";
  const { plain, given } = split(user, MAY_BE_OUTPUT["users"], stand);
  return { plain, given: typeof name === "string" ? { ...given, key: name } : given };
}
