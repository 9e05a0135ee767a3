import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../emulator/emulator.ts";
import type { Emulator } from "../../emulator/emulator.ts";
import { runCompleteDeployment } from "../../examples/completeDeployment.ts";
import { getApiCredentials } from "../../examples/gradualKeyVault.ts";
import { deployWorkspace } from "../../examples/workspaceWithTransaction.ts";
import type { Services } from "../../examples/fabricOperations.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { SecretManager } from "../../lib/secretManager.ts";
import { TelemetryLogger } from "../../lib/telemetryLogger.ts";

/** A telemetry logger that remembers instead of sending. */
class RememberingTelemetry extends TelemetryLogger {
  readonly events: string[] = [];
  readonly exceptions: string[] = [];
  constructor() {
    super({ flags: FeatureFlags.load({}, {}), env: {} });
  }
  override trackEvent(name: string): void {
    this.events.push(name);
  }
  override trackException(error: unknown): void {
    this.exceptions.push(error instanceof Error ? error.message : String(error));
  }
}

describe("the examples", () => {
  let emulator: Emulator;
  let services: Services & { telemetry: RememberingTelemetry };
  const workspaces = () => emulator.service.workspaces.all();

  before(async () => {
    emulator = await startEmulator();
  });
  beforeEach(() => {
    emulator.reset();
    const tokens = { name: "test", token: () => Promise.resolve("token") };
    const flags = FeatureFlags.load({ useRetryLogic: true }, {});
    const fabric = new FabricClient({ endpoint: emulator.url, tokens, flags, env: { FABRIC_RETRY_BASE_MS: "1" } });
    services = { fabric, telemetry: new RememberingTelemetry() };
  });
  after(() => emulator.close());

  const config = {
    workspaceName: "sales-analytics",
    capacityId: known.activeCapacity,
    users: [{ id: known.alice, type: "User", role: "Member" }],
    git: {
      details: knownBranch,
      connectionId: known.gitHubConnection,
    },
    items: [
      { displayName: "bronze", type: "Lakehouse" },
      { displayName: "ingest", type: "Notebook" },
    ],
  };

  it("The examples create a workspace inside a transaction", async () => {
    const workspace = await deployWorkspace(services, config);
    assert.deepEqual(
      workspaces().map(({ id }) => id),
      [workspace.id],
    );
    assert.ok(services.telemetry.events.includes("WorkspaceCreated"));
  });

  it("The examples remove the workspace again when a later step throws, and pass the exception on", async () => {
    const more = () => Promise.reject(new Error("Git connection failed"));
    await assert.rejects(deployWorkspace(services, config, more), /Git connection failed/);
    assert.deepEqual(workspaces(), []);
  });

  it("The examples take credentials from the environment until Key Vault is turned on", async () => {
    const env = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c", AZURE_CLIENT_SECRET: "from the environment" };
    assert.equal((await getApiCredentials(env)).clientSecret, "from the environment");

    const on = { ...env, FEATURE_USE_KEY_VAULT: "true" };
    const client = {
      getSecret: (name: string) =>
        Promise.resolve({ name, value: `${name} from the vault`, properties: { name, vaultUrl: "" } }),
      setSecret: () => Promise.reject(new Error("not used")),
    };
    const secrets = new SecretManager({ env: on, client, dotenvPath: "/nowhere" });
    assert.deepEqual(await getApiCredentials(on, secrets), {
      tenantId: "t",
      clientId: "c",
      clientSecret: "fabric-client-secret from the vault",
    });
  });

  it("The examples deploy workspace, users, Git and items, commit, and report success", async () => {
    const workspace = await runCompleteDeployment(services, config, "tx-1");
    const { roles, items, gitConnections } = emulator.service;
    assert.equal(roles.get(`${workspace.id}/${known.alice}`)?.role, "Member");
    assert.ok(gitConnections.get(workspace.id)?.head);
    assert.deepEqual(
      items
        .all()
        .filter(({ type }) => type !== "SQLEndpoint")
        .map(({ displayName }) => displayName)
        .sort(),
      ["bronze", "exploration", "ingest"],
    );
    assert.equal(services.telemetry.events.at(-2), "DeploymentSuccess");
    assert.deepEqual(services.telemetry.exceptions, []);
  });

  it("The examples roll back everything when one item fails, report the exception and pass it on", async () => {
    emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", nth: 2, status: 400, errorCode: "CorruptedPayload" },
    ]);
    await assert.rejects(runCompleteDeployment(services, config, "tx-2"), /CorruptedPayload/);
    assert.deepEqual(workspaces(), []);
    assert.ok(!services.telemetry.events.includes("DeploymentSuccess"));
    assert.ok(services.telemetry.exceptions.some((message) => message.includes("CorruptedPayload")));
  });
});
