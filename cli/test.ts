import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "./pulumi/pulumi.ts";
import type { EndedFile } from "./test/fileRecord.ts";
import { filesOf, testPlan } from "./test/testPlan.ts";
import { treeHash } from "./test/treeHash.ts";

/* `npm test`, `npm run test:all` and `npm run test:sample`. */

const usage = `Usage: npm test [-- FILTER… OPTION…]

Types, lint and format, then the tests, then a list of the ten slowest files. A filter is a part of test files' paths, and selects
only these files. Arguments that begin with - are options of node --test.

--all     everything, every point of every sweep (npm run test:all). A run that was cut off continues where it stopped.
--sample  a part of the tests that only --all has, drawn by the hash of the tree (npm run test:sample); about 15 minutes`;

const bin = (path: string) => `node_modules/${path}`;
const cached = (what: string) => ["--cache", "--cache-strategy=content", `--cache-location=.cache/${what}`];
/** Each looks only at what changed since its last run. Lint can so miss what another file's types bring about; a clean checkout shows it. */
const checks: readonly (readonly [what: string, ...command: string[]])[] = [
  ["types", bin("typescript/bin/tsc"), "--noEmit", "--incremental", "--tsBuildInfoFile", ".cache/types.tsbuildinfo"],
  ["lint", bin("eslint/bin/eslint.js"), ...cached("lint"), "."],
  ["format", bin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", ...cached("format"), "."],
];
/**
 * Test files to run in parallel: more than cores, because each test on the real engine starts several processes that wait for
 * one another.
 */
const FILES_AT_ONCE = Math.min(Math.max(availableParallelism() + 2, 4), 6);
/** How long each sweep of a sample goes on; there are 24, and some need as long again to set up. */
const SAMPLE_SECONDS = 20;
/** One in this many thorough files belongs to a sample. */
const SAMPLE_SHARE = 3;

/** Records each file that has ended. */
const recording = `--import=${pathToFileURL(resolve(import.meta.dirname, "test/fileRecord.ts")).href}`;

const { extent, filters, nodeOptions } = testPlan(process.argv.slice(2));

async function node(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: "inherit", env });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

/** Runs a check with hidden output, and prints the output if the check fails. */
function isOk([what, ...command]: (typeof checks)[number]): Promise<boolean> {
  const begin = performance.now();
  return new Promise((done) => {
    execFile(process.execPath, command, { cwd: projectRoot, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      if (error) console.error(`${stdout}${stderr}The check of ${what} failed.`);
      else console.log(`${what}: ok (${seconds} s)`);
      done(error === null);
    });
  });
}

/** Lines of an earlier run with `--all`: ended files and tried points, one JSON object a line. */
const linesOf = (record: string) =>
  existsSync(record) ? readFileSync(record, "utf8").split("\n").filter(Boolean) : [];
const endedFiles = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line) as Partial<EndedFile>).filter((one): one is EndedFile => one.file !== undefined);

function printSlowest(ended: readonly EndedFile[]): void {
  if (ended.length < 2) return;
  const slowest = ended.toSorted((one, other) => other.seconds - one.seconds).slice(0, 10);
  console.log(`\nSlowest files (of ${ended.length}):`);
  for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(8)} s  ${file}`);
}

async function main(): Promise<number> {
  if (nodeOptions.some((option) => option === "--help" || option === "-h")) {
    console.log(usage);
    return 0;
  }
  if (filters.length === 0 && extent !== "sample" && (await Promise.all(checks.map(isOk))).includes(false)) return 1;

  const env: NodeJS.ProcessEnv = { ...process.env };
  const hash = extent === "quick" ? "" : treeHash(projectRoot);
  let record = join(mkdtempSync(join(tmpdir(), "fabric-tests-")), "record.jsonl");
  if (extent === "all") {
    mkdirSync(join(projectRoot, ".cache/test-all"), { recursive: true });
    record = join(projectRoot, ".cache/test-all", `${hash}.jsonl`);
    Object.assign(env, { FABRIC_SWEEP: "all", FABRIC_SWEEP_RECORD: record });
  } else if (extent === "sample") {
    env["FABRIC_SWEEP"] = "sample";
    env["FABRIC_SWEEP_SEED"] ??= hash;
    env["FABRIC_SWEEP_SECONDS"] ??= String(SAMPLE_SECONDS);
    console.log(`Seed of the sample: ${env["FABRIC_SWEEP_SEED"]} (the tree's hash; FABRIC_SWEEP_SEED draws another)`);
  }
  env["FABRIC_TEST_RECORD"] = record;

  const all = globSync("test/**/*.test.ts", { cwd: projectRoot }).map((file) => file.replaceAll("\\", "/"));
  const number = Number.parseInt(env["FABRIC_SWEEP_SEED"] ?? "0", 16);
  const isDrawn = (file: string) => (all.toSorted().indexOf(file) + number) % SAMPLE_SHARE === 0;
  const before = endedFiles(linesOf(record)).filter(({ isPassed }) => isPassed);
  const isDone = (file: string) => before.some((ended) => ended.file === file);
  if (before.length > 0) console.log(`Goes on with ${record}: ${before.length} files have passed already.`);

  const { files, sweeps } = filesOf({ extent, filters }, all, isDrawn);
  if (files.length + sweeps.length === 0) {
    console.error(`No test file's path holds ${filters.join(" or ")}.`);
    return 1;
  }
  let code = 0;
  for (const [group, atOnce] of [
    [files, FILES_AT_ONCE],
    [sweeps, 1],
  ] as const) {
    const left = group.filter((file) => !isDone(file));
    if (left.length === 0) continue;
    // a reporter on the command line replaces this one
    const reporter = nodeOptions.some((option) => option.startsWith("--test-reporter")) ? [] : ["--test-reporter=spec"];
    const options = ["--test", recording, `--test-concurrency=${atOnce}`, ...reporter, ...nodeOptions];
    code = (await node([...options, ...left], env)) || code;
  }
  printSlowest(endedFiles(linesOf(record)));
  if (extent !== "all") rmSync(join(record, ".."), { recursive: true, force: true });
  else if (code === 0) rmSync(record);
  else console.log(`\nWhat has passed is in ${record}; the same command goes on from there.`);
  return code;
}

process.exitCode = await main();
