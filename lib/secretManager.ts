import { parseEnv } from "node:util";
import { readTextFile } from "./api/textFile.ts";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { FeatureFlags } from "./featureFlags.ts";
import { isOwnSignIn, localNamesOf, vaultNameOf } from "./secrets/secretName.ts";
import { makeVaultClient, vaultUrlOf } from "./secrets/vaultClient.ts";
import type { VaultClient, VaultCredential } from "./secrets/vaultClient.ts";
import { vaultFailureOf } from "./secrets/vaultFailure.ts";
import type { VaultFailure } from "./secrets/vaultFailure.ts";

/** How long a secret from the vault stays cached. */
const CACHE_MS = 60 * 60_000;
/** Time limit of a read, sign-in included, so that the fallback answers within 2 s. */
const READ_DEADLINE_MS = 1_800;
/** Time limit of a write, which has no fallback. */
const WRITE_DEADLINE_MS = 30_000;
/** Pause before an unusable vault is asked again, so that not every secret waits for it. */
const REST_MS = 60_000;

/** Settings of a {@link SecretManager}. */
export interface SecretManagerOptions {
  /** @default from the environment */
  readonly flags?: FeatureFlags;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** @default `.env` in the current folder; it need not exist */
  readonly dotenvPath?: string;
  /** @default Azure's client for KEY_VAULT_URL */
  readonly client?: VaultClient;
  /** Sign-in of Azure's client. @default the credential from the environment, else Azure's default chain */
  readonly credential?: VaultCredential;
  readonly clock?: Clock;
  /** Receives the one warning about a failing vault. @default standard error */
  readonly warn?: (line: string) => void;
}

/** A secret and its source. */
export interface FoundSecret {
  readonly value: string;
  readonly source: "Key Vault" | "the environment" | ".env";
}

/** A secret with its version in the vault; without one if it comes from elsewhere. */
export interface VersionedSecret extends FoundSecret {
  readonly version?: string;
}

/** A value from the vault. */
type OfVault = Pick<VersionedSecret, "value" | "version">;

/**
 * Secrets by name: from Azure Key Vault if `useKeyVault` is on, else from the environment and `.env`. Secrets stay in memory:
 * `.env` never changes the process's environment. `FABRIC_API_KEY` and `fabric-api-key` name the same secret.
 *
 * If the vault fails, the fallback answers within 2 s. After a failure of the vault itself (no answer, no sign-in, 401, 408,
 * 429, 5xx), the vault is not asked again for a minute. Other refusals concern only one secret.
 */
export class SecretManager {
  readonly #flags: FeatureFlags;
  readonly #env: NodeJS.ProcessEnv;
  readonly #dotenv: ReadonlyMap<string, string>;
  readonly #clock: Clock;
  readonly #warn: (line: string) => void;
  readonly #makeClient: () => Promise<VaultClient>;
  readonly #cache = new Map<string, { readonly value: Promise<OfVault | undefined>; readonly until: number }>();
  readonly #given = new Set<string>();
  #client: Promise<VaultClient> | undefined;
  #restsUntil = 0;
  #hasWarned = false;

  /** @throws Error if Key Vault is on and KEY_VAULT_URL is missing or not https, or `.env` is there and cannot be read as text */
  constructor(options: SecretManagerOptions = {}) {
    this.#env = options.env ?? process.env;
    this.#flags = options.flags ?? FeatureFlags.load({}, this.#env);
    this.#clock = options.clock ?? systemClock;
    this.#warn = options.warn ?? ((line) => void process.stderr.write(`${line}\n`));
    this.#dotenv = readDotenv(options.dotenvPath ?? ".env");
    const { client, credential } = options;
    const url = this.#flags.useKeyVault && !client ? vaultUrlOf(this.#env) : "";
    this.#makeClient = () => (client ? Promise.resolve(client) : makeVaultClient(url, this.#signInEnv(), credential));
  }

  /**
   * Looks up a secret.
   * @param defaultValue result if no source has the secret
   * @throws Error if no vault can hold the name
   */
  async getSecret(name: string): Promise<string | undefined>;
  async getSecret(name: string, defaultValue: string): Promise<string>;
  async getSecret(name: string, defaultValue?: string): Promise<string | undefined> {
    return (await this.findSecret(name))?.value ?? defaultValue;
  }

  /**
   * A secret with its source; undefined if no source has it.
   * @throws Error if no vault can hold the name
   */
  async findSecret(name: string): Promise<FoundSecret | undefined> {
    const found = await this.findVersioned(name);
    return found && { value: found.value, source: found.source };
  }

  /**
   * Like `findSecret`, with the version that the vault calls the present one.
   * @throws Error if no vault can hold the name
   */
  async findVersioned(name: string): Promise<VersionedSecret | undefined> {
    const key = vaultNameOf(name);
    const inVault = this.#flags.useKeyVault && !isOwnSignIn(key) ? await this.#cached(key) : undefined;
    const found = inVault?.value ? ({ ...inVault, source: "Key Vault" } as const) : this.#local(name);
    if (found) this.#given.add(found.value);
    return found;
  }

