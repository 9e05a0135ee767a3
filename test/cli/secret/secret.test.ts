import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, afterEach, before, describe, it } from "node:test";
import { readSecretValue } from "../../../cli/secret/secretValue.ts";
import { startSilence } from "../../doubles/silence.ts";
import type { Silence } from "../../doubles/silence.ts";
import { startVaultAndSignIn } from "../../doubles/vaultAndSignIn.ts";
import type { VaultAndSignIn } from "../../doubles/vaultAndSignIn.ts";

/** The command, in a project of its own. */
const command = resolve(import.meta.dirname, "../../../cli/secret.ts");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe("npm run secret", () => {
  let azure: VaultAndSignIn;
  let silence: Silence;
  const folder = mkdtempSync(join(tmpdir(), "secret-"));
  before(async () => {
    silence = await startSilence();
    azure = await startVaultAndSignIn();
    writeFileSync(join(folder, "Pulumi.yaml"), "name: fabric\n");
    writeFileSync(
      join(folder, "Pulumi.team.yaml"),
      `config:\n  fabric:features: { useKeyVault: true }\n  fabric:keyVaultUrl: ${azure.vault.url}\n`,
    );
    writeFileSync(join(folder, "Pulumi.off.yaml"), "config:\n  fabric:features: { useKeyVault: false }\n");
    writeFileSync(join(folder, ".env"), "FROM_FILE=file\n");
  });
  afterEach(() => azure.vault.breakWith(undefined));
  after(async () => {
    silence.close();
    await azure.close();
  });

  /** @param env changes to the environment that signs in and turns Key Vault on; undefined takes a variable away */
  const run = async (args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Ended> => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...azure.env, ...env },
    });
    child.stdin.on("error", () => undefined).end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  };
  const withoutVault = { FEATURE_USE_KEY_VAULT: undefined, KEY_VAULT_URL: undefined };

  it("npm run secret writes what standard input holds, without its last line end, and prints just that again", async () => {
    const set = await run(["set", "FABRIC_API_KEY"], "canary-1\nline 2\n");
    assert.deepEqual([set.code, set.stdout], [0, ""], set.stderr);
    assert.match(set.stderr, /^FABRIC_API_KEY was written to Key Vault as fabric-api-key\./);
    assert.deepEqual(azure.vault.versions("fabric-api-key"), ["canary-1\nline 2"]);
    const got = await run(["get", "fabric-api-key"]);
    assert.deepEqual(got, { code: 0, stdout: "canary-1\nline 2", stderr: "fabric-api-key comes from Key Vault.\n" });
  });

  it("npm run secret takes vault and features from the stack that is named", async () => {
    assert.equal((await run(["set", "--stack", "team", "TEAM_KEY"], "of the team", withoutVault)).code, 0);
    const got = await run(["get", "TEAM_KEY", "--stack", "team"], "", withoutVault);
    assert.deepEqual([got.code, got.stdout], [0, "of the team"]);
    const off = await run(["get", "FROM_FILE", "--stack", "off"], "", withoutVault);
    assert.deepEqual(off, { code: 0, stdout: "file", stderr: "FROM_FILE comes from .env.\n" });
    const environment = await run(["get", "FROM_ENV"], "", { ...withoutVault, FROM_ENV: "value" });
    assert.deepEqual(environment, { code: 0, stdout: "value", stderr: "FROM_ENV comes from the environment.\n" });
  });

  it("npm run secret ends with 1 where there is no such secret, or the vault did not take it", async () => {
    const got = await run(["get", "NOWHERE"]);
    assert.deepEqual(got, { code: 1, stdout: "", stderr: "There is no secret NOWHERE.\n" });
    const off = await run(["get", "NOWHERE"], "", withoutVault);
    const where = "in the environment and .env (Key Vault is off)";
    assert.deepEqual(off, { code: 1, stdout: "", stderr: `There is no secret NOWHERE ${where}.\n` });
    azure.vault.breakWith({ status: 403, code: "Forbidden" });
    const set = await run(["set", "REFUSED"], "canary");
    assert.deepEqual([set.code, set.stdout], [1, ""]);
    assert.match(set.stderr, /did not confirm that it took secret REFUSED \(403 Forbidden.*Key Vault Secrets Officer/);
    assert.doesNotMatch(set.stderr, /canary/);
  });

  for (const hanging of ["vault", "sign-in"])
    it(`npm run secret gives the fallback and ends soon when the ${hanging} hangs`, async () => {
      azure.vault.breakWith("hang");
      const begin = performance.now();
      const got = await run(["get", "FROM_FILE"], "", hanging === "vault" ? {} : { AZURE_AUTHORITY_HOST: silence.url });
      const ms = Math.round(performance.now() - begin);
      console.log(`get with a hanging ${hanging}: the process ended after ${ms} ms`);
      assert.deepEqual([got.code, got.stdout], [0, "file"]);
      assert.match(got.stderr, /no answer within 1\.8 s.*\n.*comes from \.env/);
      assert.ok(ms < 4_000, `${ms} ms`);
    });

  const misuses: readonly [what: string, args: string[], message: RegExp, env?: NodeJS.ProcessEnv][] = [
    ["no verb", [], /get or set\?/],
    ["another verb", ["delete", "A"], /get or set\?/],
    ["no name", ["get"], /Which secret\?/],
    ["a value on the command line", ["set", "A", "canary"], /a value comes from standard input/],
    ["a value as an option", ["set", "A", "--value=canary"], /Unknown option '--value'/],
    ["a name that no vault holds", ["set", "a.b"], /cannot be the name of a secret/],
    ["an empty value", ["set", "A"], /standard input holds no value/],
    ["a stack without file", ["get", "A", "--stack", "typo"], /Pulumi\.typo\.yaml does not exist/],
    ["Key Vault off", ["set", "A", "--stack", "off"], /Key Vault is off/, withoutVault],
    ["no address", ["get", "A"], /KEY_VAULT_URL is missing/, { KEY_VAULT_URL: "" }],
    ["an address without TLS", ["get", "A"], /must be an https address/, { KEY_VAULT_URL: "http://canary.example" }],
    ["the vault's own sign-in", ["set", "AZURE_CLIENT_SECRET"], /is never read from it/],
  ];
  for (const [what, args, message, env] of misuses)
    it(`npm run secret ends with 2, says why, and repeats no value: ${what}`, async () => {
      const requests = azure.vault.requests.length;
      const ended = await run(args, what === "an empty value" ? "\n" : "canary", env);
      assert.deepEqual([ended.code, ended.stdout], [2, ""]);
      assert.match(ended.stderr, message);
      assert.doesNotMatch(ended.stderr, /canary|^ +at /m);
      assert.equal(azure.vault.requests.length, requests);
    });

  it("npm run secret shows no value, secret or token in the most talkative log of Azure's libraries", async () => {
    const talkative = { AZURE_LOG_LEVEL: "verbose" };
    const set = await run(["set", "QUIET"], "canary-value", talkative);
    const got = await run(["get", "QUIET"], "", talkative);
    assert.deepEqual([set.code, got.code, got.stdout], [0, 0, "canary-value"]);
    assert.match(set.stderr, /azure:keyvault-secrets/, "the log must be on");
    assert.doesNotMatch(set.stdout + set.stderr + got.stderr, /canary|eyJ/);
  });

  it("npm run secret explains itself", async () => {
    const { code, stdout } = await run(["--help"]);
    assert.equal(code, 0);
    assert.match(stdout, /secret -- get NAME \[--stack S\].*Exit codes: 0 .*; 1 .*\n2 /s);
  });
});

describe("the value of a secret", () => {
  /** What a person types at a terminal, and what they then see. */
  const typed = async (keys: string) => {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
    const prompts = new PassThrough();
    const seen = text(prompts);
    const value = readSecretValue(input, prompts, "Value: ");
    input.write(keys);
    const read = await value;
    prompts.end();
    return { value: read, seen: await seen };
  };

  it("The value of a secret is asked for at a terminal, which does not show it", async () => {
    assert.deepEqual(await typed("canarX\x7fy\r"), { value: "canary", seen: "Value: \n" });
  });

  it("The value of a secret is empty when the person at the terminal gives up", async () => {
    assert.deepEqual(await typed("canary\x03"), { value: "", seen: "Value: \n" });
  });

  it("The value of a secret keeps everything that a pipe holds but one line end", async () => {
    const piped = (content: string) => readSecretValue(PassThrough.from([Buffer.from(content)]), new PassThrough(), "");
    assert.equal(await piped(" a \n\n"), " a \n");
    assert.equal(await piped("a\r\n"), "a");
    assert.equal(await piped("\n"), "");
  });
});
