import assert from "node:assert/strict";
import tls from "node:tls";
import { before, after, describe, it } from "node:test";
import { inspect } from "node:util";
import { FabricClient } from "../../../lib/api/fabricClient.ts";
import { FabricError } from "../../../lib/api/fabricError.ts";
import { FeatureFlags } from "../../../lib/featureFlags.ts";
import { proxyEnvironment, proxyOf } from "../../../lib/network/proxy.ts";
import { gitHubAssertion } from "../../../lib/signIn/gitHubAssertion.ts";
import { GRAPH_ENDPOINT, GraphUsers } from "../../../providers/run/graphUsers.ts";
import { Redaction } from "../../../lib/telemetry/redaction.ts";
import { runChild } from "../../doubles/childRun.ts";
import { startConnectProxy } from "../../doubles/connectProxy.ts";
import type { ConnectProxy } from "../../doubles/connectProxy.ts";
import { ImpatientClock } from "../fakeClock.ts";

const fabric = "https://api.fabric.microsoft.com/v1";
const hosts = [
  "api.fabric.microsoft.com",
  "graph.microsoft.com",
  "pipelines.actions.githubusercontent.com",
  "login.microsoftonline.com",
  "contoso.vault.azure.net",
  "contosologs.blob.core.windows.net",
  "westeurope.in.applicationinsights.azure.com",
];

let proxy: ConnectProxy;
const trusted = tls.getCACertificates("default");
before(async () => {
  proxy = await startConnectProxy(hosts, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8" }).end('{"value":[]}');
  });
  tls.setDefaultCACertificates([...trusted, proxy.cert]);
});
after(async () => {
  tls.setDefaultCACertificates(trusted);
  await proxy[Symbol.asyncDispose]();
});

function clientOf(env: NodeJS.ProcessEnv): FabricClient {
  return new FabricClient({
    endpoint: fabric,
    tokens: { name: "test", token: () => Promise.resolve("canary-token") },
    flags: FeatureFlags.load({ useRetryLogic: true }, {}),
    clock: new ImpatientClock(),
    env,
  });
}
const list = { path: "/workspaces", operation: "list workspaces" };

describe("the way of a request", () => {
  const throughProxy = (address: string, env: NodeJS.ProcessEnv) => proxyOf(new URL(address), env)?.host;

  it("The way of a request is through the proxy of the environment, in either case of its name, with or without a scheme", () => {
    for (const name of ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"])
      for (const value of [
        "http://proxy.contoso.com:3128",
        "proxy.contoso.com:3128",
        "http://u:p@proxy.contoso.com:3128/",
      ])
        assert.equal(throughProxy(fabric, { [name]: value }), "proxy.contoso.com:3128", `${name}=${value}`);
    assert.equal(throughProxy(fabric, {}), undefined);
    assert.equal(throughProxy(fabric, { HTTPS_PROXY: "", https_proxy: "" }), undefined);
    const both = { HTTPS_PROXY: "http://upper:1", https_proxy: "http://lower:1", HTTP_PROXY: "http://other:1" };
    assert.equal(throughProxy(fabric, both), "upper:1");
  });

  it("The way of a request is never through a proxy to this machine, nor to what a cloud tells its machines", () => {
    for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "a.localhost", "169.254.169.254"])
      assert.equal(throughProxy(`https://${host}:8443/v1`, { HTTPS_PROXY: "http://p:1" }), undefined, host);
  });

  it("The way of a request is straight to what NO_PROXY names: hosts with all below them, addresses, ranges, ports, everything", () => {
    const env = (NO_PROXY: string) => ({ https_proxy: "http://p:1", no_proxy: NO_PROXY });
    for (const list of [
      "*",
      "api.fabric.microsoft.com",
      "microsoft.com",
      ".microsoft.com",
      "*.microsoft.com",
      "a.test, API.Fabric.Microsoft.com",
      "a.test microsoft.com:443",
    ])
      assert.equal(throughProxy(fabric, env(list)), undefined, list);
    for (const list of ["", "soft.com", "fabric.microsoft.com.test", "microsoft.com:8443", "10.0.0.0/8"])
      assert.equal(throughProxy(fabric, env(list)), "p:1", list);
    assert.equal(throughProxy("https://10.1.2.3/", env("10.0.0.0/8")), undefined);
    assert.equal(throughProxy("https://11.1.2.3/", env("10.0.0.0/8,11.1.2.4")), "p:1");
    assert.equal(throughProxy("https://[fd00::1]/", env("fd00::/8")), undefined);
  });

  it("The way of a request is refused where the variable holds no address of a proxy, without telling what it holds", () => {
    for (const value of ["socks5://u:canary@p:1", "http://u:canary@:1", "http://u:canary@p:port"]) {
      assert.throws(() => proxyOf(new URL(fabric), { HTTPS_PROXY: value }), {
        message: /^HTTPS_PROXY must be the address of an HTTP proxy/,
      });
      try {
        proxyOf(new URL(fabric), { HTTPS_PROXY: value });
      } catch (error) {
        assert.doesNotMatch(inspect(error), /canary/);
      }
    }
  });

  it("The way of a request is the same for libraries with rules of their own: they are told of loopback and of what lies below a host", () => {
    assert.deepEqual(proxyEnvironment({ NO_PROXY: "contoso.com" }), {});
    const {
      NO_PROXY = "",
      no_proxy,
      HTTPS_PROXY,
    } = proxyEnvironment({
      https_proxy: "p.contoso.com:3128",
      NO_PROXY: "contoso.com",
      no_proxy: "10.0.0.0/8",
    });
    assert.equal(HTTPS_PROXY, "http://p.contoso.com:3128/");
    assert.equal(NO_PROXY, no_proxy);
    for (const entry of ["127.0.0.1", "localhost", "169.254.169.254", "contoso.com", ".contoso.com", "10.0.0.0/8"])
      assert.ok(NO_PROXY.split(",").includes(entry), entry);
  });
});

