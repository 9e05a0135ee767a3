import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import { makeCertificate } from "../../../emulator/core/tls.ts";
import type { Certificate } from "../../../emulator/core/tls.ts";
import { chooseCredential, principalOf, tenantOf } from "../../../lib/signIn/credentials.ts";
import type { CredentialOptions } from "../../../lib/signIn/credentials.ts";
import { FabricClient } from "../../../lib/api/fabricClient.ts";
import type { FabricCall } from "../../../lib/api/fabricCall.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import { SecretManager } from "../../../lib/secretManager.ts";
import { startEntra } from "../../doubles/entra.ts";
import type { Entra } from "../../doubles/entra.ts";
import { FakeClock } from "../fakeClock.ts";

const choose = (env: NodeJS.ProcessEnv, more: Partial<CredentialOptions> = {}) =>
  chooseCredential({
    env,
    secrets: new SecretManager({ env, dotenvPath: "/nowhere" }),
    endpointIsEmulator: false,
    ...more,
  });
const principal = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: known.deployer, AZURE_CLIENT_SECRET: "canary-secret" };

describe("the credential", () => {
  it("The credential of the emulator is never a real one, whatever the environment holds and the stack says", async () => {
    const env = { ...principal, FABRIC_ACCESS_TOKEN: "canary" };
    const tokens = await choose(env, { endpointIsEmulator: true, kind: "clientSecret" });
    assert.equal(await tokens.token("scope"), "emulator");
  });

  it("The credential is what the environment speaks for, unless the stack says which", async () => {
    const env = { ...principal, FABRIC_ACCESS_TOKEN: "ready" };
    const ready = await choose(env);
    assert.deepEqual([ready.name, await ready.token("scope")], ["ready token (FABRIC_ACCESS_TOKEN is set)", "ready"]);
    assert.match((await choose(principal)).name, /^client secret of .* \(AZURE_CLIENT_SECRET is set\)$/);
    assert.match((await choose(env, { kind: "azureCli" })).name, /^Azure CLI \(as fabric:credential says\)$/);
  });

  it("The credential needs all its variables, the tenant from the environment or the stack, and an https authority", async () => {
    const { AZURE_TENANT_ID: _tenant, ...without } = principal;
    await assert.rejects(choose(without), /needs AZURE_TENANT_ID \(or fabric:tenantId\)\./);
    await assert.rejects(choose({}, { kind: "accessToken" }), /by ready token needs FABRIC_ACCESS_TOKEN\./);
    assert.match((await choose(without, { tenantId })).name, /client secret/);
    await assert.rejects(
      choose({ ...principal, AZURE_AUTHORITY_HOST: "http://login.example.com" }),
      /must be an https address/,
    );
  });

  it("The credential takes a secret that the vault holds where the stack says client secret, and asks the vault for nothing else", async () => {
    const asked: string[] = [];
    const client = {
      getSecret: (name: string) => {
        asked.push(name);
        return Promise.resolve({ name, properties: { vaultUrl: "", name }, value: "from the vault" });
      },
      setSecret: () => Promise.reject(new Error("not here")),
    };
    const { AZURE_CLIENT_SECRET: _secret, ...env } = principal;
    const secrets = new SecretManager({
      env,
      dotenvPath: "/nowhere",
      flags: FeatureFlags.load({ useKeyVault: true }, {}),
      client,
    });
    assert.match((await choose(env, { secrets })).name, /^Azure CLI/);
    assert.deepEqual(asked, []);
    assert.match((await choose(env, { secrets, kind: "clientSecret" })).name, /^client secret/);
    assert.deepEqual(asked, ["fabric-client-secret"]);
  });
});

