import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, it } from "node:test";
import { SecretManager } from "../../../lib/secretManager.ts";
import type { VaultFault } from "../../doubles/keyVault.ts";
import { startSilence } from "../../doubles/silence.ts";
import type { Silence } from "../../doubles/silence.ts";
import { startVaultAndSignIn } from "../../doubles/vaultAndSignIn.ts";
import type { VaultAndSignIn } from "../../doubles/vaultAndSignIn.ts";
import { FakeClock } from "../fakeClock.ts";

/** The contract: whatever is wrong, the value is there in this time. */
const LIMIT_MS = 2_000;
/** An address that refuses connections. */
const REFUSING = "https://127.0.0.1:1";

interface Case {
  readonly title: string;
  readonly fault?: VaultFault;
  /** Variables that break something before the vault can answer. */
  readonly env?: () => NodeJS.ProcessEnv;
  /** Of the one warning; without it there must be none. */
  readonly warning?: RegExp;
  /** How many of the two secrets the vault was asked for, repetitions included. @default not checked */
  readonly requests?: number;
  /** @default environment */
  readonly value?: string;
}

const page = { type: "text/html", body: "<html><title>Wi-Fi</title>canary</html>" };

const cases: readonly Case[] = [
  { title: "the vault hangs", fault: "hang", warning: /no answer within 1\.8 s/, requests: 1 },
  { title: "the vault refuses connections", env: () => ({ KEY_VAULT_URL: REFUSING }), warning: /ECONNREFUSED/ },
  {
    title: "the vault's name does not resolve",
    env: () => ({ KEY_VAULT_URL: "https://vault.invalid" }),
    warning: /ENOTFOUND|EAI_AGAIN|no answer/,
  },
  { title: "the vault answers 401", fault: { status: 401, code: "Unauthorized" }, warning: /401 Unauthorized/ },
  { title: "the vault answers 403", fault: { status: 403, code: "Forbidden" }, warning: /403 Forbidden.*Secrets User/ },
  { title: "the vault answers 404", fault: { status: 404, code: "SecretNotFound" }, requests: 2 },
  {
    title: "the vault answers 429, and to wait 30 s",
    fault: { status: 429, retryAfter: 30 },
    warning: /429/,
    requests: 1,
  },
  { title: "the vault answers 500", fault: { status: 500 }, warning: /500/, requests: 2 },
  {
    title: "a proxy answers 503 without a body",
    fault: { status: 503, isEmpty: true },
    warning: /its answer is not one of Key Vault/,
  },
  ...[200, 404, 403].map((status) => ({
    title: `a portal answers ${status} with a page`,
    fault: { status, page },
    warning: /its answer is not one of Key Vault/,
    requests: 1,
  })),
  ...['{"value":7,"id":"https://v/secrets/a/1"}', '{"id":"https://v/secrets/a/1"}', "{}", "[]", "7", "canary"].map(
    (body) => ({
      title: `somebody else answers ${body}`,
      fault: { status: 200, page: { type: "application/json", body } },
      warning: /Key Vault did not give secret/,
    }),
  ),
  {
    title: "the sign-in hangs",
    env: () => ({ AZURE_AUTHORITY_HOST: silence.url }),
    warning: /no answer within 1\.8 s/,
  },
  {
    title: "the sign-in refuses connections",
    env: () => ({ AZURE_AUTHORITY_HOST: REFUSING }),
    warning: /Signing in by .* failed: /,
  },
  {
    title: "the sign-in is no https address",
    env: () => ({ AZURE_AUTHORITY_HOST: "http://x" }),
    warning: /must be an https/,
  },
  { title: "the vault answers 500 once", fault: { status: 500, once: true }, requests: 3, value: "vault" },
  {
    title: "the vault answers 429 once, and to wait 1 s",
    fault: { status: 429, retryAfter: 1, once: true },
    value: "vault",
  },
];

let azure: VaultAndSignIn;
let silence: Silence;

