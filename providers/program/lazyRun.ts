import { emulatorStore } from "../run/embeddedEmulator.ts";
import type { Configuration } from "../run/configuration.ts";
import type { LiveRun } from "../run/liveRun.ts";
import type { Run } from "../run/run.ts";

/**
 * The program's own access to the service, for facts that a declaration depends on. The program only reads; its first read
 * signs in. Idle connections do not keep the process alive, so a lazy run need not be closed.
 */
export class LazyRun {
  readonly #configuration: Configuration;
  readonly #env: NodeJS.ProcessEnv;
  #run: Promise<LiveRun | undefined> | undefined;

  constructor(configuration: Configuration, env: NodeJS.ProcessEnv) {
    this.#configuration = configuration;
    this.#env = env;
  }

  /**
   * The run; undefined with an embedded emulator, because that runs in the provider process and only while it is busy.
   * @throws Error if the sign-in fails, or belongs to another tenant
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
