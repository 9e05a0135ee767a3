import { emulatorStore } from "../run/embeddedEmulator.ts";
import type { Configuration } from "../run/configuration.ts";
import type { LiveRun } from "../run/liveRun.ts";
import type { Run } from "../run/run.ts";

/**
 * The program's own way to the service, for what it has to know before it declares something. It only asks, and writes
 * nothing; who asks first signs in. Idle connections keep no process from ending, so nobody has to close it.
 */
export class ProgramRun {
  readonly #configuration: Configuration;
  readonly #env: NodeJS.ProcessEnv;
  #run: Promise<LiveRun | undefined> | undefined;

  constructor(configuration: Configuration, env: NodeJS.ProcessEnv) {
    this.#configuration = configuration;
    this.#env = env;
  }

  /**
   * What to ask with; undefined with an embedded emulator, which runs in the provider process and only while that has
   * something to do.
   * @throws Error where nobody is signed in, or in another tenant
   */
  get(): Promise<Run | undefined> {
    return (this.#run ??= this.#start());
  }

  async #start(): Promise<LiveRun | undefined> {
    if (this.#configuration.endpoint === "emulator" && !this.#env["FABRIC_ENDPOINT"]) {
      const { findRunningEmulator } = await import("../../emulator/emulator.ts");
      if (!(await findRunningEmulator(emulatorStore))) return undefined;
    }
    const { startRun } = await import("../run/liveRun.ts");
    return startRun(this.#configuration, this.#env);
  }
}
