import { z } from "zod";
import { hashParts, readDefinitionParts, readPlatform } from "../../../lib/api/itemDefinition.ts";
import { hashWithValues, valuesOf, withPool, withValues } from "../../../lib/content/itemValues.ts";
import { canBeMade, canBeRenamed, hasDefinition, isDataBearing } from "../../../lib/api/itemType.ts";
import { itemShape } from "../../../lib/api/objects.ts";
import { itemNameProblem } from "../../../lib/config/items/itemNames.ts";
import { DOUBTFUL, isUnknown, sameIgnoringCase } from "../../engine/field.ts";
import { defineObjectKind } from "../../engine/lifecycle.ts";
import { InputError } from "../../engine/resourceKind.ts";
import { idInLog, nameInLog } from "../../engine/undo.ts";
import type { Run } from "../../run/run.ts";
import { isKnownToGit } from "../git/status.ts";
import { definitionHashNow, staysAsEdited } from "./contentDrift.ts";
import { contentBefore, noteBeforeInstead } from "./contentBefore.ts";
import { contentToGiveBack, giveBackDefinition, restoreUndeclared } from "./contentInRollback.ts";
import { definitionToReplace, sendContent, sendDefinition } from "./contentWrites.ts";
import { comparedHash, contentAfterMaking, contentToMake, keepTexts } from "./definitionToSend.ts";
import { keepDefinition, keepUndeclared } from "./keepContent.ts";
import type { Defined } from "./itemContent.ts";
import { publishEnvironment } from "./environment.ts";
import { onceTheNameIsFree } from "./freeName.ts";
import { convergeItem, renameAndMove } from "./itemChange.ts";
import { itemBefore, itemFields } from "./itemFields.ts";
import type { ItemBefore, ItemOutputs } from "./itemFields.ts";
import { itemPlace } from "./itemPlace.ts";
import { formerItem } from "./idsOfNow.ts";
import { hasLaterContent, laterContent } from "./laterContent.ts";
import { bindConnections, boundConnections } from "./modelConnections.ts";
import { recoverItem } from "./recycleBin.ts";
import { noteSent } from "./sentNote.ts";
import { furtherNames, restoreFurther } from "./furtherValues.ts";
import { activateValueSet, activeValueSet, activeValueSetAlone } from "./valueSet.ts";
import { messageOf } from "../../../lib/api/messageOf.ts";

const LATER_CONTENT =
  "its definition was changed by somebody else since this deployment wrote to it, and stays; the one from before is kept with the log";

const LOST_CONTENT = "it had to be made anew, and its definition from before was not kept";

const NO_DEFINITION = { definitionHash: undefined, parts: undefined, logicalId: undefined };

/** An item of any type. Its id is `{workspaceId}/{itemId}`. */
export const item = defineObjectKind<ItemOutputs>()({
  name: "Item",
  noun: "item",
  fields: itemFields,
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
      throw new InputError("path", messageOf(error));
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

  priorValues: itemBefore,
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

  converge: convergeItem,

  adoption: {
    taken: "ItemDisplayNameAlreadyInUse",
    async may(run, live, { adopt, adoptFromGit }) {
      return adopt || (adoptFromGit && (await isKnownToGit(run, live.workspaceId, live.id)));
    },
    async found(run, id, live, inputs) {
      const before = itemBefore(live);
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

/** The declared connections, if the model is bound to all of them; otherwise those of them that it is bound to. */
async function connectionsNow(run: Run, id: string, declared: readonly string[]): Promise<string[]> {
  const bound = await boundConnections(run, id);
  return declared.filter((connection) => bound.includes(connection.toLowerCase()));
}
