import { isDeepStrictEqual } from "node:util";
import { credentialSetting } from "../../lib/signIn/credentialKind.ts";
import { chooseCredential, principalOf, tenantOf } from "../../lib/signIn/credentials.ts";
import { systemClock } from "../../lib/clock.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import type { Answering, Attempt, FabricCall } from "../../lib/api/fabricCall.ts";
import { FabricError, isOutcomeUnknown } from "../../lib/api/fabricError.ts";
import { FeatureFlags } from "../../lib/featureFlags.ts";
import { KeptDefinitions } from "../../lib/transactions/keptDefinitions.ts";
import { openLogStore } from "../../lib/logStore/openLogStore.ts";
import { SecretManager } from "../../lib/secretManager.ts";
import { openTelemetry } from "../../lib/telemetry/openTelemetry.ts";
import { Throttle } from "../../lib/api/throttle.ts";
import { assertTrustedEndpoint, trustedVaultUrl } from "../../lib/api/trustedHost.ts";
import { readTransactionLog } from "../../lib/transactions/transactionLog.ts";
import { hasEffects, hasEnded, outcomeOf } from "../../lib/transactions/entry.ts";
import type { Entry, Intent } from "../../lib/transactions/entry.ts";
import { checkpointFile, readTransactionLogs } from "../../lib/transactions/transactions.ts";
import { unsettledLike } from "../../lib/transactions/unsettled.ts";
import type { Configuration } from "./configuration.ts";
import { pendingStates, statesIn } from "./formerStates.ts";
import type { FormerStates } from "./formerStates.ts";
import { openEmulator } from "./embeddedEmulator.ts";
import { GRAPH_ENDPOINT, GraphUsers } from "./graphUsers.ts";
import { OnceInARun } from "./onceInARun.ts";
import { hostOfEndpoint } from "./origin.ts";
import { capacityShape, itemShape, workspaceShape } from "../../lib/api/objects.ts";
import type { Adopted, Ours, Run, Write } from "./run.ts";
import { runTransactionOf } from "./runTransaction.ts";
import type { RunTransaction } from "./runTransaction.ts";

/** A run that talks to a service, and what its end has to close. */
export interface LiveRun extends Run {
  /** Flushes telemetry, closes the log, the connections and an embedded emulator. */
  close(): Promise<void>;
}

/** What the process that a run belongs to adds to it. */
export interface RunSettings {
  /** @default what the environment says */
  readonly transaction?: RunTransaction;
  /** Aborted when somebody wants the run to end: nothing new is sent from then on. */
  readonly stop?: AbortSignal;
}

/** How often a create is sent again after looking found nothing. */
const CREATE_REPEATS = 2;

/**
 * Builds clients, log and caches of one provider process.
 * @throws Error when the endpoint may not be sent a token, no credential is found, or the tenant is another one
 */
