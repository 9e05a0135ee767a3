import { subscribe } from "node:diagnostics_channel";
import type { ConfigureRequest, ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { assertReadableFolder } from "../lib/config/stateBackend.ts";
import { fromProviderInputs } from "./run/configuration.ts";
import type { Configuration } from "./run/configuration.ts";
import { handlerOf } from "./engine/handler.ts";
import type { ProviderProcess } from "./engine/handler.ts";
import { allKinds, kindNamed } from "./kinds/kinds.ts";
import type { LiveRun } from "./run/liveRun.ts";
import type { RunTransaction } from "./run/runTransaction.ts";

/*
 * The composition root of the provider process. The state of every resource holds one constant string that requires this
 * file, so the resources of today run the code of today, also when they are destroyed. Everything that a process has one
 * of (clients, breakers, throttle gate, log, telemetry) hangs on `process` below, and is built at the first call.
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
};

async function startRun(): Promise<LiveRun> {
  assertReadableFolder(process.env);
  const live = await import("./run/liveRun.ts");
  const transaction = await transactionOfRun();
  return live.startRun(providerProcess.configuration(), process.env, { transaction, stop: stop.signal });
}

/** The engine's address is this process's only argument, and tells apart this run from every other. */
function transactionOfRun(): Promise<RunTransaction> {
  const engine = process.argv.slice(2).find((argument) => /:\d+$/.test(argument));
  transaction ??= import("./run/runTransaction.ts").then(({ runTransactionOf }) =>
    runTransactionOf(providerProcess.configuration(), process.env, { address: engine, hasChecked: () => hasChecked }),
  );
  return transaction;
}

/** Called by the constant string in every resource. */
export function provider(kindName: string): ResourceProvider {
  const kind = kindNamed(kindName);
  if (!kind)
    throw new Error(
      `This version knows no resource kind '${kindName}'. Known: ${allKinds.map(({ name }) => name).join(", ")}.`,
    );
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
  const end = async (exitCode: number): Promise<void> => {
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
  };
  // Pulumi's provider host does not pass the engine's Cancel on; it comes before every end, too
  subscribe("http2.server.stream.start", (message) => {
    const { headers } = message as { headers?: Record<string, unknown> };
    if (headers?.[":path"] === "/pulumirpc.ResourceProvider/Cancel") stop.abort();
  });
  process.once("SIGINT", () => void end(0));
  process.stdin.once("end", () => process.exit(1));
  process.stdin.resume();
  process.stdin.unref?.();
}
