import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { tenantId } from "../../../emulator/families/identity.ts";
import { makeCertificate } from "../../../emulator/core/tls.ts";
import type { Certificate } from "../../../emulator/core/tls.ts";
import { azureCredential } from "../../../lib/signIn/azureCredential.ts";
import { chooseCredential } from "../../../lib/signIn/credentials.ts";
import { SecretManager } from "../../../lib/secretManager.ts";
import { foreign, sayingNothing } from "../../doubles/foreignAnswers.ts";
import type { WireAnswer } from "../../doubles/foreignAnswers.ts";

/* A sign-in that a portal answers. Azure's library refuses most of it; what it hands on is looked at here. */

const answers: Readonly<Record<string, WireAnswer | undefined>> = Object.fromEntries([
  ...[
    "a page with 200",
    "a page that says it is JSON",
    "half an answer",
    "a redirect to a portal",
    "a page with 403",
  ].map((name) => [name, foreign[name]]),
  ...["no body", "{}", "[]", "null", "a text"].map((name) => [name, { ...foreign, ...sayingNothing }[name]]),
  ...["7", '""', "null", '"<html>canary-token</html>"', '"canary token"', '{"a":1}'].map((token) => [
    `the token ${token}`,
    {
      status: 200,
      headers: { "content-type": "application/json" },
      body: `{"access_token":${token},"expires_in":3600,"expires_on":"4102444800","token_type":"Bearer"}`,
    },
  ]),
]) as Record<string, WireAnswer | undefined>;

interface Outcome {
  readonly tokens?: readonly unknown[];
  readonly message?: string;
  readonly error?: string;
}

describe("a sign-in that is answered by somebody else", () => {
  let folder: string;
  let certificate: Certificate;
  let answer: WireAnswer | undefined;
  /** Whether only tokens are answered by somebody else. */
  let isAuthorityKnown = false;
  const respond = ({ url = "" }: IncomingMessage, response: ServerResponse) => {
    const origin = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    if (isAuthorityKnown && url.includes("openid-configuration")) {
      const own = `${origin}/${tenantId}/oauth2/v2.0`;
      const configuration = {
        issuer: `${origin}/${tenantId}/v2.0`,
        token_endpoint: `${own}/token`,
        authorization_endpoint: `${own}/authorize`,
        jwks_uri: `${own}/keys`,
      };
      response.setHeader("content-type", "application/json").end(JSON.stringify(configuration));
      return;
    }
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  };
  let secure: ReturnType<typeof createHttpsServer>;
  const plain = createHttpServer(respond);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "foreign-sign-in-"));
    certificate = await makeCertificate(folder);
    secure = createHttpsServer({ key: certificate.key, cert: certificate.cert }, respond);
    for (const server of [secure, plain]) await once(server.listen(0, "127.0.0.1"), "listening");
  });
  after(async () => {
    for (const server of [secure, plain]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(folder, { recursive: true });
  });

  /** Signs in as the deployment does, in a process whose environment holds nothing else. */
  async function signIn(kind: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
    const child = spawn(process.execPath, [resolve(import.meta.dirname, "../../doubles/signIn.ts"), kind], {
      env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: certificate.caFile, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
    return JSON.parse(printed) as Outcome;
  }

  function assertRefused({ tokens, message = "", error = "" }: Outcome, what: string): void {
    assert.equal(tokens, undefined, what);
    assert.match(message, /^Signing in by .* failed: \S/, what);
    assert.doesNotMatch(error, /canary|TypeError|undefined is not/, what);
  }

  /** Signs in by a client secret, in this process. */
  async function byClientSecret(): Promise<Outcome> {
    const origin = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    const ids = { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: tenantId };
    const env = { ...ids, AZURE_CLIENT_SECRET: "x", AZURE_AUTHORITY_HOST: origin };
    const { credential } = await azureCredential({
      env,
      ca: certificate.cert,
      requests: { retryOptions: { maxRetries: 0 } },
    });
    return credential.getToken("https://vault.azure.net/.default").then(
      (token) => ({ tokens: [token] }),
      (error: Error) => ({ message: error.message, error: inspect(error, { depth: Infinity, showHidden: true }) }),
    );
  }

  for (const [name, given] of Object.entries(answers)) {
    it(`A sign-in that is answered by somebody else gives an error and no token: ${name}`, async () => {
      answer = given;
      isAuthorityKnown = true;
      assertRefused(await byClientSecret(), "token endpoint");
      isAuthorityKnown = false;
      assertRefused(await byClientSecret(), "authority");
    });
  }

  for (const name of ["a page with 200", "a text", "the token 7", 'the token "<html>canary-token</html>"']) {
    it(`A sign-in that is answered by somebody else gives an error and no token of a managed identity: ${name}`, async () => {
      answer = answers[name];
      assert.ok(answer);
      const origin = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
      const machine = { IDENTITY_ENDPOINT: `${origin}/msi/token`, IDENTITY_HEADER: "header-x" };
      assertRefused(await signIn("managedIdentity", machine), "managed identity");
    });
  }

  it("A sign-in that is answered by somebody else is no token either where it stands ready in the environment", async () => {
    for (const [token, isOne] of [
      ["eyJ0eXAi.eyJhdWQi.c2ln", true],
      ["opaque-token_1~2.3+/==", true],
      ["<html>canary</html>", false],
      ["canary\ntoken", false],
    ] as const) {
      const secrets = new SecretManager({ dotenvPath: "/nowhere", env: {} });
      const env = { FABRIC_ACCESS_TOKEN: token };
      const tokens = await chooseCredential({ env, secrets, endpointIsEmulator: false });
      if (isOne) assert.equal(await tokens.token("scope"), token);
      else await assert.rejects(tokens.token("scope"), /^SignInError: Signing in by .* failed: (?!.*canary)/s);
    }
  });
});
