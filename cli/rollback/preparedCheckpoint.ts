import { keyOfResource, liveResourcesOf, providerUrnOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource, Prepared } from "../../lib/checkpoint/checkpoint.ts";

/**
 * Prepares the checkpoint of a failed run for its rollback:
 * - An original that waits for deletion, because its replacement was made, becomes the live one again, and the replacement is
 *   marked for deletion. So ids stay as they were.
 * - Resources that the engine dropped without deleting them (`retainOnDelete`) are put back: their objects still exist, and
 *   cannot be made.
 * - A resource that the transaction gave an object from before, as under another key of the configuration, is dropped, and the
 *   object's own resource is put back.
 * - Resources that were deleted before their replacement are dropped with all dependencies on them: their objects are gone.
 * - Only resources that the transaction made lose their protection. Resources from before are protected until they are
 *   restored: the engine would delete every resource that the program has not registered.
 * - Marks for replacement (`taint`) are dropped: resources from before must stay, not be made anew.
 * - Pending operations are dropped: the transaction log is more precise.
 * @param deleted keys of the objects that the transaction has deleted: another one may have the same id by now
 */
export function prepareForRollback(
  current: Checkpoint,
  saved: Checkpoint,
  deleted: ReadonlySet<string> = new Set(),
): Prepared {
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
  const own = new Map([...savedByUrn.values()].map((resource) => [keyOfResource(resource), resource.urn]));
  const isKept = (key: string) => own.has(key) && !deleted.has(key);
  const rekeyed = live.filter(
    (resource) => resource.id !== undefined && !savedByUrn.has(resource.urn) && isKept(keyOfResource(resource)),
  );
  for (const resource of rekeyed) live.splice(live.indexOf(resource), 1);
  const former = new Map(rekeyed.map((resource) => [resource.urn, own.get(keyOfResource(resource)) ?? ""]));
  const left = new Set(former.values());
  live.push(...droppedFrom(live, saved, ({ urn, retainOnDelete }) => retainOnDelete === true || left.has(urn)));
  for (const { urn: key, inputs, outputs } of rekeyed) {
    const at = live.findIndex(({ urn }) => urn === former.get(key));
    const itsOwn = live[at];
    // with what the transaction gave the object, so that the engine gives it back what it had
    if (itsOwn) live[at] = { ...itsOwn, ...(inputs && { inputs }), ...(outputs && { outputs }) };
  }
  const kept = new Set([...live, ...doomed].map(({ urn }) => urn));
  const named = [live, doomed].flatMap((some) => inOrder(some.map((resource) => namingOnly(kept, resource, former))));
  const resources = named.map((resource) => {
    if (!resource.custom) return resource;
    if (isOriginal(resource)) return { ...resource, protect: true };
    const { protect: _protect, ...unprotected } = resource;
    return unprotected;
  });
  return preparedWith(current, resources);
}

/**
 * Prepares the same for the removal of resources before anything is restored: nothing else depends on them any more, because the
 * engine refuses to remove what others that stay depend on.
 * @param urns of what is to be removed; dependencies among them stay, for the order
 */
export function prepareForRemoval(
  current: Checkpoint,
  saved: Checkpoint,
  urns: readonly string[],
  deleted: ReadonlySet<string> = new Set(),
): Prepared {
  const { checkpoint } = prepareForRollback(current, saved, deleted);
  const stays = new Set(resourcesOf(checkpoint).flatMap(({ urn }) => (urns.includes(urn) ? [] : urn)));
  const resources = resourcesOf(checkpoint).map((resource) => {
    if (stays.has(resource.urn)) return namingOnly(stays, resource);
    // a role has the id of the one that was there before
    const { protect: _protect, ...unprotected } = resource;
    return unprotected;
  });
  return preparedWith(current, resources);
}

/** A checkpoint with other resources, and without pending operations. */
function preparedWith(current: Checkpoint, resources: readonly CheckpointResource[]): Prepared {
  const { pending_operations: pending, ...deployment } = current.deployment;
  const isChanged = (pending?.length ?? 0) > 0 || JSON.stringify(resources) !== JSON.stringify(resourcesOf(current));
  return { checkpoint: { ...current, deployment: { ...deployment, resources } }, isChanged };
}

/**
 * Saved resources whose objects a run has left where they are, and what they stand under, as far as it is missing.
 * @param isLeft whether the run has left the resource's object, if the state lacks the resource
 */
function droppedFrom(
  live: readonly CheckpointResource[],
  saved: Checkpoint,
  isLeft: (resource: CheckpointResource) => boolean,
): CheckpointResource[] {
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
  for (const resource of byUrn.values()) if (isLeft(resource)) need(resource.urn);
  return [...byUrn.values()].filter(({ urn }) => needed.has(urn)).map(({ taint: _taint, ...resource }) => resource);
}

/**
 * A resource that names none that the state lacks, because the engine refuses such a state.
 * @param former URNs by those that the run gave the same objects, as under another name
 */
function namingOnly(
  there: ReadonlySet<string>,
  resource: CheckpointResource,
  former: ReadonlyMap<string, string> = new Map(),
): CheckpointResource {
  const isRight = (urn: string | undefined) => urn === undefined || (there.has(urn) && !former.has(urn));
  if (namedBy(resource).every(isRight)) return resource;
  const { parent, deletedWith, provider, dependencies = [], propertyDependencies = {}, ...others } = resource;
  const those = (urns: readonly string[]) => urns.map((urn) => former.get(urn) ?? urn).filter((urn) => there.has(urn));
  const [itsParent] = those(parent === undefined ? [] : [parent]);
  const [goesWith] = those(deletedWith === undefined ? [] : [deletedWith]);
  const providerUrn = providerUrnOf(resource) ?? "";
  return {
    ...others,
    ...(itsParent !== undefined && { parent: itsParent }),
    ...(goesWith !== undefined && { deletedWith: goesWith }),
    ...(provider !== undefined && {
      provider: `${former.get(providerUrn) ?? providerUrn}${provider.slice(providerUrn.length)}`,
    }),
    dependencies: those(dependencies),
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, urns]) => [property, those(urns)]),
    ),
  };
}

/** Each resource after those that it names, because the engine refuses another order. What is in order stays as it is. */
function inOrder(resources: readonly CheckpointResource[]): CheckpointResource[] {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const begun = new Set<CheckpointResource>();
  const ordered: CheckpointResource[] = [];
  const add = (resource: CheckpointResource | undefined) => {
    if (!resource || begun.has(resource)) return;
    begun.add(resource);
    for (const urn of namedBy(resource)) add(byUrn.get(urn));
    ordered.push(resource);
  };
  resources.forEach(add);
  return ordered;
}

/** URNs of the resources that one names. */
const namedBy = (resource: CheckpointResource): string[] => {
  const { parent, deletedWith, dependencies = [], propertyDependencies = {} } = resource;
  const single = [parent, deletedWith, providerUrnOf(resource)].filter((urn) => urn !== undefined);
  return [...single, ...dependencies, ...Object.values(propertyDependencies).flat()];
};
