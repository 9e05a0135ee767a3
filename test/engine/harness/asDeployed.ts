import assert from "node:assert/strict";
import type { Item } from "../../../emulator/families/itemStore.ts";
import type { EngineStack } from "./engineStack.ts";
import type { Edit } from "./foreignEdits.ts";
import { compared, storedIn } from "./serviceObjects.ts";
import type { Stored } from "./serviceObjects.ts";

/** What a deployment is compared with. */
interface Deployed {
  /** What a service has after the same deployment without trouble. */
  readonly whole: Stored;
  /** What other people have done. */
  readonly edits: readonly Edit[];
  readonly settings: { readonly contentDrift?: boolean } | undefined;
}

const itemsIn = (stored: Stored) => (stored["items"] ?? []) as readonly Item[];

/**
 * Compares the items of a service with those of one where the same was deployed without trouble. Content that other people
 * have edited stays without `contentDrift`, and so does a value set that is declared nowhere.
 * @throws AssertionError with the items that are different
 */
export function assertAsDeployed(stack: EngineStack, { whole, edits, settings }: Deployed): void {
  const now = storedIn(stack);
  const isTheirs = ({ id }: { readonly id: string }) => edits.some((edit) => edit.id === id);
  const hasTheirContent = (id: string) =>
    !settings?.contentDrift && edits.some((edit) => edit.id === id && edit.is && ("parts" in edit.is || edit.isNew));
  const { changed } = compared(
    { workspaces: whole["workspaces"] ?? [], folders: whole["folders"] ?? [], items: itemsIn(whole) },
    { workspaces: now["workspaces"] ?? [], folders: now["folders"] ?? [], items: itemsIn(now) },
  );
  const different = changed.filter(({ key, before, after }) => {
    if (!key.startsWith("items ")) return false;
    const is = after && (JSON.parse(after) as Item);
    // what somebody has made, or the service beside what somebody has made
    if (before === undefined) return is && !isTheirs(is);
    const was = JSON.parse(before) as Item;
    const ignored = { ...(is && hasTheirContent(is.id) && { parts: 0 }), ...(is && isTheirs(is) && { properties: 0 }) };
    return JSON.stringify({ ...was, ...ignored }) !== JSON.stringify({ ...is, ...ignored });
  });
  assert.deepEqual(different, [], "items are not as a deployment without the trouble makes them");
  const unpublished = itemsIn(now).filter(
    (item) => item.publish?.parts && !hasTheirContent(item.id) && !sameParts(item.publish.parts, item.parts),
  );
  assert.deepEqual(unpublished, [], "environments are not published as they are");
}

const sameParts = (one: Item["parts"] = [], other: Item["parts"] = []) => textOf(one) === textOf(other);
const textOf = (parts: NonNullable<Item["parts"]>) =>
  parts
    .filter(({ path }) => path !== ".platform")
    .map(({ path, payload }) => `${path} ${payload}`)
    .sort()
    .join("\n");
