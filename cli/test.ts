import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { projectRoot } from "./pulumi/pulumi.ts";

/*
 * `npm test [-- FILTER…]`: types, lint and format, then every test; ends with the test runner's summary. A filter is a
 * part of test files' paths, and runs only those. With --every-call (`npm run test:crash`) the sweeps, which otherwise try
 * a few calls to the service, try them all.
 */

const bin = (path: string) => `node_modules/${path}`;
const checks: readonly (readonly [what: string, ...command: string[]])[] = [
  ["types", bin("typescript/bin/tsc"), "--noEmit"],
  ["lint", bin("eslint/bin/eslint.js"), "."],
  ["format", bin("prettier/bin/prettier.cjs"), "--check", "--log-level=warn", "."],
];

async function node(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

const filters = process.argv.slice(2).filter((argument) => argument !== "--every-call");
if (process.argv.includes("--every-call")) process.env["FABRIC_CRASH_SWEEP"] = "all";
if (filters.length === 0) {
  for (const [what, ...command] of checks) {
    const begin = performance.now();
    const code = await node(command);
    if (code !== 0) {
      console.error(`The check of ${what} failed.`);
      process.exit(code);
    }
    console.log(`${what}: ok (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
  }
}
const files = globSync("test/**/*.test.ts", { cwd: projectRoot }).filter(
  (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
);
// the tests on the real engine are themselves several processes each
const atOnce = Math.min(Math.max(availableParallelism(), 2), 6);
process.exit(await node(["--test", `--test-concurrency=${atOnce}`, "--test-reporter=spec", ...files.sort()]));
