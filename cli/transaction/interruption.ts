import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Whether a run of the CLI was interrupted. Its exit code does not say, and in the interactive display the terminal is raw
 * and sends us no signal; its event log says it. The log is private and removed: it holds the values of resources.
 */
export class InterruptionWatch implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "fabric-events-"));
  readonly #signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  readonly #note = () => (this.#hasSignal = true);
  #hasSignal = false;

  constructor() {
    for (const signal of this.#signals) process.on(signal, this.#note);
  }

  /** Options for the CLI. */
  get args(): string[] {
    return ["--event-log", this.#file];
  }

  /** Environment in which the CLI knows those options. */
  readonly env = { PULUMI_DEBUG_COMMANDS: "true" };

  /** Whether somebody pressed Ctrl-C, or sent a signal, until now. */
  get isInterrupted(): boolean {
    if (this.#hasSignal) return true;
    try {
      return readFileSync(this.#file, "utf8").includes("^C received");
    } catch {
      return false;
    }
  }

  get #file(): string {
    return join(this.#folder, "events.json");
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.off(signal, this.#note);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
