import { isDeepStrictEqual } from "node:util";
import { areNamed } from "../../lib/api/itemDefinition.ts";
import { fabricKindOf } from "../../providers/kinds/kinds.ts";
import type { PreviewLog, ResourceState, Step } from "./previewLog.ts";

/** Operations on an object, the worst first. */
export const OPERATIONS = ["delete", "replace", "unprotect", "update", "create", "import"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** An object at the service, or the provider for it. */
export interface PreviewedObject {
  readonly urn: string;
  /** `Workspace`, `Item`, …; types of other packages in full. */
  readonly kind: string;
  /** Name in the program, without the workspace's name. */
  readonly name: string;
  /** Key of the object's workspace; undefined for objects of the stack itself. */
  readonly workspace: string | undefined;
}

/** One property before and after; undefined if it is absent. */
export interface PropertyChange {
  readonly property: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** One object that the deployment would change. */
export interface Change extends PreviewedObject {
  readonly operation: Operation;
  /** Empty for deletes, which remove the whole object. */
  readonly properties: readonly PropertyChange[];
  /** Whether the object holds data that no definition can restore. */
  readonly holdsData: boolean;
  /** Whether the object existed before the stack, so that a delete restores its former values instead. */
  readonly isGivenBack: boolean;
  /** Whether the object has Pulumi's protection, and keeps it. */
  readonly isProtected: boolean;
  /** Whether the object has Pulumi's protection, and loses it. */
  readonly losesProtection: boolean;
  /** Whether undeclared people lose their roles. */
  readonly removesRoles: boolean;
  /** Whether undeclared items are deleted. */
  readonly removesItems: boolean;
}

/** One object that differs from the state. */
export interface Drift extends PreviewedObject {
  /** The differing properties; null if the object is gone. `before` is the state's value, `after` the service's. */
  readonly properties: readonly PropertyChange[] | null;
  /** The deployment's change of the object; undefined if the object stays as it was found. */
  readonly change: Change | undefined;
}

/** Whether a change can lose something that no later deployment can restore. */
export function isDestructive({ operation, losesProtection, removesRoles, removesItems }: Change): boolean {
  return operation === "delete" || operation === "replace" || losesProtection || removesRoles || removesItems;
}

/** The deployment's changes, the worst first, then by name, so that equal previews give equal text. */
export function changesOf({ steps }: PreviewLog): Change[] {
  const changes = steps.flatMap((step) => {
    const operation = operationOf(step);
    return operation && isShown(step, operation) ? [changeOf(step, operation)] : [];
  });
  const rank = ({ operation }: Change) => OPERATIONS.indexOf(operation);
  return changes.sort((one, other) => rank(one) - rank(other) || compare(one.urn, other.urn));
}

/** The findings of a refresh, by name. */
export function driftOf({ refreshed }: PreviewLog, changes: readonly Change[]): Drift[] {
  const byUrn = new Map(changes.map((change) => [change.urn, change]));
  const drift = refreshed.flatMap((step) => {
    if (!step.old?.custom || isProvider(step)) return [];
    const properties = step.new && differences(everythingOf(step.old), everythingOf(step.new));
    if (properties?.length === 0) return [];
    return [{ ...objectOf(step), properties, change: byUrn.get(step.urn) }];
  });
  return drift.sort((one, other) => compare(one.urn, other.urn));
}

/** Objects with Pulumi's protection, by name. Some may no longer be in the program, but only in the state. */
export function protectedObjects({ steps }: PreviewLog): (PreviewedObject & { readonly isDeclared: boolean })[] {
  const found = new Map(
    steps.flatMap((step) => {
      const state = step.new ?? (step.op === "delete" ? step.old : null);
      return state?.protect ? [[step.urn, { ...objectOf(step), isDeclared: step.new !== null }]] : [];
    }),
  );
  return [...found.values()].sort((one, other) => compare(one.urn, other.urn));
}

/** Number of objects that stay unchanged. */
export function unchangedIn({ steps }: PreviewLog): number {
  return steps.filter((step) => step.op === "same" && step.new?.custom && !isProvider(step) && !losesProtection(step))
    .length;
}

/** The object of a step, from its URN and its parent component. */
export function objectOf({ urn, type, old, new: next }: Pick<Step, "urn" | "type" | "old" | "new">): PreviewedObject {
  const name = urn.split("::").slice(3).join("::");
  const above = next?.parent ?? old?.parent ?? "";
  const workspace = above.includes("fabric:FabricWorkspace::") ? above.split("::").slice(3).join("::") : undefined;
  const own = workspace !== undefined && name.startsWith(`${workspace}/`) ? name.slice(workspace.length + 1) : name;
  return { urn, kind: type.replace(/^pulumi-nodejs:dynamic\/fabric:/, ""), name: own, workspace };
}

/** The operation to show for a step. Of the engine's several steps for a replacement, only `replace` is shown. */
function operationOf(step: Step): Operation | undefined {
  switch (step.op) {
    case "create":
    case "update":
    case "delete":
    case "import":
    case "replace":
      return step.op;
    case "same":
      return losesProtection(step) ? "unprotect" : undefined;
    default:
      return undefined;
  }
}

/**
 * Whether to show a step. Components are no objects at the service. For a provider, only a change of its configuration is
 * shown.
 */
function isShown(step: Step, operation: Operation): boolean {
  if (!(step.new ?? step.old)?.custom) return false;
  return !isProvider(step) || operation === "update" || operation === "replace";
}

const isProvider = ({ type }: Step) => type.startsWith("pulumi:providers:");
const losesProtection = ({ old, new: next }: Step) => Boolean(old?.protect && next && !next.protect);

function changeOf(step: Step, operation: Operation): Change {
  const { old, new: next } = step;
  const [before, after] = byFile(old?.inputs, next?.inputs);
  const properties = operation === "delete" ? [] : differences(toldOf(before), toldOf(after));
  return {
    ...objectOf(step),
    operation,
    properties,
    holdsData: fabricKindOf(step.type)?.holdsData?.(old?.inputs ?? {}) !== undefined,
    isGivenBack: old?.outputs?.["adopted"] !== undefined || old?.outputs?.["adoptedRole"] !== undefined,
    isProtected: Boolean((next ?? old)?.protect),
    losesProtection: losesProtection(step),
    removesRoles: properties.some(({ property, after }) => property.startsWith(ROLE_OF) && after === undefined),
    removesItems: properties.some(({ property, after }) => property.startsWith(UNDECLARED) && after === undefined),
  };
}

/** Differing properties, by name. Properties that begin with `__` are internal to the engine. */
function differences(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): PropertyChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((property) => !property.startsWith("__") && !isDeepStrictEqual(before[property], after[property]))
    .sort(compare)
    .map((property) => ({ property, before: before[property], after: after[property] }));
}

/** All properties, because a refresh stores some of its findings only among the outputs. */
const everythingOf = ({ inputs, outputs }: ResourceState) => toldOf({ ...outputs, ...inputs });

type Properties = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Properties => typeof value === "object" && value !== null;

/**
 * Properties with a line for each file of a definition instead of the hash of all. A new item has all its files, and a state of an
 * earlier version does not know them: there, the files are left out.
 */
function byFile(old: Properties = {}, next: Properties = {}): readonly [Properties, Properties] {
  // a definition of many files has only their number
  const isNamed = (parts: unknown) => isObject(parts) && areNamed(parts);
  const [was, becomes] = [old["parts"], next["parts"]];
  const isKnown = isNamed(was) && isNamed(becomes) && !isDeepStrictEqual(was, becomes);
  const told = ({ parts, logicalId: _logicalId, definitionHash, ...properties }: Properties): Properties => {
    if (!isKnown) return { ...properties, ...(definitionHash !== undefined && { definitionHash }) };
    const files = Object.entries(parts as Properties).map(([path, hash]) => [`file ${path}`, hash] as const);
    return { ...properties, ...Object.fromEntries(files) };
  };
  return [told(old), told(next)];
}

const ROLE_OF = "role of ";
const UNDECLARED = "undeclared ";

/** Properties for readers, with one line for each undeclared role or item. A user's name is unique; other names get the id. */
function toldOf({ unlisted, ...properties }: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const byId = (unlisted ?? {}) as Record<
    string,
    { readonly name: string; readonly role?: string; readonly type?: string }
  >;
  const roles = Object.entries(byId).map(([id, { name, role, type }]) => {
    if (role === undefined) return [`${UNDECLARED}${type} ${name}`, id];
    return [ROLE_OF + (name.includes("@") || name === id ? name : `${name} (${id})`), role];
  });
  return { ...properties, ...(Object.fromEntries(roles) as Record<string, string>) };
}

/** Compares by UTF-16 code units, so that the order is the same on every machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
