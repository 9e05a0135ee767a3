"use strict";

/*
 * Runs a program and its dynamic provider in the language host's own process. Each of the three would load Pulumi's SDK for
 * itself: in a process of their own, that is half of a preview's time and memory.
 *
 * Previews run so, because they write nothing. An update runs so if an npm command says that it may (FABRIC_PROCESSES=one): the
 * program is then this project's, which neither ends its process nor blocks it, and the command begins and ends the transaction.
 */

const { AsyncLocalStorage } = require("node:async_hooks");
const { mkdirSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");

const longConfiguration = require("./longConfiguration.cjs");

/** Options of Node that the program needs no process of its own for. */
const harmless = /^--max-semi-space-size=\d+$/;

/** Whether this process can serve the provider. */
const canServe = ({ fromProgram, env }) => {
  if (env.FABRIC_INSPECT || env.FABRIC_PROCESSES === "separate") return false;
  try {
    for (const part of parts) fromProgram.resolve(part);
    return true;
  } catch {
    // another version of the SDK
    return false;
  }
};
exports.canServe = canServe;

/** Whether a program of these options can run here. A second one would find the first one's state. */
exports.isPossible = ({ fromProgram, options, env, isFirst, isPreview }) => {
  if (!isFirst || (!isPreview && env.FABRIC_PROCESSES !== "one")) return false;
  const nodeArguments = String(options.nodeargs ?? "").split(" ");
  const isPlain =
    options.typescript === false && nodeArguments.every((option) => option === "" || harmless.test(option));
  return isPlain && canServe({ fromProgram, env });
};

const parts = [
  "@pulumi/pulumi/cmd/run/run.js",
  "@pulumi/pulumi/cmd/run/index.js",
  "@pulumi/pulumi/cmd/dynamic-provider",
  "@pulumi/pulumi/runtime/settings.js",
  "@pulumi/pulumi/runtime/debuggable.js",
];
const [RUNNER, RUNNERS_MAIN, PROVIDER, SETTINGS, PROMISES] = parts;

const UNCAUGHT = ["uncaughtException", "unhandledRejection"];

/** Exit code by which the runner ends a process after it has told the failure. */
const TOLD = 32;

/** Longest wait for what a program that failed has still under way, in ms. The engine lets steps end in any case. */
const AFTERMATH_MS = 10_000;

/** Tells calls of the program from those of the provider, which ends this process with its engine. */
const inProgram = new AsyncLocalStorage();

/**
 * Keeps the program from ending this process: its `process.exit` ends the program only. What called it expects no return, so an
 * error is thrown.
 * @returns what the program asked for: the promise of its first call, and the code so far; and which errors are not the program's
 */
function caughtExits(fromProgram) {
  const { exit } = process;
  const thrown = new Set();
  let asked;
  process.exitCode = undefined;
  const called = new Promise((end) => {
    process.exit = (code = process.exitCode) => {
      if (!inProgram.getStore()) exit.call(process, code);
      asked ??= Number(code ?? 0) || unfinished(fromProgram);
      const error = new Error("The program ends its process.");
      thrown.add(error);
      end();
      throw error;
    };
  });
  return { called, isThrown: (error) => thrown.has(error), code: () => asked ?? Number(process.exitCode ?? 0) };
}

/** The exit code of a program that ends its process and says that all is well: the SDK lets it fail if something is not done. */
function unfinished(fromProgram) {
  const [promises, message] = fromProgram(PROMISES).leakedPromises();
  if (promises.size === 0) return 0;
  console.error(message);
  return 1;
}

/** Where the provider's launcher (pulumi-resource-pulumi-nodejs) looks: by the engine that starts both. */
const placeOf = (engineAddress) => {
  const folder = join(__dirname, "providers");
  return { folder, file: join(folder, `${process.ppid}-${engineAddress.split(":").at(-1)}`) };
};

/** The provider's listeners for what nobody caught, which print it. */
const printing = [];
let started;

/**
 * Starts the SDK's dynamic provider in this process, and says where it listens to the launcher that the engine starts for it.
 * If nobody can say so, the launcher starts a process.
 */
exports.startProvider = (fromProgram, engineAddress) => (started ??= startProvider(fromProgram, engineAddress));

async function startProvider(fromProgram, engineAddress) {
  const { log } = console;
  const before = new Set(UNCAUGHT.flatMap((name) => process.listeners(name)));
  // the provider prints its port, for the engine's launcher to read
  const port = await new Promise((done) => {
    console.log = done;
    fromProgram(PROVIDER);
  }).finally(() => (console.log = log));
  for (const name of UNCAUGHT)
    for (const listener of process.listeners(name)) if (!before.has(listener)) printing.push([name, listener]);
  const { folder, file } = placeOf(engineAddress);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${port} ${process.pid}\n`, { mode: 0o600 });
    process.once("exit", () => rmSync(file, { force: true }));
    // the engine ends this process so. If the provider was called, it has a listener of its own, which does more
    process.once("SIGINT", () => process.listenerCount("SIGINT") > 0 || process.exit(0));
  } catch {
    // a folder that is not ours to write to
  }
}

/** The SDK's runner without its main file, which would take this process for the program's own. */
function runnerOf(fromProgram) {
  const filename = fromProgram.resolve(RUNNERS_MAIN);
  const exports = { nodeJSProcessExitedAfterLoggingUserActionableMessage: TOLD };
  require.cache[filename] = { id: filename, filename, loaded: true, children: [], paths: [], exports };
  return fromProgram(RUNNER);
}

/**
 * Loads this project's part of the provider before its program. The provider requires it, and before version 24 Node refuses to
 * require a module that an `import()` of the program is just loading.
 */
function loadRegistry(fromProgram) {
  try {
    fromProgram(join(process.cwd(), "providers", "registry.ts"));
  } catch {
    // a program of somebody else; or the provider says what is wrong
  }
}

/**
 * Runs a program with the SDK's runner.
 * @param argv the runner's options, by their names
 * @param env environment variables for the program
 * @param configuration the stack's, as environment variables that the program does not get
 * @returns the exit code that a process of its own would have
 */
exports.runHere = async ({ fromProgram, argv, env, configuration }) => {
  Object.assign(process.env, env);
  await exports.startProvider(fromProgram, argv.engine);
  longConfiguration.give(fromProgram, configuration);
  loadRegistry(fromProgram);
  const settings = fromProgram(SETTINGS);
  const errors = new Set();
  const told = new Set();
  const { exit } = process;
  const exits = caughtExits(fromProgram);
  const failed = new Promise((fail) => {
    const note = (error) => void (exits.isThrown(error) || fail(errors.add(error)));
    for (const name of UNCAUGHT) process.on(name, note);
    // the runner tells it already
    for (const [name, listener] of printing) process.off(name, listener);
  });
  const run = inProgram.run(true, () =>
    runnerOf(fromProgram).run(
      argv,
      () => undefined,
      (error) => told.add(error),
      (error) => told.has(error) || exits.isThrown(error),
    ),
  );
  // not caught here: the runner tells what nobody catches
  const ended = new Promise((end) => void run.then(end));
  const isCutShort = await Promise.race([
    ended.then(() => false),
    ...[failed, exits.called].map((over) => over.then(() => true)),
  ]);
  // what is on its way may fail, too. After a failure, some of it may never end
  await Promise.race([settings.waitForRPCs(), ...(isCutShort ? [pause(AFTERMATH_MS)] : [])]);
  await new Promise((next) => setImmediate(next));
  const code = exits.code();
  process.exit = exit;
  process.exitCode = undefined;
  if (code !== 0) return code;
  if (errors.size > 0) return [...errors].every((error) => told.has(error)) ? TOLD : 1;
  await settings.signalAndWaitForShutdown();
  return 0;
};