describe("the address of a managed identity", () => {
  for (const variable of ["IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"])
    it(`The address of a managed identity in ${variable} is never reached through a proxy`, () => {
      const proxies = { HTTPS_PROXY: "http://p.contoso.com:3128", [variable]: "http://169.254.129.2:8081/msi/token" };
      const { NO_PROXY = "" } = proxyEnvironment(proxies);
      assert.ok(NO_PROXY.split(",").includes("169.254.129.2"), NO_PROXY);
      assert.doesNotThrow(() => proxyEnvironment({ ...proxies, [variable]: "no address" }));
    });
});

describe("NO_PROXY", () => {
  const isDirect = (address: string, env: NodeJS.ProcessEnv) =>
    proxyOf(new URL(address), { HTTPS_PROXY: "http://p:1", ...env }) === undefined;

  it("NO_PROXY names a host with or without a dot at its end, with * anywhere in it, and between commas, spaces or semicolons", () => {
    for (const list of [
      "microsoft.com.",
      "api.fabric.microsoft.com.:443",
      "*microsoft.com",
      "*.fabric.*",
      "api.*",
      "a.test;microsoft.com",
    ])
      assert.ok(isDirect(fabric, { NO_PROXY: list }), list);
    assert.ok(isDirect("https://api.fabric.microsoft.com./v1", { NO_PROXY: "microsoft.com" }));
    assert.ok(isDirect("https://192.168.7.9/", { NO_PROXY: "192.168.*" }));
    for (const list of ["*soft.org", "*.fabric", "fabric.*", "10.*", "xpi.fabric.*"])
      assert.ok(!isDirect(fabric, { NO_PROXY: list }), list);
  });

  it("NO_PROXY counts in both cases of its name at once", () => {
    for (const env of [
      { NO_PROXY: "a.test", no_proxy: "microsoft.com" },
      { NO_PROXY: "microsoft.com", no_proxy: "a.test" },
    ])
      assert.ok(isDirect(fabric, env));
  });

  it("NO_PROXY means the same to libraries that know neither ports nor dots at the end nor * without a dot", () => {
    const { NO_PROXY = "" } = proxyEnvironment({
      HTTPS_PROXY: "http://p:1",
      NO_PROXY: "vault.azure.net:443,blob.core.windows.net.,*windows.net,a.test:8443",
    });
    const entries = NO_PROXY.split(",");
    for (const entry of [".vault.azure.net", ".blob.core.windows.net", ".windows.net"])
      assert.ok(entries.includes(entry), `${entry} in ${NO_PROXY}`);
    assert.ok(!entries.includes("a.test"), "another port is another place");
  });
});

