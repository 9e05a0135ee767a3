/*
 * Decides which test files a command line runs. A file's folder decides when the file runs:
 * - test/sweeps/: tries one thing at very many points (every call of a deployment, random environments)
 * - test/engine/thorough/: shows behaviour of the engine beyond one test per behaviour
 * - everything else: runs in `npm test`
 */

/** Extent of a run: `npm test`, everything (`--all`), or a random part of the rest (`--sample`). */
export type Extent = "quick" | "all" | "sample";

/** A command line of cli/test.ts. */
export interface TestPlan {
  readonly extent: Extent;
  /** Parts of paths. A file runs if its path contains one of them. Without filters, every file of the extent runs. */
  readonly filters: readonly string[];
  /** Options to pass on to `node --test`. */
  readonly nodeOptions: readonly string[];
}

/** Options of `node --test` whose value is the next argument, unless `=` joins both. */
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

/** Splits a command line into the extent, the filters and Node's options. */
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

/** Files by how they run. Sweeps run one after the other, because each already uses several processes. */
export interface TestGroups {
  readonly files: readonly string[];
  readonly sweeps: readonly string[];
}

/**
 * The files of a plan. A filter applies to every file, whatever its folder.
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
