import type { ConfigureRequest, ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { assertReadableFolder } from "../../lib/config/stateBackend.ts";
import { fromProviderInputs } from "../run/configuration.ts";
import type { Configuration } from "../run/configuration.ts";
import type { LiveRun } from "../run/liveRun.ts";
import type { RunTransaction } from "../run/runTransaction.ts";
import { handlerOf } from "./handler.ts";
import type { ProviderProcess } from "./handler.ts";
import type { ResourceKind } from "./resourceKind.ts";
import { whenCancelled } from "./sdkQuirks.ts";

/*
 * The provider process: everything that it has one of (configuration, clients, breakers, throttle gate, log, telemetry), and
 * how it ends. All of it is built at the first call, so that a preview without changes builds nothing.
 */

let configuration: Configuration | undefined;
let run: Promise<LiveRun> | undefined;
let transaction: Promise<RunTransaction> | undefined;
/** Whether the engine has had anything checked: it does so in previews and updates, and in no refresh or destroy. */
let hasChecked = false;
/** Aborted by the first Ctrl-C: the engine tells its providers to cancel. */
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
    void transactionOfRun().then((transaction) => transaction.failed());
  },
  isSignInRefused: false,
  isLookRefused: false,
};

async function startRun(): Promise<LiveRun> {
  assertReadableFolder(process.env);
  const live = await import("../run/liveRun.ts");
  const transaction = await transactionOfRun();
  return live.startRun(providerProcess.configuration(), process.env, { transaction, stop: stop.signal });
}

/** The engine's address is this process's only argument, and tells apart this run from every other. */
function transactionOfRun(): Promise<RunTransaction> {
  const engine = process.argv.slice(2).find((argument) => /:\d+$/.test(argument));
  transaction ??= import("../run/runTransaction.ts").then(({ runTransactionOf }) =>
    runTransactionOf(providerProcess.configuration(), process.env, { address: engine, hasChecked: () => hasChecked }),
  );
  return transaction;
}

/** A kind as the engine's provider host wants it, served by this process, which ends with its engine from now on. */
export function serve(kind: ResourceKind): ResourceProvider {
  endWithTheEngine();
  const handler = handlerOf(kind, providerProcess);
  return {
    ...handler,
    check: async (olds: Record<string, unknown>, news: Record<string, unknown>) => {
      hasChecked = true;
      return handler.check?.(olds, news) ?? { inputs: news };
    },
    // must not await: the host uses the provider at once, also before a promise from here has settled
    configure: (request: ConfigureRequest) => {
      configuration = fromProviderInputs((key) => request.config.get(key));
      return Promise.resolve();
    },
  };
}

let ending = false;

/**
 * The engine ends a provider by SIGINT and waits 5 s, so that telemetry and log can be written. An engine that died does
 * not: its end of our standard input is all there is to notice, and an orphan must not go on beside its successor.
 */
function endWithTheEngine(): void {
  if (ending) return;
  ending = true;
  // the engine's Cancel comes before every end, too
  whenCancelled(() => stop.abort());
  process.once("SIGINT", () => void end(0));
  process.stdin.once("end", () => process.exit(1));
  process.stdin.resume();
  process.stdin.unref?.();
}

/** Writes what has to be written, for at most 4 s, and exits. */
async function end(exitCode: number): Promise<void> {
  const late = setTimeout(() => process.exit(exitCode), 4_000);
  try {
    if (run) await (await run).close();
    // nothing was written or read; the program may have begun a transaction all the same
    else if (configuration) await (await transactionOfRun()).end();
  } catch {
    // nothing can be told to an engine that is ending; what matters is in the log
  }
  clearTimeout(late);
  process.exit(exitCode);
}
