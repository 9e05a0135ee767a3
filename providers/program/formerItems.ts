import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint, exportCheckpointNow } from "../../lib/checkpoint/exportCheckpoint.ts";
import { RUN_FOLDER, ownResourcesIn, readOwnResources } from "../../lib/checkpoint/runFolder.ts";
import type { OwnResource } from "../../lib/checkpoint/runFolder.ts";
import type { FormerIdentity } from "../../lib/content/itemKeys.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** The items in the state, by the key of their workspace. */
export type FormerItems = ReadonlyMap<string, readonly FormerIdentity[]>;

/** What the program has to know of the state. */
export interface FormerState {
  readonly items: FormerItems;
  /** Keys of the workspaces that existed before the stack. */
  readonly adopted: ReadonlySet<string>;
}

/** A stack without a state. */
export const NO_STATE: FormerState = { items: new Map(), adopted: new Set() };

/** How to read the state. */
export interface StateAccess {
  readonly projectRoot: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A test of a program with Pulumi's mocks has no engine, and so no state. */
const hasState = ({ env }: StateAccess) => Boolean(env["PULUMI_NODEJS_ENGINE"]);

/**
 * The items that the stack holds. A file says which items are declared, and not what they were called before.
 * @throws Error if the state cannot be read
 */
export async function readFormerItems(access: StateAccess): Promise<FormerState> {
  if (!hasState(access)) return NO_STATE;
  return formerIn(access.env[RUN_FOLDER] ? readOwnResources(access.env) : ownResourcesIn(await stateOf(access)));
}

/** {@link readFormerItems} at once, for programs whose resources are declared at once. */
export function formerItemsNow(access: StateAccess): FormerState {
  if (!hasState(access)) return NO_STATE;
  return formerIn(access.env[RUN_FOLDER] ? readOwnResources(access.env) : ownResourcesIn(stateNow(access)));
}

function formerIn(resources: readonly OwnResource[]): FormerState {
  const items = resources.flatMap(({ resource, state }) => {
    const [kind, name = ""] = resource.split("::");
    const slash = name.indexOf("/");
    return kind === "Item" && slash > 0
      ? [[name.slice(0, slash), identityOf(name.slice(slash + 1), state)] as const]
      : [];
  });
  const adopted = resources.flatMap(({ resource, state }) => {
    const [kind, name = ""] = resource.split("::");
    return kind === "Workspace" && state["adopted"] !== undefined ? [name] : [];
  });
  const byWorkspace = new Map(
    [...Map.groupBy(items, ([workspace]) => workspace)].map(([workspace, found]) => [
      workspace,
      found.map(([, one]) => one),
    ]),
  );
  return { items: byWorkspace, adopted: new Set(adopted) };
}

async function stateOf(access: StateAccess): Promise<Checkpoint> {
  try {
    return await exportCheckpoint(access);
  } catch (error) {
    throw unreadable(error);
  }
}

function stateNow(access: StateAccess): Checkpoint {
  try {
    return exportCheckpointNow(access);
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): Error {
  const why = messageOf(error);
  return new Error(
    `The stack's state could not be read, and without it a renamed item cannot be told from a new one. ${why}`,
  );
}

const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

const identityOf = (name: string, values: OwnResource["state"]): FormerIdentity => ({
  name,
  type: textOf(values["type"]) ?? "",
  displayName: textOf(values["displayName"]) ?? "",
  path: textOf(values["path"]),
  logicalId: textOf(values["logicalId"]),
});
