import { formatOrigin } from "../../providers/run/origin.ts";
import type { Origin } from "../../providers/run/origin.ts";
import { isUnknown } from "../../providers/engine/field.ts";
import { portalUrl } from "../../providers/program/portalUrl.ts";
import { withoutUndefined } from "../../providers/engine/resourceKind.ts";
import { nameOf, resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import type { PreviewStep } from "../rollback/stackState.ts";
import type { DescribedWorkspace } from "./description.ts";

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
 * Adds imported workspaces to a checkpoint.
 * @param before the present checkpoint
 * @param steps preview of the configuration that declares the workspaces
 * @throws Error if preview and workspaces do not match
 */
export function withImported(
  before: Checkpoint,
  steps: readonly PreviewStep[],
  workspaces: readonly DescribedWorkspace[],
  context: ImportContext,
): Checkpoint {
  const objects = new Map(workspaces.flatMap(({ objects }) => objects.map((one) => [`${one.kind} ${one.name}`, one])));
  const keys = new Set(workspaces.map(({ entry }) => entry.name));
  const { now: created, origin } = context;
  const added = steps.flatMap(({ op, newState }): CheckpointResource[] => {
    if (op !== "create" || !newState) return [];
    const times = { created, modified: created };
    if (newState.type === STACK) return [{ ...newState, ...times }];
    if (isProvider(newState))
      return [{ ...newState, ...times, id: context.providerId, outputs: newState.inputs ?? {} }];
    if (newState.type === COMPONENT) return keys.has(lastOf(newState.urn, "::")) ? [{ ...newState, ...times }] : [];
    if (!keys.has(lastOf(newState.parent ?? "", "::"))) return [];
    const key = `${lastOf(newState.type, ":")} ${lastOf(newState.urn, "::")}`;
    const object = objects.get(key);
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
    resource.type === STACK ? withOutputs(resource, workspaces) : resource,
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

/** Adds imported workspaces to the stack's outputs, as the program would. */
function withOutputs(stack: CheckpointResource, imported: readonly DescribedWorkspace[]): CheckpointResource {
  const before = (stack.outputs?.["workspaces"] ?? {}) as Record<string, unknown>;
  const own = imported.flatMap(({ entry, objects }) =>
    objects
      .filter(({ kind }) => kind === "Workspace")
      .map(({ id }) => [entry.name, { id, url: portalUrl(id) }] as const),
  );
  return { ...stack, outputs: { ...stack.outputs, workspaces: { ...before, ...Object.fromEntries(own) } } };
}
