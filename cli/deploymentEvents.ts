import type { FeatureFlags } from "../lib/featureFlags.ts";
import { TelemetryLogger } from "../lib/telemetryLogger.ts";
import { outcomeOf } from "../lib/transactionLog.ts";
import type { Entry } from "../lib/transactionLog.ts";
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
  readonly #stack: string;
  readonly #transactionId: string;
  readonly #begin = performance.now();

  private constructor(telemetry: TelemetryLogger, stack: string, transactionId: string) {
    this.#telemetry = telemetry;
    this.#stack = stack;
    this.#transactionId = transactionId;
  }

  /** Loads nothing and does nothing where `useTelemetry` is off. */
  static async open(
    stack: string,
    transactionId: string,
    flags: FeatureFlags,
    env: NodeJS.ProcessEnv,
  ): Promise<DeploymentEvents> {
    return new DeploymentEvents(new TelemetryLogger({ flags, env }), stack, transactionId);
  }

  /** An update begins. */
  started(isResumed: boolean): void {
    this.#track("DeploymentStarted", { isResumed });
  }

  /** An update was committed. */
  succeeded(entries: readonly Entry[]): void {
    this.#track("DeploymentSuccess", { ...countsOf(entries), durationMs: this.#duration() });
  }

  /** An update failed or was interrupted. */
  failed(reason: string, entries: readonly Entry[]): void {
    this.#telemetry.trackException(
      new Error(`Deployment ${this.#transactionId} failed: ${reason}`),
      this.#properties(),
    );
    this.#track("DeploymentFailed", { reason, ...countsOf(entries), durationMs: this.#duration() });
  }

  /** Runs a rollback, and notes how it began and ended. */
  async rollback(reason: string, work: () => Promise<Leftover[]>): Promise<Leftover[]> {
    const begin = performance.now();
    this.#track("RollbackStarted", { reason });
    const ended = (remaining: number) => ({ remaining, durationMs: Math.round(performance.now() - begin) });
    try {
      const leftovers = await work();
      this.#track(leftovers.length === 0 ? "RollbackCompleted" : "RollbackIncomplete", ended(leftovers.length));
      return leftovers;
    } catch (error) {
      this.#telemetry.trackException(error, this.#properties());
      this.#track("RollbackIncomplete", ended(-1));
      throw error;
    }
  }

  /** Sends what is waiting, for at most 2 s. */
  close(): Promise<void> {
    return this.#telemetry.flush();
  }

  #track(name: string, properties: Record<string, unknown>): void {
    this.#telemetry.trackEvent(name, { ...this.#properties(), ...properties });
  }

  #properties() {
    return { stack: this.#stack, transactionId: this.#transactionId };
  }

  #duration(): number {
    return Math.round(performance.now() - this.#begin);
  }
}
