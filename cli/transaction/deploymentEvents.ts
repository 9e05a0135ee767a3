import { openTelemetry } from "../../lib/telemetry/openTelemetry.ts";
import type { TelemetryLogger } from "../../lib/telemetryLogger.ts";
import type { StackSettings } from "../stack/stackSettings.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { countsOf } from "../../lib/transactions/summary.ts";
import type { EarlierRun } from "../../lib/transactions/earlierRun.ts";
import type { Leftover } from "./leftovers.ts";

/** Telemetry of a deployment: its begin, and its end with counts and duration. */
export class DeploymentEvents {
  readonly #telemetry: TelemetryLogger;
  readonly #begin = performance.now();

  /** @param telemetry adds stack and transaction to each event */
  constructor(telemetry: TelemetryLogger) {
    this.#telemetry = telemetry;
  }

  /** Loads nothing and does nothing if `useTelemetry` is off. */
  static async open(
    stack: string,
    transactionId: string,
    { flags, keyVaultUrl }: Pick<StackSettings, "flags" | "keyVaultUrl">,
    env: NodeJS.ProcessEnv,
  ): Promise<DeploymentEvents> {
    return new DeploymentEvents(
      await openTelemetry({ flags, env, keyVaultUrl, deployment: () => ({ stack, transactionId }) }),
    );
  }

  /**
   * An update begins.
   * @param earlierRun end of the run that the update resumes
   */
  started(isResumed: boolean, earlierRun?: EarlierRun): void {
    this.#telemetry.trackEvent("DeploymentStarted", { isResumed, ...(earlierRun && { earlierRun }) });
  }

  /** An update was committed, or did the part of the stack that it was limited to. */
  succeeded(entries: readonly Entry[]): void {
    this.#ended("DeploymentSuccess", true, countsOf(entries));
  }

  /** An update failed or was interrupted. */
  failed(reason: string, entries: readonly Entry[]): void {
    this.#telemetry.trackException(new Error(`Deployment failed: ${reason}`));
    this.#ended("DeploymentFailed", false, { reason, ...countsOf(entries) });
  }

  /** Runs a rollback, and records its begin and end. */
  async rollback(reason: string, work: () => Promise<Leftover[]>): Promise<Leftover[]> {
    const begin = performance.now();
    this.#telemetry.trackEvent("RollbackStarted", { reason });
    const ended = (name: string, remaining?: number) =>
      this.#telemetry.trackEvent(name, {
        ...(remaining !== undefined && { remaining }),
        durationMs: Math.round(performance.now() - begin),
      });
    try {
      const leftovers = await work();
      ended(leftovers.length === 0 ? "RollbackCompleted" : "RollbackIncomplete", leftovers.length);
      return leftovers;
    } catch (error) {
      this.#telemetry.trackException(error);
      ended("RollbackIncomplete");
      throw error;
    }
  }

  /** Sends waiting events, for at most 2 s. */
  close(): Promise<void> {
    return this.#telemetry.flush();
  }

  #ended(name: string, success: boolean, properties: Record<string, unknown>): void {
    const duration = performance.now() - this.#begin;
    this.#telemetry.trackEvent(name, { ...properties, durationMs: Math.round(duration) });
    this.#telemetry.trackDeployment(success, duration);
  }
}
