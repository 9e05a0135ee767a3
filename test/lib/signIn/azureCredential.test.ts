import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, beforeEach, describe, it } from "node:test";
import { inspect } from "node:util";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { tenantId } from "../../../emulator/families/identity.ts";
import { makeCertificate } from "../../../emulator/core/tls.ts";
import type { Certificate } from "../../../emulator/core/tls.ts";
import { assertionAudience, authorityOf } from "../../../lib/signIn/authority.ts";
import { azureCredential } from "../../../lib/signIn/azureCredential.ts";
import type { AzureCredentialOptions } from "../../../lib/signIn/azureCredential.ts";
import { chooseCredential } from "../../../lib/signIn/credentials.ts";
import { gitHubAssertion } from "../../../lib/signIn/gitHubAssertion.ts";
import { SecretManager } from "../../../lib/secretManager.ts";
import { principalOf, tenantOf } from "../../../lib/signIn/tokenClaims.ts";
import { startEntra } from "../../doubles/entra.ts";
import type { Entra } from "../../doubles/entra.ts";
import { startIdentityIssuer } from "../../doubles/identityIssuer.ts";
import type { IdentityIssuer } from "../../doubles/identityIssuer.ts";
import { verifiedByCertificate } from "../../doubles/jwt.ts";
import { startManagedIdentity } from "../../doubles/managedIdentity.ts";

const scope = "https://vault.azure.net/.default";
const clientId = known.deployer;
const refused = (message: string) => () => {
  throw new Error(message);
};

let folder: string;
let certificate: Certificate;
let entra: Entra;
let gitHub: IdentityIssuer;
let azureDevOps: IdentityIssuer;
/** The emulator's tenant and this Entra ID. */
let env: NodeJS.ProcessEnv;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "sign-in-"));
  certificate = await makeCertificate(folder);
  entra = await startEntra(certificate, refused("not checked"), clientId);
  gitHub = await startIdentityIssuer("canary-request-token");
  azureDevOps = await startIdentityIssuer("canary-system-token", certificate);
  env = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_AUTHORITY_HOST: entra.origin };
});
beforeEach(() => {
  entra.requests.length = gitHub.asked.length = azureDevOps.asked.length = 0;
  gitHub.failure = azureDevOps.failure = undefined;
});
after(async () => {
  await Promise.all([entra.close(), gitHub.close(), azureDevOps.close()]);
  rmSync(folder, { recursive: true });
});

const credentialOf = (more: NodeJS.ProcessEnv, options: Partial<AzureCredentialOptions> = {}) =>
  azureCredential({ ca: certificate.cert, ...options, env: { ...env, ...more } });

/** Gets a token, which has to be one of this Entra ID's. */
async function signIn(more: NodeJS.ProcessEnv, options?: Partial<AzureCredentialOptions>): Promise<string> {
  const { name, credential } = await credentialOf(more, options);
  const token = await credential.getToken(scope);
  assert.deepEqual([tenantOf(token?.token ?? ""), principalOf(token?.token ?? "")], [tenantId, clientId]);
  return name;
}

/** The error of a sign-in, printed with everything that hangs on it. */
async function failure(more: NodeJS.ProcessEnv, options?: Partial<AzureCredentialOptions>): Promise<string> {
  const { credential } = await credentialOf(more, options);
  const error = await credential.getToken(scope).then(
    () => assert.fail("it signed in"),
    (thrown: unknown) => thrown,
  );
  return inspect(error, { depth: Infinity, showHidden: true });
}

interface Outcome {
  readonly name?: string;
  /** One for four callers, then the one after a refusal. */
  readonly tokens: readonly string[];
  readonly message?: string;
  readonly error?: string;
}

/** Signs in as the deployment does, in a process whose environment holds nothing else. */
async function inProcess(kind: string, more: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, "../../doubles/signIn.ts"), kind], {
    env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: certificate.caFile, ...more },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return JSON.parse(printed) as Outcome;
}