describe("a proxy of another kind", () => {
  it("A proxy of another kind in a variable that nothing here uses stops nothing, and stays for other programs", () => {
    for (const [variable, used] of [
      ["all_proxy", "https_proxy"],
      ["ALL_PROXY", "HTTPS_PROXY"],
      ["http_proxy", "https_proxy"],
      ["http_proxy", "all_proxy"],
    ] as const) {
      const env = { [used]: "http://127.0.0.1:7890", [variable]: "socks5://127.0.0.1:7891" };
      assert.equal(proxyOf(new URL(fabric), env)?.host, "127.0.0.1:7890");
      const set = proxyEnvironment(env);
      assert.equal(set[used.toUpperCase()], "http://127.0.0.1:7890/");
      assert.equal(set[variable.toUpperCase()], undefined, `${variable} with ${used}`);
    }
  });

  it("A proxy of another kind in the variable that would be used is refused by the name of that", () => {
    assert.throws(
      () => proxyEnvironment({ all_proxy: "socks5h://u:canary@p:1" }),
      /^Error: ALL_PROXY must be(?!.*canary)/,
    );
  });
});

describe("a client of the service", () => {
  it("A client of the service gives a proxy the password as it is meant, with a % or an @ that nobody has encoded", async () => {
    for (const [written, meant] of [
      ["100%sure", "100%sure"],
      ["p@ss", "p@ss"],
      ["p%40ss%", "p@ss%"],
      ["50%ff", "50%ff"],
    ] as const) {
      const client = clientOf({ HTTPS_PROXY: proxy.url.replace("//", `//user:${written}@`) });
      assert.deepEqual(await client.list(list), []);
      client.close();
      assert.equal(proxy.credentials.at(-1), `Basic ${Buffer.from(`user:${meant}`).toString("base64")}`);
    }
  });

  it("A client of the service goes through the proxy by CONNECT, with the credentials of its address, in either case of the variable", async () => {
    const address = proxy.url.replace("//", "//user:p%40ss@");
    for (const name of ["HTTPS_PROXY", "https_proxy"]) {
      const before = proxy.tunnels.length;
      const client = clientOf({ [name]: address });
      assert.deepEqual(await client.list(list), []);
      assert.deepEqual(await client.list(list), []);
      client.close();
      assert.deepEqual(proxy.tunnels.slice(before), ["api.fabric.microsoft.com:443"], "one connection for both");
      assert.equal(proxy.credentials.at(-1), `Basic ${Buffer.from("user:p@ss").toString("base64")}`);
    }
  });

  it("A client of the service of Microsoft Graph, and GitHub's tokens for sign-in, go the same way", async () => {
    const before = proxy.tunnels.length;
    const tokens = { name: "test", token: () => Promise.resolve("canary-token") };
    const env = { https_proxy: proxy.url };
    const users = new GraphUsers({ endpoint: GRAPH_ENDPOINT, tokens, flags: FeatureFlags.load({}, {}), env });
    await assert.rejects(users.idOf("alice@contoso.com"), FabricError);
    users.close();
    const requestUrl = "https://pipelines.actions.githubusercontent.com/token";
    await assert.rejects(gitHubAssertion({ requestUrl, requestToken: "t", audience: "a", env })(), /no id token/);
    assert.deepEqual(proxy.tunnels.slice(before), [
      "graph.microsoft.com:443",
      "pipelines.actions.githubusercontent.com:443",
    ]);
  });

  it("A client of the service asks no proxy where NO_PROXY names the host", async () => {
    const before = proxy.tunnels.length;
    const client = clientOf({ HTTPS_PROXY: proxy.url, NO_PROXY: "fabric.microsoft.com" });
    await assert.rejects(client.list(list), FabricError);
    client.close();
    assert.equal(proxy.tunnels.length, before);
  });

  for (const [what, status, reason] of [
    ["wants other credentials", 407, /407, it wants other credentials/],
    ["forbids the host", 403, /403/],
    ["cannot reach it", 502, /502/],
  ] as const) {
    it(`A client of the service takes a proxy that ${what} for the proxy's word, and the call for one that was not sent`, async () => {
      proxy.status = status;
      const client = clientOf({ HTTPS_PROXY: proxy.url.replace("//", "//user:canary-password@") });
      const call = { method: "POST", path: "/workspaces", body: {}, operation: "create workspace 'x'" } as const;
      const error = await client.send(call).then(
        () => assert.fail("it was answered"),
        (reason: unknown) => reason,
      );
      client.close();
      proxy.status = 200;
      assert.ok(error instanceof FabricError);
      assert.equal(error.errorCode, "ProxyFailed");
      assert.equal(error.isOutcomeKnown, true);
      assert.match(error.message, reason);
      assert.match(error.message, /127\.0\.0\.1:\d+.*HTTPS_PROXY/);
      assert.doesNotMatch(inspect(error, { depth: 9 }), /canary/);
    });
  }

  it("A client of the service says that nothing listens where the proxy should be", async () => {
    const client = clientOf({ HTTPS_PROXY: "http://127.0.0.1:9" });
    await assert.rejects(client.list(list), /ProxyFailed.*127\.0\.0\.1:9.*ECONNREFUSED/);
    client.close();
  });
});

