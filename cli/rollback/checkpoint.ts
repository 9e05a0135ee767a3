import { createHash } from "node:crypto";

/*
 * Checkpoints as `pulumi stack export` gives them, as far as a rollback looks at them. Everything here is pure.
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

/** A checkpoint that a rollback can start from, and whether it differs from the given one. */
export interface Prepared {
  readonly checkpoint: Checkpoint;
  readonly isChanged: boolean;
}

/**
 * Prepares the checkpoint of a failed run for its rollback:
 * - an original that waits for deletion, because its replacement was made, becomes the live one again, and the
 *   replacement is marked for deletion: ids stay as they were;
 * - what the engine dropped without deleting it (`retainOnDelete`) is put back: it is still there, and cannot be made;
 * - what was deleted before its replacement is dropped, because it is gone, and so is what others have of it as a dependency;
 * - what the transaction made loses its protection: only that. What was there before gets one until it is restored, so
 *   that the engine deletes none of it whatever happens: to the engine, what a program does not register is to go;
 * - marks for replacement (`taint`) are dropped: what was there before is to stay, not to be made anew;
 * - pending operations are dropped: the transaction log knows better.
 */
export function prepareForRollback(current: Checkpoint, saved: Checkpoint): Prepared {
  const savedByUrn = new Map(liveResourcesOf(saved).map((resource) => [resource.urn, resource]));
  const isOriginal = ({ urn, id }: CheckpointResource) => id !== undefined && savedByUrn.get(urn)?.id === id;
  const live: CheckpointResource[] = [];
  const doomed: CheckpointResource[] = [];
  for (const { taint: _taint, ...resource } of resourcesOf(current)) {
    if (resource.pendingReplacement) continue;
    if (!resource.delete) live.push(resource);
    else if (!isOriginal(resource)) doomed.push(resource);
    else {
      const { delete: _delete, ...original } = resource;
      const at = live.findIndex(({ urn }) => urn === resource.urn);
      const [replacement] = at < 0 ? [] : live.splice(at, 1, original);
      if (replacement) doomed.push({ ...replacement, delete: true });
      else live.push(original);
    }
  }
  live.push(...droppedFrom(live, saved));
  const kept = new Set([...live, ...doomed].map(({ urn }) => urn));
  const resources = [...live, ...doomed].map((known) => {
    const resource = dependingOn(known, kept);
    if (!resource.custom) return resource;
    if (isOriginal(resource)) return { ...resource, protect: true };
    const { protect: _protect, ...unprotected } = resource;
    return unprotected;
  });
  const { pending_operations: pending, ...deployment } = current.deployment;
  const isChanged = (pending?.length ?? 0) > 0 || JSON.stringify(resources) !== JSON.stringify(resourcesOf(current));
  return { checkpoint: { ...current, deployment: { ...deployment, resources } }, isChanged };
}

/** Saved resources whose objects a run has left where they are, and what they stand under, as far as it is missing. */
function droppedFrom(live: readonly CheckpointResource[], saved: Checkpoint): CheckpointResource[] {
  const known = new Set(live.map(({ urn }) => urn));
  const byUrn = new Map(liveResourcesOf(saved).map((resource) => [resource.urn, resource]));
  const needed = new Set<string>();
  const need = (urn: string | undefined) => {
    const resource = urn === undefined || known.has(urn) || needed.has(urn) ? undefined : byUrn.get(urn);
    if (!resource) return;
    needed.add(resource.urn);
    need(resource.parent);
    need(providerUrnOf(resource));
  };
  for (const { urn, retainOnDelete } of byUrn.values()) if (retainOnDelete) need(urn);
  return [...byUrn.values()].filter(({ urn }) => needed.has(urn)).map(({ taint: _taint, ...resource }) => resource);
}

/** A resource without the dependencies on what is not in the state any more: the engine takes no such state. */
function dependingOn(resource: CheckpointResource, there: ReadonlySet<string>): CheckpointResource {
  const { dependencies = [], propertyDependencies = {} } = resource;
  if ([dependencies, ...Object.values(propertyDependencies)].flat().every((urn) => there.has(urn))) return resource;
  return {
    ...resource,
    dependencies: dependencies.filter((urn) => there.has(urn)),
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, urns]) => [property, urns.filter((urn) => there.has(urn))]),
    ),
  };
}