describe("a client secret", () => {
  it("A client secret signs in, from the environment or given, by a tenant of either", async () => {
    entra.check = ({ client_secret }) => assert.equal(client_secret, "right");
    assert.equal(
      await signIn({ AZURE_CLIENT_SECRET: "right" }),
      `client secret of ${clientId} (AZURE_CLIENT_SECRET is set)`,
    );
    const given = { kind: "clientSecret", clientSecret: "right", tenantId } as const;
    assert.match(await signIn({ AZURE_TENANT_ID: undefined }, given), /\(as fabric:credential says\)$/);
  });

  it("A client secret asks for nothing before the first use", async () => {
    await credentialOf({ AZURE_CLIENT_SECRET: "right" });
    assert.equal(entra.requests.length, 0);
  });
});

describe("a client certificate", () => {
  it("A client certificate signs in by an assertion that its key has signed", async () => {
    const file = join(folder, "client.pem");
    writeFileSync(file, certificate.cert + certificate.key);
    entra.check = ({ client_assertion }) => {
      const claims = verifiedByCertificate(client_assertion ?? "", certificate.cert);
      assert.deepEqual([claims["iss"], claims["sub"]], [clientId, clientId]);
    };
    const name = await signIn({ AZURE_CLIENT_CERTIFICATE_PATH: file });
    assert.equal(name, `client certificate of ${clientId} (AZURE_CLIENT_CERTIFICATE_PATH is set)`);
  });

  it("A client certificate is refused where another key has signed, by a double that can tell", async () => {
    const other = await makeCertificate(join(folder, "other"));
    const file = join(folder, "mixed.pem");
    writeFileSync(file, certificate.cert + other.key);
    entra.check = ({ client_assertion }) => void verifiedByCertificate(client_assertion ?? "", certificate.cert);
    assert.match(await failure({ AZURE_CLIENT_CERTIFICATE_PATH: file }), /signature of the client assertion is wrong/);
  });

  it("A client certificate may have an encrypted key, and says what to do where its password is wrong", async () => {
    const file = join(folder, "encrypted.pem");
    const cipher = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "canary-password" } as const;
    writeFileSync(file, `${certificate.cert}${String(createPrivateKey(certificate.key).export(cipher))}`);
    entra.check = ({ client_assertion }) => void verifiedByCertificate(client_assertion ?? "", certificate.cert);
    const path = { AZURE_CLIENT_CERTIFICATE_PATH: file };
    await signIn({ ...path, AZURE_CLIENT_CERTIFICATE_PASSWORD: "canary-password" });
    const printed = await failure({ ...path, AZURE_CLIENT_CERTIFICATE_PASSWORD: "canary-wrong" });
    assert.match(printed, /by client certificate of .* failed: .*AZURE_CLIENT_CERTIFICATE_PASSWORD/s);
    assert.doesNotMatch(printed, /canary|PRIVATE KEY/);
  });
});

describe("a workload identity", () => {
  it("A workload identity signs in by the assertion in its file", async () => {
    const file = join(folder, "federated-token");
    writeFileSync(file, gitHub.assertion());
    entra.check = ({ client_assertion }) =>
      assert.equal(gitHub.audienceOf(client_assertion), "api://AzureADTokenExchange");
    const name = await signIn({ AZURE_FEDERATED_TOKEN_FILE: file });
    assert.equal(name, `workload identity of ${clientId} (AZURE_FEDERATED_TOKEN_FILE is set)`);
  });
});

