import { QUOTA_WINDOW_MS, documentedQuotas } from "../../lib/api/quota.ts";

/*
 * How long a deployment takes: the engine's work in small, with expected times in place of calls. Everything here is pure.
 */

/** One object that a run will make, change or remove. */
export interface PlannedStep {
  /** The workspace whose objects wait for one another; empty for objects of the tenant. */
  readonly workspace: string;
  /** Kind of the resource, and for an item its type: `Item Notebook`. */
  readonly what: string;
  /** A change of a definition takes an operation as long as a create's; other changes are one call. */
  readonly change: "create" | "update" | "updateDefinition" | "delete";
}

/** Shortest and longest time, in seconds. */
type Range = readonly [from: number, to: number];

/**
 * Time from the first call for an object to its end, as measured at the service: answer, operation, last poll and result. An
 * item of another type takes as long as most.
 */
const EXPECTED: Readonly<Record<string, Range>> = {
  Workspace: [1.6, 3.4],
  WorkspaceUser: [1.6, 4],
  GitConnection: [7, 34],
  Folder: [1.1, 2.5],
  "Item Lakehouse": [4.9, 7.9],
  "Item DataPipeline": [6, 8.8],
  "Item Dataflow": [4.6, 5],
  "Item KQLQueryset": [3.4, 3.6],
  "Item Reflex": [8.2, 8.8],
  "Item MirroredDatabase": [4.3, 5.5],
  "Item PaginatedReport": [4.5, 4.5],
  "Item DataBuildToolJob": [9, 9],
  "Item Warehouse": [16, 19],
  "Item Notebook": [5.5, 8.5],
  "Item Report": [5, 9],
  "Item SemanticModel": [16, 22],
  "Item MLExperiment": [7, 8],
  "Item Environment": [9, 11],
  "Item Map": [9, 11],
  "Item VariableLibrary": [12, 16],
  "Item Eventhouse": [16, 20],
  "Item SparkJobDefinition": [16, 21],
  "Item SQLDatabase": [24, 33],
  "Item Eventstream": [25, 33],
  "Item KQLDatabase": [25, 43],
  "Item Ontology": [75, 120],
};
const OTHER_ITEM: Range = [4, 12];
const OTHER_OBJECT: Range = [1.6, 4];
const ONE_CALL: Range = [0.8, 2.5];

/**
 * Expected time of a step at the service itself, in ms.
 * @param share where in the range of its kind, from 0 to 1
 */
export function expectedMs({ what, change }: Pick<PlannedStep, "what" | "change">, share: number): number {
  const other = what.startsWith("Item ") ? OTHER_ITEM : OTHER_OBJECT;
  const isOneCall = change === "update" || change === "delete";
  const [from, to] = isOneCall ? ONE_CALL : (EXPECTED[what] ?? other);
  return (from + (to - from) * share) * 1000;
}

/** Order in which the objects of a workspace are made: those of one rank wait for all of the rank before. */
function rankOf(what: string): number {
  const kind = what.split(" ")[0] ?? "";
  const rank = ["Workspace", "WorkspaceUser", "GitConnection", "Folder", "Item"].indexOf(kind);
  return rank < 0 ? 2 : rank;
}

/** A step that has not ended. */
export interface RemainingStep extends PlannedStep {
  /** Time that is left of it, in ms. */
  readonly leftMs: number;
}

/** What a forecast goes by. */
export interface ForecastSettings {
  /** Number of steps that the engine has under way. */
  readonly places: number;
  /** Calls of one step that count in the platform's quota. */
  readonly callsOfStep: number;
  /** How much slower than real time: tests run a fast service. */
  readonly timeScale: number;
}

/**
 * Milliseconds until the last of the remaining steps has ended: creates and updates first, rank by rank in each workspace, then
 * deletes.
 */
export function forecastMs(remaining: readonly RemainingStep[], settings: ForecastSettings): number {
  const deletes = remaining.filter(({ change }) => change === "delete");
  const others = remaining.filter(({ change }) => change !== "delete");
  const made = endOf(
    others.map((step) => ({ ...step, rank: rankOf(step.what) })),
    settings,
  );
  const calls = quotaMs(remaining.length * settings.callsOfStep) * settings.timeScale;
  const removed = endOf(
    deletes.map((step) => ({ ...step, rank: -rankOf(step.what) })),
    settings,
  );
  return Math.max(made + removed, calls);
}

/** Earliest time at which a number of calls has gone out: half of a minute's quota goes out at once. */
function quotaMs(calls: number): number {
  const { platform } = documentedQuotas;
  return Math.max(0, calls / platform - 0.5) * QUOTA_WINDOW_MS;
}

/** The end of steps that wait for the rank before them in their workspace, and for a free place. */
function endOf(steps: readonly (RemainingStep & { readonly rank: number })[], settings: ForecastSettings): number {
  const waiting = [...Map.groupBy(steps, ({ workspace }) => workspace).values()].map((own) => ({
    readyAt: 0,
    ranks: [...Map.groupBy(own, ({ rank }) => rank)].toSorted(([one], [other]) => one - other).map(([, all]) => all),
  }));
  const free: number[] = Array.from({ length: Math.max(1, settings.places) }, () => 0);
  let end = 0;
  for (;;) {
    const next = waiting
      .filter(({ ranks }) => ranks.length > 0)
      .reduce<(typeof waiting)[number] | undefined>(
        (first, one) => (first && first.readyAt <= one.readyAt ? first : one),
        undefined,
      );
    if (!next) return end;
    let ended = next.readyAt;
    for (const step of next.ranks.shift() ?? []) {
      const place = free.indexOf(Math.min(...free));
      const at = Math.max(free[place] ?? 0, next.readyAt) + step.leftMs;
      free[place] = at;
      ended = Math.max(ended, at);
    }
    next.readyAt = ended;
    end = Math.max(end, ended);
  }
}
