import { fabricKindOf } from "../../providers/kinds/kinds.ts";
import { nameOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Step } from "./previewLog.ts";

/** An object that a command would delete only because a flag or a mark forces that. */
export interface Lifting {
  /** Key of the configuration: the last part of the resource's URN. */
  readonly key: string;
  /** `Item 'sales/bronze'`. */
  readonly what: string;
  /** What would happen to the object, in words that continue `what`. */
  readonly why: string;
}

/** What the steps of one object say about its replacement. */
interface Causes {
  readonly keys: string[];
  /** Names of the inputs before and after. */
  readonly inputs: string[];
}

const REPLACES = new Set(["replace", "create-replacement", "delete-replaced"]);

/** The last part of a URN. */
export const keyOf = (urn: string): string => urn.split("::").slice(3).join("::");

/**
 * Objects that a preview would delete or replace only because of `--ignore-protect`, `--replace`, `--target-replace` or a
 * taint. Each object appears once, in the engine's order. Pure. These are:
 * - protected objects that are deleted or replaced;
 * - workspaces, objects that existed before the stack, and items with data, if their own replacement or their workspace's is
 *   forced.
 */
export function liftingsIn(steps: readonly Step[]): Lifting[] {
  const causes = new Map<string, Causes>();
  for (const { urn, keys, old, new: next } of steps) {
    const known = causes.get(urn) ?? { keys: [], inputs: [] };
    known.keys.push(...(keys ?? []));
    // an input that is new, or that is declared no more, is on one side only
    known.inputs.push(...Object.keys({ ...old?.inputs, ...next?.inputs }));
    causes.set(urn, known);
  }
  const replacedWorkspaces = new Set(
    steps.flatMap(
      ({ op, type, old }) => (REPLACES.has(op) && fabricKindOf(type)?.name === "Workspace" && old?.id) || [],
    ),
  );
  const found = new Map<string, Lifting>();
  for (const step of steps) {
    const isForced = isForcedReplacement(step, causes.get(step.urn), replacedWorkspaces);
    const why = ofProtected(step) ?? (isForced ? ofForced(step) : undefined);
    if (why !== undefined && !found.has(step.urn))
      found.set(step.urn, { key: keyOf(step.urn), what: nameOf(step), why });
  }
  return [...found.values()];
}

/** Reason for a protected object. The engine itself refuses such steps, unless a flag makes it ignore the protection. */
function ofProtected({ op, old, new: next }: Step): string | undefined {
  if (!old?.protect) return undefined;
  if (op === "delete") return "is protected, and would be deleted";
  // if the configuration removes the protection, the object may be replaced in the same run
  return op === "replace" && next?.protect ? "is protected, and would be deleted and made anew" : undefined;
}

/** Whether no declared value causes a replacement, or the workspace does: no declared value ever replaces a workspace. */
function isForcedReplacement(
  { op, old }: Step,
  { keys, inputs }: Causes = { keys: [], inputs: [] },
  workspaces: ReadonlySet<string>,
): boolean {
  if (!REPLACES.has(op) || !old?.custom) return false;
  if (workspaces.has(String(old.inputs?.["workspaceId"]))) return true;
  return keys.length > 0 && !keys.some((key) => inputs.includes(key));
}

function ofForced({ type, old }: Step): string | undefined {
  if (old?.outputs?.["adopted"] || old?.outputs?.["adoptedRole"] !== undefined)
    return "existed before the stack: it would be given back, and taken over again";
  const loss = fabricKindOf(type)?.holdsData?.(old?.inputs ?? {});
  return loss && `would be deleted with ${loss}, and made anew`;
}
