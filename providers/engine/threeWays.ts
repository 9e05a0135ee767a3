import { isDeepStrictEqual } from "node:util";
import type { Run } from "../run/run.ts";
import { DOUBTFUL, isUnknown } from "./field.ts";
import type { ResourceKind } from "./resourceKind.ts";

/*
 * What the last deployment left, what the service has, and what is declared: if all three are different, somebody has changed
 * the value meanwhile, and `fabric:onDrift` says what becomes of it. A rollback does not ask: its log knows more.
 */

type Properties = Readonly<Record<string, unknown>>;

/** An object at three times, each by its inputs. */
export interface ThreeWays {
  /** As the last deployment left it. */
  readonly state: Properties;
  /** As the service has it, as far as that tells. */
  readonly live: Properties;
  /** As it is declared. */
  readonly wanted: Properties;
}

/** What has to be known of a kind. */
type Named = Pick<ResourceKind, "name" | "fields" | "title">;

/** A value that somebody has changed at the service, and that the declared one would replace. */
export interface Overwritten {
  readonly property: string;
  readonly state: unknown;
  readonly live: unknown;
  readonly wanted: unknown;
}

/**
 * The values that somebody else has changed since the last deployment and that are not as declared either. Pure.
 * @param own properties that an open transaction of the stack's own has written: the state may not have them yet
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
 * Looks for values of others that would be overwritten, and says what becomes of them, as `fabric:onDrift` has it.
 * @returns those that stay as they are: all with `warn`, none with `overwrite`
 * @throws Error with `fail`, naming each value, before anything is written
 */
export async function keptForOthers(run: Run, kind: Named, id: string, ways: ThreeWays): Promise<Overwritten[]> {
  // the log of a rollback knows more; an object that is being imported has no state to compare with
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

/** Inputs that an open transaction has written, under the names that they have at the service: `capacityId` for `capacity`. */
async function ownProperties(run: Run, kind: Named, id: string): Promise<ReadonlySet<string>> {
  const names = await run.writtenInOpenTransactions(kind.name, id);
  return new Set(names.flatMap((name) => [name, name.replace(/Id$/, "")]));
}
