import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { InsightsSink } from "../doubles/insightsSink.ts";
import { startVaultAndSignIn } from "../doubles/vaultAndSignIn.ts";
import { EngineStack } from "./harness/engineStack.ts";

/*
 * The whole life of a deployment with secrets that would be recognised anywhere, and then a look everywhere: state, history
 * and backups of the backend, transaction log, kept checkpoints and definitions, the emulator's objects and requests, what
 * the commands printed, the engine's event logs, the logs that the CLI keeps, and what telemetry was sent.
 */

const canaries = {
  FABRIC_ACCESS_TOKEN: "canary-access-token-5b2f",
  AZURE_CLIENT_SECRET: "canary-client-secret-91c7",
  AZURE_STORAGE_CONNECTION_STRING: "AccountName=canarystorage;AccountKey=canary-storage-key-44d0",
  PULUMI_CONFIG_PASSPHRASE: "canary-passphrase-7e1a",
};
/** Part of the connection string in the vault, and of nothing that is sent. */
const inVault = "canary-of-the-vault-c3e9";
/** Versions of a connection's secret. */
const ofConnection = [
  "canary-connection-one-0a1b",
  "canary-connection-two-2c3d",
  "canary-connection-three-4e5f",
] as const;
/** A variable that content takes. The service holds it, and nobody else. */
const ofContent = "canary-of-content-8d7e";
/** Secrets of connections of the other types of credentials, by their names in the vault. */
const ofOthers = {
  "sales-key": "canary-account-key-1f2e",
  "sales-token": "canary-shared-access-3d4c",
  "sales-client": "canary-application-5b6a",
  "sales-private-key": "canary-private-key-7988",
  "sales-passphrase": "canary-key-passphrase-9a0b",
};
const secrets = [
  ...Object.values(canaries),
  "canary-storage-key-44d0",
  inVault,
  ...ofConnection,
  ...Object.values(ofOthers),
];
/** Whatever looks like a signed token. */
const signedToken = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/;

const features = {
  useKeyVault: true,
  useRetryLogic: true,
  useTelemetry: true,
  useRollback: true,
  useCircuitBreaker: true,
};
const quick = ["--yes", "--skip-preview"];
const workspace = {
  name: "sales",
  displayName: "sales-test",
  capacity: "local",
  users: [{ principal: "alice@contoso.com", role: "Member" }],
  items: [{ name: "flow", type: "DataPipeline", displayName: "flow" }],
};

const connections = [
  {
    name: "sales-sql",
    type: "SQL",
    parameters: { server: "sales.database.windows.net" },
    credentials: { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" },
  },
  {
    name: "sales-blobs",
    type: "AzureBlobs",
    parameters: { account: "sales", domain: "blob.core.windows.net" },
    credentials: { credentialType: "Key", secret: "SALES_KEY" },
  },
  {
    name: "sales-lake",
    type: "AzureDataLakeStorage",
    parameters: { server: "https://sales.dfs.core.windows.net", path: "raw" },
    credentials: { credentialType: "SharedAccessSignature", secret: "SALES_TOKEN" },
  },
  {
    name: "sales-warehouse",
    type: "SQL",
    parameters: { server: "warehouse.database.windows.net" },
    credentials: {
      credentialType: "ServicePrincipal",
      tenantId: "11111111-2222-4333-8444-555555555555",
      servicePrincipalClientId: "22222222-3333-4444-8555-666666666666",
      secret: "SALES_CLIENT",
    },
  },
  {
    name: "sales-snowflake",
    type: "Snowflake",
    parameters: { server: "sales.snowflakecomputing.com", warehouse: "loading" },
    credentials: {
      credentialType: "KeyPair",
      identifier: "LOADER",
      secret: "SALES_PRIVATE_KEY",
      passphraseSecret: "SALES_PASSPHRASE",
    },
  },
];

/** A notebook with a value from the environment. */
const rules = {
  find_replace: [{ find_value: "dev-host", replace_value: { _ALL_: "$ENV:SQL_HOST" }, item_type: "Notebook" }],
};
function writeNotebook(folder: string, comment: string): void {
  const path = join(folder, "content", "load.Notebook");
  mkdirSync(path, { recursive: true });
  writeFileSync(
    join(path, ".platform"),
    JSON.stringify({ metadata: { type: "Notebook", displayName: "load" }, config: { version: "2.0" } }),
  );
  writeFileSync(join(path, "notebook-content.py"), `# Fabric notebook source\n\n# ${comment}\nhost = "dev-host"\n`);
}

/** Payloads of kept definitions, decoded. */
const payloadsIn = (text: string) =>
  [...text.matchAll(/"payload":\s*"([^"]+)"/g)].map(([, payload = ""]) => Buffer.from(payload, "base64").toString());

/** How compressed files are unpacked: kept definitions and logs by gzip, states by zstd. */
const unpack: Readonly<Record<string, (content: Buffer) => Buffer>> = { ".gz": gunzipSync, ".zst": zstdDecompressSync };

/**
 * The logs that the CLI has kept of its commands, as text. It compresses one until it knows the stack's secrets, and encrypts
 * one from then on.
 */
async function logsOfTheCli(stack: EngineStack): Promise<[string, string][]> {
  const folder = join(stack.folder, "home", "logs");
  const logs: [string, string][] = [];
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name));
    const isEncrypted = content.subarray(0, 4).toString() === "PLOG";
    const text = isEncrypted
      ? (await stack.run(["logs", "decrypt", join(folder, name)])).text
      : gunzipSync(content).toString();
    logs.push([name, text]);
  }
  return logs;
}