describe("the password in a proxy's address", () => {
  it("The password in a proxy's address leaves the process in no text", () => {
    const redaction = new Redaction({ https_proxy: "http://user:canary%21x@proxy:1" }, () => []);
    assert.doesNotMatch(redaction.text("a canary%21x b canary!x"), /canary/);
  });

  it("The password in a proxy's address is known whole, whichever characters it has that nobody has encoded", () => {
    for (const password of ["first@canary", "first/canary", "first#canary", "first:canary", "100%canary"]) {
      const redaction = new Redaction({ HTTPS_PROXY: `http://user:${password}@proxy:1` }, () => []);
      assert.doesNotMatch(redaction.text(`a ${password} b`), /canary/, password);
      assert.doesNotMatch(redaction.text(`a ${encodeURIComponent(password)} b`), /canary/, password);
    }
  });
});

describe("Azure's libraries", () => {
  const lib = (path: string) => JSON.stringify(new URL(`../../../lib/${path}`, import.meta.url).href);
  const signIn = {
    AZURE_TENANT_ID: "11111111-2222-4333-8444-555555555555",
    AZURE_CLIENT_ID: "66666666-2222-4333-8444-555555555555",
    AZURE_CLIENT_SECRET: "canary-secret",
  };

  it("Azure's libraries take the same way for sign-in, vault, storage and telemetry, by a lower-case variable too", async () => {
    const before = proxy.tunnels.length;
    const script = `
      const env = process.env;
      const settled = async (name, work) => { try { await work(); } catch {} };
      const { azureCredential } = await import(${lib("signIn/azureCredential.ts")});
      await settled("sign-in", async () => (await azureCredential({ env })).credential.getToken("https://vault.azure.net/.default"));
      const token = { getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 1e6 }) };
      const { makeVaultClient } = await import(${lib("secrets/vaultClient.ts")});
      await settled("vault", async () => (await makeVaultClient("https://contoso.vault.azure.net", env, async () => token)).getSecret("x"));
      const { signedInContainer } = await import(${lib("logStore/blobSignIn.ts")});
      const place = { serviceUrl: "https://contosologs.blob.core.windows.net", account: "contosologs", container: "logs", prefix: "" };
      const keys = { ...env, AZURE_STORAGE_ACCOUNT: "contosologs", AZURE_STORAGE_KEY: "a2V5" };
      await settled("storage", async () => (await signedInContainer(place, keys, "dev")).exists({ abortSignal: AbortSignal.timeout(2000) }));
      const { openInsightsClient } = await import(${lib("telemetry/insightsClient.ts")});
      await settled("telemetry", async () => {
        const client = await openInsightsClient({
          connectionString: "InstrumentationKey=11111111-2222-4333-8444-555555555555;IngestionEndpoint=https://westeurope.in.applicationinsights.azure.com/",
          timeoutMs: 2000, end: AbortSignal.timeout(4000), onLoss: () => {} });
        client.record({ at: Date.now(), operationId: "1".repeat(32) }, (sdk) => sdk.trackEvent({ name: "x" }));
        await client.flush();
      });
      report({});
      process.exit(0);`;
    const child = await runChild(script, {
      ...signIn,
      HTTPS_PROXY: "",
      HTTP_PROXY: "",
      NO_PROXY: "",
      https_proxy: proxy.url,
      NODE_EXTRA_CA_CERTS: proxy.caFile,
    });
    const asked = new Set(proxy.tunnels.slice(before));
    for (const host of hosts.slice(3)) assert.ok(asked.has(`${host}:443`), `${host} is missing\n${child.stderr}`);
  });

  it("Azure's libraries leave the proxy out where NO_PROXY names what a host lies below, and for this machine", async () => {
    const before = proxy.tunnels.length;
    const script = `
      const env = process.env;
      const token = { getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 1e6 }) };
      const { makeVaultClient } = await import(${lib("secrets/vaultClient.ts")});
      for (const url of ["https://contoso.vault.azure.net", "https://127.0.0.1:9", "https://localhost:9"])
        try { await (await makeVaultClient(url, env, async () => token)).getSecret("x"); } catch {}
      report({});
      process.exit(0);`;
    await runChild(script, { https_proxy: proxy.url, no_proxy: "azure.net", NODE_EXTRA_CA_CERTS: proxy.caFile });
    assert.deepEqual(proxy.tunnels.slice(before), []);
  });
});
