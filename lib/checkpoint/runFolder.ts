import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isOfFabric, keyOfResource, resourceNameOf, resourcesOf } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";

/*
 * A folder through which a command tells the provider of its run what the state holds, and the program tells the provider what
 * is declared. The engine tells a provider only of one resource at a time. Neither file holds a secret, as
 * the state holds none.
 */

/** Environment variable with the folder's path. A plain `pulumi up` has no such folder. */
export const RUN_FOLDER = "FABRIC_RUN_FOLDER";

/** A resource of the state that a run began with. */
export interface OwnResource {
  /** `Workspace::sales`: kind and name. */
  readonly resource: string;
  /** Kind and id of the object. */
  readonly key: string;
  /** Inputs and outputs. */
  readonly state: Readonly<Record<string, unknown>>;
  /** An earlier run began to replace the object: its delete has ended, and nothing was made in its place. */
  readonly isPending: boolean;
}

/** The display names in a run's declaration, by resource (`Workspace::sales`); null for objects without one. */
export type DeclaredNames = Readonly<Record<string, string | null>>;

/** Kind and name of a resource, which are unique within a stack. */
export const resourceOf = (type: string, name: string): string => `${type.split(":").at(-1) ?? type}::${name}`;

/** The objects of Fabric in a state. Pure. */
export const ownResourcesIn = (state: Checkpoint): OwnResource[] =>
  resourcesOf(state).flatMap(({ urn, type, id, outputs = {}, pendingReplacement = false }) => {
    if (!isOfFabric(type) || id === undefined) return [];
    return {
      resource: resourceOf(type, resourceNameOf(urn)),
      key: keyOfResource({ type, id }),
      state: outputs,
      isPending: pendingReplacement,
    };
  });

const ownFile = (folder: string) => join(folder, "own.json");
const typesFile = (folder: string) => join(folder, "types.json");
const declaredFile = (folder: string) => join(folder, "declared.json");

/** Writes what the state holds. */
export function writeOwnResources(folder: string, resources: readonly OwnResource[]): void {
  writeFileSync(ownFile(folder), JSON.stringify(resources));
}

/** What the state held when the run began; nothing without a folder. */
export function readOwnResources(env: NodeJS.ProcessEnv): readonly OwnResource[] {
  const folder = env[RUN_FOLDER];
  return folder ? (JSON.parse(readFileSync(ownFile(folder), "utf8")) as OwnResource[]) : [];
}

/** Writes what the program declares; a reader finds the whole file or none. */
export function writeDeclaredNames(env: NodeJS.ProcessEnv, names: DeclaredNames): void {
  const folder = env[RUN_FOLDER];
  if (!folder) return;
  writeWhole(declaredFile(folder), names);
}

function writeWhole(file: string, content: object): void {
  writeFileSync(`${file}.part`, JSON.stringify(content));
  renameSync(`${file}.part`, file);
}

/** Writes the types of the declared items, by resource. Only a forecast needs them. */
export function writeDeclaredTypes(env: NodeJS.ProcessEnv, types: Readonly<Record<string, string>>): void {
  const folder = env[RUN_FOLDER];
  if (folder) writeWhole(typesFile(folder), types);
}

/** The types of the declared items, which are there when the names are; none without a folder. */
export function readDeclaredTypes(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const folder = env[RUN_FOLDER];
  if (!folder || !existsSync(typesFile(folder))) return {};
  return JSON.parse(readFileSync(typesFile(folder), "utf8")) as Record<string, string>;
}

/** What the program declares; undefined until the program has written it. */
export function readDeclaredNames(env: NodeJS.ProcessEnv): DeclaredNames | undefined {
  const folder = env[RUN_FOLDER];
  if (!folder || !existsSync(declaredFile(folder))) return undefined;
  return JSON.parse(readFileSync(declaredFile(folder), "utf8")) as DeclaredNames;
}
