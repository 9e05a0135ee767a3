import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { isFabricError, isServiceAnswer } from "../../lib/api/fabricError.ts";
import type { FabricError } from "../../lib/api/fabricError.ts";
import { readItemDefinition } from "../../lib/api/itemDefinition.ts";
import type { DefinitionPart, Platform } from "../../lib/api/itemDefinition.ts";
import { payloadOf } from "../../lib/content/contentRules.ts";
import { textFiles } from "../../lib/content/textFiles.ts";
import { readDefinition } from "../../providers/kinds/item/itemContent.ts";
import type { FabricItem } from "../../lib/api/objects.ts";
import type { Run } from "../../providers/run/run.ts";
import type { ExportedDefinition } from "./description.ts";

/** Item folders by the item's id. Folder names follow Git integration, and each workspace has its own parent folder. */
export function definitionFolders(root: string, key: string, items: readonly FabricItem[]): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    items.map(({ id, type, displayName }) => {
      const name = fileNameOf(displayName);
      let path = `${root}/${fileNameOf(key)}/${name}.${type}`;
      for (let number = 2; taken.has(path.toLowerCase()); number++)
        path = `${root}/${fileNameOf(key)}/${name}-${number}.${type}`;
      taken.add(path.toLowerCase());
      return [id, path];
    }),
  );
}

/** A name that every file system accepts. */
const fileNameOf = (name: string) => name.replaceAll(/[<>:"/\\|?*\u0000-\u001f]/g, "_").replace(/[. ]+$/, "") || "_";

/** Whether a part can be a file inside the item's folder, whatever path the service gives. */
export function isSafePart({ path, payloadType }: DefinitionPart): boolean {
  const isInside =
    posix.normalize(path) === path && !path.startsWith("../") && !posix.isAbsolute(path) && path !== "..";
  return payloadType === "InlineBase64" && isInside && !/[\\:\u0000]/.test(path) && path !== "." && !path.endsWith("/");
}

/** Folders of definitions that are written into the project. Unless the import succeeds, they are removed again. */
export class DefinitionFolders implements Disposable {
  readonly #projectRoot: string;
  #written: string[] = [];

  constructor(projectRoot: string) {
    this.#projectRoot = projectRoot;
  }

  /** @throws Error if one of the folders exists: nothing is ever overwritten */
  assertFree(folders: Iterable<string>): void {
    const taken = [...folders].filter((folder) => existsSync(join(this.#projectRoot, folder)));
    if (taken.length === 0) return;
    throw new Error(
      `Nothing was imported: ${taken.join(", ")} exists already. Move it away, or choose another place with --definitions-folder.`,
    );
  }

  /**
   * Writes the definition of an item into a new folder.
   * @param folder relative to the project
   * @param hasSchemas whether the item is a lakehouse with schemas: if its definition does not say so, they are declared instead
   * @returns the definition's data for the configuration, or the reason why the item is imported without a definition
   * @throws FabricError if the service does not answer, because nothing is then known about the item
   */
  async write(
    run: Run,
    item: FabricItem,
    { folder, hasSchemas }: { readonly folder: string; readonly hasSchemas: boolean },
  ): Promise<ExportedDefinition | { readonly reason: string }> {
    const target = join(this.#projectRoot, folder);
    let parts: readonly DefinitionPart[];
    try {
      parts = await readDefinition(run, `${item.workspaceId}/${item.id}`, item);
    } catch (error) {
      if (isRefusal(error)) return { reason: error.errorCode };
      throw error;
    }
    const odd = parts.find((part) => !isSafePart(part));
    if (odd) return { reason: `its part ${JSON.stringify(odd.path)} cannot be a file` };
    if (hasSchemas && payloadOf(item.type, textFiles(parts)) === undefined)
      return { reason: "its schemas are declared instead" };
    this.#written.push(target);
    for (const { path, payload } of parts) writePart(target, path, Buffer.from(payload, "base64"));
    if (!parts.some(({ path }) => path === ".platform")) writePart(target, ".platform", platformOf(item));
    const found = platformIn(target);
    if (typeof found !== "string" && found.type === item.type && found.displayName === item.displayName)
      return { path: folder, description: found.description ?? "", logicalId: found.logicalId };
    rmSync(target, { recursive: true });
    return {
      reason: typeof found === "string" ? found : `its .platform file is of ${found.type} '${found.displayName}'`,
    };
  }

  /** Keeps the folders, because the import has succeeded. */
  keep(): void {
    this.#written = [];
  }

  [Symbol.dispose](): void {
    for (const folder of this.#written) rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the service refuses this item's definition. Such a refusal says nothing about other items. */
function isRefusal(error: unknown): error is FabricError {
  if (!isFabricError(error) || !error.isOutcomeKnown) return false;
  // a failed operation has no status, but the service did answer
  return error.status === undefined ? error.requestId !== undefined : isServiceAnswer(error, 400, 403, 404, 409);
}

/** The result of reading a folder as a deployment would, or the reason why that fails. */
function platformIn(folder: string): Platform | string {
  try {
    return readItemDefinition(folder);
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll(folder, "it") : String(error);
  }
}

function writePart(folder: string, path: string, content: Buffer | string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** The `.platform` file, which the definitions of some types lack. */
function platformOf({ type, displayName, description }: FabricItem): string {
  const metadata = { type, displayName, ...(description && { description }) };
  const logicalId = "00000000-0000-0000-0000-000000000000";
  return `${JSON.stringify({ metadata, config: { version: "2.0", logicalId } }, null, 2)}\n`;
}
