import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { known } from "../../emulator/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../emulator/identity.ts";
import { makeCertificate } from "../../emulator/tls.ts";
import { chooseCredential, principalOf, tenantOf } from "../../lib/credentials.ts";
import { SecretManager } from "../../lib/secretManager.ts";

const choose = (env: NodeJS.ProcessEnv, more: { endpointIsEmulator?: boolean; tenantId?: string } = {}) =>
  chooseCredential({
    env,
    secrets: new SecretManager({ env, dotenvPath: "/nowhere" }),
    endpointIsEmulator: false,
    ...more,
  });
const principal = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: known.deployer, AZURE_CLIENT_SECRET: "canary-secret" };

describe("the credential", () => {
  it("of the emulator is never a real one, whatever the environment holds", async () => {
    const tokens = await choose({ ...principal, FABRIC_ACCESS_TOKEN: "canary" }, { endpointIsEmulator: true });
    assert.equal(await tokens.token("scope"), "emulator");
  });

  it("is the ready token where there is one, then the client secret, then Azure's default", async () => {
    const ready = await choose({ ...principal, FABRIC_ACCESS_TOKEN: "ready" });
    assert.deepEqual([ready.name, await ready.token("scope")], ["FABRIC_ACCESS_TOKEN", "ready"]);
    assert.match((await choose(principal)).name, /^client secret of /);
    assert.equal((await choose({})).name, "Azure's default credential");
  });

  it("needs a tenant, from the environment or the stack, and an https authority", async () => {
    const { AZURE_TENANT_ID: _tenant, ...without } = principal;
    await assert.rejects(choose(without), /needs AZURE_TENANT_ID, or fabric:tenantId/);
    assert.match((await choose(without, { tenantId })).name, /client secret/);
    await assert.rejects(
      choose({ ...principal, AZURE_AUTHORITY_HOST: "http://login.example.com" }),
      /must be an https address/,
    );
  });

  it("says what failed and what to do when the sign-in fails, and no secret", async () => {
    const tokens = await choose({ ...principal, AZURE_AUTHORITY_HOST: "https://127.0.0.1:1" });
    const error: unknown = await tokens
      .token("https://api.fabric.microsoft.com/.default")
      .catch((thrown: unknown) => thrown);
    const printed = inspect(error, { depth: Infinity, showHidden: true });
    assert.match(printed, /Signing in by client secret of .* failed: .*FABRIC_ACCESS_TOKEN/s);
    assert.doesNotMatch(printed, /canary/);
  });

  it("asks Entra ID once for callers at the same time, keeps the token, and renews it when told", async () => {
    const certificate = await makeCertificate(mkdtempSync(join(tmpdir(), "fabric-tls-")));
    let asked = 0;
    const emulator = await startEmulator({ tls: certificate, onFault: () => asked++ });
    // a rule that does nothing but count
    emulator.faults([{ route: "/{tenant}/oauth2/v2.0/token", times: "forever" }]);
    const child = spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `
      const [{ chooseCredential }, { SecretManager }] = await Promise.all(["credentials", "secretManager"].map((name) => import(${JSON.stringify(`${resolve(import.meta.dirname, "../../lib")}/`)} + name + ".ts")));
      const tokens = await chooseCredential({ env: process.env, secrets: new SecretManager({ dotenvPath: "/nowhere" }), endpointIsEmulator: false });
      const get = (options) => tokens.token("https://api.fabric.microsoft.com/.default", options);
      const same = new Set(await Promise.all([get(), get(), get(), get()]));
      same.add(await get());
      const refreshed = await get({ refresh: true });
      console.log(JSON.stringify([same.size, refreshed.length > 0]));
    `,
      ],
      {
        env: {
          ...process.env,
          ...principal,
          AZURE_AUTHORITY_HOST: emulator.origin,
          NODE_EXTRA_CA_CERTS: certificate.caFile,
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
    await emulator.close();
    assert.deepEqual(JSON.parse(printed), [1, true]);
    assert.equal(asked, 2, "once for five callers, once because the service had refused the token");
  });
});

describe("a token", () => {
  it("tells tenant and principal where it can be read, and nothing where it cannot", () => {
    const token = tokenFor(known.alice, tenantId, "fabric", Date.now());
    assert.deepEqual([tenantOf(token), principalOf(token)], [tenantId, known.alice]);
    for (const opaque of ["opaque", "a.b.c", "", "a.eyJ4Ijox.c"])
      assert.deepEqual([tenantOf(opaque), principalOf(opaque)], [undefined, undefined]);
  });
});
