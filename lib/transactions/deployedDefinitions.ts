import { gunzipSync, gzipSync } from "node:zlib";
import { hashPart } from "../api/itemDefinition.ts";
import { textOf } from "../api/plainText.ts";
import type { DefinitionPart } from "../api/itemDefinition.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { LogStore } from "../logStore/logStore.ts";

/*
 * Files of deployed definitions by the definition's hash, compressed, beside the logs, so that a preview can show which lines change. They
 * hold names in place of values that may be secret, as the hashes do. Nothing depends on them: without them a preview names
 * the files only.
 */

/** Longest text that is kept, and most bytes of one definition. */
const LONGEST_TEXT = 256 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;

/** A file of a deployed definition. */
export interface DeployedFile {
  readonly path: string;
  /** As in the state; absent if an earlier version kept the file, which left out the files without a text. */
  readonly hash?: string;
  /** Absent if the file is no text, or too long to keep. */
  readonly text?: string;
}

const folderOf = (stack: string) => `${stack}.content/`;
const fileOf = (stack: string, definitionHash: string) => `${folderOf(stack)}${definitionHash.slice(0, 32)}.json.gz`;

/**
 * Keeps the texts of a definition that was sent. A failure is nobody's concern.
 * @param parts the definition as it is hashed
 */
export async function keepDeployed(
  store: LogStore,
  stack: string,
  definitionHash: string,
  parts: readonly DefinitionPart[],
): Promise<void> {
  let room = MOST_BYTES;
  const files = parts.map((part): DeployedFile => {
    const { path, payload } = part;
    const file = { path, hash: hashPart(part) };
    const text = payload.length > LONGEST_TEXT * 2 ? undefined : textOf(Buffer.from(payload, "base64"));
    if (text === undefined || text.length > LONGEST_TEXT || text.length > room) return file;
    room -= text.length;
    return { ...file, text };
  });
  await store.write(fileOf(stack, definitionHash), gzipSync(JSON.stringify(files))).catch(() => undefined);
}

/** The files of a deployed definition; undefined if they were not kept, or cannot be read. */
export async function deployedFiles(
  store: LogStore,
  stack: string,
  definitionHash: string,
): Promise<readonly DeployedFile[] | undefined> {
  try {
    const content = await store.read(fileOf(stack, definitionHash));
    return content && (JSON.parse(gunzipSync(content).toString()) as DeployedFile[]);
  } catch {
    return undefined;
  }
}

/** Most definitions of a stack whose state nobody has looked at before a deployment: plain Pulumi without rollbacks. */
const MOST_DEFINITIONS = 5_000;

/** Removes all texts if there are too many of them. A failure is nobody's concern. */
export async function boundDeployed(store: LogStore, stack: string): Promise<void> {
  try {
    const names = await store.names();
    if (names.filter((name) => name.startsWith(folderOf(stack))).length > MOST_DEFINITIONS)
      await store.remove(folderOf(stack));
  } catch {
    // they are removed before the next deployment
  }
}

/** Removes the texts that no resource of the state refers to. A failure is nobody's concern. */
export async function pruneDeployed(store: LogStore, stack: string, { deployment }: Checkpoint): Promise<void> {
  const hashes = (deployment.resources ?? []).flatMap(({ inputs, outputs }) =>
    [inputs, outputs].map((values) => values?.["definitionHash"]).filter((hash) => typeof hash === "string"),
  );
  const referred = new Set(hashes.map((hash) => fileOf(stack, hash)));
  try {
    const names = await store.names();
    const old = names.filter((name) => name.startsWith(folderOf(stack)) && !referred.has(name));
    for (const name of old) await store.remove(name);
  } catch {
    // they are removed before the next deployment
  }
}
