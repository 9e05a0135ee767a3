import type { ConfigureRequest, ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { assertReadableFolder } from "../../lib/project/stateBackend.ts";
import { fromProviderInputs } from "../run/configuration.ts";
import type { Configuration } from "../run/configuration.ts";
import type { LiveRun } from "../run/liveRun.ts";
import type { Progress } from "../run/progress.ts";
import type { RunTransaction } from "../run/runTransaction.ts";
import { RUN_FOLDER } from "../../lib/checkpoint/runFolder.ts";
import { STATUS_LINE, engineStatus } from "./engineStatus.ts";
import { handlerOf } from "./handler.ts";
import type { ProviderProcess } from "./handler.ts";
import type { ResourceKind } from "./resourceKind.ts";
import { whenCancelled } from "./sdkQuirks.ts";

/*
 * The provider process: its single configuration, clients, breakers, throttle gate, log and telemetry, and its end. The first
 * call builds all of them, so that a preview without changes builds nothing.
 */

type Properties = Record<string, unknown>;

let configuration: Configuration | undefined;
let run: Promise<LiveRun> | undefined;
let transaction: Promise<RunTransaction> | undefined;
let progress: Promise<Progress> | undefined;
/** Whether the engine has called check, as it does in previews and updates, but not in a refresh or destroy. */
let hasChecked = false;
/** Aborted by the first Ctrl-C, after which the engine calls Cancel of its providers. */
const stop = new AbortController();

const providerProcess: ProviderProcess = {
  configuration() {
    if (!configuration)
      throw new Error("The provider was used before it was configured. This is a bug of this project.");
    return configuration;
  },
  run() {
    run ??= startRun();
    return run;
  },
  failed() {
    transactionOfRun().then(
      (transaction) => transaction.failed(),
      () => undefined, // whoever opens the transaction tells why that failed
    );
  },
  isSignInRefused: false,
  isLookRefused: false,
};

async function startRun(): Promise<LiveRun> {
  assertReadableFolder(process.env);
  const live = await import("../run/liveRun.ts");
  const transaction = await transactionOfRun();
  const engine = engineAddress() ?? process.env["PULUMI_NODEJS_ENGINE"];
  const hasTerminal = process.env[STATUS_LINE] === "true" && engine !== undefined;
  const showStatus = hasTerminal ? engineStatus(engine) : undefined;
  return live.startRun(providerProcess.configuration(), process.env, { transaction, stop: stop.signal, showStatus });
}

/** The engine's address: the only argument of this process, unless the program runs in it, too. */
const engineAddress = () => process.argv.slice(2).find((argument) => /:\d+$/.test(argument));

/** The transaction of this run. The engine's address identifies the run. */
function transactionOfRun(): Promise<RunTransaction> {
  const engine = engineAddress();
  transaction ??= import("../run/runTransaction.ts").then(({ runTransactionOf }) =>
    runTransactionOf(providerProcess.configuration(), process.env, { address: engine, hasChecked: () => hasChecked }),
  );
  return transaction;
}

/** The forecast of this run; undefined in a rollback, and with the embedded emulator, which waits for nothing. */
function progressOfRun(): Promise<Progress | undefined> {
  const { FABRIC_ENDPOINT, FABRIC_ROLLBACK_OF } = process.env;
  const isShort = configuration?.endpoint === "emulator" && !FABRIC_ENDPOINT;
  if (isShort || FABRIC_ROLLBACK_OF || !process.env[RUN_FOLDER]) return Promise.resolve(undefined);
  return (progress ??= import("../run/progress.ts").then(
    ({ Progress }) =>
      new Progress({
        env: process.env,
        now: () => performance.now(),
        say: (line) => void process.stderr.write(`${line}\n`),
      }),
  ));
}

/** A kind in the form that the engine's provider host needs. From now on, this process ends with its engine. */
export function serve(kind: ResourceKind): ResourceProvider {
  endWithTheEngine();
  const handler = handlerOf(kind, providerProcess);
  const progressOfStep = async () => {
    const progress = await progressOfRun();
    // the first step does not take as long as the sign-in; its own error says what is wrong with that
    if (progress) await providerProcess.run().catch(() => undefined);
    return progress;
  };
  return {
    ...handler,
    create: async (news: Properties) => {
      const ended = (await progressOfStep())?.begin(kind.name, news, "create");
      const made = await handler.create(news);
      ended?.(made.id);
      return made;
    },
    diff: async (id: string, olds: Properties, news: Properties) => {
      const result = (await handler.diff?.(id, olds, news)) ?? {};
      const isInPlace = result.changes === true && !result.replaces?.length;
      if (isInPlace) (await progressOfRun())?.expectUpdate(kind.name, id, olds, news);
      return result;
    },
    update: async (id: string, olds: Properties, news: Properties) => {
      const ended = (await progressOfStep())?.beginUpdate(kind.name, olds, news);
      const outs = (await handler.update?.(id, olds, news)) ?? {};
      ended?.();
      return outs;
    },
    delete: async (id: string, properties: Properties) => {
      const ended = (await progressOfStep())?.begin(kind.name, properties, "delete");
      await handler.delete?.(id, properties);
      ended?.();
    },
    check: async (olds: Properties, news: Properties) => {
      hasChecked = true;
      return handler.check?.(olds, news) ?? { inputs: news };
    },
    // must not await: the host uses the provider at once, even before a promise from here settles
    configure: (request: ConfigureRequest) => {
      configuration = fromProviderInputs((key) => request.config.get(key));
      return Promise.resolve();
    },
  };
}

let ending = false;

/**
 * The engine ends a provider by SIGINT and waits 5 s, so that telemetry and log can be written. An engine that died sends no
 * signal: the only sign is the end of our standard input. An orphaned provider must not continue beside its successor.
 */
function endWithTheEngine(): void {
  if (ending) return;
  ending = true;
  // the engine also calls Cancel before every end
  whenCancelled(() => stop.abort());
  process.once("SIGINT", () => void end(0));
  process.stdin.once("end", () => process.exit(1));
  process.stdin.resume();
  process.stdin.unref?.();
}

/** Writes log and telemetry, for at most 4 s, and exits. */
async function end(exitCode: number): Promise<void> {
  const late = setTimeout(() => process.exit(exitCode), 4_000);
  try {
    if (run) await (await run).close();
    // there was no read or write, but the program may have begun a transaction all the same
    else if (configuration) await (await transactionOfRun()).end();
  } catch {
    // an ending engine shows no messages; the log has everything that matters
  }
  clearTimeout(late);
  process.exit(exitCode);
}
