import { formatOrigin } from "../../providers/run/origin.ts";
import type { Origin } from "../../providers/run/origin.ts";
import { isUnknown } from "../../providers/engine/field.ts";
import { kindNamed } from "../../providers/kinds/kinds.ts";
import { portalUrl } from "../../providers/program/portalUrl.ts";
import { withoutUndefined } from "../../providers/engine/resourceKind.ts";
import { nameOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import type { PreviewStep } from "../rollback/stackState.ts";
import type { DescribedWorkspace } from "./description.ts";
import type { ImportedObject } from "./importedObjects.ts";

/*
 * The state of imported objects. `pulumi import` knows neither dependencies nor the parents inside new components, so a
 * destroy directly after it would run in the wrong order. A preview knows all of it: the engine's own create steps become
 * the state, with names, parents, protection, dependencies and checked inputs. Only ids and the values of the service are
 * filled in. An import therefore cannot drift away from what an update does. Everything here is pure.
 */

const STACK = "pulumi:pulumi:Stack";
const COMPONENT = "fabric:FabricWorkspace";
const isProvider = ({ type }: CheckpointResource) => type.startsWith("pulumi:providers:");

/** Data of the state that a preview does not contain. */
export interface ImportContext {
  /** Endpoint and tenant of the objects. */
  readonly origin: Origin;
  /** Time of the import, as the engine writes it. */
  readonly now: string;
  /** A new id for the provider, if the stack has none yet. */
  readonly providerId: string;
}

/**
 * Adds imported workspaces, and connections of the stack, to a checkpoint.
 * @param before the present checkpoint
 * @param steps preview of the configuration that declares the workspaces
 * @throws Error if preview and workspaces do not match
 */
export function withImported(
  before: Checkpoint,
  steps: readonly PreviewStep[],
  workspaces: readonly DescribedWorkspace[],
  context: ImportContext,
  connections: readonly ImportedObject[] = [],
): Checkpoint {
  const all = [...workspaces.flatMap(({ objects }) => objects), ...connections];
  const objects = new Map(all.map((one) => [`${one.kind} ${one.name}`, one]));
  const keys = new Set(workspaces.map(({ entry }) => entry.name));
  const { now: created, origin } = context;
  const added = steps.flatMap(({ op, newState }): CheckpointResource[] => {
    if (op !== "create" || !newState) return [];
    const times = { created, modified: created };
    if (newState.type === STACK) return [{ ...newState, ...times }];
    if (isProvider(newState))
      return [{ ...newState, ...times, id: context.providerId, outputs: newState.inputs ?? {} }];
    if (newState.type === COMPONENT) return keys.has(lastOf(newState.urn, "::")) ? [{ ...newState, ...times }] : [];
    const key = `${lastOf(newState.type, ":")} ${lastOf(newState.urn, "::")}`;
    const object = objects.get(key);
    const [parentType, parent] = (newState.parent ?? "").split("::").slice(-2);
    const isInWorkspace = parentType?.endsWith(COMPONENT) === true && keys.has(parent ?? "");
    // what else is declared is waiting to be deployed
    if (!isInWorkspace && (!object || !connections.includes(object))) return [];
    if (!object) throw mismatch(`${nameOf(newState)} is declared, and was not read`);
    objects.delete(key);
    const inputs = withoutUndefined({ ...newState.inputs, ...object.inputs });
    const unknown = Object.keys(inputs).find((property) => isUnknown(inputs[property]));
    if (unknown) throw mismatch(`${unknown} of ${nameOf(newState)} is not known`);
    const outputs = withoutUndefined({ ...inputs, ...object.outputs, origin: formatOrigin(origin) });
    const provider = knownProvider(newState.provider, context.providerId);
    return [{ ...newState, ...times, id: object.id, inputs, outputs, ...(provider && { provider }) }];
  });
  const [left] = objects.keys();
  if (left !== undefined) throw mismatch(`${left} was read, and is not declared`);
  const resources = [...resourcesOf(before), ...added].map((resource) =>
    resource.type === STACK ? withOutputs(resource, workspaces, connections) : resource,
  );
  return { ...before, deployment: { ...before.deployment, resources } };
}

const lastOf = (text: string, separator: string) => text.split(separator).at(-1) ?? "";

const mismatch = (what: string) =>
  new Error(`The objects cannot be imported: ${what}. This is a bug of this project; nothing was changed.`);

/**
 * Completes a reference, which consists of the provider's URN and id. A provider that is only declared has a placeholder as id.
 */
function knownProvider(reference: string | undefined, id: string): string | undefined {
  const [standIn] = reference?.split("::").slice(-1) ?? [];
  return reference !== undefined && isUnknown(standIn) ? reference.replace(/[^:]*$/, id) : reference;
}

/** Adds imported workspaces and connections to the stack's outputs, as the program would (`workspaceOutputs.ts`). */
function withOutputs(
  stack: CheckpointResource,
  imported: readonly DescribedWorkspace[],
  connections: readonly ImportedObject[],
): CheckpointResource {
  const { outputs = {} } = stack;
  const own = Object.fromEntries(imported.map((one) => [one.entry.name, outputsOf(one)]));
  const ofStack = shownIn(connections, ({ name }) => name);
  const merged = Object.entries({ workspaces: own, ...ofStack }).map(([key, added]): [string, object] => [
    key,
    { ...(outputs[key] as object | undefined), ...added },
  ]);
  return { ...stack, outputs: { ...outputs, ...Object.fromEntries(merged) } };
}

/** What the stack's outputs say of an imported workspace. */
function outputsOf({ entry, objects }: DescribedWorkspace): object {
  const nameIn = ({ name }: ImportedObject) => (name === entry.name ? undefined : name.slice(entry.name.length + 1));
  const idsOf = (kind: string) => {
    const own = objects.filter((one) => one.kind === kind);
    return Object.fromEntries(own.map((one): [string, string] => [nameIn(one) ?? "", lastOf(one.id, "/")]));
  };
  const { id = "" } = objects.find(({ kind }) => kind === "Workspace") ?? {};
  const [items, folders] = [idsOf("Item"), idsOf("Folder")];
  return {
    id,
    url: portalUrl(id),
    ...(Object.keys(items).length > 0 && { items }),
    ...(Object.keys(folders).length > 0 && { folders }),
    ...shownIn(objects, nameIn),
  };
}

/** What the entries of kinds show of their objects, by the key of the entry, and by name if there may be several. */
function shownIn(
  objects: readonly ImportedObject[],
  nameIn: (object: ImportedObject) => string | undefined,
): Record<string, object> {
  const shown: Record<string, object> = {};
  for (const object of objects) {
    const { key, shows } = kindNamed(object.kind)?.entry ?? { key: "" };
    if (!shows) continue;
    const all: Readonly<Record<string, unknown>> = { ...object.inputs, ...object.outputs, id: object.id };
    const values = withoutUndefined(Object.fromEntries(shows.map((output) => [output, all[output]])));
    const name = nameIn(object);
    shown[key] = name === undefined ? values : { ...shown[key], [name]: values };
  }
  return shown;
}
