import { isDeepStrictEqual } from "node:util";
import type { Run } from "../run/run.ts";
import { DOUBTFUL, isUnknown } from "./field.ts";
import type { ResourceKind } from "./resourceKind.ts";

/*
 * Compares the state, the service and the declaration. If the service's value differs from both the state and the declaration,
 * others have changed it since the last deployment, and `fabric:onDrift` decides its fate. A rollback makes no such comparison:
 * its log knows more.
 */

type Properties = Readonly<Record<string, unknown>>;

/** An object's inputs from three sources. */
export interface ThreeWays {
  /** The values after the last deployment. */
  readonly state: Properties;
  /** The service's values, as far as it shows them. */
  readonly live: Properties;
  /** The declared values. */
  readonly wanted: Properties;
}

/** The parts of a kind that the comparison needs. */
type Named = Pick<ResourceKind, "name" | "fields" | "title">;

/** A value that others have changed at the service, and that the declared value would replace. */
export interface Overwritten {
  readonly property: string;
  readonly state: unknown;
  readonly live: unknown;
  readonly wanted: unknown;
}

/**
 * Finds values that others have changed since the last deployment and that differ from the declared values. Pure.
 * @param own properties that an open transaction of this stack has written: the state may not have them yet
 */
export function overwritten(
  kind: Pick<ResourceKind, "fields">,
  { state, live, wanted }: ThreeWays,
  own: ReadonlySet<string> = new Set(),
): Overwritten[] {
  return Object.entries(live).flatMap(([property, is]) => {
    const field = kind.fields[property];
    const [was, shall] = [state[property], wanted[property]];
    const isAsked =
      field?.change === "update" &&
      !field.isDerived &&
      !own.has(property) &&
      ![was, is].includes(DOUBTFUL) &&
      !isUnknown(shall);
    const isSame = (one: unknown) =>
      isDeepStrictEqual(one, is) ||
      (one !== undefined && is !== undefined && field?.same?.(one as never, is as never) === true);
    return isAsked && !isSame(was) && !isSame(shall) ? [{ property, state: was, live: is, wanted: shall }] : [];
  });
}

/**
 * Looks for values of others that an update would overwrite, and reports what happens to them under `fabric:onDrift`.
 * @returns the values that stay: all with `warn`, none with `overwrite`
 * @throws Error that names each value, with `fail`, before anything is written
 */
export async function keptForOthers(run: Run, kind: Named, id: string, ways: ThreeWays): Promise<Overwritten[]> {
  // the log of a rollback knows more, and an object that is being imported has no state to compare with
  if (run.isRollback || ways.state["origin"] === undefined) return [];
  if (overwritten(kind, ways).length === 0) return [];
  const theirs = overwritten(kind, ways, await ownProperties(run, kind, id));
  if (theirs.length === 0) return [];
  const what = `${kind.title(ways.state)} was changed at the service since the last deployment`;
  if (run.onDrift === "fail") {
    throw new Error(
      `${what}: ${theirs.map(inWords).join("; ")}. Nothing of it was overwritten (fabric:onDrift: fail). Declare the values ` +
        `that are there, undo the change at the service, or set fabric:onDrift: overwrite.`,
    );
  }
  const becomes = run.onDrift === "warn" ? "That stays (fabric:onDrift: warn)." : "That is overwritten.";
  run.warn(`${what}: ${theirs.map(inWords).join("; ")}. ${becomes}`);
  return run.onDrift === "warn" ? theirs : [];
}

const inWords = ({ property, state, live, wanted }: Overwritten) => {
  const declared = isDeepStrictEqual(wanted, state) ? "" : `, and ${asText(wanted)} is declared`;
  return `${property} is ${asText(live)} instead of ${asText(state)}${declared}`;
};
const asText = (value: unknown) => (value === undefined || value === "" ? "nothing" : JSON.stringify(value));

/**
 * Inputs that an open transaction has written. The log has their names at the service (`capacityId`), so the names of the
 * inputs (`capacity`) are added.
 */
async function ownProperties(run: Run, kind: Named, id: string): Promise<ReadonlySet<string>> {
  const names = await run.writtenInOpenTransactions(kind.name, id);
  return new Set(names.flatMap((name) => [name, name.replace(/Id$/, "")]));
}
