import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/*
 * Trying one thing at many points. FABRIC_SWEEP says at which:
 *
 * - not set    a few, which the test names: for a look at one sweep, by `npm test -- crashSweep`;
 * - all        every point. Those that pass are added to FABRIC_SWEEP_RECORD, and are not tried again with the same file;
 * - sample     points by chance, drawn by FABRIC_SWEEP_SEED, for FABRIC_SWEEP_SECONDS.
 */

/** How many points there are to be tried. */
export const extent = process.env["FABRIC_SWEEP"] ?? "few";
const record = process.env["FABRIC_SWEEP_RECORD"];
const seed = process.env["FABRIC_SWEEP_SEED"] ?? "0";
const seconds = Number(process.env["FABRIC_SWEEP_SECONDS"] ?? "60");
/** Points at once: each is several processes, which wait for one another. */
const LANES = Math.min(Math.max(availableParallelism(), 2), 4);

/** What a sweep tries its points with. */
export interface Sweep<Point, Result> {
  /** Names the sweep in the record and in what is printed: the same in every run. */
  readonly name: string;
  readonly points: readonly Point[];
  /** The points of a run that tries a few. */
  readonly few: readonly Point[];
  /** How many points a sample tries, however long that takes. Default: 1. */
  readonly atLeast?: number;
  /** Throws if the point shows a fault. */
  readonly attempt: (point: Point) => Promise<Result>;
  /** What at least one result must be, so that a sweep cannot pass without having tried anything. */
  readonly isProof?: (result: Result) => boolean;
}

/**
 * Tries the points, and fails with all that showed a fault.
 * @returns what the attempts returned; fewer than there are points, if some passed in an earlier run
 */
export async function sweep<Point, Result>({
  name,
  points,
  few,
  atLeast = 1,
  attempt,
  isProof,
}: Sweep<Point, Result>): Promise<readonly Result[]> {
  const left = extent === "all" ? undone(name, points) : extent === "sample" ? shuffled(name, points) : [...few];
  const isWhole = left.length >= (extent === "few" ? few : points).length && extent !== "sample";
  const deadline = extent === "sample" ? performance.now() + seconds * 1000 : Infinity;
  const results: Result[] = [];
  const faults: string[] = [];
  let begun = 0;
  const lane = async () => {
    while (performance.now() < deadline || begun < atLeast) {
      const point = left.shift();
      if (point === undefined) return;
      begun++;
      try {
        results.push(await attempt(point));
        if (record !== undefined) appendFileSync(record, `${entryOf(name, point)}\n`);
      } catch (error) {
        faults.push(`${JSON.stringify(point)}: ${error instanceof Error ? error.message : String(error)}`);
        // at once: a sweep can take hours, and may be cut off
        console.log(`${name}: ${faults.at(-1)}`);
      }
      if (extent === "all")
        console.log(`${name}: ${results.length} points passed, ${faults.length} failed, ${left.length} left`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const drawnBy = extent === "sample" ? `, drawn by seed ${seed}` : "";
  console.log(`${name}: ${results.length + faults.length} of ${points.length} points tried${drawnBy}`);
  assert.equal(faults.length, 0, faults.join("\n\n"));
  // a sample, and the rest of a run that was cut off, may miss the points that show anything
  if (isWhole && isProof) assert.ok(results.some(isProof), `${name}: no point had the effect that is swept for`);
  return results;
}

/** Seeds for what a sweep makes by chance: 1, 2, … but in a sample, which shows environments that no run has seen. */
export function seedsOf(name: string, count: number): number[] {
  const own = Number.parseInt(digest(name, "seeds").slice(0, 8), 16);
  return Array.from({ length: count }, (_, index) => index + 1 + (extent === "sample" ? own : 0));
}

const entryOf = (name: string, point: unknown) => JSON.stringify({ sweep: name, point });

function undone<Point>(name: string, points: readonly Point[]): Point[] {
  if (record === undefined || !existsSync(record)) return [...points];
  const done = new Set(readFileSync(record, "utf8").split("\n"));
  return points.filter((point) => !done.has(entryOf(name, point)));
}

const digest = (...parts: readonly unknown[]) =>
  createHash("sha256")
    .update(JSON.stringify([seed, ...parts]))
    .digest("hex");

/** In an order that depends on the seed, the name and the point alone. */
const shuffled = <Point>(name: string, points: readonly Point[]): Point[] =>
  points
    .map((point) => ({ point, place: digest(name, point) }))
    .sort((one, other) => (one.place < other.place ? -1 : 1))
    .map(({ point }) => point);
