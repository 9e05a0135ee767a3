import { openTelemetry } from "../../lib/telemetry/openTelemetry.ts";
import type { TelemetryLogger } from "../../lib/telemetryLogger.ts";
import type { StackSettings } from "../pulumi/stackSettings.ts";
import { outcomeOf } from "../../lib/transactions/entry.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import type { EarlierRun } from "../../lib/transactions/earlierRun.ts";
import type { Leftover } from "./leftovers.ts";

/** How many effects of each kind a log holds. */
export function countsOf(entries: readonly Entry[]): Record<"created" | "updated" | "deleted" | "failed", number> {
  const counts = { created: 0, updated: 0, deleted: 0, failed: 0 };
  const names = { create: "created", update: "updated", delete: "deleted" } as const;
  for (const entry of entries) {
    if (entry.kind !== "intent") continue;
    counts[outcomeOf(entries, entry.step) === "done" ? names[entry.operation] : "failed"]++;
  }
  return counts;
}

/** What telemetry learns of a deployment: that it began, how it ended, with counts and how long it took. */
export class DeploymentEvents {
  readonly #telemetry: TelemetryLogger;
  readonly #begin = performance.now();

  /** @param telemetry adds stack and transaction to what it is told */
  constructor(telemetry: TelemetryLogger) {
    this.#telemetry = telemetry;
  }

  /** Loads nothing and does nothing where `useTelemetry` is off. */
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
   * @param earlierRun how the run that it goes on with ended
   */
  started(isResumed: boolean, earlierRun?: EarlierRun): void {
    this.#telemetry.trackEvent("DeploymentStarted", { isResumed, ...(earlierRun && { earlierRun }) });
  }

  /** An update was committed. */
  succeeded(entries: readonly Entry[]): void {
    this.#ended("DeploymentSuccess", true, countsOf(entries));
  }

  /** An update failed or was interrupted. */
  failed(reason: string, entries: readonly Entry[]): void {
    this.#telemetry.trackException(new Error(`Deployment failed: ${reason}`));
    this.#ended("DeploymentFailed", false, { reason, ...countsOf(entries) });
  }

  /** Runs a rollback, and notes how it began and ended. */
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

  /** Sends what is waiting, for at most 2 s. */
  close(): Promise<void> {
    return this.#telemetry.flush();
  }

  #ended(name: string, success: boolean, properties: Record<string, unknown>): void {
    const duration = performance.now() - this.#begin;
    this.#telemetry.trackEvent(name, { ...properties, durationMs: Math.round(duration) });
    this.#telemetry.trackDeployment(success, duration);
  }
}
