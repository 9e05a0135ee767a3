import { createHash } from "node:crypto";
import { objectKey } from "../transactions/entry.ts";

/* The part of a checkpoint, as `pulumi stack export` prints it, that this project uses. Everything here is pure. */

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
  /** The object must be deleted. Its replacement is in the checkpoint under the same URN. */
  readonly delete?: boolean;
  /** Why the last create or update stopped half-way. The engine calls update again. */
  readonly initErrors?: readonly string[];
  /** The object was deleted before its replacement, and the replacement was never made. */
  readonly pendingReplacement?: boolean;
  /** The next update must replace the object, whatever is declared (`pulumi state taint`). */
  readonly taint?: boolean;
}

/** A checkpoint. Before the first deployment it has no resources. */
export interface Checkpoint {
  readonly version: number;
  readonly deployment: {
    readonly resources?: readonly CheckpointResource[];
    readonly pending_operations?: readonly unknown[];
    readonly [other: string]: unknown;
  };
}

/** The resources of a checkpoint; none before the first deployment. */
export const resourcesOf = (checkpoint: Checkpoint): readonly CheckpointResource[] =>
  checkpoint.deployment.resources ?? [];

/** Resources with an object, without those whose object must be deleted. */
export const liveResourcesOf = (checkpoint: Checkpoint): CheckpointResource[] =>
  resourcesOf(checkpoint).filter((resource) => resource.delete !== true);

/** A checkpoint prepared for the next step, and whether it differs from the given one. */
export interface Prepared {
  readonly checkpoint: Checkpoint;
  readonly isChanged: boolean;
}

/** URN of a resource's provider, without the provider's id. */
export const providerUrnOf = ({ provider }: CheckpointResource): string | undefined =>
  provider?.slice(0, provider.lastIndexOf("::"));

/** A checkpoint without its pending operations. */
export function withoutPendingOperations(checkpoint: Checkpoint): Prepared {
  const { pending_operations: pending, ...deployment } = checkpoint.deployment;
  return { checkpoint: { ...checkpoint, deployment }, isChanged: (pending?.length ?? 0) > 0 };
}

/** The key that marks a secret in a checkpoint. */
export const SECRET_MARK = "4dabf18193072939515e22adb298388d";

/**
 * Inputs as text with sorted keys, and with old ids replaced by new ones. Every secret becomes the same word, because each
 * encryption of a secret gives another text.
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
 * A hash of a stack's objects with their ids and inputs, without times and without values that the service computes. Two
 * checkpoints have the same hash if no transaction came between them.
 */
export function checkpointHash(checkpoint: Checkpoint): string {
  const objects = resourcesOf(checkpoint)
    // providers hold no object, and a run that makes no object may still add them
    .filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"))
    .map(({ urn, id, inputs, delete: isDoomed }) => [urn, id ?? "", isDoomed ?? false, inputsAsText(inputs)])
    .sort();
  return createHash("sha256").update(JSON.stringify(objects)).digest("hex").slice(0, 16);
}

/**
 * Renames the stack in a checkpoint, as `pulumi stack rename` does: the name is a part of every URN. Pure.
 * @param from the stack's name in the checkpoint
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

/** The stack name of the last deployment, from the checkpoint's provider; undefined if the checkpoint has no such provider. */
export const deployedAs = (checkpoint: Checkpoint): string | undefined => {
  const provider = liveResourcesOf(checkpoint).find(({ inputs }) => typeof inputs?.["fabric:stack"] === "string");
  return provider?.inputs?.["fabric:stack"] as string | undefined;
};

/** Whether a resource belongs to another package, such as Azure's. The transaction log does not cover such resources. */
export const isForeign = ({ type, custom }: Pick<CheckpointResource, "type" | "custom">): boolean =>
  custom && !/^(pulumi:|pulumi-nodejs:dynamic\/fabric:)/.test(type);

/** Names of the foreign objects that a run has made, changed, replaced or removed. The transaction log does not cover them. */
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

/** Kind and id of a resource's object, in the format of the transaction log's {@link objectKey}. */
export const keyOfResource = ({ type, id }: Pick<CheckpointResource, "type" | "id">): string =>
  objectKey(type.split(":").at(-1) ?? "", id);

/** Name of a resource. */
export const resourceNameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;

/** Whether a resource stands for an object of Fabric. */
export const isOfFabric = (type: string): boolean => type.startsWith("pulumi-nodejs:dynamic/fabric:");

/** `Workspace 'sales'`. */
export function nameOf({ urn, type }: Pick<CheckpointResource, "urn" | "type">): string {
  return `${type.split(":").at(-1) ?? type} '${resourceNameOf(urn)}'`;
}
