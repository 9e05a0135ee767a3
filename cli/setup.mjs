#!/usr/bin/env node
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./setup/cacheFolder.mjs";
import { pathWith } from "./setup/executables.mjs";
import { withInspection } from "./setup/inspection.mjs";
import { ensureNodeModules } from "./setup/nodeModules.mjs";
import { ensureNode } from "./setup/nodeRuntime.mjs";
import { say } from "./setup/progress.mjs";
import { ensurePulumi } from "./setup/pulumiCli.mjs";
import { runFile, runHere, withoutSeparator } from "./setup/runFile.mjs";

/*
 * Installs everything that the project's commands need, on a machine with only Node 20 and npm, and then runs a file of the
 * project. This file and its imports are plain JavaScript with Node's own modules, because nothing is installed yet when they
 * run.
 */

const help = `Usage: node cli/setup.mjs [--run FILE [ARGUMENT…]]

Makes ready what the project needs: Node 22.18 or newer, the npm packages, the Pulumi CLI.
What is there already is used; what is not goes into ${cacheFolder}
(packages into node_modules). With --run, runs FILE (a path in the project) with it.

Environment: XDG_CACHE_HOME  where the cache folder is; otherwise ~/.cache
             PULUMI_HOME     the vendor's install folder; otherwise ~/.pulumi
             HOME            where neither is set; a user without one gets a folder of its own below TMPDIR
             FABRIC_INSPECT  program or provider: it waits for a debugger`;

const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Sets up the tools. Returns the Node to run with, and the environment with the tools first on PATH. */
async function setUp() {
  const node = await ensureNode();
  const env = { ...process.env, PATH: pathWith(dirname(node)) };
  await ensureNodeModules(projectRoot, env);
  const pulumi = await ensurePulumi(projectRoot);
  env.PATH = pathWith(dirname(node), pulumi.bin);
  env.NODE_COMPILE_CACHE ??= join(cacheFolder, "compile-cache");
  env.PULUMI_SKIP_UPDATE_CHECK = "true";
  // if the CLI had to be built, downloads of plugins fail too, only later and less clearly
  if (pulumi.isBuilt) env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ??= "true";
  return { node, env: withInspection(projectRoot, env), pulumi: pulumi.bin };
}

async function main([option, file, ...args]) {
  if (option === "--help" || option === "-h") {
    console.log(help);
    return 0;
  }
  if ((option !== undefined && option !== "--run") || (option === "--run" && file === undefined)) {
    console.error(help);
    return 2;
  }
  const { node, env, pulumi } = await setUp();
  if (file === undefined) {
    say(`Ready: Node in ${dirname(node)}, Pulumi CLI in ${pulumi}.`);
    return 0;
  }
  const path = resolve(projectRoot, file);
  // one process less, if this one can be the file's own. The terminal tells this process of Ctrl-C, and npm does so again: only
  // the files of cli/ heed the second one no more than the first
  const isCommand = dirname(path) === join(projectRoot, "cli") && path.endsWith(".ts");
  if (isCommand && node === process.execPath) return () => runHere(path, withoutSeparator(args), env);
  return runFile(node, path, withoutSeparator(args), env);
}

let rest;
try {
  const ended = await main(process.argv.slice(2));
  if (typeof ended === "function") rest = ended;
  else process.exitCode = ended;
} catch (error) {
  console.error(`Set-up failed. ${error.message}`);
  process.exitCode = 1;
}
// outside, because an error of the file is none of the set-up
await rest?.();
