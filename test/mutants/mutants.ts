import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { copyOfProject } from "../projectCopy.ts";
import { mutations } from "./list.ts";
import type { Mutation } from "./list.ts";

/*
 * `npm run test:mutants [-- PART]`: makes one line of the code wrong at a time, in a copy of the project, and runs the tests
 * that must notice. Fails if one survives. With PART, only mutations of files whose path holds it.
 */

const project = resolve(import.meta.dirname, "../..");
/** A mutant can make a test wait for ever; that is noticed too. */
const TIMEOUT_MS = 120_000;

/** @throws Error if the text does not stand in the file exactly once */
function mutated({ file, before, after }: Mutation): string {
  const source = readFileSync(join(project, file), "utf8");
  const count = source.split(before).length - 1;
  if (count !== 1)
    throw new Error(`${file} holds this text ${count} times instead of once; mend test/mutants/list.ts:\n  ${before}`);
  return source.replace(before, () => after);
}

/** Runs test files one after the other, until one fails. @returns that one */
async function failing(copy: string, tests: readonly string[]): Promise<string | undefined> {
  for (const test of tests) {
    const child = spawn(process.execPath, ["--test", "--test-reporter=dot", test], {
      cwd: copy,
      stdio: "ignore",
      detached: true,
    });
    // a group of its own: the runner's child is the one that hangs
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), TIMEOUT_MS);
    const [code] = (await once(child, "exit")) as [number | null];
    clearTimeout(timer);
    if (code !== 0) return test;
  }
  return undefined;
}

const shown = ({ file, before, after }: Mutation) => `${file}\n  - ${before.trim()}\n  + ${after.trim()}`;

async function main(): Promise<number> {
  const [part = ""] = process.argv.slice(2);
  const chosen = mutations.filter(({ file }) => file.includes(part));
  // all of them before any is tried: a list that does not fit the code says nothing
  for (const mutation of chosen) mutated(mutation);
  const copies = Array.from({ length: Math.max(availableParallelism(), 2) }, () => copyOfProject("fabric-mutants-"));
  try {
    const tests = [...new Set(chosen.flatMap((mutation) => mutation.tests))];
    const broken = await failing(copies[0] ?? "", tests);
    if (broken !== undefined) {
      console.error(`${broken} fails without any mutation.`);
      return 1;
    }
    const left = [...chosen];
    const survivors: Mutation[] = [];
    const lane = async (copy: string) => {
      for (let mutation = left.shift(); mutation; mutation = left.shift()) {
        const file = join(copy, mutation.file);
        const source = readFileSync(file, "utf8");
        writeFileSync(file, mutated(mutation));
        const caughtBy = await failing(copy, mutation.tests);
        writeFileSync(file, source);
        if (caughtBy === undefined) survivors.push(mutation);
        console.log(
          caughtBy === undefined ? `SURVIVED ${shown(mutation)}` : `caught by ${caughtBy}: ${shown(mutation)}`,
        );
      }
    };
    await Promise.all(copies.map(lane));
    console.log(`\n${chosen.length} mutations, ${survivors.length} survivors`);
    for (const survivor of survivors) console.log(shown(survivor));
    return survivors.length === 0 ? 0 : 1;
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = await main();