describe("a job of GitHub Actions", () => {
  const request = () => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${gitHub.origin}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary-request-token",
  });

  it("A job of GitHub Actions signs in by its id token, which is asked for once however many tokens are wanted", async () => {
    entra.check = ({ client_assertion }) =>
      assert.equal(gitHub.audienceOf(client_assertion), "api://AzureADTokenExchange");
    const { name, credential } = await credentialOf(request());
    await Promise.all([credential.getToken(scope), credential.getToken(scope)]);
    await credential.getToken(scope);
    await credential.getToken("https://storage.azure.com/.default");
    assert.match(name, /^GitHub Actions of .* \(ACTIONS_ID_TOKEN_REQUEST_URL and AZURE_CLIENT_ID are set\)$/);
    assert.deepEqual(gitHub.asked, ["GET /token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"]);
  });

  it("A job of GitHub Actions is asked for one id token although Fabric and Graph want a token each", async () => {
    entra.check = ({ client_assertion }) => void gitHub.audienceOf(client_assertion);
    const settings = { env: { ...env, ...request() }, ca: certificate.cert, endpointIsEmulator: false };
    const secrets = new SecretManager({ env: settings.env, dotenvPath: "/nowhere" });
    const tokens = await chooseCredential({ ...settings, secrets });
    await tokens.token("https://api.fabric.microsoft.com/.default");
    await tokens.token("https://graph.microsoft.com/.default");
    assert.deepEqual([entra.requests.length, gitHub.asked.length], [2, 1]);
  });

  it("A job of GitHub Actions asks for another id token shortly before the known one ends, and again after a failure", async () => {
    let now = Date.now();
    const assertion = gitHubAssertion({
      requestUrl: `${gitHub.origin}/token`,
      requestToken: "canary-request-token",
      audience: "api://AzureADTokenExchange",
      now: () => now,
    });
    gitHub.failure = { status: 503, body: "" };
    await assert.rejects(assertion(), /GitHub gave no id token \(503\)/);
    gitHub.failure = undefined;
    await assertion();
    now += 8 * 60_000;
    await assertion();
    assert.equal(gitHub.asked.length, 2);
    now += 90_000;
    await assertion();
    assert.equal(gitHub.asked.length, 3);
  });

  it("A job of GitHub Actions sends the request's token to https or this machine only, and follows no redirect", async () => {
    for (const url of ["http://token.example.com/", "ftp://127.0.0.1/", "nonsense"]) {
      const printed = await failure({ ...request(), ACTIONS_ID_TOKEN_REQUEST_URL: url });
      assert.match(printed, /ACTIONS_ID_TOKEN_REQUEST_URL must be an https address/);
    }
    gitHub.failure = { status: 302, body: "", location: `${gitHub.origin}/elsewhere` };
    const printed = await failure(request());
    assert.match(printed, /failed: .*id-token: write/s);
    assert.deepEqual(new Set(gitHub.asked.map((line) => line.split("?")[0])), new Set(["GET /token"]));
  });
});

describe("a service connection of Azure Pipelines", () => {
  it("A service connection of Azure Pipelines signs in by the pipeline's id token, and asks for it for one token only, however many callers", async () => {
    entra.check = ({ client_id, client_assertion }) => {
      assert.equal(client_id, clientId);
      azureDevOps.audienceOf(client_assertion);
    };
    const outcome = await inProcess("auto", {
      AZURE_AUTHORITY_HOST: entra.origin,
      AZURESUBSCRIPTION_TENANT_ID: tenantId,
      AZURESUBSCRIPTION_CLIENT_ID: clientId,
      AZURE_CLIENT_ID: "of something else",
      AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: "connection",
      SYSTEM_ACCESSTOKEN: "canary-system-token",
      SYSTEM_OIDCREQUESTURI: `${azureDevOps.origin}/oidctoken`,
    });
    assert.equal(outcome.error, undefined);
    assert.equal(outcome.tokens.length, 2);
    assert.match(outcome.name ?? "", /^service connection of Azure Pipelines of /);
    assert.match(azureDevOps.asked[0] ?? "", /^POST \/oidctoken\?api-version=.*&serviceConnectionId=connection$/);
    assert.equal(entra.requests.length, 2);
    assert.equal(azureDevOps.asked.length, 4, "the library asks twice for each token");
  });
});

describe("a managed identity", () => {
  it("A managed identity signs in at the endpoint of App Service or of a virtual machine, and a refused token is renewed", async (t) => {
    const machine = await startManagedIdentity("canary-header", clientId);
    t.after(() => machine.close());
    const appService = { IDENTITY_ENDPOINT: `${machine.origin}/msi/token`, IDENTITY_HEADER: "canary-header" };
    const system = await inProcess("auto", appService);
    assert.equal(system.error, undefined);
    assert.equal(system.name, "managed identity (IDENTITY_ENDPOINT is set)");
    assert.deepEqual(system.tokens, ["managed-system-1", "managed-system-2"]);
    const assigned = await inProcess("auto", { ...appService, AZURE_CLIENT_ID: clientId });
    assert.deepEqual(assigned.tokens, [`managed-${clientId}-3`, `managed-${clientId}-4`]);
    const vm = await inProcess("managedIdentity", { AZURE_POD_IDENTITY_AUTHORITY_HOST: machine.origin });
    assert.deepEqual(vm.tokens, ["managed-system-5", "managed-system-6"]);
    assert.deepEqual(machine.asked, ["system", "system", clientId, clientId, "system", "system"]);

    const wrong = await inProcess("auto", { ...appService, IDENTITY_HEADER: "canary-wrong" });
    assert.match(wrong.message ?? "", /^Signing in by managed identity .* failed: .* Check that this machine has/s);
    assert.doesNotMatch(wrong.error ?? "", /canary/);
  });
});

