import { createHash } from "node:crypto";

/*
 * Durations of the service, as measured: 313 answers of two publications into an empty workspace (April and June 2026). A call
 * that was not measured takes as long as the most similar measured one.
 */

/** A range of seconds. */
type Range = readonly [from: number, to: number];

interface Measured {
  /** Time from the request to its answer. */
  readonly answer: Range;
  /** Time from start to end of the operation, if the answer starts one. */
  readonly operation: Range;
}

const measured = (answer: Range, operation: Range = [1, 20]): Measured => ({ answer, operation });

/** Creates of items, by type. */
const creates: Readonly<Record<string, Measured>> = {
  Lakehouse: measured([4.9, 7.9]),
  DataPipeline: measured([6.0, 8.8]),
  Dataflow: measured([4.6, 5.0]),
  KQLQueryset: measured([3.4, 3.6]),
  Reflex: measured([8.2, 8.8]),
  MirroredDatabase: measured([4.3, 5.5]),
  PaginatedReport: measured([4.5, 4.5]),
  DataBuildToolJob: measured([9.0, 9.0]),
  Warehouse: measured([1.6, 1.6], [12.3, 12.3]),
  Notebook: measured([2.1, 3.5], [0.9, 1.1]),
  Report: measured([0.8, 2.7], [1.0, 2.5]),
  SemanticModel: measured([1.2, 1.6], [13.1, 13.7]),
  MLExperiment: measured([2.6, 2.7], [1.9, 2.0]),
  Environment: measured([2.6, 3.6], [3.3, 3.3]),
  Map: measured([3.0, 3.0], [3.6, 3.6]),
  VariableLibrary: measured([5.4, 7.3], [3.9, 4.4]),
  Eventhouse: measured([3.1, 3.3], [9.7, 10.4]),
  SparkJobDefinition: measured([3.5, 4.5], [10.1, 10.9]),
  SQLDatabase: measured([3.0, 4.3], [18.5, 19.8]),
  Eventstream: measured([2.8, 3.2], [19.8, 20.1]),
  KQLDatabase: measured([3.5, 3.7], [19.8, 30.3]),
  Ontology: measured([8.2, 23.5], [61.3, 86.3]),
};
/** A create of an item of any other type. */
const otherCreate = measured([3.4, 9.0]);

/** Calls that create no items, by method and template. */
const calls: Readonly<Record<string, Measured>> = {
  "GET /operations/{operationId}": measured([1.2, 1.2]),
  "GET /operations/{operationId}/result": measured([1.3, 1.4]),
  "POST /workspaces/{workspaceId}/folders": measured([1.1, 1.1]),
  "POST /workspaces/{workspaceId}/environments/{itemId}/staging/publish": measured([1.1, 1.1], [5.0, 6.5]),
};
/** Any other call, as long as a read. */
const otherCall = measured([0.8, 2.0]);

/** Time from the answer of a create to its SQL endpoint. */
const sqlEndpoint: Range = [11, 13];

/** Time from the start of an environment's publish to its end. The operation of the call ends long before. */
const publish: Range = [355, 775];

const RETRY_AFTER_S = 20;
const PUBLISH_RETRY_AFTER_S = 120;

/** Durations for one call. */
export interface Times {
  readonly answerMs: number;
  /** Duration of the operation that the call may start. */
  readonly operationMs: number;
  /** Retry-After of that operation, in whole seconds. */
  readonly retryAfterSeconds: number;
}

/** The levers that times depend on. */
interface TimingLevers {
  readonly timing: string;
  /** Time until a SQL endpoint is ready if times are not the recorded ones, in ms; null for never. */
  readonly sqlEndpointMs?: number | null;
  /** Speed relative to the recorded times. */
  readonly speed: number;
  /** Seed for drawing times. */
  readonly timingSeed: number;
}

/**
 * Draws times from the measured ranges. The n-th call of a kind takes the same time in every run, whatever other calls come
 * between.
 */
export class Timing {
  readonly #levers: TimingLevers;
  readonly #drawn = new Map<string, number>();

  constructor(levers: TimingLevers) {
    this.#levers = levers;
  }

  /**
   * The times of a call; undefined unless the lever demands recorded times.
   * @param itemType type of the item that the call creates
   */
  of(method: string, template: string, itemType: string | undefined): Times | undefined {
    if (this.#levers.timing !== "recorded") return undefined;
    const kind = `${method} ${template} ${itemType ?? ""}`;
    const ranges =
      itemType === undefined ? (calls[`${method} ${template}`] ?? otherCall) : (creates[itemType] ?? otherCreate);
    const named = template.endsWith("/staging/publish") ? PUBLISH_RETRY_AFTER_S : RETRY_AFTER_S;
    return {
      answerMs: this.#draw(`${kind} answer`, ranges.answer),
      operationMs: this.#draw(`${kind} operation`, ranges.operation),
      retryAfterSeconds: Math.ceil(named / this.#levers.speed),
    };
  }

  /** Milliseconds until the SQL endpoint of a new item is ready; undefined unless the lever demands recorded times. */
  sqlEndpointMs(): number | undefined {
    const { timing, sqlEndpointMs } = this.#levers;
    return timing === "recorded" ? this.#draw("SQL endpoint", sqlEndpoint) : (sqlEndpointMs ?? undefined);
  }

  /** Milliseconds from the start of an environment's publish to its end; undefined unless the lever demands recorded times. */
  publishMs(): number | undefined {
    return this.#levers.timing === "recorded" ? this.#draw("publish", publish) : undefined;
  }

  /** Starts the sequence of drawn times again. */
  reset(): void {
    this.#drawn.clear();
  }

  #draw(what: string, [from, to]: Range): number {
    const nth = (this.#drawn.get(what) ?? 0) + 1;
    this.#drawn.set(what, nth);
    const { timingSeed, speed } = this.#levers;
    const share = createHash("sha256").update(`${timingSeed} ${what} ${nth}`).digest().readUInt32BE() / 2 ** 32;
    return ((from + (to - from) * share) * 1000) / speed;
  }
}
