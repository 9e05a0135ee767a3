import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { handlerOf } from "../../providers/engine/handler.ts";
import { startRun } from "../../providers/run/liveRun.ts";
import type { LiveRun } from "../../providers/run/liveRun.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { worldOf } from "../engine/harness/worldOf.ts";

/* Provider processes in the process of a test: the handlers that the engine calls, on an emulator, with a real log. */

export type Properties = Record<string, unknown>;
export type KindKey = keyof typeof kinds;

/** An object as the state has it. */
export interface Deployed {
  readonly kind: KindKey;
  readonly id: string;
  readonly olds: Properties;
}

/** Id of the transaction whose failures are tried. */
export const TRANSACTION = "test-1";

/** How a process differs from others. */
export interface ProcessOptions {
  readonly stop?: AbortSignal;
  /** @default true */
  readonly useRollback?: boolean;
}

/** A kind without its types. */
export const kindOf = (key: KindKey) => kinds[key] as unknown as ResourceKind;

/** An emulator, and provider processes that deploy to it one after the other. */
export class Bench implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "half-update-"));
  readonly emulator: Emulator;
  readonly #runs: LiveRun[] = [];

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  static async start(onFault?: () => void): Promise<Bench> {
    return new Bench(await startEmulator(onFault && { onFault }));
  }

  /** A provider process of the transaction, or of its rollback. */
  async process(kind: KindKey, env: NodeJS.ProcessEnv = {}, options: ProcessOptions = {}): Promise<Handler> {
    const configuration = {
      stack: "test",
      endpoint: "emulator",
      features: { useRetryLogic: true, useRollback: options.useRollback ?? true },
      credential: "auto",
      transactionLog: join(this.folder, "log"),
    };
    const own = { FABRIC_ENDPOINT: this.emulator.url, FABRIC_RETRY_BASE_MS: "1", FABRIC_TRANSACTION_ID: TRANSACTION };
    const run = await startRun(configuration, { ...own, ...env }, { ...(options.stop && { stop: options.stop }) });
    this.#runs.push(run);
    const host = {
      configuration: () => configuration,
      run: () => Promise.resolve(run),
      failed: () => undefined,
      isSignInRefused: false,
    };
    const handler = handlerOf(kindOf(kind), host);
    return { ...handler, end: () => run.close() } as Handler;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) await run.close();
    await this.emulator.close();
    rmSync(this.folder, { recursive: true });
  }
}

type Handler = Required<Pick<ResourceProvider<Properties, Properties>, "create" | "read" | "update" | "delete">> & {
  end(): Promise<void>;
};

/** Deploys an object, and gives it back as the state has it. */
export async function deployed(bench: Bench, kind: KindKey, inputs: Properties): Promise<Deployed> {
  const process = await bench.process(kind, { FABRIC_TRANSACTION_ID: "test-0" });
  const { inputs: checked } = check(kindOf(kind), {}, inputs);
  const { id, outs } = await process.create(checked);
  await process.end();
  return { kind, id: String(id), olds: outs as Properties };
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