describe("a managed identity of Kubernetes", () => {
  it("A managed identity of Kubernetes signs in by its file, and a refused token is renewed there too", async () => {
    const file = join(folder, "federated-token");
    writeFileSync(file, gitHub.assertion());
    entra.check = ({ client_assertion }) => void gitHub.audienceOf(client_assertion);
    const outcome = await inProcess("managedIdentity", { ...env, AZURE_FEDERATED_TOKEN_FILE: file });
    assert.equal(outcome.error, undefined);
    assert.equal(new Set(outcome.tokens).size, 2);
    assert.equal(entra.requests.length, 2);
  });
});

describe("who is signed in on this machine", () => {
  /** A folder with commands that print what they are told to, and note their arguments. */
  function commands(scripts: Record<string, string>): { PATH: string; HOME: string } {
    const bin = mkdtempSync(join(folder, "bin-"));
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "$@" >> "${bin}/${name}.log"\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    return { PATH: [bin, process.env["PATH"]].join(delimiter), HOME: bin };
  }
  const log = ({ HOME }: { HOME: string }, name: string) =>
    readFileSync(join(HOME, `${name}.log`), "utf8")
      .trim()
      .split("\n");
  const az = (endsInS = 3600) =>
    `echo '{"accessToken":"of-az","expires_on":${Math.floor(Date.now() / 1000) + endsInS}}'`;
  const azd = () => `echo '{"token":"of-azd","expiresOn":"${new Date(Date.now() + 3_600_000).toISOString()}"}'`;

  it("Who is signed in on this machine is asked of the Azure CLI", async () => {
    const path = commands({ az: az(), azd: azd() });
    const outcome = await inProcess("auto", { ...path, AZURE_TENANT_ID: tenantId });
    assert.equal(outcome.name, "Azure CLI, then Azure Developer CLI (the environment names no other credential)");
    assert.deepEqual(outcome.tokens, ["of-az", "of-az"]);
    const call = `account get-access-token --output json --resource https://api.fabric.microsoft.com --tenant ${tenantId}`;
    assert.deepEqual(log(path, "az"), [call, call], "once for four callers, once because the token was refused");
  });

  it("Who is signed in on this machine is not asked at each call where this machine's clock is ahead, and every token seems to have ended", async () => {
    const path = commands({ az: az(-3600) });
    assert.deepEqual((await inProcess("azureCli", path)).tokens, ["of-az", "of-az"]);
    assert.equal(log(path, "az").length, 2);
  });

  it("Who is signed in on this machine is asked of azd where nobody is signed in to the Azure CLI, or where azd is configured", async () => {
    const signedOut = { az: `echo "Please run 'az login' to setup account." >&2; exit 1`, azd: azd() };
    for (const [kind, scripts] of [
      ["auto", signedOut],
      ["azureDeveloperCli", { az: az(), azd: azd() }],
    ] as const) {
      const path = commands(scripts);
      assert.deepEqual((await inProcess(kind, path)).tokens, ["of-azd", "of-azd"]);
      assert.match(log(path, "azd")[0] ?? "", /^auth token .*--scope https:\/\/api\.fabric\.microsoft\.com\/\.default/);
    }
  });

  it("Who is signed in on this machine is told how to sign in where nobody is", async () => {
    const outcome = await inProcess("auto", commands({ az: "exit 127", azd: "echo canary >&2; exit 1" }));
    assert.match(
      outcome.message ?? "",
      /^Signing in by Azure CLI, .* failed: .* run az login\. .* run azd auth login\. Or give the environment/s,
    );
  });
});

