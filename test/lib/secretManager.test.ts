import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SecretManager } from "../../lib/secretManager.ts";
import type { VaultClient } from "../../lib/secretManager.ts";
import { FakeClock } from "./fakeClock.ts";

const on = { FEATURE_USE_KEY_VAULT: "true", KEY_VAULT_URL: "https://vault.example.com" };
const refusal = (statusCode: number) => Object.assign(new Error("refused"), { statusCode });

/** A vault of given values; an error instead of a value is thrown. */
function vault(values: Record<string, string | Error | Promise<never>>) {
  const asked: string[] = [];
  const written: [string, string][] = [];
  const secret = (name: string, value?: string) => ({
    name,
    ...(value !== undefined && { value }),
    properties: { name, vaultUrl: "" },
  });
  const client: VaultClient = {
    async getSecret(name) {
      asked.push(name);
      const value = values[name] ?? refusal(404);
      if (value instanceof Error) throw value;
      return secret(name, await value);
    },
    async setSecret(name, value) {
      written.push([name, value]);
      values[name] = value;
      return secret(name, value);
    },
  };
  return { asked, written, client };
}

function dotenv(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "dotenv-")), ".env");
  writeFileSync(path, text);
  return path;
}

describe("secrets without Key Vault", () => {
  it("come from the environment, then from .env, then from the default", async () => {
    const path = dotenv("A=file\nB='from the file'\n");
    const manager = new SecretManager({ env: { A: "environment" }, dotenvPath: path });
    assert.equal(await manager.getSecret("A"), "environment");
    assert.equal(await manager.getSecret("B"), "from the file");
    assert.equal(await manager.getSecret("C"), undefined);
    assert.equal(await manager.getSecret("C", "default"), "default");
    assert.equal(process.env["B"], undefined, ".env must not be written into the process's environment");
  });

  it("are found under both spellings of their name", async () => {
    const manager = new SecretManager({ env: { FABRIC_API_KEY: "k" }, dotenvPath: "/nowhere" });
    assert.equal(await manager.getSecret("fabric-api-key"), "k");
    assert.equal(await manager.getSecret("FABRIC_API_KEY"), "k");
  });

  it("cannot be written", async () => {
    await assert.rejects(
      new SecretManager({ env: {}, dotenvPath: "/nowhere" }).setSecret("A", "canary"),
      (error: Error) => /Key Vault is off/.test(error.message) && !/canary/.test(error.message),
    );
  });
});

describe("secrets with Key Vault", () => {
  it("need an address", () => {
    assert.throws(() => new SecretManager({ env: { FEATURE_USE_KEY_VAULT: "true" } }), /KEY_VAULT_URL is missing/);
  });

  it("come from the vault first, under its own kind of name", async () => {
    const { client, asked } = vault({ "fabric-api-key": "vault" });
    const manager = new SecretManager({
      env: { ...on, FABRIC_API_KEY: "environment" },
      client,
      dotenvPath: "/nowhere",
    });
    assert.equal(await manager.getSecret("FABRIC_API_KEY"), "vault");
    assert.equal(await manager.getSecret("fabric-api-key"), "vault");
    assert.deepEqual(asked, ["fabric-api-key"]);
    await assert.rejects(manager.getSecret("a/b"), /cannot be the name of a secret/);
  });

  it("fall back quietly when the vault does not have them", async () => {
    const warnings: string[] = [];
    const manager = new SecretManager({
      env: { ...on, A: "environment" },
      client: vault({}).client,
      dotenvPath: "/nowhere",
      warn: (line) => warnings.push(line),
    });
    assert.equal(await manager.getSecret("A"), "environment");
    assert.deepEqual(warnings, []);
  });

  it("fall back with one warning when the vault refuses or cannot be reached", async () => {
    for (const error of [
      refusal(401),
      refusal(403),
      refusal(500),
      Object.assign(new Error("x"), { code: "ECONNREFUSED" }),
    ]) {
      const warnings: string[] = [];
      const manager = new SecretManager({
        env: { ...on, A: "environment" },
        client: vault({ a: error, b: error }).client,
        dotenvPath: "/nowhere",
        warn: (line) => warnings.push(line),
      });
      assert.equal(await manager.getSecret("A"), "environment");
      assert.equal(await manager.getSecret("B", "default"), "default");
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /401|403|500|ECONNREFUSED/);
    }
  });

  it("fall back within 2 s when the vault hangs", async () => {
    const never = new Promise<never>(() => undefined);
    const manager = new SecretManager({
      env: { ...on, A: "environment" },
      client: vault({ a: never }).client,
      dotenvPath: "/nowhere",
      warn: () => undefined,
    });
    const begin = performance.now();
    assert.equal(await manager.getSecret("A"), "environment");
    assert.ok(performance.now() - begin < 2_500);
  });

  it("are asked for once in an hour, once at a time, and again after refreshCache", async () => {
    const clock = new FakeClock();
    const { client, asked } = vault({ a: "1" });
    const manager = new SecretManager({ env: on, client, clock, dotenvPath: "/nowhere" });
    await Promise.all([manager.getSecret("A"), manager.getSecret("A"), manager.getSecret("a")]);
    assert.equal(asked.length, 1);
    await clock.advance(3_599_999);
    await manager.getSecret("A");
    assert.equal(asked.length, 1);
    await clock.advance(1);
    await manager.getSecret("A");
    assert.equal(asked.length, 2);
    manager.refreshCache();
    await manager.getSecret("A");
    assert.equal(asked.length, 3);
  });

  it("are written to the vault, and read anew afterwards", async () => {
    const { client, written } = vault({ a: "old" });
    const manager = new SecretManager({ env: on, client, dotenvPath: "/nowhere" });
    assert.equal(await manager.getSecret("A"), "old");
    await manager.setSecret("A", "new");
    assert.deepEqual(written, [["a", "new"]]);
    assert.equal(await manager.getSecret("A"), "new");
  });

  it("never include the vault's own sign-in", async () => {
    const { client, asked } = vault({ "azure-client-secret": "from the vault" });
    const manager = new SecretManager({
      env: { ...on, AZURE_CLIENT_SECRET: "environment" },
      client,
      dotenvPath: "/nowhere",
    });
    assert.equal(await manager.getSecret("AZURE_CLIENT_SECRET"), "environment");
    assert.deepEqual(asked, []);
  });
});