export async function startRun(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  { transaction = runTransactionOf(configuration, env), stop }: RunSettings = {},
): Promise<LiveRun> {
  const clock = systemClock;
  const store = await openLogStore(configuration.transactionLog, { stack: configuration.stack, env });
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
    endpointIsEmulator: isEmulator || configuration.stack === "local",
    tenantId: configuration.tenantId,
    kind: credentialSetting(configuration.credential),
  });
  const rollbackOf = env["FABRIC_ROLLBACK_OF"] || undefined;
  let ownTransactionId: string | undefined;
  const deployment = () => ({
    stack: configuration.stack,
    transactionId: rollbackOf ?? transaction.knownId ?? ownTransactionId,
  });
  const telemetry = await openTelemetry({ flags, env, secrets, deployment });
  const onAttempt = (attempt: Attempt) => telemetry.trackCall(attempt);
  const throttle = new Throttle(clock);
  const fabric = new FabricClient({ endpoint, tokens, flags, clock, env, throttle, stop, onAttempt });
  const token = await tokens.token(FabricClient.scope);
  const tenantId = tenantOf(token);
  assertTenant(configuration.tenantId, tenantId, tokens.name);

  const asked = new OnceInARun();
  let openLogs: Promise<Entry[][]> | undefined;
  let undone: Promise<Entry[]> | undefined;
  const graphEndpoint = env["FABRIC_GRAPH_ENDPOINT"] || (emulator?.graph ?? GRAPH_ENDPOINT);
  const users = new GraphUsers({ endpoint: graphEndpoint, tokens, flags, clock, env, onAttempt });
  const reclaimedIds = new Set<string>();
  const claims = new Map<string, "made" | "adopted">();
  // what an earlier run was asked to delete counts as well, as long as it was not made anew
  const released = pendingStates(env);
  let saved: Promise<FormerStates> | undefined;
  /** One step of the log, as one operation of the telemetry. */
  const step = async <T>(intent: Intent, work: () => Promise<T>, resourceId: (answer: T) => string): Promise<T> => {
    const { operation, resourceType, resourceName } = intent;
    const { log } = await transaction.join();
    ownTransactionId = log.transactionId;
    const name = `${operation[0]?.toUpperCase()}${operation.slice(1)}${resourceType}`;
    openLogs = undefined;
    return telemetry.operation(name, { resourceName }, () => log.step(intent, work, resourceId));
  };
  const send = <T>(intent: Intent, call: Write & Partial<Answering<T>>) => {
    const operation =
      call.operation ?? `${intent.operation} ${intent.resourceType.toLowerCase()} '${intent.resourceName}'`;
    // without a shape nobody reads the answer, as the overloads of Run.write see to
    return fabric.send({ ...call, operation } as FabricCall & Answering<T>);
  };
  const run: LiveRun = {
    origin: { host: hostOfEndpoint(configuration.endpoint), tenantId },
    clock: { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(ms, signal ?? stop) },
    callerId: principalOf(token),
    confirmGone: env["FABRIC_CONFIRM_GONE"] === "true",
    undoesHalfMade: flags.useRollback && !rollbackOf,
    isRollback: Boolean(rollbackOf),
    onDrift: configuration.onDrift,
    definitions: new KeptDefinitions(store, {
      transactionId: () => rollbackOf ?? transaction.knownId,
      isRollback: Boolean(rollbackOf),
      isKeeping: flags.useRollback,
    }),

    get: (path, operation, answer, query) =>
      fabric.send({ method: "GET", path, operation, answer, ...(query && { query }) }),
    read: (call) => fabric.send(call),
    list: (path, operation, answer, query) => fabric.list({ path, operation, answer, ...(query && { query }) }),
    listOnce: (path, operation, answer) => asked.get(path, () => fabric.list({ path, operation, answer })),
    isFirst: (what) => asked.isFirst(what),

    async write<T = void>(intent: Intent, call: Write & Partial<Answering<T>>) {
      const idOf = (answer: unknown) => intent.resourceId ?? (answer as { id?: string } | undefined)?.id ?? "";
      try {
        return await step(intent, () => send(intent, call), idOf);
      } finally {
        asked.forget(call.path);
      }
    },

    async create<T extends { id: string }>(
      intent: Intent,
      call: Write & Answering<T>,
      { find, wasFree, isPlausible = async () => true }: Ours<T>,
    ) {
      const { unsettled } = await transaction.join();
      const attempt = async (repeats: number, lost?: unknown): Promise<T> => {
        try {
          return await send(intent, call);
        } catch (thrown) {
          // once an answer was lost, a later refusal may be about the very object that was made
          const error = lost !== undefined && thrown instanceof FabricError ? thrown.asOutcomeUnknown() : thrown;
          if (!isOutcomeUnknown(error) || !wasFree) throw error;
          const found = await find().catch(() => {
            // who cannot look does not know, and says what happened first
            throw lost ?? error;
          });
          if (found && (await isPlausible(found))) return found;
          if (found || !flags.useRetryLogic || repeats === 0) throw error;
          return attempt(repeats - 1, error);
        }
      };
      const left = unsettledLike(unsettled, intent);
      const reclaimed = left && (await find());
      const isOurs =
        reclaimed &&
        (left.resourceId === undefined ? await isPlausible(reclaimed) : idIn(left.resourceId) === reclaimed.id);
      const work = isOurs ? () => Promise.resolve(reclaimed) : () => attempt(CREATE_REPEATS);
      const answer = await step({ ...intent, wasFree: wasFree || isOurs === true }, work, ({ id }) => id);
      asked.add(call.path, answer);
      if (isOurs) {
        reclaimedIds.add(answer.id);
        const what = `${intent.resourceType} '${intent.resourceName}'`;
        run.warn(`${what} was made by an earlier run that was not committed: it was taken, not made again.`);
      }
      return answer;
    },

    async adopt<B extends object>({ resourceType, resourceName, resourceId }: Adopted, before: B) {
      const { log, unsettled } = await transaction.join();
      const compensation = `giveBack${resourceType}`;
      const earlier = unsettled.find((left) => left.compensation === compensation && left.resourceId === resourceId);
      if (earlier) return earlier.names["before"] as B;
      const [workspaceId] = resourceId.split("/");
      await log.made(
        {
          operation: "create",
          resourceType,
          resourceName,
          compensation: { function: compensation, args: { workspaceId, before } },
        },
        resourceId,
      );
      return before;
    },

    isReclaimed: (id) => reclaimedIds.has(id),

    async undoOf<A extends object>(compensation: string, id: string) {
      openLogs ??= readTransactionLogs(store, configuration.stack).then((logs) => logs.filter((log) => !hasEnded(log)));
      for (const log of await openLogs) {
        const update = log.find(
          (entry) =>
            entry.kind === "intent" &&
            entry.operation === "update" &&
            entry.compensation?.function === compensation &&
            entry.resourceId === id &&
            outcomeOf(log, entry.step) !== "refused",
        );
        if (update?.kind === "intent") return update.compensation?.args as A;
      }
      return undefined;
    },

    finishing: (work) => fabric.finishing(work),

    async doubt(intent, error) {
      const { log } = await transaction.join();
      await log.doubt(intent, error);
    },

    async wasDeletedByTransaction(resourceType, resourceId) {
      if (!rollbackOf) return false;
      undone ??= readTransactionLog(store, rollbackOf);
      return hasEffects(
        await undone,
        (intent) =>
          intent.operation === "delete" && intent.resourceType === resourceType && intent.resourceId === resourceId,
      );
    },

    async wasBegun(resourceType, names) {
      const { unsettled } = await transaction.join();
      return unsettled.some((left) => left.resourceType === resourceType && isDeepStrictEqual(left.names, names));
    },

    workspaces: () => run.listOnce("/workspaces", "list workspaces", workspaceShape),
    capacities: () => run.listOnce("/capacities", "list capacities", capacityShape),
    items: (workspaceId) => run.listOnce(`/workspaces/${workspaceId}/items`, "list items", itemShape),
    userId: (userPrincipalName) =>
      asked.get(`user ${userPrincipalName.toLowerCase()}`, () => users.idOf(userPrincipalName)),

    release: (id, state) => void released.set(id, state),
    released: (kindName, id) => released.get(`${kindName} ${id.toLowerCase()}`),
    async formerState(kindName, id) {
      const key = `${kindName} ${id.toLowerCase()}`;
      if (released.has(key) || !rollbackOf) return released.get(key);
      saved ??= store.read(checkpointFile(rollbackOf)).then(statesIn);
      return (await saved).get(key);
    },
    claim: (id, how) => void claims.set(id, how),
    isClaimed: (id) => claims.has(id),
    // one that was taken from a run that was cut off may hold what that run put there
    isNewWorkspace: (workspaceId) =>
      claims.get(`Workspace ${workspaceId.toLowerCase()}`) === "made" && !reclaimedIds.has(workspaceId),
    warn: (line) => process.stderr.write(`${line}\n`),

    async close() {
      // at the same time, because the engine does not wait for long
      const flushed = telemetry.flush();
      await transaction.end().finally(() => flushed);
      fabric.close();
      users.close();
      await emulator?.close();
    },
  };

  return run;
}

/** @throws Error where the stack belongs to another tenant than the token */
function assertTenant(wanted: string | undefined, tenantId: string | undefined, credential: string): void {
  if (!wanted || !tenantId || tenantId.toLowerCase() === wanted.toLowerCase()) return;
  throw new Error(
    `This stack belongs to tenant ${wanted} (fabric:tenantId), and ${credential} is signed in to tenant ${tenantId}. ` +
      `Nothing was changed. Sign in to the right tenant.`,
  );
}

/** Ids of resources can have two halves; the service's own is the last. */
const idIn = (resourceId: string) => resourceId.split("/").at(-1);
