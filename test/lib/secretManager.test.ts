import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { SecretManager } from "../../lib/secretManager.ts";
import type { SecretManagerOptions } from "../../lib/secretManager.ts";
import type { VaultCredential } from "../../lib/secrets/vaultClient.ts";
import { startVaultAndSignIn } from "../doubles/vaultAndSignIn.ts";
import type { VaultAndSignIn } from "../doubles/vaultAndSignIn.ts";
import { FakeClock } from "./fakeClock.ts";

const noFile = "/nowhere/.env";

function dotenv(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "dotenv-")), ".env");
  writeFileSync(path, text);
  return path;
}

describe("secrets without Key Vault", () => {
  it("Secrets without Key Vault come from the environment, then from .env, then from the default", async () => {
    const path = dotenv("A=file\nB='from the file'\n");
    const manager = new SecretManager({ env: { A: "environment" }, dotenvPath: path });
    assert.equal(await manager.getSecret("A"), "environment");
    assert.equal(await manager.getSecret("B"), "from the file");
    assert.equal(await manager.getSecret("C"), undefined);
    assert.equal(await manager.getSecret("C", "default"), "default");
    assert.equal(process.env["B"], undefined, ".env must not be written into the process's environment");
  });

  it("Secrets without Key Vault are read from a .env with a byte order mark and line ends of Windows, as editors there write it", async () => {
    const manager = new SecretManager({ env: {}, dotenvPath: dotenv("\uFEFFA=file\r\nB=other\r\n") });
    assert.equal(await manager.getSecret("A"), "file");
    assert.equal(await manager.getSecret("B"), "other");
  });

  it("Secrets without Key Vault are told why a .env cannot be read: it is a folder, or text in another encoding", () => {
    const folder = mkdtempSync(join(tmpdir(), "dotenv-"));
    assert.throws(() => new SecretManager({ env: {}, dotenvPath: folder }), /is a folder, and must be a file/);
    const path = dotenv("");
    writeFileSync(path, Buffer.from("\uFEFFA=canary\n", "utf16le"));
    assert.throws(
      () => new SecretManager({ env: {}, dotenvPath: path }),
      (error: Error) => /is not UTF-8 text: save it as UTF-8/.test(error.message) && !inspect(error).includes("canary"),
    );
  });

  it("Secrets without Key Vault say where they were found", async () => {
    const manager = new SecretManager({ env: { A: "environment" }, dotenvPath: dotenv("B=file") });
    assert.deepEqual(await manager.findSecret("a"), { value: "environment", source: "the environment" });
    assert.deepEqual(await manager.findSecret("b"), { value: "file", source: ".env" });
    assert.equal(await manager.findSecret("c"), undefined);
  });

  it("Secrets without Key Vault are found under both spellings of their name", async () => {
    const manager = new SecretManager({ env: { FABRIC_API_KEY: "k" }, dotenvPath: noFile });
    assert.equal(await manager.getSecret("fabric-api-key"), "k");
    assert.equal(await manager.getSecret("FABRIC_API_KEY"), "k");
  });

  it("Secrets without Key Vault cannot be written", async () => {
    await assert.rejects(
      new SecretManager({ env: {}, dotenvPath: noFile }).setSecret("A", "canary"),
      (error: Error) =>
        /Key Vault is off\. Turn on useKeyVault/.test(error.message) && !inspect(error).includes("canary"),
    );
    // what the stack turns on already is not to be turned on
    const flags = FeatureFlags.load({ useKeyVault: true }, { FEATURE_USE_KEY_VAULT: "false" });
    await assert.rejects(
      new SecretManager({ flags, env: {}, dotenvPath: noFile }).setSecret("A", "canary"),
      /Key Vault is off\. FEATURE_USE_KEY_VAULT in the environment turns it off/,
    );
  });

  it("Secrets without Key Vault have names that Key Vault could hold, so that it can be turned on later", async () => {
    const manager = new SecretManager({ env: {}, dotenvPath: noFile });
    for (const name of ["a/b", "a.b", "ä", "", "a b", "a".repeat(128)])
      await assert.rejects(manager.getSecret(name), /cannot be the name of a secret: letters, digits, dashes and/);
    assert.equal(await manager.getSecret("a".repeat(127)), undefined);
  });
});

describe("the address of Key Vault", () => {
  const at = (url: string | undefined) =>
    new SecretManager({ env: { FEATURE_USE_KEY_VAULT: "true", KEY_VAULT_URL: url }, dotenvPath: noFile });

  it("The address of Key Vault is needed, and said to be missing at once", () => {
    assert.throws(() => at(undefined), /KEY_VAULT_URL is missing\. Set it, or fabric:keyVaultUrl, to https:/);
    assert.throws(() => at(""), /KEY_VAULT_URL is missing/);
  });

  it("The address of Key Vault is https, on this machine too, and holds no password; a wrong one is not repeated", () => {
    for (const url of [
      "http://canary.vault.azure.net",
      "http://127.0.0.1:1/canary",
      "canary",
      "https://u:canary@x.example",
    ])
      assert.throws(
        () => at(url),
        (error: Error) => /KEY_VAULT_URL must be an/.test(error.message) && !error.message.includes("canary"),
      );
    assert.doesNotThrow(() => at("https://127.0.0.1:1"));
  });
});

