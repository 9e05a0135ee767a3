import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { hashParts, readDefinitionParts, readPlatform } from "../../../lib/api/itemDefinition.ts";
import { hashWithValues, valuesOf, withPool, withValues } from "../../../lib/content/itemValues.ts";
import { canBeMade, canBeRenamed, hasDefinition, isDataBearing } from "../../../lib/api/itemType.ts";
import { idShape, itemShape } from "../../../lib/api/objects.ts";
import { itemNameProblem } from "../../../lib/config/itemNames.ts";
import type { FabricItem } from "../../../lib/api/objects.ts";
import { differing } from "../../engine/change.ts";
import { DOUBTFUL, identifier, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import type { Change } from "../../engine/objectKind.ts";
import { InputError } from "../../engine/resourceKind.ts";
import { idInLog, nameInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { isKnownToGit } from "../git/status.ts";
import { definitionHashNow, staysAsEdited } from "./contentDrift.ts";
import { contentBefore, noteBeforeInstead } from "./contentBefore.ts";
import {
  contentToGiveBack,
  giveBackDefinition,
  renewIds,
  restoreUndeclared,
  undeclaredDefinition,
} from "./contentInRollback.ts";
import { definitionToReplace, deployDefinition, sendContent, sendDefinition } from "./contentWrites.ts";
import { comparedHash, contentAfterMaking, contentToMake, keepTexts } from "./definitionToSend.ts";
import { keepDefinition, keepUndeclared } from "./keepContent.ts";
import type { Defined } from "./itemContent.ts";
import { publishEnvironment } from "./environment.ts";
import { itemPlace } from "./itemPlace.ts";
import { formerItem } from "./idsOfNow.ts";
import { hasLaterContent, laterContent } from "./laterContent.ts";
import { bindConnections, boundConnections } from "./modelConnections.ts";
import { recoverItem } from "./recycleBin.ts";
import { hasBeenSent } from "./sends.ts";
import { noteSent } from "./sentNote.ts";
import type { Sent } from "./sentNote.ts";
import { furtherNames, restoreFurther } from "./furtherValues.ts";
import { activateValueSet, activeValueSet, activeValueSetAlone } from "./valueSet.ts";

/** Longest wait for a display name that the service still holds for a deleted item. Waits of minutes are known. */
const NAME_DEADLINE_MS = 10 * 60_000;

/** The values that an item had before its adoption. Its delete restores them. */
export interface ItemBefore {
  readonly type: string;
  readonly displayName: string;
  readonly description: string;
  readonly folderId?: string | undefined;
  /** Hash of the definition that the declared one replaced. Only a rollback still has that definition, and restores it. */
  readonly definitionHash?: string | undefined;
  /** Only in a rollback, if the transaction has activated another one. */
  readonly activeValueSet?: string | undefined;
  /** Only in a rollback, if the transaction has bound the model. */
  readonly connections?: readonly string[] | undefined;
}

interface Outputs {
  /** Only for an item that existed before. */
  readonly adopted?: ItemBefore | undefined;
  /** Only if a refresh reads definitions. */
  readonly sent?: Sent | undefined;
  /** Only for a half-made item: stands in for the input until the definition was sent. */
  readonly definitionHash?: typeof DOUBTFUL;
}

const fields = {
  workspaceId: { schema: identifier, change: "replace", same: sameIgnoringCase },
  type: { schema: z.string().min(1), change: "replace" },
  displayName: { schema: z.string().trim().min(1).max(256), change: "update" },
  description: { schema: z.string().max(256).default(""), change: "update" },
  /** The service's id of the item's folder. Absent at the root. */
  folderId: { schema: identifier.optional(), change: "update", same: sameIgnoringCase },
  /** Folder with the definition in Fabric's Git format, relative to the project. */
  path: { schema: z.string().min(1).optional(), change: "local" },
  /** Hash of that definition; derived, so that previews show a changed definition. */
  definitionHash: { schema: z.string().optional(), change: "update", isFilledIn: true },
  /** Ids that belong into the definition, by what stands in the files instead: logical ids of other items, paths of models. */
  references: { schema: z.record(z.string(), identifier).optional(), change: "update" },
  /** Values of the environment that are put into the files ({@link Value}). */
  values: { schema: z.array(z.record(z.string(), z.unknown())).optional(), change: "local", isFilledIn: true },
  /** Salted hashes of the environment variables that the values take; derived, so that previews show another value. */
  variables: { schema: z.record(z.string(), z.string()).optional(), change: "update", isFilledIn: true },
  /** For a variable library: the value set that counts in its workspace. Absent to leave it. */
  activeValueSet: { schema: z.string().min(1).optional(), change: "update" },
  /** For an environment: the Spark pool in place of the one in the files, by type and name. */
  sparkPool: { schema: z.object({ type: z.string(), name: z.string() }).optional(), change: "local" },
  /** For a semantic model: ids of the connections that it is bound to. Absent to leave them. */
  connections: { schema: z.array(z.string()).optional(), change: "update" },
  /** Short hashes of the files, derived: a preview shows which of them changed. */
  parts: { schema: z.record(z.string(), z.string()).optional(), change: "local", isDerived: true, isLate: true },
  /** From `.platform`, derived: the item is known by it if its name and its folder change. */
  logicalId: { schema: z.string().optional(), change: "local", isDerived: true, isLate: true },
  /** Settings of the item's type. Read only on create. */
  creationPayload: { schema: z.record(z.string(), z.unknown()).optional(), change: "replace" },
  /** Manages an existing item of that name and type instead of refusing it. */
  adopt: { schema: z.boolean().default(false), change: "local" },
  /**
   * The workspace is connected to Git: an item of that name that came from Git is adopted. Only read on create. Changes are
   * ignored; otherwise connecting a workspace to Git would show every item as updated.
   */
  adoptFromGit: { schema: z.boolean().default(false), change: "local", same: () => true },
} as const;

const LATER_CONTENT =
  "its definition was changed by somebody else since this deployment wrote to it, and stays; the one from before is kept with the log";

const LOST_CONTENT = "it had to be made anew, and its definition from before was not kept";

const NO_DEFINITION = { definitionHash: undefined, parts: undefined, logicalId: undefined };

const priorValues = ({ type, displayName, description, folderId }: FabricItem): ItemBefore => ({
  type,
  displayName,
  description: description ?? "",
  folderId,
});

/** An item of any type. Its id is `{workspaceId}/{itemId}`. */
export const item = defineObjectKind<Outputs>()({
  name: "Item",
  noun: "item",
  fields,
  place: itemPlace,
  shape: itemShape,
  plural: "items",
  compensation: "deleteItem",
  restores: ["restoreItem", "restoreDefinition"],
  holdsData: ({ type }) => (typeof type === "string" && isDataBearing(type) ? "its data" : undefined),
  outputs: ["adopted", "sent"],
  title: ({ type, displayName }) => `${type ?? "item"} '${displayName ?? "?"}'`,
  nameOf: ({ displayName = "?" }) => displayName,

  derive(inputs) {
    const { path, type } = inputs;
    if (path === undefined) return { ...inputs, ...NO_DEFINITION };
    if (isUnknown(path)) return inputs;
    try {
      // an unknown type is only a question of time
      if (!isUnknown(type) && !hasDefinition(type))
        return { ...inputs, ...NO_DEFINITION, logicalId: readPlatform(path).logicalId };
      const { logicalId } = readPlatform(path);
      const parts = withPool(withValues(readDefinitionParts(path), valuesOf(inputs)), inputs.sparkPool);
      return { ...inputs, definitionHash: hashWithValues(parts, valuesOf(inputs)), logicalId, parts: hashParts(parts) };
    } catch (error) {
      throw new InputError("path", error instanceof Error ? error.message : String(error));
    }
  },

  refusesNew({ type, displayName, adopt, adoptFromGit }) {
    if (adopt || isUnknown(type) || isUnknown(displayName)) return undefined;
    if (!adoptFromGit && !canBeMade(type))
      return new InputError(
        "type",
        `the service lets nobody make items of type ${type}: set adopt: true if '${displayName}' exists, or remove the item`,
      );
    const problem = itemNameProblem(type, displayName);
    return problem === undefined ? undefined : new InputError("displayName", problem);
  },

  refusesChange({ displayName: old }, { type, displayName }) {
    if (old === undefined || isUnknown(type) || isUnknown(displayName) || old === displayName || canBeRenamed(type))
      return undefined;
    return new InputError(
      "displayName",
      `the service renames no ${type}, so '${old}' cannot become '${displayName}'. Keep the name; or, to delete the item and ` +
        `make one of the new name, declare it under another key: name: ${type}/${displayName}`,
    );
  },

  names: z.object({ workspaceId: idInLog, type: nameInLog, displayName: nameInLog }),
  namesOf: (_run, { workspaceId, type, displayName }) => ({ workspaceId, type, displayName }),
  isNamed: (live, { type, displayName }) => live.type === type && sameIgnoringCase(live.displayName, displayName),
  looksAtSharedList: true,

  async make(run, inputs) {
    const { displayName, type, description, folderId } = inputs;
    return { body: { displayName, type, description, folderId, ...(await contentToMake(run, inputs)) } };
  },
  making: (run, _inputs, work) => onceTheNameIsFree(run, work),
  recover: recoverItem,
  doubtful: ({ definitionHash }) => (definitionHash === undefined ? {} : { definitionHash: DOUBTFUL }),
  async settle({ run, id, wanted }) {
    const rest = await contentAfterMaking(run, id, wanted);
    if (rest) await sendDefinition(run, id, wanted, rest);
    else if (wanted.type === "Environment" && wanted.definitionHash !== undefined)
      await publishEnvironment(run, id, wanted.displayName);
    await activateValueSet(run, id, wanted);
    await bindConnections(run, id, wanted);
    await restoreUndeclared(run, id, wanted);
    await restoreFurther(run, id, wanted);
    await keepTexts(run, wanted);
    return { sent: await noteSent(run, id, wanted) };
  },

  priorValues,
  furtherValues: async (run, id, names) => ({
    ...(names.includes("activeValueSet") && { activeValueSet: await activeValueSetAlone(run, id) }),
    ...(names.includes("connections") && { connections: await boundConnections(run, id) }),
  }),
  furtherNames,
  valuesOf: async (live, run, id, state) => ({
    definitionHash: await definitionHashNow(run, id, state),
    type: live.type,
    displayName: live.displayName,
    description: live.description ?? "",
    folderId: live.folderId,
    ...(state.activeValueSet !== undefined && { activeValueSet: await activeValueSet(run, id) }),
    ...(state.connections !== undefined && { connections: await connectionsNow(run, id, state.connections) }),
  }),

  async heedsContent(run, id, state, { definitionHash }) {
    if (definitionHash !== undefined && definitionHash !== state.definitionHash) await staysAsEdited(run, id, state);
  },

  async converge(change) {
    const { run, id, wanted, old, found } = change;
    const known = old ?? found;
    const isOther =
      wanted.definitionHash !== undefined &&
      (wanted.definitionHash !== known?.definitionHash ||
        !isDeepStrictEqual(wanted.references, old?.references) ||
        !isDeepStrictEqual(wanted.variables, old?.variables));
    const former = await formerItem(run, wanted, id);
    const isAnew = former !== undefined && !sameIgnoringCase(former.id, id);
    // a rollback has nothing to give back if its transaction has sent no definition
    const isUntouched = run.isRollback && !isAnew && (former ?? old) !== undefined && !(await hasBeenSent(run, id));
    const isSent = isOther && !isUntouched && !(old && (await staysAsEdited(run, id, old)));
    await renameAndMove(change);
    const isTakenAway = old?.definitionHash !== undefined && wanted.definitionHash === undefined;
    const isGivenBack = run.isRollback && !isUntouched && (isSent || isTakenAway);
    const isLater = isGivenBack && (await isEditedLater(run, id, wanted, old ?? wanted));
    if (isUntouched) await renewIds(run, id, wanted);
    if (isSent && !isLater && !(old && (await staysAsEditedBetween(run, id, old)))) {
      const had = old && ((await keepDefinition(run, id, old)) ?? (await keepUndeclared(run, id, old)));
      await deployDefinition(run, id, wanted, had);
      await keepTexts(run, wanted);
    }
    const isOtherSet = change.givenBack
      ? "activeValueSet" in change.givenBack
      : wanted.activeValueSet !== old?.activeValueSet;
    if (isOtherSet) await activateValueSet(run, id, wanted);
    if (!change.givenBack && !isDeepStrictEqual(wanted.connections, old?.connections))
      await bindConnections(run, id, wanted);
    const { connections } = change.givenBack ?? {};
    if (connections) await bindConnections(run, id, { ...wanted, connections }, "go");
    const theirs = old && !isUntouched && !isLater && (await undeclaredDefinition(run, id, wanted, old));
    if (theirs) await sendDefinition(run, id, wanted, theirs);
    // an earlier attempt at the rollback has made the item, and has failed or was killed then
    if (isAnew) {
      await restoreUndeclared(run, id, wanted);
      await restoreFurther(run, id, wanted);
    }
    return isSent || !old ? { sent: await noteSent(run, id, wanted, isLater) } : {};
  },

  adoption: {
    taken: "ItemDisplayNameAlreadyInUse",
    async may(run, live, { adopt, adoptFromGit }) {
      return adopt || (adoptFromGit && (await isKnownToGit(run, live.workspaceId, live.id)));
    },
    async found(run, id, live, inputs) {
      const before = priorValues(live);
      const isReplaced = inputs.definitionHash !== undefined;
      return isReplaced ? { ...before, definitionHash: await definitionToReplace(run, id, before, inputs) } : before;
    },
    before: z.record(z.string(), z.unknown()) as unknown as z.ZodType<ItemBefore>,
    toOutputs: (adopted) => ({ adopted }),
    ofState: ({ adopted }) => adopted,
    async giveBack(change, before) {
      await renameAndMove(change);
      const isGiven = await giveBackDefinition(change.run, change.id, before);
      // after the definition, which has the value set
      await activateValueSet(change.run, change.id, { ...before, activeValueSet: before.activeValueSet ?? undefined });
      if (before.connections) await bindConnections(change.run, change.id, before, "go");
      return isGiven;
    },
  },
  async giveBackContent(run, id, state) {
    if (!run.isRollback || !hasDefinition(state.type)) return { isChanged: false, left: [] };
    const before = await contentToGiveBack(run, state, id);
    // the restore has left it to this, because state and declaration are the same
    const later = before && (await laterContent(run, id, state, [before]));
    const isChanged = before !== undefined && !later && (await sendContent(run, id, state, before));
    const left = [
      ...((await hasLaterContent(run, id, state)) ? [LATER_CONTENT] : []),
      ...((await isAnewWithout(run, id, state)) ? [LOST_CONTENT] : []),
    ];
    return { isChanged, left };
  },
  async beforeRemoval(run, id, state) {
    await keepDefinition(run, id, state);
    if (!hasDefinition(state.type)) return;
    await keepUndeclared(run, id, state);
    const later = !run.isRollback && run.definitions.isKeeping ? await laterContent(run, id, state) : undefined;
    if (later) await noteBeforeInstead(run, id, later);
  },
});

/** In a rollback: whether somebody has put content into an item since the transaction sent its own. It stays. */
async function isEditedLater(
  run: Run,
  id: string,
  wanted: Defined & { workspaceId: string },
  old: Defined,
): Promise<boolean> {
  return (await laterContent(run, id, old, [await contentBefore(run, wanted, id)])) !== undefined;
}

/** In a rollback that has made an item anew: whether nobody has its content from before, not even as its files. */
async function isAnewWithout(run: Run, id: string, item: Defined & { workspaceId: string }): Promise<boolean> {
  const former = await formerItem(run, item, id);
  const isAnew = former !== undefined && !sameIgnoringCase(former.id, id);
  return isAnew && !isOfFiles(item) && (await contentBefore(run, item, id)) === undefined;
}

/** Whether an item's files are as they were when it was deployed. */
function isOfFiles(item: Defined): boolean {
  try {
    return item.path !== undefined && comparedHash(readDefinitionParts(item.path), item) === item.definitionHash;
  } catch {
    return false;
  }
}

/**
 * Looks at an item that an earlier run of the transaction sent a definition to. What somebody has put into it since comes back in
 * a rollback.
 * @returns whether it stays now, too (`fabric:onDrift: warn`)
 * @throws Error if `fabric:onDrift` is `fail`
 */
async function staysAsEditedBetween(run: Run, id: string, old: Defined): Promise<boolean> {
  if (run.isRollback || !run.definitions.isKeeping) return false;
  const later = await laterContent(run, id, old);
  if (!later) return false;
  await noteBeforeInstead(run, id, later);
  const what = `The definition of ${old.type} '${old.displayName}' was changed at the service since an earlier run was cut off`;
  if (run.watchesContent && run.onDrift === "fail")
    throw new Error(`${what}: it was not overwritten (fabric:onDrift: fail).`);
  const stays = run.watchesContent && run.onDrift === "warn";
  run.warn(`${what}: ${stays ? "that stays (fabric:onDrift: warn)" : "that is overwritten with the declared one"}.`);
  return stays;
}

/** The declared connections, if the model is bound to all of them; otherwise those of them that it is bound to. */
async function connectionsNow(run: Run, id: string, declared: readonly string[]): Promise<string[]> {
  const bound = await boundConnections(run, id);
  return declared.filter((connection) => bound.includes(connection.toLowerCase()));
}

type Renaming = Pick<
  Change<typeof fields, Outputs, FabricItem, ItemBefore>,
  "run" | "now" | "wanted" | "path" | "write"
>;

/** The answer to a move: the item, with the items in it. */
const movedShape = z.object({ value: z.array(z.object({ id: idShape })).min(1) });

/** Brings name, description and folder to their declared values. */
async function renameAndMove(change: Renaming): Promise<void> {
  const { run, now, wanted, path, write } = change;
  const { displayName, description, folderId } = wanted;
  const before = priorValues(now);
  const body = differing(before, { displayName, description });
  if (Object.keys(body).length > 0)
    await onceTheNameIsFree(run, () => write({ method: "PATCH", path, body, answer: itemShape }, body));
  if (!sameIgnoringCase(before.folderId, folderId)) {
    const operation = `move ${wanted.type} '${displayName}'`;
    const body = { targetFolderId: folderId };
    const answer = movedShape;
    await write({ method: "POST", path: `${path}/move`, body, operation, answer, replaySafe: true }, { folderId });
  }
}

/** Repeats work while the service holds the display name for an item deleted a moment ago, and reports the wait. */
async function onceTheNameIsFree<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const deadline = run.clock.now() + NAME_DEADLINE_MS;
  for (let pause = 2_000, warned = false; ; pause = Math.min(pause * 2, 30_000)) {
    try {
      return await work();
    } catch (error) {
      if (!isFabricError(error, "ItemDisplayNameNotAvailableYet") || run.clock.now() + pause > deadline) throw error;
      if (!warned) run.warn(`${error.operation}: the name is not free yet after a delete; waiting for it.`);
      warned = true;
      await run.clock.sleep(pause);
    }
  }
}
