import { credentialSetting } from "../../lib/signIn/credentialKind.ts";
import { chooseCredential, principalOf, tenantOf } from "../../lib/signIn/credentials.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Clock } from "../../lib/clock.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import type { Attempt } from "../../lib/api/fabricCall.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { SecretManager } from "../../lib/secretManager.ts";
import { openTelemetry } from "../../lib/telemetry/openTelemetry.ts";
import { QUOTA_WINDOW_MS, noQuotas } from "../../lib/api/quota.ts";
import { timeScaleOf } from "../../lib/retryHandler.ts";
import { Throttle } from "../../lib/api/throttle.ts";
import { assertTrustedEndpoint, trustedVaultUrl } from "../../lib/api/trustedHost.ts";
import type { TelemetryLogger } from "../../lib/telemetryLogger.ts";
import type { Configuration } from "./configuration.ts";
import { openEmulator } from "./embeddedEmulator.ts";
import { formatOrigin, hostOfEndpoint } from "./origin.ts";
import { GRAPH_ENDPOINT, GraphUsers } from "./graphUsers.ts";

/** What a run is made of: all that one provider process has one of. */
export interface Clients {
  readonly clock: Clock;
  readonly flags: FeatureFlags;
  /** Where the transaction log lies. */
  readonly store: LogStore;
  readonly fabric: FabricClient;
  readonly users: GraphUsers;
  readonly telemetry: TelemetryLogger;
  /** Tenant of the token, if the token says it. */
  readonly tenantId: string | undefined;
  /** Where calls really go, FABRIC_ENDPOINT included: `host` or `host/tenantId`; `emulator` for the embedded one. */
  readonly reached: string;
  /** Object id of the deploying identity, if the token says it. */
  readonly callerId: string | undefined;
  /** Closes connections and an embedded emulator. Telemetry is flushed by whoever ends the run. */
  close(): Promise<void>;
}

/** What the clients learn from the run that they are made for. */
export interface ClientSettings {
  /** Aborted when somebody wants the run to end: nothing new is sent from then on. */
  readonly stop: AbortSignal | undefined;
  /** Whose transaction it is, as far as that is known by now; telemetry says so of each call. */
  readonly transactionId: () => string | undefined;
}

/**
 * Opens the log store and the emulator, signs in, and makes the clients.
 * @throws Error when the endpoint may not be sent a token, no credential is found, or the tenant is another one
 */
export async function openClients(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  { stop, transactionId }: ClientSettings,
): Promise<Clients> {
  const clock = systemClock;
  const { stack } = configuration;
  const store = await openLogStore(configuration.transactionLog, { stack, env });
  const flags = FeatureFlags.load(configuration.features, env);
  const isEmulator = configuration.endpoint === "emulator";
  const emulator = isEmulator && !env["FABRIC_ENDPOINT"] ? await openEmulator() : undefined;
  const endpoint = env["FABRIC_ENDPOINT"] || (emulator?.url ?? configuration.endpoint);
  if (endpoint === "emulator") throw new Error("The emulator did not start.");
  assertTrustedEndpoint(endpoint, env);
  const secretEnv = { ...env, KEY_VAULT_URL: trustedVaultUrl(configuration.keyVaultUrl, env) };
  const secrets = new SecretManager({ flags, env: secretEnv, clock });
  const tokens = await chooseCredential({
    env,
    secrets,
    // stack `local` never uses a real credential, wherever its file points
    endpointIsEmulator: isEmulator || stack === "local",
    tenantId: configuration.tenantId,
    kind: credentialSetting(configuration.credential),
  });
  const deployment = () => ({ stack, transactionId: transactionId() });
  const telemetry = await openTelemetry({ flags, env, secrets, deployment });
  const shared = { tokens, flags, clock, env, onAttempt: (attempt: Attempt) => telemetry.trackCall(attempt) };
  const throttle = new Throttle(clock, {
    // the project's own emulator has none
    ...(emulator && { quotas: noQuotas }),
    windowMs: QUOTA_WINDOW_MS * timeScaleOf(env),
    onHeld: (ms) => void process.stderr.write(heldBack(ms)),
  });
  const fabric = new FabricClient({ ...shared, endpoint, stop, throttle });
  const token = await tokens.token(FabricClient.scope);
  const tenantId = tenantOf(token);
  assertTenant(configuration.tenantId, tenantId, tokens.name);
  const graphEndpoint = env["FABRIC_GRAPH_ENDPOINT"] || (emulator?.graph ?? GRAPH_ENDPOINT);
  // Microsoft Graph counts on its own, and allows more than is ever asked
  const users = new GraphUsers({
    ...shared,
    endpoint: graphEndpoint,
    throttle: new Throttle(clock, { quotas: noQuotas }),
  });
  return {
    clock,
    flags,
    store,
    fabric,
    users,
    telemetry,
    tenantId,
    reached: formatOrigin({ host: emulator ? "emulator" : hostOfEndpoint(endpoint), tenantId }),
    callerId: principalOf(token),
    async close() {
      fabric.close();
      users.close();
      await emulator?.close();
    },
  };
}

const heldBack = (ms: number) =>
  `The service's quota for this identity is used up: calls go on in ${Math.ceil(ms / 1000)} s. Nothing is lost.\n`;

/** @throws Error if the stack belongs to another tenant than the token */
function assertTenant(wanted: string | undefined, tenantId: string | undefined, credential: string): void {
  if (!wanted || !tenantId || tenantId.toLowerCase() === wanted.toLowerCase()) return;
  throw new Error(
    `This stack belongs to tenant ${wanted} (fabric:tenantId), and ${credential} is signed in to tenant ${tenantId}. ` +
      `Nothing was changed. Sign in to the right tenant.`,
  );
}
