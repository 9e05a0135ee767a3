import { createHash } from "node:crypto";
import { objectKey } from "../transactions/entry.ts";

/*
 * Checkpoints as `pulumi stack export` gives them, as far as this project looks at them. Everything here is pure.
 */

/** One resource of a checkpoint. */
export interface CheckpointResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly id?: string;
  readonly parent?: string;
  readonly provider?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  readonly additionalSecretOutputs?: readonly string[];
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
  /** The object is to be deleted: its replacement stands beside it under the same URN. */
  readonly delete?: boolean;
  /** Why the last create or update of it ended half-way; the engine calls update again. */
  readonly initErrors?: readonly string[];
  /** The object was deleted before its replacement, which was not made. */
  readonly pendingReplacement?: boolean;
  /** The next update is to replace the object, whatever is declared (`pulumi state taint`). */
  readonly taint?: boolean;
}

/** A checkpoint. The first deployment's has no resources at all. */
export interface Checkpoint {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly CheckpointResource[];
    readonly pending_operations?: readonly unknown[];
    readonly [other: string]: unknown;
  };
}

/** The resources of a checkpoint; none where it has never been deployed. */
export const resourcesOf = (checkpoint: Checkpoint): readonly CheckpointResource[] =>
  checkpoint.deployment.resources ?? [];

/** Resources that stand for an object, and not for one that is to be deleted. */
export const liveResourcesOf = (checkpoint: Checkpoint): CheckpointResource[] =>
  resourcesOf(checkpoint).filter((resource) => resource.delete !== true);

/** A checkpoint as it has to be for what comes next, and whether it differs from the given one. */
export interface Prepared {
  readonly checkpoint: Checkpoint;
  readonly isChanged: boolean;
}

/** The provider that a resource names, without its id. */
export const providerUrnOf = ({ provider }: CheckpointResource): string | undefined =>
  provider?.slice(0, provider.lastIndexOf("::"));

/** A checkpoint without its pending operations, where it has some. */
export function withoutPendingOperations(checkpoint: Checkpoint): Prepared {
  const { pending_operations: pending, ...deployment } = checkpoint.deployment;
  return { checkpoint: { ...checkpoint, deployment }, isChanged: (pending?.length ?? 0) > 0 };
}

/** The key that marks a secret in a checkpoint. */
export const SECRET_MARK = "4dabf18193072939515e22adb298388d";

/**
 * Inputs as text with keys in order, and old ids replaced by new ones. A secret is one word, because it is encrypted anew
 * each time.
 * @param newIds new ids by the old ones. @default none
 */
export function inputsAsText(
  inputs: Readonly<Record<string, unknown>> | undefined,
  newIds: ReadonlyMap<string, string> = new Map(),
): string {
  let text = JSON.stringify(inputs ?? {}, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if (SECRET_MARK in value) return "[secret]";
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => left.localeCompare(right)));
  });
  for (const [old, fresh] of newIds) text = text.replaceAll(old, fresh);
  return text;
}

/**
 * A hash of what a stack is like: its objects with their ids and inputs, without times and without what the service
 * computes. Two checkpoints that a transaction did not come between have the same.
 */
export function checkpointHash(checkpoint: Checkpoint): string {
  const objects = resourcesOf(checkpoint)
    // providers hold no object, and a run that made nothing else leaves them behind
    .filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"))
    .map(({ urn, id, inputs, delete: isDoomed }) => [urn, id ?? "", isDoomed ?? false, inputsAsText(inputs)])
    .sort();
  return createHash("sha256").update(JSON.stringify(objects)).digest("hex").slice(0, 16);
}

/**
 * A checkpoint as `pulumi stack rename` makes it: the name of the stack is a part of every URN. Pure.
 * @param from its name in the checkpoint
 */
export function renamedCheckpoint(checkpoint: Checkpoint, from: string, to: string): Checkpoint {
  if (from === to) return checkpoint;
  // a name may have dots
  const [old, fresh] = [from, to].map((name) => name.replaceAll(".", String.raw`\.`));
  const text = JSON.stringify(checkpoint)
    .replaceAll(`"urn:pulumi:${from}::`, `"urn:pulumi:${to}::`)
    .replaceAll(new RegExp(`("urn:pulumi:${fresh}::([^:"]+)::pulumi:pulumi:Stack::\\2-)${old}(?=")`, "g"), `$1${to}`);
  return JSON.parse(text) as Checkpoint;
}

/** Name of the stack that a checkpoint was last deployed as, by its provider; undefined if it has none. */
export const deployedAs = (checkpoint: Checkpoint): string | undefined => {
  const provider = liveResourcesOf(checkpoint).find(({ inputs }) => typeof inputs?.["fabric:stack"] === "string");
  return provider?.inputs?.["fabric:stack"] as string | undefined;
};

/** Whether a resource is an object of another package's provider, such as Azure's: the transaction log knows nothing of it. */
export const isForeign = ({ type, custom }: Pick<CheckpointResource, "type" | "custom">): boolean =>
  custom && !/^(pulumi:|pulumi-nodejs:dynamic\/fabric:)/.test(type);

/** What a run has changed of objects that the transaction log knows nothing of: made, changed, replaced or removed. */
export function foreignChanges(before: Checkpoint, after: Checkpoint): string[] {
  const likeness = ({ id, inputs }: CheckpointResource) => `${id} ${inputsAsText(inputs)}`;
  const foreignIn = (checkpoint: Checkpoint) =>
    new Map(
      liveResourcesOf(checkpoint)
        .filter(isForeign)
        .map((resource) => [resource.urn, { name: nameOf(resource), like: likeness(resource) }]),
    );
  const [old, now] = [foreignIn(before), foreignIn(after)];
  const urns = new Set([...old.keys(), ...now.keys()]);
  return [...urns].flatMap((urn) => {
    const isSame = old.get(urn)?.like === now.get(urn)?.like;
    return isSame ? [] : [now.get(urn)?.name ?? old.get(urn)?.name ?? urn];
  });
}

/** Kind and id of the object that a resource stands for, as the transaction log's {@link objectKey} has them. */
export const keyOfResource = ({ type, id }: Pick<CheckpointResource, "type" | "id">): string =>
  objectKey(type.split(":").at(-1) ?? "", id);

/** `Workspace 'sales'`. */
export function nameOf({ urn, type }: Pick<CheckpointResource, "urn" | "type">): string {
  return `${type.split(":").at(-1) ?? type} '${urn.split("::").at(-1) ?? urn}'`;
}
