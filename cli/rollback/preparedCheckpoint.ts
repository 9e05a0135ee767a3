import { liveResourcesOf, providerUrnOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource, Prepared } from "../../lib/checkpoint/checkpoint.ts";

/**
 * Prepares the checkpoint of a failed run for its rollback:
 * - An original that waits for deletion, because its replacement was made, becomes the live one again, and the replacement is
 *   marked for deletion. So ids stay as they were.
 * - Resources that the engine dropped without deleting them (`retainOnDelete`) are put back: their objects still exist, and
 *   cannot be made.
 * - Resources that were deleted before their replacement are dropped with all dependencies on them: their objects are gone.
 * - Only resources that the transaction made lose their protection. Resources from before are protected until they are
 *   restored: the engine would delete every resource that the program has not registered.
 * - Marks for replacement (`taint`) are dropped: resources from before must stay, not be made anew.
 * - Pending operations are dropped: the transaction log is more precise.
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
  return preparedWith(current, resources);
}

/**
 * Prepares the same for the removal of resources before anything is restored: nothing else depends on them any more, because the
 * engine refuses to remove what others that stay depend on.
 * @param urns of what is to be removed; dependencies among them stay, for the order
 */
export function prepareForRemoval(current: Checkpoint, saved: Checkpoint, urns: readonly string[]): Prepared {
  const { checkpoint } = prepareForRollback(current, saved);
  const stays = new Set(resourcesOf(checkpoint).flatMap(({ urn }) => (urns.includes(urn) ? [] : urn)));
  const resources = resourcesOf(checkpoint).map((resource) => {
    if (stays.has(resource.urn)) return dependingOn(resource, stays);
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

/** A resource without dependencies on resources that the state lacks: the engine refuses a state with such dependencies. */
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
