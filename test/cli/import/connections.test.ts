import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { stringify } from "yaml";
import { planImport } from "../../../cli/import/plan.ts";
import type { ImportPlan } from "../../../cli/import/plan.ts";
import { planReport } from "../../../cli/import/report.ts";
import { withWorkspaces } from "../../../cli/import/stackFile.ts";
import type { Target } from "../../../cli/import/target.ts";
import { known, knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import type { CheckpointResource } from "../../../lib/checkpoint/checkpoint.ts";
import { parseStackConfig } from "../../../lib/config/stackConfig.ts";
import { connectionEntry } from "../../../providers/kinds/connection/connectionEntry.ts";
import { kindKeys } from "../../../providers/kinds/kinds.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import type { LiveRun } from "../../../providers/run/liveRun.ts";

describe("the connection that Git of an imported workspace uses", () => {
  let emulator: Emulator;
  let run: LiveRun;
  beforeEach(async () => {
    emulator = await startEmulator();
    const transactionLog = join(mkdtempSync(join(tmpdir(), "fabric-connections-")), "log");
    const configuration = { stack: "dev", endpoint: emulator.url, features: {}, credential: "auto", transactionLog };
    run = await startRun(configuration, {
      FABRIC_ENDPOINT: emulator.url,
      FABRIC_RETRY_BASE_MS: "1",
      FABRIC_GRAPH_ENDPOINT: emulator.origin,
      FABRIC_ACCESS_TOKEN: tokenFor(known.deployer, tenantId, "fabric", Date.now()),
    });
  });
  afterEach(async () => {
    await run.close();
    await emulator.close();
  });

  async function call(path: string, body: object): Promise<{ id: string }> {
    const token = tokenFor(known.deployer, tenantId, "fabric", Date.now());
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(emulator.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return (await answer.json().catch(() => ({}))) as { id: string };
  }

  /** Makes a workspace whose Git uses a connection. */
  async function workspaceOn(displayName: string, connectionId: string): Promise<void> {
    const { id } = await call("/workspaces", { displayName, capacityId: known.activeCapacity });
    await call(`/workspaces/${id}/git/connect`, {
      gitProviderDetails: { ...knownBranch, repositoryName: "empty" },
      myGitCredentials: { source: "ConfiguredConnection", connectionId },
    });
    await call(`/workspaces/${id}/git/initializeConnection`, {});
  }

  /** Gives a connection of the seed other properties. */
  const change = (id: string, body: object) => {
    const { connections } = emulator.service;
    connections.change(id, { body: { ...connections.get(id)?.body, ...body } });
  };

  /** A stack as an import finds it. */
  function target(
    raw: Record<string, unknown> = {},
    resources: readonly CheckpointResource[] = [],
    text = stringify({ config: { "fabric:connections": raw["connections"] ?? [] } }),
  ): Target {
    const access = { projectRoot: "/project", stack: "dev", env: {} };
    const values = { workspaces: [], ...raw };
    const config = parseStackConfig(values, { ...access, kindKeys });
    const state = { version: 3, deployment: { resources } };
    return { access, file: "Pulumi.dev.yaml", text, raw: values, config, state };
  }
  const inState = (kind: string, name: string, id: string, outputs = {}): CheckpointResource => {
    const type = `pulumi-nodejs:dynamic/fabric:${kind}`;
    return { urn: `urn:pulumi:dev::fabric::${type}::${name}`, type, custom: true, id, outputs };
  };
  const planned = (to: Target = target()) => planImport(run, to, { workspaces: [], all: true });
  const gitOf = ({ workspaces }: ImportPlan) =>
    workspaces.map(({ described }) => {
      const { connection, connectionId } = described.entry["git"] as Record<string, unknown>;
      return connection ?? connectionId;
    });
  const entriesOf = ({ connections }: ImportPlan) => connections.added.map(({ entry }) => entry);
  const notesOf = ({ workspaces }: ImportPlan) =>
    workspaces
      .flatMap(({ described }) => described.notes)
      .filter((note) => !note.includes("that is the deploying identity"))
      .join("\n");

  it("The connection that Git of an imported workspace uses becomes one entry for all workspaces, adopted and without credentials, and Git names it", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    await workspaceOn("finance", known.gitHubConnection);
    await workspaceOn("stock", known.secondGitHubConnection);
    const plan = await planned();
    const type = "GitHubSourceControl";
    assert.deepEqual(entriesOf(plan), [
      { name: "contoso GitHub", type, adopt: true },
      { name: "contoso GitHub, second", type, adopt: true },
    ]);
    assert.deepEqual(gitOf(plan).sort(), ["contoso GitHub", "contoso GitHub", "contoso GitHub, second"]);
    assert.equal(notesOf(plan), "");
    const [first] = plan.connections.added;
    assert.deepEqual(first?.object, {
      kind: "Connection",
      name: "contoso GitHub",
      id: known.gitHubConnection,
      inputs: {
        displayName: "contoso GitHub",
        connectivityType: "ShareableCloud",
        type,
        privacyLevel: "Organizational",
        allowConnectionUsageInGateway: false,
      },
      outputs: {
        adopted: {
          displayName: "contoso GitHub",
          privacyLevel: "Organizational",
          allowConnectionUsageInGateway: false,
        },
        credentialsSent: false,
      },
    });
    const git = plan.workspaces[0]?.described.objects.find(({ kind }) => kind === "GitConnection");
    assert.equal(git?.inputs["connectionId"], known.gitHubConnection);
  });

  it("The connection that Git of an imported workspace uses is declared with all that the service shows and that is not so by default", async () => {
    change(known.gitHubConnection, {
      privacyLevel: "Private",
      allowConnectionUsageInGateway: true,
      allowUsageInUserControlledCode: true,
      gatewayId: known.gateway,
      credentialDetails: {
        credentialType: "Key",
        connectionEncryption: "Encrypted",
        singleSignOnType: "None",
        skipTestConnection: true,
      },
    });
    change(known.secondGitHubConnection, { connectivityType: "VirtualNetworkGateway", gatewayId: known.gateway });
    await workspaceOn("sales", known.gitHubConnection);
    await workspaceOn("stock", known.secondGitHubConnection);
    const plan = await planned();
    const type = "GitHubSourceControl";
    assert.deepEqual(entriesOf(plan), [
      {
        name: "contoso GitHub",
        type,
        privacyLevel: "Private",
        allowConnectionUsageInGateway: true,
        allowUsageInUserControlledCode: true,
        connectionEncryption: "Encrypted",
        skipTestConnection: true,
        adopt: true,
      },
      {
        name: "contoso GitHub, second",
        gateway: known.gateway,
        connectivityType: "VirtualNetworkGateway",
        type,
        adopt: true,
      },
    ]);
  });

  it("The connection that Git of an imported workspace uses is written before the workspaces, below the keys that are there, and shown by a dry run", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    const plan = await planned();
    const shown = planReport(plan, "Pulumi.dev.yaml");
    assert.match(shown, /at the end of fabric:connections:\n\n- name: contoso GitHub\n {2}type: GitHubSourceControl/);
    assert.match(shown, new RegExp(`Connection contoso GitHub \\(${known.gitHubConnection}\\)`));
    const entries = plan.workspaces.map(({ described }) => described.entry);
    const connections = entriesOf(plan).flatMap((entry) => entry ?? []);
    const written = withWorkspaces("config:\n  fabric:endpoint: emulator\n", entries, new Map(), connections);
    assert.match(
      written,
      /^config:\n {2}fabric:endpoint: emulator\n {2}fabric:connections:\n {4}- name: contoso GitHub\n {6}type: GitHubSourceControl\n {6}adopt: true\n {2}fabric:workspaces:\n {4}- name: sales\n/,
    );
    assert.match(written, /connection: contoso GitHub\n/);
    const begun = "config:\n  fabric:connections:\n  - name: vault # ours\n    type: X\n  fabric:protectData: false\n";
    const added = withWorkspaces(begun, entries, new Map(), connections);
    assert.match(
      added,
      /- name: vault # ours\n {4}type: X\n {2}- name: contoso GitHub\n.*\n {4}adopt: true\n {2}fabric:protectData/,
    );
    assert.throws(
      () => withWorkspaces("config:\n  fabric:connections: [{ name: a }]\n", entries, new Map(), connections),
      /fabric:connections .* block list: write one connection below the other/,
    );
  });

  for (const [what, body, why] of [
    [
      "runs through an on-premises gateway",
      { connectivityType: "OnPremisesGateway", gatewayId: known.gateway },
      /only Shareable/,
    ],
    ["belongs to one person and has no name", { connectivityType: "PersonalCloud", displayName: null }, /has no name/],
    ["belongs to one person", { connectivityType: "PersonalCloud" }, /connectivityType is PersonalCloud/],
    ["has no type", { connectionDetails: { path: "x" } }, /does not say its type/],
    ["has a space at the edge of its name", { displayName: "GitHub " }, /begins or ends with a space/],
    ["shares its name with another", { displayName: "contoso GitHub, SECOND" }, /others have its name/],
    ["has a privacy level that no configuration knows", { privacyLevel: "Secret" }, /cannot declare it: privacyLevel/],
    ["does not tell its gateway", { connectivityType: "VirtualNetworkGateway" }, /cannot declare it: gateway/],
  ] as const)
    it(`The connection that Git of an imported workspace uses keeps its id if it ${what}, with the reason`, async () => {
      change(known.gitHubConnection, body);
      await workspaceOn("sales", known.gitHubConnection);
      const plan = await planned();
      assert.deepEqual(entriesOf(plan), []);
      assert.deepEqual(gitOf(plan), [known.gitHubConnection]);
      assert.match(notesOf(plan), /^connection .*: Git uses it by its id, because /);
      assert.match(notesOf(plan), why);
      const git = plan.workspaces[0]?.described.objects.find(({ kind }) => kind === "GitConnection");
      assert.equal(git?.inputs["connectionId"], undefined, "the configuration has it");
    });

  for (const [what, route, status] of [
    ["is hidden", "/connections/", 403],
    ["is not found", "/connections/", 404],
    ["is not listed", "/connections", 403],
    ["cannot be read", "/connections/", 500],
  ] as const)
    it(`The connection that Git of an imported workspace uses keeps its id if it ${what}, and the import goes on`, async () => {
      await workspaceOn("sales", known.gitHubConnection);
      const errorCode = status === 500 ? "InternalError" : "EntityNotFound";
      emulator.faults([{ method: "GET", route, status, errorCode, times: "forever" }]);
      const plan = await planned();
      emulator.faults([]);
      assert.deepEqual([entriesOf(plan), gitOf(plan)], [[], [known.gitHubConnection]]);
      assert.match(notesOf(plan), status === 500 ? /could not be read: .*InternalError/ : /does not see it\. Share it/);
    });

  it("The connection that Git of an imported workspace uses keeps its id if only others have a role in it", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    const { connectionRoles } = emulator.service;
    const id = `${known.gitHubConnection}/${known.alice}`;
    connectionRoles.put({
      id,
      ownerId: known.gitHubConnection,
      principalId: known.alice,
      type: "User",
      role: "Owner",
    });
    const plan = await planned();
    assert.deepEqual([entriesOf(plan), gitOf(plan)], [[], [known.gitHubConnection]]);
    assert.match(notesOf(plan), /does not see it/);
  });

  it("The connection that Git of an imported workspace uses goes by the name that the stack has for it, of its connections or references", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    await workspaceOn("stock", known.secondGitHubConnection);
    const connections = [{ name: "Code", displayName: "other name", type: "GitHubSourceControl", adopt: true }];
    const references = [{ name: "theirs", connection: "contoso GitHub, second" }];
    const to = target({ connections, references }, [
      inState("Connection", "Code", known.gitHubConnection.toUpperCase()),
      inState("Reference", "theirs", "theirs", { targetId: known.secondGitHubConnection }),
    ]);
    const begun = emulator.requests().length;
    const plan = await planned(to);
    assert.deepEqual([entriesOf(plan), gitOf(plan).sort()], [[], ["Code", "theirs"]]);
    const reads = emulator.requests().slice(begun);
    assert.ok(!reads.some(({ path }) => path.includes("/connections")), "nothing needs to be read");
  });

  it("The connection that Git of an imported workspace uses gets a key that nothing else has, and none with what separates the parts of keys", async () => {
    change(known.secondGitHubConnection, { displayName: "a/b::c" });
    await workspaceOn("sales", known.gitHubConnection);
    await workspaceOn("stock", known.secondGitHubConnection);
    const connections = [{ name: "Contoso GitHub", displayName: "x", type: "SQL", adopt: true }];
    const references = [{ name: "contoso GitHub-2", connection: "y" }];
    const gone = inState("Connection", "a-b-c", "00000000-0000-4000-8000-000000000001");
    const plan = await planned(target({ connections, references }, [gone]));
    assert.deepEqual(
      entriesOf(plan).map((entry) => [entry?.name, entry?.["displayName"]]),
      [
        ["contoso GitHub-3", "contoso GitHub"],
        ["a-b-c-2", "a/b::c"],
      ],
    );
    assert.deepEqual(gitOf(plan).sort(), ["a-b-c-2", "contoso GitHub-3"]);
  });

  it("The connection that Git of an imported workspace uses keeps its id if the file has no list to add to, because a new list would hide the one that counts", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    const connections = [{ name: "vault", type: "AzureKeyVault", adopt: true }];
    const texts = [
      "config:\n  fabric:workspaces: []\n",
      "",
      "config:\n  fabric:connections: [{ name: vault, type: AzureKeyVault, adopt: true }]\n",
      `config:\n  fabric:connections: '${JSON.stringify(connections)}'\n`,
    ];
    for (const text of texts) {
      const plan = await planned(target({ connections }, [], text));
      assert.deepEqual([entriesOf(plan), gitOf(plan)], [[], [known.gitHubConnection]], text);
      assert.match(notesOf(plan), /no block list of the stack's file/);
    }
    for (const text of ["", "config:\n", "config:\n  fabric:connections:\n", "config:\n  fabric:connections: []\n"])
      assert.deepEqual(gitOf(await planned(target({}, [], text))), ["contoso GitHub"], text);
  });

  it("The connection that Git of an imported workspace uses keeps its id if the stack has another of its name", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    const connections = [{ name: "code", displayName: "contoso GitHub", type: "GitHubSourceControl", adopt: true }];
    const other = inState("Connection", "code", "00000000-0000-4000-8000-000000000001");
    const plan = await planned(target({ connections }, [other]));
    assert.deepEqual([entriesOf(plan), gitOf(plan)], [[], [known.gitHubConnection]]);
    assert.match(notesOf(plan), /connections declares another of its name as code/);
  });

  it("The connection that Git of an imported workspace uses takes the entry that is declared to adopt it and was never deployed, and no other", async () => {
    await workspaceOn("sales", known.gitHubConnection);
    const waiting = { name: "code", displayName: "Contoso GitHub", type: "githubsourcecontrol", adopt: true };
    const plan = await planned(target({ connections: [waiting] }));
    assert.deepEqual([entriesOf(plan), gitOf(plan)], [[undefined], ["code"]]);
    assert.equal(plan.connections.added[0]?.object.name, "code");

    const credentials = { credentialType: "Key", secret: "PAT" };
    for (const other of [
      { ...waiting, adopt: false, credentials },
      { ...waiting, type: "SQL" },
    ]) {
      const kept = await planned(target({ connections: [other] }));
      assert.deepEqual([entriesOf(kept), gitOf(kept)], [[], [known.gitHubConnection]]);
      assert.match(notesOf(kept), /connections declares it as code.*Deploy, then set git\.connection: code/);
    }
    const referenced = await planned(target({ references: [{ name: "theirs", connection: "CONTOSO github" }] }));
    assert.deepEqual([entriesOf(referenced), gitOf(referenced)], [[], [known.gitHubConnection]]);
    assert.match(notesOf(referenced), /references declares it as theirs/);
    const left = await planned(target({}, [inState("Connection", "code", known.gitHubConnection)]));
    assert.deepEqual([entriesOf(left), gitOf(left)], [[], [known.gitHubConnection]]);
    assert.match(notesOf(left), /does not declare it any more/);
  });
});

describe("the entry of a connection", () => {
  it("The entry of a connection says what its objects are made of, without what is so by default", () => {
    const declared = [
      { name: "sales-lake", type: "AzureDataLakeStorage", parameters: { path: "/raw" }, adopt: true },
      { name: "a", displayName: "b", type: "SQL", privacyLevel: "Private", skipTestConnection: true, adopt: true },
    ];
    assert.deepEqual(connectionEntry.describe(connectionEntry.declare(declared)), declared);
    assert.equal(connectionEntry.describe([]), undefined);
  });
});