  /**
   * An earlier or present version of a secret in the vault; undefined if the vault is off or does not give it.
   * @throws Error if no vault can hold the name
   */
  async findVersion(name: string, version: string): Promise<VersionedSecret | undefined> {
    const key = vaultNameOf(name);
    if (!this.#flags.useKeyVault || isOwnSignIn(key)) return undefined;
    const found = await this.#read(key, version);
    if (!found?.value) return undefined;
    this.#given.add(found.value);
    return { ...found, version, source: "Key Vault" };
  }

  /** Every secret that was returned so far, so that telemetry can redact it wherever it occurs. */
  given(): Iterable<string> {
    return this.#given;
  }

  /**
   * Writes a secret to the vault.
   * @throws Error if the secret cannot be written, or the vault did not confirm the write
   */
  async setSecret(name: string, value: string): Promise<void> {
    this.assertWritable(name);
    const key = vaultNameOf(name);
    try {
      await this.#ask(WRITE_DEADLINE_MS, (client, abortSignal) => client.setSecret(key, value, { abortSignal }));
      this.#restsUntil = 0;
    } catch (error) {
      // without a cause: the library's error holds the request, and the request holds the value
      const { reason, remedy } = vaultFailureOf(error);
      throw new Error(`Key Vault did not confirm that it took secret ${name} (${reason}). ${remedy}`);
    } finally {
      this.#cache.delete(key);
    }
  }

  /**
   * Checks that a secret can be written, for callers that must first ask a person for the value.
   * @throws Error if Key Vault is off, cannot hold the name, or would never be asked for it
   */
  assertWritable(name: string): void {
    const key = vaultNameOf(name);
    const notWritten = `Secret ${name} was not written`;
    if (!this.#flags.useKeyVault) {
      const isOffByVariable = this.#flags.source("useKeyVault") === "environment";
      const turnOn = isOffByVariable
        ? "FEATURE_USE_KEY_VAULT in the environment turns it off, whatever the stack says: unset it, or set it to true."
        : "Turn on useKeyVault, or set FEATURE_USE_KEY_VAULT=true.";
      throw new Error(`${notWritten}: Key Vault is off. ${turnOn}`);
    }
    if (isOwnSignIn(key)) throw new Error(`${notWritten}: AZURE_… signs in to the vault, and is never read from it.`);
  }

  /** Forgets cached values and the pause after a failure, so that the next lookup asks the vault again. */
  refreshCache(): void {
    this.#cache.clear();
    this.#restsUntil = 0;
  }

  async #cached(key: string): Promise<OfVault | undefined> {
    const known = this.#cache.get(key);
    if (known && known.until > this.#clock.now()) return known.value;
    if (this.#restsUntil > this.#clock.now()) return undefined;
    const value = this.#read(key);
    this.#cache.set(key, { value, until: this.#clock.now() + CACHE_MS });
    // only values are cached: a missing secret is looked up again
    if ((await value) === undefined && this.#cache.get(key)?.value === value) this.#cache.delete(key);
    return value;
  }

  async #read(key: string, version?: string): Promise<OfVault | undefined> {
    try {
      const { value, properties } = await this.#ask(READ_DEADLINE_MS, (client, abortSignal) =>
        client.getSecret(key, { abortSignal, ...(version !== undefined && { version }) }),
      );
      // the library returns any answer unchecked
      if (typeof value !== "string") throw new TypeError("an answer without a value");
      const present: unknown = (properties as { readonly version?: unknown } | undefined)?.version;
      return { value, ...(typeof present === "string" && present !== "" && { version: present }) };
    } catch (error) {
      const failure = vaultFailureOf(error);
      if (failure.isGeneral) this.#restsUntil = this.#clock.now() + REST_MS;
      if (!failure.isMissing) this.#warnOnce(key, failure);
      return undefined;
    }
  }

  /** Asks the vault, and stops waiting at the deadline, because some code below ignores the signal. */
  async #ask<T>(deadlineMs: number, ask: (client: VaultClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(deadlineMs);
    const late = new Promise<never>((_, reject) => {
      signal.onabort = () => reject(new Error(`no answer within ${deadlineMs / 1000} s`));
    });
    this.#client ??= this.#makeClient();
    return Promise.race([late, this.#client.then((client) => ask(client, signal))]);
  }

  #warnOnce(key: string, { reason, remedy }: VaultFailure): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      `Key Vault did not give secret ${key} (${reason}); the environment and .env are used instead. ${remedy} ` +
        "Further failures are not reported.",
    );
  }

  /**
   * The environment for the sign-in to the vault. Only credentials may come from `.env`: a pull request can add that file to
   * the project, so it must not decide where the sign-in goes.
   */
  #signInEnv(): NodeJS.ProcessEnv {
    const names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"];
    return { ...this.#env, ...Object.fromEntries(names.map((name) => [name, this.#local(name)?.value])) };
  }

  #local(name: string): FoundSecret | undefined {
    for (const [source, read] of [
      ["the environment", (key: string) => this.#env[key]],
      [".env", (key: string) => this.#dotenv.get(key)],
    ] as const) {
      for (const key of localNamesOf(name)) {
        const value = read(key);
        if (value) return { value, source };
      }
    }
    return undefined;
  }
}

function readDotenv(path: string): ReadonlyMap<string, string> {
  try {
    return new Map(Object.entries(parseEnv(readTextFile(path))).map(([key, value]) => [key, value ?? ""]));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return new Map();
    if (code === undefined) throw error;
    throw new Error(`${path} cannot be read (${code}). Let this user read it, or remove it if it holds nothing.`, {
      cause: error,
    });
  }
}

let shared: SecretManager | undefined;

/** The secret manager of this process. The first call makes it from the environment. */
export function getSecretManager(): SecretManager {
  shared ??= new SecretManager();
  return shared;
}