describe("secrets with Key Vault, through Azure's own client and sign-in", () => {
  let azure: VaultAndSignIn;
  before(async () => void (azure = await startVaultAndSignIn()));
  after(() => azure.close());
  const managerWith = (env: NodeJS.ProcessEnv = {}, more: SecretManagerOptions = {}) =>
    new SecretManager({ env: { ...azure.env, ...env }, dotenvPath: noFile, warn: assert.fail, ...more });

  it("Secrets with Key Vault, through Azure's own client and sign-in come from the vault first, and are the same under both spellings of their name", async () => {
    azure.vault.put("fabric-api-key", "vault");
    const manager = managerWith({ FABRIC_API_KEY: "environment" });
    const before = azure.vault.requests.length;
    assert.deepEqual(await manager.findSecret("FABRIC_API_KEY"), { value: "vault", source: "Key Vault" });
    assert.equal(await manager.getSecret("fabric-api-key"), "vault");
    assert.deepEqual(azure.vault.requests.slice(before), [{ method: "GET", name: "fabric-api-key" }]);
    await assert.rejects(manager.getSecret("a/b"), /cannot be the name of a secret/);
    assert.equal(azure.vault.requests.length, before + 1, "a wrong name must not be sent");
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in are written as new versions of one secret, and read anew afterwards", async () => {
    const manager = managerWith();
    await manager.setSecret("DATABASE_KEY", "first");
    assert.equal(await manager.getSecret("DATABASE_KEY"), "first");
    await manager.setSecret("database-key", "second");
    assert.equal(await manager.getSecret("DATABASE_KEY"), "second");
    assert.deepEqual(azure.vault.versions("database-key"), ["first", "second"]);
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in that somebody else has rotated are seen after refreshCache", async () => {
    const manager = managerWith();
    azure.vault.put("rotated", "old");
    assert.equal(await manager.getSecret("ROTATED"), "old");
    azure.vault.put("rotated", "new");
    assert.equal(await manager.getSecret("ROTATED"), "old");
    manager.refreshCache();
    assert.equal(await manager.getSecret("ROTATED"), "new");
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in are believed for an hour", async () => {
    const clock = new FakeClock();
    const manager = managerWith({}, { clock });
    azure.vault.put("hourly", "1");
    assert.equal(await manager.getSecret("HOURLY"), "1");
    azure.vault.put("hourly", "2");
    await clock.advance(3_599_999);
    assert.equal(await manager.getSecret("HOURLY"), "1");
    await clock.advance(1);
    assert.equal(await manager.getSecret("HOURLY"), "2");
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in are asked for once, and signed in for once, however many wait", async () => {
    const manager = managerWith();
    azure.vault.put("wanted", "value");
    const [requests, tokens] = [azure.vault.requests.length, azure.entra.requests.length];
    const values = await Promise.all(Array.from({ length: 10 }, () => manager.getSecret("WANTED")));
    assert.deepEqual(new Set(values), new Set(["value"]));
    assert.equal(azure.vault.requests.length - requests, 1);
    assert.equal(azure.entra.requests.length - tokens, 1);
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in fall back quietly when the vault does not have them, and are asked for again", async () => {
    const manager = managerWith({ LATER: "environment" });
    assert.equal(await manager.getSecret("LATER"), "environment");
    azure.vault.put("later", "vault");
    assert.equal(await manager.getSecret("LATER"), "vault");
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in that are deleted count as missing, and cannot be written until they are recovered", async () => {
    azure.vault.put("gone", "old");
    azure.vault.delete("gone");
    const manager = managerWith({ GONE: "environment" });
    assert.equal(await manager.getSecret("GONE"), "environment");
    await assert.rejects(
      manager.setSecret("GONE", "canary"),
      /GONE \(409 Conflict ObjectIsDeletedButRecoverable request r-1\)\. A deleted secret keeps its name: recover it/,
    );
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in that are disabled fall back with a warning, and hide no others", async () => {
    azure.vault.put("disabled", "vault");
    azure.vault.disable("disabled");
    azure.vault.put("enabled", "vault");
    const warnings: string[] = [];
    const manager = managerWith({ DISABLED: "environment" }, { warn: (line) => warnings.push(line) });
    assert.equal(await manager.getSecret("DISABLED"), "environment");
    assert.equal(await manager.getSecret("ENABLED"), "vault");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /secret disabled \(403 Forbidden SecretDisabled request r-1\)/);
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in never include the vault's own sign-in, neither read nor written", async () => {
    const manager = managerWith();
    const before = azure.vault.requests.length;
    azure.vault.put("azure-client-secret", "from the vault");
    assert.equal(await manager.getSecret("AZURE_CLIENT_SECRET"), "canary-sign-in");
    assert.equal(await manager.getSecret("azure-client-secret"), "canary-sign-in");
    await assert.rejects(
      manager.setSecret("AZURE_CLIENT_SECRET", "x"),
      /signs in to the vault, and is never read from it/,
    );
    assert.equal(azure.vault.requests.length, before);
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in are signed in for by the secret of .env as well", async () => {
    azure.vault.put("signed", "vault");
    const manager = managerWith({ AZURE_CLIENT_SECRET: "" }, { dotenvPath: dotenv("AZURE_CLIENT_SECRET=canary-file") });
    assert.equal(await manager.getSecret("SIGNED"), "vault");
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in are signed in for where the environment says, never where .env does: a pull request can bring one", async () => {
    let asked: unknown = "nobody asked";
    const credential: VaultCredential = (env) => {
      asked = env["AZURE_AUTHORITY_HOST"] || undefined;
      return Promise.reject(new Error("no sign-in"));
    };
    const dotenvPath = dotenv("AZURE_AUTHORITY_HOST=https://login.example");
    const manager = managerWith({ AZURE_AUTHORITY_HOST: "" }, { dotenvPath, credential, warn: () => undefined });
    assert.equal(await manager.getSecret("ANY"), undefined);
    assert.equal(asked, undefined);
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in are signed in for without any secret, where the environment speaks for such a credential", async () => {
    azure.vault.put("keyless", "vault");
    const file = join(mkdtempSync(join(tmpdir(), "federated-")), "token");
    writeFileSync(file, "an assertion");
    const before = azure.entra.requests.length;
    const manager = managerWith({ AZURE_CLIENT_SECRET: "", AZURE_FEDERATED_TOKEN_FILE: file });
    assert.equal(await manager.getSecret("KEYLESS"), "vault");
    const assertions = azure.entra.requests.slice(before).map((request) => request["client_assertion"]);
    assert.deepEqual(assertions, ["an assertion"]);
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in can be had with another credential, and with another client", async () => {
    azure.vault.put("other", "vault");
    const { ClientSecretCredential } = await import("@azure/identity");
    const { AZURE_TENANT_ID = "", AZURE_AUTHORITY_HOST = "" } = azure.env;
    const options = { authorityHost: AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true };
    const credential = async () => new ClientSecretCredential(AZURE_TENANT_ID, "other-client", "other", options);
    assert.equal(await managerWith({ AZURE_TENANT_ID: "" }, { credential }).getSecret("OTHER"), "vault");

    const { SecretClient } = await import("@azure/keyvault-secrets");
    const client = new SecretClient(azure.vault.url, await credential(), {
      disableChallengeResourceVerification: true,
    });
    assert.equal(await managerWith({ KEY_VAULT_URL: "" }, { client }).getSecret("OTHER"), "vault");
  });

  it("Secrets with Key Vault, through Azure's own client and sign-in leave no trace in errors, in the manager when it is printed, or in the environment", async () => {
    const warnings: string[] = [];
    const manager = managerWith({}, { warn: (line) => warnings.push(line) });
    azure.vault.put("hidden", "canary-value");
    assert.equal(await manager.getSecret("HIDDEN"), "canary-value");
    const printed = [inspect(manager, { depth: Infinity, showHidden: true })];
    for (const status of [400, 401, 403, 409, 429, 500]) {
      azure.vault.breakWith({ status });
      const error: unknown = await manager.setSecret("HIDDEN", "canary-new").catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Error);
      assert.match(error.message, new RegExp(`did not confirm that it took secret HIDDEN \\(${status} `));
      printed.push(inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error));
      manager.refreshCache();
      await manager.getSecret("HIDDEN");
    }
    azure.vault.breakWith(undefined);
    azure.entra.check = () => {
      throw new Error("AADSTS7000215: Invalid client secret provided.");
    };
    const refused = managerWith({}, { warn: (line) => warnings.push(line) });
    await refused.getSecret("HIDDEN");
    azure.entra.check = () => undefined;
    assert.equal(warnings.length, 2);
    assert.match(warnings[1] ?? "", /Signing in by client secret of .* failed: .*AADSTS7000215/);
    printed.push(...warnings, inspect(process.env));
    assert.doesNotMatch(printed.join("\n"), /canary|Bearer|eyJ/);
    assert.deepEqual([...manager.given()], ["canary-value"], "known to telemetry, so that it can leave it out");
  });
});
