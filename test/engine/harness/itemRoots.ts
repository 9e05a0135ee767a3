import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Trees that are not part of what a team deploys. */
const LEFT_OUT = new Set(["node_modules", "__pycache__"]);

/**
 * The folders of a checkout that stand for a workspace each: the highest ones that hold items, or several folders of items.
 * @param checkout absolute path
 * @returns paths relative to the checkout
 */
export function itemRoots(checkout: string): string[] {
  return rootsBelow("");

  function rootsBelow(folder: string): string[] {
    const folders = readdirSync(join(checkout, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !LEFT_OUT.has(entry.name))
      .map(({ name }) => (folder === "" ? name : `${folder}/${name}`));
    if (folders.some(isItem) || folders.filter(holdsItems).length > 1) return [folder];
    return folders.flatMap(rootsBelow);
  }

  function holdsItems(folder: string): boolean {
    const entries = readdirSync(join(checkout, folder), { withFileTypes: true });
    return entries.some((entry) => entry.isDirectory() && isItem(`${folder}/${entry.name}`));
  }

  function isItem(folder: string): boolean {
    return readdirSync(join(checkout, folder)).includes(".platform");
  }
}
