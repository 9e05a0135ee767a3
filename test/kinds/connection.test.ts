import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectionTypes } from "../../emulator/families/connectionTypes.ts";
import { known } from "../../emulator/core/defaultSeed.ts";
import { versionOfSecret } from "../../lib/secrets/secretVersion.ts";
import { detailsOf, typeProblems } from "../../providers/kinds/connection/connectionTypes.ts";
import type { ConnectionType } from "../../providers/kinds/connection/connectionTypes.ts";
import { credentialsSchema, resolveCredentials } from "../../providers/kinds/connection/credentials.ts";
import { check, diff } from "../../providers/engine/resourceKind.ts";
import { connection } from "../../providers/kinds/connection/connection.ts";
import { reference } from "../../providers/kinds/reference/reference.ts";
import type { ResourceKind } from "../../providers/engine/resourceKind.ts";
import { Bench, CONNECTION_SECRET, deployed } from "./providerBench.ts";
import type { Properties } from "./providerBench.ts";

const types = connectionTypes as unknown as readonly ConnectionType[];
const sql = { displayName: "sales-sql", type: "SQL", parameters: { server: "sales.database.windows.net" } };
const basic = { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" } as const;
const checked = (kind: unknown, inputs: Properties) => check(kind as ResourceKind, {}, inputs).inputs;

describe("a connection", () => {
  it("A connection is checked against its type, with all problems at once and the nearest name", () => {
    assert.deepEqual(typeProblems(types, { type: "SLQ" }), ["The service supports no type SLQ; did you mean SQL?"]);
    const given = {
      type: "ApacheHive",
      parameters: { server: "s", thriftTransport: 3, databse: "d" },
      credentialType: "Key",
      connectionEncryption: "Any",
      skipTestConnection: true,
    };
    const problems = typeProblems(types, given).join("\n");
    for (const part of [
      /needs the parameter database/,
      /thriftTransport must be 1 or 2/,
      /no parameter databse; did you mean database\?/,
      /credentialType Key is not supported; supported is Basic/,
      /connectionEncryption Any is not supported; supported are NotEncrypted and Encrypted/,
      /does not support skipTestConnection/,
    ])
      assert.match(problems, part);
    const right = { type: "apachehive", parameters: { Server: "s", database: "d", thriftTransport: "2" } };
    assert.deepEqual(typeProblems(types, right), []);
    assert.deepEqual(detailsOf(types, right), {
      type: "ApacheHive",
      creationMethod: "ApacheHiveLLAP.Database",
      parameters: [
        { name: "server", dataType: "Text", value: "s" },
        { name: "database", dataType: "Text", value: "d" },
        { name: "thriftTransport", dataType: "Number", value: 2 },
      ],
    });
  });

  it("A connection of a wrong type, or with a secret that is nowhere, is not made, and the error says why without any value", async () => {
    await using bench = await Bench.start();
    const process = await bench.process(connection);
    const create = (more: Properties) => process.create(checked(connection, { ...sql, credentials: basic, ...more }));
    await assert.rejects(
      create({ parameters: { sever: "s" } }),
      /no parameter sever; did you mean server\?.* Nothing was made/,
    );
    const nowhere = { ...basic, secret: "NO_SUCH_SECRET" };
    await assert.rejects(
      create({ credentials: nowhere }),
      /secret NO_SUCH_SECRET is in none of Key Vault .*npm run secret/,
    );
    await assert.rejects(create({ secretVersion: "hash:AAAAAAAAAAAAAAAAAAAAAA" }), /not in that version/);
    assert.ok(!bench.emulator.requests().some(({ method }) => method === "POST"));
  });

  it("A connection's refusal never repeats its secret, in whatever words the service puts it", async () => {
    await using bench = await Bench.start();
    const process = await bench.process(connection);
    const words = `The value '${CONNECTION_SECRET}' is too short`;
    bench.emulator.faults([
      { method: "POST", route: "/connections", status: 400, errorCode: "IncorrectCredentials", message: words },
    ]);
    await assert.rejects(
      process.create(checked(connection, { ...sql, credentials: basic })),
      (error: Error) =>
        error.message.includes("'[redacted]' is too short") && !error.message.includes(CONNECTION_SECRET),
    );
    const log = JSON.stringify(await bench.logs().logs());
    assert.ok(log.includes("IncorrectCredentials") && !log.includes(CONNECTION_SECRET));
  });

  it("A connection is adopted only if its name means one, of the declared type, and then keeps its credentials", async () => {
    await using bench = await Bench.start();
    const { connections } = bench.emulator.service;
    const put = (id: string, type: string) =>
      connections.put({
        id,
        body: { id, displayName: "sales-sql", connectionDetails: { type } },
        credentials: "theirs",
      });
    const process = await bench.process(connection);
    const adopt = () => process.create(checked(connection, { ...sql, credentials: basic, adopt: true }));
    put("c1", "Web");
    await assert.rejects(adopt(), /\(c1\) is of type Web, and SQL is declared/);
    put("c1", "SQL");
    put("c2", "SQL");
    await using other = await Bench.start();
    for (const id of ["c1", "c2"])
      other.emulator.service.connections.put({
        id,
        body: { id, displayName: "sales-sql", connectionDetails: { type: "SQL" } },
      });
    const otherProcess = await other.process(connection);
    await assert.rejects(
      otherProcess.create(checked(connection, { ...sql, credentials: basic, adopt: true })),
      /Two connections have the name 'sales-sql' \(c1, c2\)/,
    );
    connections.delete("c2");
    await using own = await Bench.start();
    own.emulator.service.connections.put({
      id: "c1",
      body: {
        id: "c1",
        displayName: "sales-sql",
        connectivityType: "ShareableCloud",
        connectionDetails: { type: "SQL" },
      },
      credentials: "theirs",
    });
    const adopting = await own.process(connection);
    const made = await adopting.create(checked(connection, { ...sql, credentials: basic, adopt: true }));
    assert.equal(made.id, "c1");
    assert.equal(own.emulator.service.connections.get("c1")?.credentials, "theirs");
  });

  it("A connection stays as it is when its type is declared in another case than the service's", async () => {
    await using bench = await Bench.start();
    const process = await bench.process(connection);
    const inputs = checked(connection, { ...sql, type: "sql", credentials: basic });
    const { id, outs } = await process.create(inputs);
    const { props = {} } = await process.read(id ?? "", outs);
    const again = check(connection, props, inputs).inputs;
    assert.deepEqual(diff(connection as unknown as ResourceKind, props, again), { replaces: [] });
  });

  it("A connection to adopt that nobody sees is not made without credentials, and the error says so", async () => {
    await using bench = await Bench.start();
    const process = await bench.process(connection);
    const create = (more: Properties) => process.create(checked(connection, { ...sql, ...more }));
    await assert.rejects(create({ adopt: true }), /no connection of that name is shared with the deploying identity/);
    await assert.rejects(create({}), /declare credentials, or adopt: true/);
  });
});

describe("credentials of a connection", () => {
  const run = (secrets: Record<string, { value: string; version?: string }[]>) => ({
    secret: (name: string, version?: string) => {
      const all = secrets[name] ?? [];
      const found = version === undefined ? all.at(-1) : all.find((one) => one.version === version);
      return Promise.resolve(found && { ...found, source: "Key Vault" as const });
    },
  });

  it("Credentials of a connection get each secret under the service's name for it, or a reference to a Key Vault", async () => {
    const secrets = run({ A: [{ value: "a" }], B: [{ value: "b" }] });
    const ids = { tenantId: known.alice, servicePrincipalClientId: known.bob };
    const vault = { connectionId: "c", secretName: "s" };
    for (const [given, body] of [
      [{ credentialType: "Anonymous" }, {}],
      [{ credentialType: "WorkspaceIdentity" }, {}],
      [
        { ...basic, secret: "A" },
        { username: "loader", password: "a" },
      ],
      [{ credentialType: "Key", secret: "A" }, { key: "a" }],
      [{ credentialType: "SharedAccessSignature", secret: "A" }, { token: "a" }],
      [
        { credentialType: "ServicePrincipal", ...ids, secret: "A" },
        { ...ids, servicePrincipalSecret: "a" },
      ],
      [
        { credentialType: "KeyPair", identifier: "i", secret: "A", passphraseSecret: "B" },
        { identifier: "i", privateKey: "a", passphrase: "b" },
      ],
      [
        { credentialType: "Basic", username: "u", keyVault: vault },
        { username: "u", passwordReference: vault },
      ],
      [{ credentialType: "Key", keyVault: vault }, { keyReference: vault }],
      [{ credentialType: "SharedAccessSignature", keyVault: vault }, { tokenReference: vault }],
      [
        { credentialType: "ServicePrincipal", ...ids, keyVault: vault },
        { ...ids, servicePrincipalSecretReference: vault },
      ],
    ] as const) {
      const credentials = credentialsSchema.parse(given);
      const resolved = await resolveCredentials(secrets, credentials, undefined);
      assert.deepEqual("body" in resolved && resolved.body, { credentialType: given.credentialType, ...body });
    }
  });

  it("Credentials of a connection are sent in the version that is declared, or not at all", async () => {
    const secrets = run({
      A: [
        { value: "old", version: "v1" },
        { value: "new", version: "v2" },
      ],
      B: [{ value: "local" }],
    });
    const passwordIn = async (secret: string, version?: string) => {
      const resolved = await resolveCredentials(secrets, { ...basic, secret }, version);
      return "body" in resolved ? resolved.body["password"] : undefined;
    };
    assert.equal(await passwordIn("A"), "new");
    assert.equal(await passwordIn("A", "version:v1"), "old");
    assert.equal(await passwordIn("A", "version:v0"), undefined);
    assert.equal(await passwordIn("B", versionOfSecret("B", { value: "local" })), "local");
    assert.equal(await passwordIn("B", versionOfSecret("B", { value: "former" })), undefined);
    assert.equal(
      await passwordIn("b", versionOfSecret("b", { value: "local" })),
      undefined,
      "another spelling is not in this double",
    );
  });

  it("Credentials of a connection are refused with a value in the place of a name, with the deployment's own sign-in, and with both or no source", () => {
    const messageOf = (given: object) =>
      credentialsSchema
        .safeParse(given)
        .error?.issues.map(({ message }) => message)
        .join("; ");
    assert.match(messageOf({ ...basic, secret: "P@ssw0rd!" }) ?? "", /name of a secret, never its value/);
    for (const secret of [
      "AZURE_CLIENT_SECRET",
      "pulumi-access-token",
      "GITHUB_TOKEN",
      "FABRIC_ACCESS_TOKEN",
      "SYSTEM_ACCESSTOKEN",
    ])
      assert.match(messageOf({ ...basic, secret }) ?? "", /names a sign-in of the deployment itself/, secret);
    const { secret: _secret, ...none } = basic;
    assert.match(messageOf(none) ?? "", /required: secret or keyVault/);
    const vault = { connectionId: "c", secretName: "s" };
    assert.match(messageOf({ ...basic, keyVault: vault }) ?? "", /either secret or keyVault/);
    assert.match(messageOf({ credentialType: "OAuth2" }) ?? "", /\S/);
  });
});

describe("a role", () => {
  const role = (principal: string, type?: string) => ({ principal, ...(type && { type }), role: "Viewer" });

  it("A role is given to a group and a service principal by display name, and to an application by its id", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
    const app = "22222222-3333-4444-8555-666666666666";
    bench.emulator.service.principals.put({
      id: "sp2",
      type: "ServicePrincipal",
      displayName: "loader",
      aadAppId: app,
    });
    for (const [given, id] of [
      [role("analysts", "Group"), known.analysts],
      [role(`applicationId=${app}`), "sp2"],
    ] as const) {
      const { olds } = await deployed(bench, "workspaceUser", { workspaceId, ...given });
      assert.equal(olds["principalId"], id);
    }
    const { connections, connectionRoles } = bench.emulator.service;
    connections.put({ id: "c1", body: { id: "c1", displayName: "shared" } });
    await deployed(bench, "connectionRole", {
      connectionId: "c1",
      principal: "fabric-deployer",
      type: "ServicePrincipal",
      role: "User",
    });
    assert.deepEqual(
      connectionRoles.all().map(({ principalId }) => principalId),
      [known.deployer],
    );
  });

  it("A role for a name that two have is refused with both ids, for a name that nobody has too, and a guest's address is told as it is spelled", async () => {
    await using bench = await Bench.start();
    const { principals } = bench.emulator.service;
    principals.put({ id: "g2", type: "Group", displayName: "Analysts" });
    const guest = "dora_gmail.com#EXT#@contoso.onmicrosoft.com";
    principals.put({ id: "u9", type: "User", displayName: "Dora", userPrincipalName: guest, mail: "dora@gmail.com" });
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
    const give = (given: Properties) => deployed(bench, "workspaceUser", { workspaceId, ...given });
    await assert.rejects(
      give(role("Analysts", "Group")),
      new RegExp(`more than one group 'Analysts': ${known.analysts}, g2`),
    );
    await assert.rejects(
      give(role("O'Neill", "Group")),
      /Microsoft Graph knows no group 'O'Neill'\. Check the spelling/,
    );
    await assert.rejects(
      give(role("dora@gmail.com")),
      /is the address of a guest\. Declare the guest as dora_gmail\.com#EXT#@/,
    );
  });

  it("A role of a principal that was made a moment ago is waited for, and one of a wrong object id is not", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales" });
    const process = await bench.process("workspaceUser", {}, { isPatient: false });
    const refused = {
      method: "POST",
      route: "/workspaces/{workspaceId}/roleAssignments",
      status: 400,
      errorCode: "PrincipalNotFound",
    } as const;
    bench.emulator.faults([{ ...refused, times: 3 }]);
    const made = await process.create({ workspaceId, ...role("Analysts", "Group") });
    assert.equal(made.id, `${workspaceId}/${known.analysts}`);
    bench.emulator.faults([]);
    const begun = bench.emulator.requests().length;
    await assert.rejects(
      process.create({ workspaceId, ...role("99999999-9999-4999-8999-999999999999", "Group") }),
      /PrincipalNotFound/,
    );
    const posts = bench.emulator
      .requests()
      .slice(begun)
      .filter(({ method }) => method === "POST");
    assert.equal(posts.length, 1);
  });

  it("A role in a connection of a principal that was made a moment ago is waited for, whatever words the service has for that", async () => {
    await using bench = await Bench.start();
    const { connections } = bench.emulator.service;
    connections.put({ id: "c1", body: { id: "c1", displayName: "shared", connectivityType: "ShareableCloud" } });
    const process = await bench.process("connectionRole", {}, { isPatient: false });
    const principals = [
      { principal: "Analysts", type: "Group", role: "User" },
      { principal: "applicationId=11111111-1111-4111-8111-000000000002", type: "ServicePrincipal", role: "User" },
    ];
    for (const [at, errorCode] of ["UnknownError", "PrincipalNotFound"].entries()) {
      bench.emulator.faults([{ method: "POST", route: "/roleAssignments", status: 400, errorCode, times: 3 }]);
      const made = await process.create({ connectionId: "c1", ...principals[at] });
      assert.match(made.id ?? "", /^c1\/11111111-/);
    }
  });
});

describe("a reference", () => {
  it("A reference to a name that two have is refused with both ids, and one to nothing says what to check", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "shared" });
    const { items } = bench.emulator.service;
    for (const type of ["Lakehouse", "Notebook"])
      items.put({ id: `gold-${type}`, workspaceId, type, displayName: "gold", description: "" });
    const process = await bench.process(reference as unknown as ResourceKind);
    const look = (given: Properties) => process.create({ name: "r", ...given });
    await assert.rejects(
      look({ workspace: "shared", item: "gold" }),
      /more than one item 'gold' in workspace 'shared' \(Lakehouse gold-Lakehouse, Notebook gold-Notebook\)/,
    );
    const found = await look({ workspace: workspaceId, item: "GOLD", type: "lakehouse" });
    assert.deepEqual([found.id, (found.outs as Properties)["targetId"]], ["r", "gold-Lakehouse"]);
    await assert.rejects(
      look({ gateway: "nobody's" }),
      /there is no gateway 'nobody's' that the deploying identity can see/,
    );
  });
});
