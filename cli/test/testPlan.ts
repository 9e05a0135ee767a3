/*
 * Which test files a command line runs, and what of them. A file's folder says when it runs:
 *
 * - test/sweeps/            tries one thing at very many points (every call of a deployment, environments by chance);
 * - test/engine/thorough/   what the engine shows beyond one test per behaviour;
 * - everything else         `npm test`.
 */

/** How much of the tests runs: what `npm test` has, everything (`--all`), or a part by chance of the rest (`--sample`). */
export type Extent = "quick" | "all" | "sample";

/** A command line of cli/test.ts. */
export interface TestPlan {
  readonly extent: Extent;
  /** Parts of paths; a file runs if its path holds one of them. None: every file of the extent. */
  readonly filters: readonly string[];
  /** What is passed on to `node --test`. */
  readonly nodeOptions: readonly string[];
}

/** Options of `node --test` that are followed by their value, when it is not joined by `=`. */
const withValue = new Set([
  "--test-name-pattern",
  "--test-skip-pattern",
  "--test-timeout",
  "--test-concurrency",
  "--test-shard",
  "--test-reporter",
  "--test-reporter-destination",
  "--import",
  "--require",
]);

/** Parts a command line into the extent, the filters and what Node gets. */
export function testPlan(args: readonly string[]): TestPlan {
  let extent: Extent = "quick";
  const filters: string[] = [];
  const nodeOptions: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    if (argument === "--all") extent = "all";
    else if (argument === "--sample") extent = "sample";
    else if (!argument.startsWith("-")) filters.push(argument);
    else {
      nodeOptions.push(argument);
      const value = args[index + 1];
      if (withValue.has(argument) && value !== undefined) {
        nodeOptions.push(value);
        index++;
      }
    }
  }
  return { extent, filters, nodeOptions };
}

const isSweep = (file: string) => file.startsWith("test/sweeps/");
const isThorough = (file: string) => file.startsWith("test/engine/thorough/");

/** Files that run together: sweeps have several processes at work themselves, so they come one after the other. */
export interface TestGroups {
  readonly files: readonly string[];
  readonly sweeps: readonly string[];
}

/**
 * The files of a plan. A filter reaches every file, whichever folder it is in.
 * @param all every test file, as `test/…` with slashes
 * @param isDrawn whether a thorough file belongs to a sample
 */
export function filesOf(
  { extent, filters }: Pick<TestPlan, "extent" | "filters">,
  all: readonly string[],
  isDrawn: (file: string) => boolean,
): TestGroups {
  const named = all.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter))).sort();
  const isWanted = (file: string) => {
    if (filters.length > 0 || extent === "all") return true;
    if (extent === "sample") return isSweep(file) || (isThorough(file) && isDrawn(file));
    return !isSweep(file) && !isThorough(file);
  };
  const wanted = named.filter(isWanted);
  return { files: wanted.filter((file) => !isSweep(file)), sweeps: wanted.filter(isSweep) };
}
