import { titleOf } from "./contentItem.ts";
import type { ContentItem } from "./contentItem.ts";
import type { TextFile } from "./contentRules.ts";
import { ZERO_ID, idsBesideOwnWorkspace, idsIn, idsInOwnWorkspace } from "./gitIds.ts";
import type { FoundId } from "./gitIds.ts";
import { isExplained, targetOf } from "./knownItems.ts";
import type { KnownItems } from "./knownItems.ts";
import { eventhouseOf, isParent } from "./parentEventhouse.ts";
import { workspaceKey } from "./reference.ts";
import type { Finding } from "./reference.ts";

/** What a file of an item refers to by logical ids. */
export function* referencesById(item: ContentItem, file: TextFile, known: KnownItems): Generator<Finding> {
  const parent = eventhouseOf(item, file, known);
  const inOwnWorkspace = idsInOwnWorkspace(file);
  for (const found of idsIn(file.text)) {
    if (found.id === ZERO_ID) continue;
    if (parent && found.id === parent.key) yield { reference: parent };
    else if (known.byId.has(found.id)) yield* ofDeployed(item, file, found, known, inOwnWorkspace);
    else yield* ofOthers(file, found, known);
  }
  for (const { id, position } of idsBesideOwnWorkspace(file))
    if (!isExplained(known, id))
      yield {
        position,
        problem: `refers to the logical id ${id}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
      };
}

/** @param inOwnWorkspace ids beside which zeros stand for the workspace */
function* ofDeployed(
  item: ContentItem,
  file: TextFile,
  { id, position }: FoundId,
  known: KnownItems,
  inOwnWorkspace: ReadonlySet<string>,
): Generator<Finding> {
  const to = targetOf(item, known.byId.get(id));
  if (to === "several")
    yield {
      position,
      problem: `refers to ${id}, the logical id of items in several other workspaces. Copy the item, or give it another logical id.`,
    };
  else if (to && to.type !== "Eventhouse" && isParent(file, position))
    yield { position, problem: `names ${titleOf(to)} as its eventhouse: a database lies in an Eventhouse.` };
  else if (to && to.workspace !== item.workspace && isParent(file, position))
    yield {
      position,
      problem: `names ${titleOf(to)} of another workspace: a database lies in the workspace of its eventhouse.`,
    };
  else if (to) {
    yield { reference: { key: id, to, attribute: "id" } };
    if (to.workspace !== item.workspace && inOwnWorkspace.has(id))
      yield { reference: { key: workspaceKey(id), to, attribute: "workspaceId" } };
  }
}

/** An id that no deployed item has. */
function* ofOthers(file: TextFile, { id, position }: FoundId, known: KnownItems): Generator<Finding> {
  if (!isExplained(known, id) && isParent(file, position))
    yield {
      position,
      warning: `names the eventhouse ${id}, which is no item of this stack. The service refuses the database, unless its workspace has an eventhouse with that id.`,
    };
  const left = known.leftById.get(id);
  if (left)
    yield {
      position,
      problem: `refers to ${titleOf(left)}, which is not deployed: include it, or remove the reference.`,
    };
}