/** The provider that a resource names, without its id. */
export const providerUrnOf = ({ provider }: CheckpointResource): string | undefined =>
  provider?.slice(0, provider.lastIndexOf("::"));

/** A checkpoint without its pending operations, where it has some. */
export function withoutPendingOperations(checkpoint: Checkpoint): Prepared {
  const { pending_operations: pending, ...deployment } = checkpoint.deployment;
  return { checkpoint: { ...checkpoint, deployment }, isChanged: (pending?.length ?? 0) > 0 };
}

/** Something of the state that is not as the saved one has it. */
export interface Difference {
  /** `Workspace 'sales'`. */
  readonly what: string;
  readonly id?: string | undefined;
  readonly reason: string;
}

/**
 * What is still different between the state after a rollback and the one to go back to, for objects of the service. Ids may
 * differ, because deleted objects can only be made again; values that hold such ids may too.
 */
export function differencesAfterRollback(after: Checkpoint, saved: Checkpoint): Difference[] {
  const now = new Map(liveResourcesOf(after).map((resource) => [resource.urn, resource]));
  const newIds = new Map<string, string>();
  for (const before of liveResourcesOf(saved)) {
    const id = now.get(before.urn)?.id;
    for (const [old, fresh] of zip(before.id?.split("/") ?? [], id?.split("/") ?? []))
      if (old !== fresh) newIds.set(old, fresh);
  }
  const differences = liveResourcesOf(saved).flatMap((before): Difference[] => {
    const same = now.get(before.urn);
    if (!same) return [differenceOf(before, "is missing")];
    const [half] = before.initErrors ? [] : (same.initErrors ?? []);
    if (half !== undefined) return [differenceOf(same, `is half-made: ${half}`)];
    const isEqual = rewritten(before.inputs, newIds) === rewritten(same.inputs, new Map());
    return isEqual ? [] : [differenceOf(same, "has other inputs than before")];
  });
  const savedUrns = new Set(liveResourcesOf(saved).map(({ urn }) => urn));
  const extras = resourcesOf(after).filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));
  for (const extra of extras) {
    if (extra.delete) differences.push(differenceOf(extra, "still waits for its deletion"));
    else if (!savedUrns.has(extra.urn)) differences.push(differenceOf(extra, "is still there"));
  }
  return differences;
}

const differenceOf = (resource: CheckpointResource, reason: string): Difference => ({
  what: nameOf(resource),
  id: resource.id,
  reason,
});

const zip = (left: readonly string[], right: readonly string[]) =>
  left.map((value, index) => [value, right[index] ?? value] as const);

/** The key that marks a secret in a checkpoint. */
export const SECRET_MARK = "4dabf18193072939515e22adb298388d";

/** Inputs as text with keys in order, and old ids replaced by new ones. Secrets are encrypted anew each time. */
function rewritten(inputs: Readonly<Record<string, unknown>> | undefined, newIds: ReadonlyMap<string, string>): string {
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
    .map(({ urn, id, inputs, delete: isDoomed }) => [urn, id ?? "", isDoomed ?? false, rewritten(inputs, new Map())])
    .sort();
  return createHash("sha256").update(JSON.stringify(objects)).digest("hex").slice(0, 16);
}

/** Whether a resource is an object of another package's provider, such as Azure's: the transaction log knows nothing of it. */
export const isForeign = ({ type, custom }: Pick<CheckpointResource, "type" | "custom">): boolean =>
  custom && !/^(pulumi:|pulumi-nodejs:dynamic\/fabric:)/.test(type);

/** What a run has changed of objects that the transaction log knows nothing of: made, changed, replaced or removed. */
export function foreignChanges(before: Checkpoint, after: Checkpoint): string[] {
  const likeness = ({ id, inputs }: CheckpointResource) => `${id} ${rewritten(inputs, new Map())}`;
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

/** `Workspace 'sales'`. */
export function nameOf({ urn, type }: Pick<CheckpointResource, "urn" | "type">): string {
  return `${type.split(":").at(-1) ?? type} '${urn.split("::").at(-1) ?? urn}'`;
}
