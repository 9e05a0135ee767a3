import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { SecretClient } from "@azure/keyvault-secrets";
import { systemClock } from "./clock.ts";
import type { Clock } from "./clock.ts";
import { authorityOf } from "./credentials.ts";
import { FeatureFlags } from "./featureFlags.ts";

/** How long a secret from the vault is believed. */
const CACHE_MS = 60 * 60_000;
/** How long the vault may take before the fallback is used. */
const VAULT_DEADLINE_MS = 2_000;
/** The service's rule for names, after mapping. */
const VAULT_NAME = /^[0-9a-z-]{1,127}$/;

/** The part of Azure's client that is used. */
export type VaultClient = Pick<SecretClient, "getSecret" | "setSecret">;

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
  readonly clock?: Clock;
  /** Where the one warning about a failing vault goes. @default standard error */
  readonly warn?: (line: string) => void;
}

/**
 * Secrets by name, from Azure Key Vault where `useKeyVault` is on, else from the environment and `.env`. They live in
 * memory only; `.env` is never written into the process's environment. `FABRIC_API_KEY` and `fabric-api-key` are the same.
 */
export class SecretManager {
  readonly #flags: FeatureFlags;
  readonly #env: NodeJS.ProcessEnv;
  readonly #dotenv: ReadonlyMap<string, string>;
  readonly #clock: Clock;
  readonly #warn: (line: string) => void;
  readonly #cache = new Map<string, { readonly value: Promise<string | undefined>; readonly until: number }>();
  #client: Promise<VaultClient> | undefined;
  readonly #given = new Set<string>();
  #hasWarned = false;

  /** @throws Error when Key Vault is on and KEY_VAULT_URL is missing */
  constructor(options: SecretManagerOptions = {}) {
    this.#env = options.env ?? process.env;
    this.#flags = options.flags ?? FeatureFlags.load({}, this.#env);
    this.#clock = options.clock ?? systemClock;
    this.#warn = options.warn ?? ((line) => void process.stderr.write(`${line}\n`));
    this.#dotenv = readDotenv(options.dotenvPath ?? ".env");
    if (options.client) this.#client = Promise.resolve(options.client);
    if (this.#flags.useKeyVault && !options.client && !this.#env["KEY_VAULT_URL"]) {
      throw new Error(
        "useKeyVault is on, and KEY_VAULT_URL is missing. Set it, or fabric:keyVaultUrl, to https://NAME.vault.azure.net.",
      );
    }
  }

  /**
   * A secret.
   * @param defaultValue what to return when it is nowhere
   */
  async getSecret(name: string): Promise<string | undefined>;
  async getSecret(name: string, defaultValue: string): Promise<string>;
  async getSecret(name: string, defaultValue?: string): Promise<string | undefined> {
    // the vault's own sign-in cannot come from the vault
    const isOwnSignIn = name.toUpperCase().replaceAll("-", "_").startsWith("AZURE_");
    const fromVault = this.#flags.useKeyVault && !isOwnSignIn ? await this.#cached(vaultName(name)) : undefined;
    const value = fromVault ?? this.#local(name);
    if (value !== undefined) this.#given.add(value);
    return value ?? defaultValue;
  }

  /** Every secret that was given out, so that telemetry can leave it out wherever it occurs. */
  given(): Iterable<string> {
    return this.#given;
  }

  /**
   * Writes a secret to the vault.
   * @throws Error when Key Vault is off
   */
  async setSecret(name: string, value: string): Promise<void> {
    if (!this.#flags.useKeyVault)
      throw new Error(`Secret ${name} was not written: Key Vault is off. Turn on useKeyVault.`);
    const key = vaultName(name);
    await (await this.#vault()).setSecret(key, value);
    this.#cache.delete(key);
  }

  /** Forgets what came from the vault, so that the next use asks it again. */
  refreshCache(): void {
    this.#cache.clear();
  }

  async #cached(key: string): Promise<string | undefined> {
    const known = this.#cache.get(key);
    if (known && known.until > this.#clock.now()) return known.value;
    const value = this.#ask(key);
    this.#cache.set(key, { value, until: this.#clock.now() + CACHE_MS });
    // what the vault did not give is not believed for an hour
    if ((await value) === undefined && this.#cache.get(key)?.value === value) this.#cache.delete(key);
    return value;
  }

  async #ask(key: string): Promise<string | undefined> {
    const abortSignal = AbortSignal.timeout(VAULT_DEADLINE_MS);
    const late = new Promise<never>((_, reject) => {
      abortSignal.addEventListener("abort", () => reject(new Error(`no answer within ${VAULT_DEADLINE_MS / 1000} s`)));
    });
    try {
      const asking = this.#vault().then((client) => client.getSecret(key, { abortSignal }));
      return (await Promise.race([asking, late])).value;
    } catch (error) {
      const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
      if (statusCode !== 404) this.#warnOnce(statusCode ?? code ?? message ?? "unknown error");
      return undefined;
    }
  }

  #warnOnce(reason: string | number): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn(
      `Key Vault did not give its secrets (${reason}); the environment and .env are used instead. Check KEY_VAULT_URL and the identity's access.`,
    );
  }

  #vault(): Promise<VaultClient> {
    this.#client ??= makeVaultClient(this.#env);
    return this.#client;
  }

  #local(name: string): string | undefined {
    for (const source of [(key: string) => this.#env[key], (key: string) => this.#dotenv.get(key)]) {
      for (const key of [name, name.toUpperCase().replaceAll("-", "_")]) {
        const value = source(key);
        if (value !== undefined && value !== "") return value;
      }
    }
    return undefined;
  }
}

/** @throws Error for a name that the vault cannot hold */
function vaultName(name: string): string {
  const mapped = name.toLowerCase().replaceAll("_", "-");
  if (!VAULT_NAME.test(mapped))
    throw new Error(`'${name}' cannot be the name of a secret: letters, digits, dashes and underscores only.`);
  return mapped;
}

function readDotenv(path: string): ReadonlyMap<string, string> {
  try {
    return new Map(Object.entries(parseEnv(readFileSync(path, "utf8"))).map(([key, value]) => [key, value ?? ""]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw error;
  }
}

/** Loaded only when a secret is asked for: the libraries take a quarter of a second. */
async function makeVaultClient(env: NodeJS.ProcessEnv): Promise<VaultClient> {
  const [{ SecretClient: Client }, { ClientSecretCredential, DefaultAzureCredential }] = await Promise.all([
    import("@azure/keyvault-secrets"),
    import("@azure/identity"),
  ]);
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, KEY_VAULT_URL } = env;
  const authority = authorityOf(env);
  const credential =
    AZURE_TENANT_ID && AZURE_CLIENT_ID && AZURE_CLIENT_SECRET
      ? new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, authority)
      : new DefaultAzureCredential(authority);
  return new Client(KEY_VAULT_URL ?? "", credential, { retryOptions: { maxRetries: 1, maxRetryDelayInMs: 500 } });
}

let shared: SecretManager | undefined;

/** The secret manager of this process, made from its environment at the first call. */
export function getSecretManager(): SecretManager {
  shared ??= new SecretManager();
  return shared;
}
