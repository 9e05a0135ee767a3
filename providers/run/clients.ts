import { principalOf } from "../../lib/signIn/credentials.ts";
import { systemClock } from "../../lib/clock.ts";
import type { Clock } from "../../lib/clock.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import type { Attempt, Wait } from "../../lib/api/fabricCall.ts";
import type { FeatureFlags } from "../../lib/featureFlags.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import type { SecretManager } from "../../lib/secretManager.ts";
import { AttemptsWriter } from "../../lib/transactions/attemptsWriter.ts";
import { Redaction } from "../../lib/telemetry/redaction.ts";
import { openTelemetry } from "../../lib/telemetry/openTelemetry.ts";
import { QUOTA_WINDOW_MS, noQuotas } from "../../lib/api/quota.ts";
import { timeScaleOf } from "../../lib/retryHandler.ts";
import { THROTTLE_BUDGET_S, ThrottleBudget } from "../../lib/api/throttleBudget.ts";
import { Throttle } from "../../lib/api/throttle.ts";
import { assertTrustedEndpoint } from "../../lib/api/trustedHost.ts";
import type { TelemetryLogger } from "../../lib/telemetryLogger.ts";
import type { Configuration } from "./configuration.ts";
import { openEmulator } from "./embeddedEmulator.ts";
import { formatOrigin, hostOfEndpoint } from "./origin.ts";
import { signIn, tenantOfToken } from "./signIn.ts";
import { ThrottledLines } from "./throttledLines.ts";
import { WaitStatus } from "./waitStatus.ts";
import { RunVariables } from "../../lib/content/environmentValues.ts";
import { GRAPH_ENDPOINT, GraphUsers } from "./graphUsers.ts";

/** The parts of a run. A provider process has one of each. */
export interface Clients {
  readonly clock: Clock;
  readonly flags: FeatureFlags;
  /** Holds the transaction log. */
  readonly store: LogStore;
  readonly fabric: FabricClient;
  readonly users: GraphUsers;
  readonly secrets: SecretManager;
  /** Variables of the environment that definitions take. */
  readonly variables: RunVariables;
  readonly telemetry: TelemetryLogger;
  /** Records of calls and waits, for reports. */
  readonly attempts: AttemptsWriter;
  /** Tenant of the token, if the token names one. */
  readonly tenantId: string | undefined;
  /** The service that calls reach, FABRIC_ENDPOINT included: `host` or `host/tenantId`; `emulator` for the embedded one. */
  readonly reached: string;
  /** Object id of the deploying identity, if the token names it. */
  readonly callerId: string | undefined;
  /** Closes connections and an embedded emulator. It does not flush telemetry: the end of the run does. */
  close(): Promise<void>;
}

/** Input of the clients from their run. */
export interface ClientSettings {
  /** Aborted when the run must end: nothing new is sent from then on. */
  readonly stop: AbortSignal | undefined;
  /** Id of the run's transaction, once it is known. Telemetry adds the id to each call. */
  readonly transactionId: () => string | undefined;
  /** Id of a log that exists, once the run has joined it. Records of calls are written beside that log. */
  readonly logId: () => string | undefined;
  /** Shows what the run waits for, in a terminal. @default nowhere */
  readonly showStatus?: ((text: string) => void) | undefined;
}

/**
 * Opens the log store and the emulator, signs in, and makes the clients.
 * @throws Error if the endpoint must not receive a token, there is no credential, or the token belongs to another tenant
 */
export async function openClients(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  { stop, transactionId, logId, showStatus }: ClientSettings,
): Promise<Clients> {
  const clock = systemClock;
  const { stack } = configuration;
  const store = await openLogStore(configuration.transactionLog, { stack, env });
  const isEmulator = configuration.endpoint === "emulator";
  const emulator = isEmulator && !env["FABRIC_ENDPOINT"] ? await openEmulator() : undefined;
  const endpoint = env["FABRIC_ENDPOINT"] || (emulator?.url ?? configuration.endpoint);
  if (endpoint === "emulator") throw new Error("The emulator did not start.");
  assertTrustedEndpoint(endpoint, env);
  const { flags, secrets, tokens } = await signIn(configuration, env, clock);
  const deployment = () => ({ stack, transactionId: transactionId() });
  const variables = new RunVariables(env);
  const telemetry = await openTelemetry({ flags, env, secrets, deployment, further: () => variables.taken() });
  const attempts = new AttemptsWriter(store, logId, {
    redaction: new Redaction(env, () => secrets.given()),
    withoutValues: (text) => variables.without(text),
  });
  const onAttempt = (attempt: Attempt) => {
    telemetry.trackCall(attempt);
    attempts.attempt(attempt);
  };
  const status = showStatus && new WaitStatus(showStatus);
  const onWait = (wait: Wait) => {
    attempts.wait(wait);
    status?.begin(wait.why, wait.ms);
  };
  const lines = new ThrottledLines((line) => process.stderr.write(line));
  const budgetMs = (configuration.throttleBudget ?? THROTTLE_BUDGET_S) * 1_000 * timeScaleOf(env);
  const shared = {
    ...{ tokens, flags, clock, env, onAttempt, onWait },
    onThrottled: (call: string, ms: number) => lines.begin(call, ms),
    throttleBudget: new ThrottleBudget(clock, budgetMs),
  };
  const throttle = new Throttle(clock, {
    // the project's own emulator has no quotas
    ...(emulator && { quotas: noQuotas }),
    windowMs: QUOTA_WINDOW_MS * timeScaleOf(env),
    onHeld(ms) {
      lines.begin("every call", ms);
      status?.begin("quota", ms);
    },
  });
  const endpointFrom = env["FABRIC_ENDPOINT"] ? "FABRIC_ENDPOINT" : isEmulator ? undefined : "fabric:endpoint";
  const fabric = new FabricClient({ ...shared, endpoint, endpointFrom, stop, throttle });
  const token = await tokens.token(FabricClient.scope);
  const tenantId = tenantOfToken(token, configuration, tokens);
  const graphEndpoint = env["FABRIC_GRAPH_ENDPOINT"] || (emulator?.graph ?? GRAPH_ENDPOINT);
  // Microsoft Graph has quotas of its own, which a run never uses up
  const users = new GraphUsers({
    ...shared,
    endpoint: graphEndpoint,
    endpointFrom: env["FABRIC_GRAPH_ENDPOINT"] ? "FABRIC_GRAPH_ENDPOINT" : undefined,
    throttle: new Throttle(clock, { quotas: noQuotas }),
  });
  const reached = formatOrigin({ host: emulator ? "emulator" : hostOfEndpoint(endpoint), tenantId });
  const callerId = principalOf(token) ?? tokens.principalId;
  attempts.process(reached, callerId);
  return {
    clock,
    flags,
    store,
    fabric,
    users,
    secrets,
    variables,
    telemetry,
    attempts,
    tenantId,
    reached,
    callerId,
    async close() {
      fabric.close();
      users.close();
      await emulator?.close();
    },
  };
}