/** All files below a folder, as text; compressed ones unpacked. */
function filesBelow(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const content = readFileSync(join(parentPath, name));
      const text = (unpack[extname(name)]?.(content) ?? content).toString();
      return [join(parentPath, name), [text, ...payloadsIn(text)].join("\n")];
    });
}

describe("secrets of a deployment", () => {
  it("Secrets of a deployment are nowhere after create, update, failure, rollback and destroy", async () => {
    await using sink = await InsightsSink.start();
    const azure = await startVaultAndSignIn();
    await using _azure = { [Symbol.asyncDispose]: azure.close };
    azure.vault.put("applicationinsights-connection-string", `${sink.connectionString};Note=${inVault}`);
    const authorities = join(mkdtempSync(join(tmpdir(), "fabric-ca-")), "ca.pem");
    const trusted = [sink.env["NODE_EXTRA_CA_CERTS"], azure.env["NODE_EXTRA_CA_CERTS"]];
    writeFileSync(authorities, trusted.map((file) => readFileSync(file ?? assert.fail(), "utf8")).join("\n"));
    const { FABRIC_ACCESS_TOKEN, ...always } = canaries;
    await using stack = await EngineStack.start({
      env: {
        ...azure.env,
        ...always,
        NODE_EXTRA_CA_CERTS: authorities,
        KEY_VAULT_URL: azure.vault.url,
        SQL_HOST: ofContent,
      },
    });
    const endpoint = "https://api.fabric.microsoft.com/v1";
    const printed: [string, string][] = [];
    const note = (what: string, { code, text }: { code: number; text: string }, wanted: number) => {
      printed.push([what, text]);
      assert.equal(code, wanted, `${what}:\n${text}`);
    };
    const configure = (workspaces: object[]) =>
      stack.configure({
        ...{ endpoint, features, workspaces, connections },
        ...{ environmentVariables: ["SQL_HOST"], values: rules },
      });
    const sent = () =>
      stack.emulator.service.connections.all().find(({ body }) => body["displayName"] === "sales-sql")?.credentials;
    azure.vault.put("sales-sql-password", ofConnection[0]);
    for (const [name, secret] of Object.entries(ofOthers)) azure.vault.put(name, secret);

    const withNotebook = { ...workspace, items: [...workspace.items, { from: "content" }] };
    writeNotebook(stack.folder, "first");
    configure([withNotebook]);
    note("create, as a service principal", await stack.command("cli/up.ts", quick), 0);
    writeNotebook(stack.folder, "second");
    configure([{ ...withNotebook, description: "after" }]);
    const first = sent();
    const withSecret = stack.emulator.service.connections.all().filter(({ credentials }) => credentials !== undefined);
    assert.equal(withSecret.length, connections.length, "the service has the secret of each connection");
    azure.vault.put("sales-sql-password", ofConnection[1]);
    note("update, by a ready token", await stack.command("cli/up.ts", quick, { FABRIC_ACCESS_TOKEN }), 0);
    const second = sent();
    assert.notEqual(second, first, "the new version of the secret was not sent");
    azure.vault.put("sales-sql-password", ofConnection[2]);
    const last = { name: "last", type: "Notebook", displayName: "last" };
    configure([{ ...workspace, description: "third", users: [], items: [last] }]);
    stack.emulator.faults([
      {
        method: "POST",
        route: "/workspaces/{workspaceId}/items",
        status: 400,
        errorCode: "CorruptedPayload",
        delayMs: 500,
      },
    ]);
    note("failure and rollback", await stack.command("cli/up.ts", quick), 1);
    assert.match(printed.at(-1)?.[1] ?? "", /fully rolled back/);
    const patched = stack.emulator
      .requests()
      .filter(({ method, route }) => method === "PATCH" && /connections/.test(route));
    assert.deepEqual(
      [patched.length, sent()],
      [3, second],
      "sent, sent again, and given back in the version from before",
    );
    stack.emulator.faults([
      { method: "GET", route: "/workspaces", status: 401, errorCode: "Unauthorized", times: "forever" },
    ]);
    configure([workspace, { name: "other" }]);
    note("a sign-in that is refused", await stack.command("cli/up.ts", quick, { FABRIC_ACCESS_TOKEN }), 1);
    stack.emulator.faults([]);
    configure([workspace]);
    note("preview", await stack.preview(), 0);
    note("refresh", await stack.refresh(), 0);
    note("destroy", await stack.destroy(), 0);

    assert.ok(azure.entra.requests.length > 0, "nobody signed in by the client secret");
    assert.ok(azure.vault.requests.length > 0, "nobody asked the vault");
    assert.ok(sink.envelopes.length > 50, "no telemetry arrived at the address that only the vault knows");
    const told = new Set(sink.of("EventData").map(({ data }) => data.baseData.name));
    for (const event of ["Started", "Success", "Failed"]) assert.ok(told.has(`Deployment${event}`), event);
    for (const event of ["Started", "Completed"]) assert.ok(told.has(`Rollback${event}`), event);
    const kept = await logsOfTheCli(stack);
    const ofDeployments = kept.filter(([, text]) => text.includes("fabric:FabricWorkspace"));
    assert.ok(ofDeployments.length > 5, "the logs that the CLI keeps were not read");
    const places: [string, string][] = [
      ...printed,
      ...kept,
      // state, its history and backups; transaction log, checkpoints and definitions; event logs; configuration
      ...["state", ".fabric"].flatMap((folder) => filesBelow(join(stack.folder, folder))),
      ...readdirSync(stack.folder)
        .filter((name) => name.startsWith("events-") || name.endsWith(".yaml"))
        .map((name): [string, string] => [name, readFileSync(join(stack.folder, name), "utf8")]),
      ["objects of the emulator", JSON.stringify(stack.emulator.state())],
      ["requests to the emulator", JSON.stringify(stack.emulator.requests())],
      ["telemetry", JSON.stringify(sink.envelopes)],
    ];
    const found = places.flatMap(([place, text]) => [
      // the service's own copy of the content has the value, encoded
      ...[...secrets, ofContent].filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${place}`),
      ...(signedToken.test(text) ? [`a signed token in ${place}`] : []),
    ]);
    console.log(`${places.length} places searched for ${secrets.length} secrets: ${found.length} hits`);
    assert.deepEqual(found, []);
    assert.ok(
      places.some(([place, text]) => place.endsWith(".json.gz") && text.includes("$ENV:SQL_HOST")),
      "no kept definition names the variable",
    );
    assert.ok(places.length > 30, "there was hardly anything to search");
  });
});