describe("an error", () => {
  const echo = "AADSTS7000215: Invalid client secret provided: canary-secret, eyJhbGciOi.eyJzdWIi.canary";

  it("An error of Entra ID names credential, reason and next step, and holds no secret even where the service repeats it", async () => {
    const file = join(folder, "client.pem");
    writeFileSync(file, certificate.cert + certificate.key);
    const federated = join(folder, "federated-token");
    writeFileSync(federated, gitHub.assertion());
    const kinds: NodeJS.ProcessEnv[] = [
      { AZURE_CLIENT_SECRET: "canary-secret" },
      { AZURE_CLIENT_CERTIFICATE_PATH: file, AZURE_CLIENT_CERTIFICATE_PASSWORD: "canary-secret" },
      { AZURE_FEDERATED_TOKEN_FILE: federated },
      {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${gitHub.origin}/token`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary-request-token",
      },
    ];
    for (const kind of kinds) {
      const sent: (string | undefined)[] = [];
      entra.check = ({ client_assertion }) => {
        sent.push(client_assertion);
        throw new Error(`${echo}, ${client_assertion}`);
      };
      const printed = await failure({ ...kind, FABRIC_CLIENT_SECRET: "canary-secret" });
      assert.match(
        printed,
        new RegExp(`Signing in by .* of ${clientId} \\(.* set\\) failed: .*AADSTS7000215.* Check `, "s"),
      );
      assert.doesNotMatch(printed, /canary|eyJ|PRIVATE KEY/);
      assert.equal(sent.length, 1, "a refusal is not tried again");
    }
  });

  it("An error of Azure Pipelines holds nothing of what its service answered", async () => {
    azureDevOps.failure = { status: 401, body: JSON.stringify({ note: "canary-answer canary-system-token" }) };
    const outcome = await inProcess("azurePipelines", {
      ...env,
      AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: "connection",
      SYSTEM_ACCESSTOKEN: "canary-system-token",
      SYSTEM_OIDCREQUESTURI: `${azureDevOps.origin}/oidctoken`,
    });
    assert.match(outcome.message ?? "", /^Signing in by service connection .* failed: .*SYSTEM_ACCESSTOKEN/s);
    assert.doesNotMatch(outcome.error ?? "canary", /canary/);
  });

  it("An error comes in time where an answer never does", async () => {
    gitHub.isSilent = true;
    const request = { ACTIONS_ID_TOKEN_REQUEST_URL: gitHub.origin, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary" };
    assert.match(await failure(request, { deadlineMs: 200 }), /failed: no answer within 0\.2 s\. Check that the job/);
    gitHub.isSilent = false;
  });

  it("An error cannot take a secret from a credential that is printed", async () => {
    entra.check = () => undefined;
    const { credential } = await credentialOf({ AZURE_CLIENT_SECRET: "canary-secret" });
    const token = await credential.getToken(scope);
    const printed = inspect(credential, { depth: Infinity, showHidden: true });
    assert.doesNotMatch(printed, /canary/);
    assert.ok(token && !printed.includes(token.token));
  });

  it("An error says so where this tenant is unknown to the authority", async () => {
    const printed = await failure({
      AZURE_CLIENT_SECRET: "canary",
      AZURE_TENANT_ID: "99999999-9999-4999-8999-999999999999",
    });
    assert.match(printed, /the authority did not answer for this tenant\. Check the network, AZURE_TENANT_ID/);
  });
});

describe("the authority", () => {
  it("The authority of a known cloud is asked what it is, with the cloud's own audience; another is taken as configured", () => {
    const clouds: [host: string | undefined, isTakenAsIs: boolean | undefined, audience: string][] = [
      [undefined, undefined, "api://AzureADTokenExchange"],
      ["https://login.microsoftonline.com", false, "api://AzureADTokenExchange"],
      ["https://login.microsoftonline.us/", false, "api://AzureADTokenExchangeUSGov"],
      ["https://login.chinacloudapi.cn", false, "api://AzureADTokenExchangeChina"],
      ["https://login.example.com", true, "api://AzureADTokenExchange"],
    ];
    for (const [host, isTakenAsIs, audience] of clouds) {
      const authority = authorityOf({ AZURE_AUTHORITY_HOST: host });
      assert.deepEqual([authority.disableInstanceDiscovery, assertionAudience(authority)], [isTakenAsIs, audience]);
    }
  });

  it("The authority must be https", async () => {
    await assert.rejects(
      credentialOf({ AZURE_AUTHORITY_HOST: "http://login.example.com" }),
      /must be an https address/,
    );
  });
});
