/** The switches of the hardening components. */
export type FlagName = "useKeyVault" | "useRetryLogic" | "useTelemetry" | "useRollback" | "useCircuitBreaker";

/** The source of a flag's value. */
export type FlagSource = "environment" | "stack" | "default";

/** The environment variable that overrides each flag. */
export const flagVariables: Readonly<Record<FlagName, string>> = {
  useKeyVault: "FEATURE_USE_KEY_VAULT",
  useRetryLogic: "FEATURE_USE_RETRY_LOGIC",
  useTelemetry: "FEATURE_USE_TELEMETRY",
  useRollback: "FEATURE_USE_ROLLBACK",
  useCircuitBreaker: "FEATURE_USE_CIRCUIT_BREAKER",
};

const names = Object.keys(flagVariables) as FlagName[];

interface Flag {
  readonly on: boolean;
  readonly source: FlagSource;
}

/**
 * Switches for the hardening components. A component is off unless the stack (`fabric:features`) or the environment turns it
 * on.
 */
export class FeatureFlags {
  readonly #flags: Readonly<Record<FlagName, Flag>>;

  private constructor(flags: Readonly<Record<FlagName, Flag>>) {
    this.#flags = flags;
  }

  /**
   * Flags of the stack, overridden by the environment.
   * @throws Error that names every variable that is neither `true` nor `false` (in any case)
   */
  static load(stack: Partial<Record<FlagName, boolean>> = {}, env: NodeJS.ProcessEnv = process.env): FeatureFlags {
    const wrong: string[] = [];
    const flag = (name: FlagName): Flag => {
      const text = env[flagVariables[name]]?.trim().toLowerCase();
      if (text === "true" || text === "false") return { on: text === "true", source: "environment" };
      if (text) wrong.push(flagVariables[name]);
      const value = stack[name];
      return value === undefined ? { on: false, source: "default" } : { on: value, source: "stack" };
    };
    const flags = Object.fromEntries(names.map((name) => [name, flag(name)])) as Record<FlagName, Flag>;
    if (wrong.length > 0) throw new Error(`${wrong.join(", ")}: must be true or false.`);
    return new FeatureFlags(flags);
  }

  /** Secrets come from Azure Key Vault, with environment and `.env` as the fallback. */
  get useKeyVault(): boolean {
    return this.#flags.useKeyVault.on;
  }
  /** Failed calls are repeated. */
  get useRetryLogic(): boolean {
    return this.#flags.useRetryLogic.on;
  }
  /** Events, metrics and exceptions go to Application Insights. */
  get useTelemetry(): boolean {
    return this.#flags.useTelemetry.on;
  }
  /** A failed deployment is rolled back. */
  get useRollback(): boolean {
    return this.#flags.useRollback.on;
  }
  /** Calls to a service that keeps failing are refused for a while. */
  get useCircuitBreaker(): boolean {
    return this.#flags.useCircuitBreaker.on;
  }

  /** The source of a flag's value. */
  source(name: FlagName): FlagSource {
    return this.#flags[name].source;
  }

  /** One line for the start of a run: `useRetryLogic on (stack), useTelemetry off (default), …`. */
  describe(): string {
    return names.map((name) => `${name} ${this.#flags[name].on ? "on" : "off"} (${this.source(name)})`).join(", ");
  }

  /**
   * Requires all components, for `fabric:requireAllFeatures`.
   * @throws Error that names each disabled flag and its source
   */
  assertAllOn(): void {
    const off = names.filter((name) => !this.#flags[name].on);
    if (off.length === 0) return;
    const list = off.map((name) => {
      const source = this.source(name);
      return `${name} (${source === "environment" ? flagVariables[name] : source})`;
    });
    throw new Error(
      `fabric:requireAllFeatures is on, and these features are off: ${list.join(", ")}. Turn them on in fabric:features, ` +
        `and remove the environment variables that turn them off.`,
    );
  }
}
