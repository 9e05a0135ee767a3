import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator, EmulatorOptions } from "../../emulator/emulator.ts";
import { handlerOf } from "../../providers/engine/handler.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import type { Clock } from "../../lib/clock.ts";
import { FolderLogStore } from "../../lib/logStore/folderLogStore.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { checkpointFile } from "../../lib/transactions/transactionFiles.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { worldOf } from "../engine/harness/worldOf.ts";
import { ImpatientClock } from "../lib/fakeClock.ts";

/* Provider processes in the process of a test: the handlers that the engine calls, on an emulator, with a real log. */

export type Properties = Record<string, unknown>;
/** A kind by its name in the list of all, or one that is not in it. */
export type KindKey = keyof typeof kinds | ResourceKind;

/** An object as the state has it. */
export interface Deployed {
  readonly kind: KindKey;
  readonly id: string;
  readonly olds: Properties;
}

/** Id of the transaction whose failures are tried. */
export const TRANSACTION = "test-1";

/** A secret that every process finds as SALES_SQL_PASSWORD. */
export const CONNECTION_SECRET = "canary-of-a-connection";

/** How a process differs from others. */
export interface ProcessOptions {
  readonly stop?: AbortSignal;
  /** @default true */
  readonly useRollback?: boolean;
  /** `fabric:contentDrift`. @default false */
  readonly contentDrift?: boolean;
  /** Stack that it belongs to; each has a log of its own. @default test */
  readonly stack?: string;
  /** Whether its waits for the service to finish take their time. @default true */
  readonly isPatient?: boolean;
  /** The run that the process does its work with. @default one of its own */
  readonly run?: LiveRun;
}

/** A kind without its types. */
export const kindOf = (key: KindKey) => (typeof key === "string" ? (kinds[key] as unknown as ResourceKind) : key);

/** Where logs lie: in memory if possible, because each of their lines waits for the disk. */
const root = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** An emulator, and provider processes that deploy to it one after the other. */
export class Bench implements AsyncDisposable {
  readonly folder = mkdtempSync(join(root, "fabric-bench-"));
  readonly emulator: Emulator;
  /** Where its processes reach the emulator: one place for all, as an open transaction stays where it began. */
  endpoint: string;
  readonly #runs: LiveRun[] = [];
  #logs = "log";

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
    this.endpoint = emulator.url;
  }

  static async start(onFault?: () => void, options: EmulatorOptions = {}): Promise<Bench> {
    return new Bench(await startEmulator({ ...options, ...(onFault && { onFault }) }));
  }

  /**
   * Goes on with the logs as they are on disk at this moment, without locks, as if every process had died in it. What those
   * processes write from now on nobody reads.
   */
  forkLogs(): void {
    const before = join(this.folder, this.#logs);
    this.#logs += "+";
    const isLock = (path: string) => path.endsWith(".lock");
    if (existsSync(before))
      cpSync(before, join(this.folder, this.#logs), { recursive: true, filter: (path) => !isLock(path) });
  }

  /** A provider process of the transaction, or of its rollback. */
  async process(kind: KindKey, env: NodeJS.ProcessEnv = {}, options: ProcessOptions = {}): Promise<Handler> {
    const run = options.run ?? (await this.run(env, options));
    const host = {
      configuration: () => this.#configuration(options),
      run: () => Promise.resolve(run),
      failed: () => undefined,
      isSignInRefused: false,
      isLookRefused: false,
    };
    const handler = handlerOf(kindOf(kind), host);
    return { ...handler, end: () => run.close() } as Handler;
  }

  /** What such a process does its work with; its waits are over at once. */
  async run(env: NodeJS.ProcessEnv = {}, options: ProcessOptions = {}): Promise<LiveRun> {
    const { stop } = options;
    const own = {
      FABRIC_ENDPOINT: this.endpoint,
      FABRIC_GRAPH_ENDPOINT: this.emulator.origin,
      FABRIC_RETRY_BASE_MS: "1",
      FABRIC_TRANSACTION_ID: TRANSACTION,
      SALES_SQL_PASSWORD: CONNECTION_SECRET,
    };
    const live = await startRun(this.#configuration(options), { ...own, ...env }, { ...(stop && { stop }) });
    const run = options.isPatient === false ? { ...live, clock: impatient(stop) } : live;
    this.#runs.push(run);
    return run;
  }

  /** The logs of a stack. */
  logs(stack = "test"): StackTransactions {
    return new StackTransactions(new FolderLogStore(this.#logsOf(stack)), stack);
  }

  #logsOf = (stack: string) => join(this.folder, stack === "test" ? this.#logs : stack);

  #configuration({ stack = "test", useRollback = true, contentDrift }: ProcessOptions) {
    const features = { useRetryLogic: true, useRollback };
    const transactionLog = this.#logsOf(stack);
    return { stack, endpoint: "emulator", features, credential: "auto", transactionLog, contentDrift };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) await run.close();
    await this.emulator.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** Time that passes as soon as somebody waits for it, until Ctrl-C. */
function impatient(stop: AbortSignal | undefined): Clock {
  const clock = new ImpatientClock();
  return { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(ms, signal ?? stop) };
}

export type Handler = Required<
  Pick<ResourceProvider<Properties, Properties>, "create" | "read" | "update" | "delete">
> & {
  end(): Promise<void>;
};

/** Deploys an object, and gives it back as the state has it. */
export async function deployed(
  bench: Bench,
  kind: KindKey,
  inputs: Properties,
  options: ProcessOptions = {},
): Promise<Deployed> {
  const process = await bench.process(kind, { FABRIC_TRANSACTION_ID: `${options.stack ?? "test"}-0` }, options);
  const { inputs: checked } = check(kindOf(kind), {}, inputs);
  const { id, outs } = await process.create(checked);
  await process.end();
  return { kind, id: String(id), olds: outs as Properties };
}

/** Saves objects as the state from before the transaction, which a rollback of it goes back to. */
export async function saveBefore(bench: Bench, ...objects: readonly Deployed[]): Promise<void> {
  const resources = objects.map(({ kind, id, olds }, index) => {
    const type = `pulumi-nodejs:dynamic/fabric:${kindOf(kind).name}`;
    const urn = `urn:pulumi:test::fabric::${type}::object-${index}`;
    return { urn, type, custom: true, id, inputs: inputsOf(kindOf(kind), olds), outputs: olds };
  });
  const saved = { version: 3, deployment: { resources } };
  await bench.logs().store.write(checkpointFile(TRANSACTION), JSON.stringify(saved));
}

/** The inputs among the properties of a state. */
export const inputsOf = (kind: ResourceKind, state: Properties): Properties =>
  Object.fromEntries(
    Object.keys(kind.fields).flatMap((name) => (state[name] === undefined ? [] : [[name, state[name]]])),
  );

/** What the emulator holds; commits, whose ids come by chance, under the names of their branches. */
export function conditionOf(bench: Bench): unknown {
  const text = JSON.stringify(worldOf(bench));
  const branches = bench.emulator.service.branches.all();
  return JSON.parse(branches.reduce((named, { id, head }) => named.replaceAll(head, `head of ${id}`), text));
}
