import { z } from "zod";
import { deleteOrGone, isWorkspaceGone } from "./gone.ts";
import type { Run } from "../run/run.ts";
import { parseId, workspaceOf } from "./place.ts";
import type { ResourceKind } from "./resourceKind.ts";
import { giveBackOf } from "./undo.ts";
import type { Names } from "./undo.ts";

/** A step of a log that this version cannot undo, because it does not know the kind or compensation. Nothing was called. */
export class UnknownCompensation extends Error {
  override readonly name = "UnknownCompensation";
}

/** A log's data about a create that must be undone. */
export interface ToUndo {
  readonly resourceType: string;
  readonly resourceName: string;
  /** Name of its compensation. */
  readonly compensation: string;
  readonly names: Names;
  /** Arguments of its compensation. */
  readonly args: Names;
  /** Id of the resource in the stack, if it is known. */
  readonly resourceId?: string;
}

/**
 * Undoes a create or an adoption; not finding the object is success.
 * @param isKept whether the object of that id belongs to the state, and so must stay
 * @returns whether something was removed or given back
 */
export type UndoStep = (run: Run, isKept: (resourceId: string) => boolean) => Promise<boolean>;

/**
 * Finds the function that undoes a step of a log.
 * @param kinds all kinds that this version knows
 * @throws UnknownCompensation if this version does not know the step's kind or compensation, or it names no object
 */
export function undoStep(kinds: readonly ResourceKind[], step: ToUndo): UndoStep {
  const { resourceType, resourceName, compensation, names, args, resourceId } = step;
  const unknown = (why: string) => new UnknownCompensation(why);
  const kind = kinds.find(({ name }) => name === resourceType);
  if (!kind) throw unknown(`this version knows no kind '${resourceType}'`);
  if (!kind.undo) throw unknown(`this version makes nothing of kind '${resourceType}'`);
  if (compensation === "") throw unknown("its log names no compensation");
  const { undo, place } = kind;
  const isGivenBack = undo.giveBack !== undefined && compensation === giveBackOf(resourceType);
  if (!isGivenBack && compensation !== undo.compensation) {
    const other = kinds.find((one) => one.undo?.compensation === compensation || giveBackOf(one.name) === compensation);
    throw unknown(
      other
        ? `its log names '${compensation}', which undoes no ${resourceType} but a ${other.name}`
        : `this version knows no compensation '${compensation}', which its log names`,
    );
  }
  const shape = isGivenBack ? z.looseObject({ before: undo.giveBack?.before ?? z.never() }) : undo.names;
  const [issue] = shape.safeParse(isGivenBack ? args : names).error?.issues ?? [];
  if (issue) throw unknown(`its log gives '${compensation}' no valid '${issue.path.join(".") || "arguments"}'`);
  const isNamed = resourceId === undefined ? !isGivenBack : parseId(place, resourceId) !== undefined;
  if (!isNamed) throw unknown(`its log gives '${compensation}' no valid id of the object`);

  if (isGivenBack && resourceId !== undefined)
    return (run, isKept) => giveBack(run, kind, resourceId, isKept, args["before"] as never);
  return async (run, isKept) => {
    const { workspaceId } = names;
    if (typeof workspaceId === "string" && (await isWorkspaceGone(run, workspaceId))) return false;
    const found = await undo.find(run, names as never, resourceId);
    if (found === undefined || isKept(found)) return false;
    if (resourceId === undefined) await undo.assertOwn?.(run, found, names as never);
    return undo.remove(run, found, resourceName);
  };
}

/** Restores the former values of an adopted object, unless the state holds the object by now, or it is gone. */
async function giveBack(
  run: Run,
  { undo, place }: ResourceKind,
  resourceId: string,
  isKept: (resourceId: string) => boolean,
  before: never,
): Promise<boolean> {
  let isGiven = false;
  if (isKept(resourceId)) return false;
  await deleteOrGone(
    run,
    workspaceOf(place, resourceId),
    async () => (isGiven = (await undo?.giveBack?.work(run, resourceId, before)) ?? false),
  );
  return isGiven;
}

/**
 * Reason why this version cannot tell whether the engine undoes an update or a delete; undefined if it can.
 * @param compensation name in the log; null if only the checkpoint can undo the change
 */
export function unknownToUndo(
  kinds: readonly ResourceKind[],
  resourceType: string,
  compensation: string | null,
): string | undefined {
  if (!kinds.some(({ name }) => name === resourceType)) return `this version knows no kind '${resourceType}'`;
  if (compensation !== null && !kinds.some(({ restores = [] }) => restores.includes(compensation)))
    return `this version knows no compensation '${compensation}', which its log names`;
  return undefined;
}
