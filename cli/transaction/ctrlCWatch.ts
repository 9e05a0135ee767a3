import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../pulumi/temporaryFolder.ts";

/**
 * Watches whether Ctrl-C was pressed in a run of the CLI. The exit code does not show it, and the raw terminal of the
 * interactive display sends no signal, but the CLI's event log shows it. The log is private and removed afterwards, because
 * it holds the values of resources.
 */
export class CtrlCWatch implements Disposable {
  readonly #folder = temporaryFolder("fabric-events-");

  readonly #copy: string | undefined;

  /** @param copy file that gets the log afterwards: the `--event-log` that the user asked for */
  constructor(copy?: string) {
    this.#copy = copy;
  }

  /** Options for the CLI. */
  get args(): string[] {
    return ["--event-log", this.#file];
  }

  /** Environment in which the CLI accepts `args`. */
  readonly env = { PULUMI_DEBUG_COMMANDS: "true" };

  /** Whether the CLI has seen Ctrl-C until now. */
  get isPressed(): boolean {
    return this.eventLog.includes("^C received");
  }

  /** What the CLI has written until now. */
  get eventLog(): string {
    try {
      return readFileSync(this.#file, "utf8");
    } catch {
      return "";
    }
  }

  get #file(): string {
    return join(this.#folder, "events.json");
  }

  [Symbol.dispose](): void {
    try {
      if (this.#copy && existsSync(this.#file)) copyFileSync(this.#file, this.#copy);
    } catch (error) {
      // the deployment itself has ended, and how
      console.error(`The event log could not be written: ${String(error)}`);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