describe("a vault that does not work", () => {
  const measured: Record<string, { "first secret, ms": number; "second secret, ms": number; warnings: number }> = {};
  before(async () => {
    azure = await startVaultAndSignIn();
    azure.vault.put("a", "vault");
    azure.vault.put("b", "vault");
    silence = await startSilence();
  });
  afterEach(() => azure.vault.breakWith(undefined));
  after(async () => {
    console.table(measured);
    silence.close();
    await azure.close();
  });

  for (const { title, fault, env, warning, requests, value = "environment" } of cases)
    it(`A vault that does not work gives the fallback within 2 s, and the next one at once: ${title}`, async () => {
      const warnings: string[] = [];
      const manager = new SecretManager({
        env: { ...azure.env, A: "environment", B: "environment", ...env?.() },
        dotenvPath: "/nowhere/.env",
        warn: (line) => warnings.push(line),
      });
      azure.vault.breakWith(fault);
      const before = azure.vault.requests.length;
      const begin = performance.now();
      assert.equal(await manager.getSecret("A"), value);
      const first = performance.now() - begin;
      assert.equal(await manager.getSecret("B"), value);
      const second = performance.now() - begin - first;
      measured[title] = {
        "first secret, ms": Math.round(first),
        "second secret, ms": Math.round(second),
        warnings: warnings.length,
      };
      assert.ok(first < LIMIT_MS, `the first secret took ${first} ms`);
      assert.ok(second < 500, `the second secret took ${second} ms`);
      assert.equal(warnings.length, warning ? 1 : 0);
      if (warning) assert.match(warnings[0] ?? "", warning);
      assert.doesNotMatch(warnings.join(), /canary/);
      if (requests !== undefined) assert.equal(azure.vault.requests.length - before, requests);
    });

  it("A vault that does not work is no longer signed in to after some seconds, so that a hanging sign-in keeps no process from ending", async () => {
    const env = { ...azure.env, AZURE_AUTHORITY_HOST: silence.url };
    const manager = new SecretManager({ env, dotenvPath: "/nowhere/.env", warn: () => undefined });
    const before = silence.connections.length;
    await manager.getSecret("A");
    const [connection, ...more] = silence.connections.slice(before);
    assert.ok(connection);
    assert.deepEqual([connection.destroyed, more.length], [false, 0]);
    await once(connection, "close", { signal: AbortSignal.timeout(10_000) });
  });

  it("A vault that does not work is waited for once by all who ask at the same time", async () => {
    const env = { ...azure.env, A: "environment", B: "environment", C: "environment" };
    const manager = new SecretManager({ env, dotenvPath: "/nowhere/.env", warn: () => undefined });
    azure.vault.breakWith("hang");
    const begin = performance.now();
    await Promise.all(["A", "B", "C", "A"].map((name) => manager.getSecret(name)));
    assert.ok(performance.now() - begin < LIMIT_MS);
  });

  it("A vault that does not work is left alone for a minute, then asked again; refreshCache and a write ask it at once", async () => {
    const clock = new FakeClock();
    const warnings: string[] = [];
    const env = { ...azure.env, A: "environment" };
    const manager = new SecretManager({ env, dotenvPath: "/nowhere/.env", clock, warn: (line) => warnings.push(line) });
    const fail = async () => {
      azure.vault.breakWith({ status: 429, retryAfter: 30 });
      manager.refreshCache();
      assert.equal(await manager.getSecret("A"), "environment");
      azure.vault.breakWith(undefined);
      assert.equal(await manager.getSecret("A"), "environment");
    };
    await fail();
    await clock.advance(59_999);
    assert.equal(await manager.getSecret("A"), "environment");
    await clock.advance(1);
    assert.equal(await manager.getSecret("A"), "vault");

    await fail();
    manager.refreshCache();
    assert.equal(await manager.getSecret("A"), "vault");

    await fail();
    await manager.setSecret("B", "vault");
    assert.equal(await manager.getSecret("A"), "vault");
    assert.equal(warnings.length, 1, "one warning for the manager's life");
  });
});