describe("tokens", () => {
  const minute = 60_000;
  const call: FabricCall = { method: "GET", path: "/workspaces", operation: "list workspaces" };
  let folder: string;
  let certificate: Certificate;
  let entra: Entra;
  let emulator: Emulator;
  /** Time of the service, and of Entra ID. */
  let remote: FakeClock;
  /** Time of this machine. */
  let local: FakeClock;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sign-in-"));
    certificate = await makeCertificate(folder);
    entra = await startEntra(certificate, () => undefined, known.deployer);
  });
  beforeEach(async (t) => {
    [remote, local] = [new FakeClock(Date.now()), new FakeClock(Date.now())];
    entra.requests.length = 0;
    Object.assign(entra, { now: () => remote.now(), lifetimeS: 3600 });
    emulator = await startEmulator({ clock: remote });
    (t as { after(run: () => Promise<void>): void }).after(() => emulator.close());
  });
  after(async () => {
    await entra.close();
    rmSync(folder, { recursive: true });
  });

  const source = (now = () => local.now()) =>
    choose({ ...principal, AZURE_AUTHORITY_HOST: entra.origin }, { ca: certificate.cert, now });
  const client = async (now?: () => number) =>
    new FabricClient({ endpoint: emulator.url, tokens: await source(now), flags: FeatureFlags.load({}, {}), env: {} });
  const statuses = () => emulator.requests().map(({ status }) => status);

  it("Tokens are asked for once by scope, however many callers wait", async () => {
    const tokens = await source();
    const got = await Promise.all([1, 2, 3, 4].map(() => tokens.token(FabricClient.scope)));
    got.push(await tokens.token(FabricClient.scope));
    assert.equal(new Set(got).size, 1);
    assert.equal(entra.requests.length, 1);
    assert.notEqual(await tokens.token("https://graph.microsoft.com/.default"), got[0]);
    assert.equal(entra.requests.length, 2);
  });

  it("Tokens are renewed five minutes before they end, so that a long run sees no refusal", async (t) => {
    // the library's own idea of time is moved too, from which it reckons when a token ends
    t.mock.timers.enable({ apis: ["Date"], now: remote.now() });
    const fabric = await client(Date.now);
    for (const [minutes, requests] of [
      [0, 1],
      [54, 1],
      [2, 2],
      [50, 2],
      [6, 3],
    ] as const) {
      t.mock.timers.tick(minutes * minute);
      await remote.advance(minutes * minute);
      await fabric.send(call);
      assert.equal(entra.requests.length, requests);
    }
    assert.deepEqual(new Set(statuses()), new Set([200]));
    fabric.close();
  });

  it("Tokens are used to their end while they cannot be renewed", async (t) => {
    t.mock.timers.enable({ apis: ["Date"], now: remote.now() });
    const tokens = await source(Date.now);
    const token = await tokens.token(FabricClient.scope);
    entra.check = () => {
      throw new Error("AADSTS90033: A transient error has occurred.");
    };
    t.mock.timers.tick(56 * minute);
    assert.equal(await tokens.token(FabricClient.scope), token);
    await assert.rejects(tokens.token(FabricClient.scope, { refresh: true }), /AADSTS90033/);
    t.mock.timers.tick(5 * minute);
    await assert.rejects(tokens.token(FabricClient.scope), /AADSTS90033/);
    entra.check = () => undefined;
  });

  it("Tokens are renewed once when the service refuses them, because this machine's clock is behind", async () => {
    const fabric = await client();
    await fabric.send(call);
    await remote.advance(61 * minute);
    await Promise.all([fabric.send(call), fabric.send(call), fabric.send(call)]);
    assert.equal(entra.requests.length, 2);
    assert.deepEqual(
      statuses().filter((status) => status !== 200),
      [401, 401, 401],
    );
    fabric.close();
  });

  it("Tokens that live for less than five minutes are not asked for at each call", async () => {
    entra.lifetimeS = 240;
    const fabric = await client();
    for (let nth = 0; nth < 5; nth++) await fabric.send(call);
    assert.equal(entra.requests.length, 1);
    fabric.close();
  });

  it("Tokens that are refused for ever end in one clear error, after few requests for tokens", async () => {
    emulator.faults([{ status: 401, errorCode: "TokenExpired", message: "Resubmit", times: "forever" }]);
    const fabric = await client();
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => fabric.send(call)));
    for (let nth = 0; nth < 3; nth++) results.push(...(await Promise.allSettled([fabric.send(call)])));
    for (const result of results) {
      assert.ok(result.status === "rejected");
      assert.match(
        String(result.reason),
        /list workspaces failed: TokenExpired \(401, .* The service refused the token of client secret of .*, and once more/,
      );
      assert.doesNotMatch(String(result.reason), /canary|eyJ/);
    }
    assert.equal(entra.requests.length, 2, "one at first, and one because it was refused");
    assert.equal(emulator.requests().length, 26, "each call is sent again once");
    fabric.close();
  });

  it("Tokens are asked for again after a sign-in that failed", async () => {
    const tokens = await source();
    entra.check = () => {
      throw new Error("AADSTS7000222: The provided client secret keys are expired.");
    };
    await assert.rejects(tokens.token(FabricClient.scope), /by client secret .* failed: .*AADSTS7000222/);
    entra.check = () => undefined;
    assert.equal(tenantOf(await tokens.token(FabricClient.scope)), tenantId);
  });
});

describe("a token", () => {
  it("A token tells tenant and principal where it can be read, and nothing where it cannot", () => {
    const token = tokenFor(known.alice, tenantId, "fabric", Date.now());
    assert.deepEqual([tenantOf(token), principalOf(token)], [tenantId, known.alice]);
    for (const opaque of ["opaque", "a.b.c", "", "a.eyJ4Ijox.c"])
      assert.deepEqual([tenantOf(opaque), principalOf(opaque)], [undefined, undefined]);
  });
});
