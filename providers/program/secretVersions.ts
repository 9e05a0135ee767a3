import { FeatureFlags } from "../../lib/featureFlags.ts";
import type { SecretManager } from "../../lib/secretManager.ts";
import { AS_BEFORE } from "../engine/field.ts";
import type { Configuration } from "../run/configuration.ts";

/**
 * The present versions of secrets, so that a deployment sends those again that have changed. A preview asks no vault unless
 * `fabric:preflight` is on: it then shows no change, and the up finds out. Secrets of the environment and of `.env` are
 * looked up in previews, too.
 */
export class SecretVersions {
  readonly #configuration: Configuration;
  readonly #env: NodeJS.ProcessEnv;
  readonly #isPreview: boolean;
  #secrets: Promise<SecretManager> | undefined;

  constructor(configuration: Configuration, env: NodeJS.ProcessEnv, isPreview: boolean) {
    this.#configuration = configuration;
    this.#env = env;
    this.#isPreview = isPreview;
  }

  /**
   * The words for the versions of some secrets, in their order. No change if a secret is nowhere: an object that has it keeps
   * it, and the create of an object fails with the secret's name.
   */
  async of(names: readonly string[]): Promise<string> {
    const flags = FeatureFlags.load(this.#configuration.features, this.#env);
    if (flags.useKeyVault && this.#isPreview && !this.#configuration.preflight) return AS_BEFORE;
    const { versionOfSecret } = await import("../../lib/secrets/secretVersion.ts");
    this.#secrets ??= this.#manager(flags);
    const secrets = await this.#secrets;
    const versions = await Promise.all(
      names.map(async (name) => {
        const found = await secrets.findVersioned(name);
        return found && versionOfSecret(name, found);
      }),
    );
    return versions.includes(undefined) ? AS_BEFORE : versions.join("+");
  }

  async #manager(flags: FeatureFlags): Promise<SecretManager> {
    const [{ SecretManager }, { trustedVaultUrl }] = await Promise.all([
      import("../../lib/secretManager.ts"),
      import("../../lib/api/trustedHost.ts"),
    ]);
    const KEY_VAULT_URL = trustedVaultUrl(this.#configuration.keyVaultUrl, this.#env);
    return new SecretManager({ flags, env: { ...this.#env, KEY_VAULT_URL } });
  }
}
