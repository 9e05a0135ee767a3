import { keepDeployed } from "../../lib/transactions/deployedDefinitions.ts";
import { KeptDefinitions } from "../../lib/transactions/keptDefinitions.ts";
import { projectFolder } from "../../lib/project/projectFolder.ts";
import { stackIdentity } from "../../lib/transactions/stackIdentity.ts";
import { openClients } from "./clients.ts";
import type { Configuration } from "./configuration.ts";
import { loggedPast } from "./loggedPast.ts";
import { OnceInARun } from "./onceInARun.ts";
import { JustRead } from "./justRead.ts";
import { hostOfEndpoint } from "./origin.ts";
import { SharedLists } from "./sharedLists.ts";
import { ownObjects } from "./ownObjects.ts";
import type { Run } from "./run.ts";
import { runTransactionOf } from "./runTransaction.ts";
import type { RunTransaction } from "./runTransaction.ts";
import { Turns } from "./turns.ts";
import { operationEnded, writesOf } from "./writes.ts";

/** A run that talks to a service, and must be closed. */
export interface LiveRun extends Run {
  /** The place that calls reach, as `Clients.reached`. */
  readonly reached: string;
  /** Flushes telemetry, closes the log, the connections and an embedded emulator. */
  close(): Promise<void>;
}

/** For how long an answer counts as one of lately: what it tells may change in the middle of a run. */
const LATELY_MS = 60_000;

/** Settings of a run that its process decides. */
export interface RunSettings {
  /** @default the transaction that the environment names */
  readonly transaction?: RunTransaction;
  /** Aborted when the run must end: nothing new is sent from then on. */
  readonly stop?: AbortSignal;
  /** Shows what the run waits for, in a terminal. @default nowhere */
  readonly showStatus?: ((text: string) => void) | undefined;
}

/**
 * Builds clients, log and caches of one provider process.
 * @throws Error if the endpoint must not receive a token, there is no credential, or the token belongs to another tenant
 */
export async function startRun(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  { transaction = runTransactionOf(configuration, env), stop, showStatus }: RunSettings = {},
): Promise<LiveRun> {
  const { stack, endpoint } = configuration;
  const rollbackOf = env["FABRIC_ROLLBACK_OF"] || undefined;
  let ownTransactionId: string | undefined;
  const transactionId = () => rollbackOf ?? transaction.knownId ?? ownTransactionId;
  const logId = () => env["FABRIC_TRANSACTION_ID"] || ownTransactionId;
  const clients = await openClients(configuration, env, { stop, transactionId, logId, showStatus });
  const { clock, fabric, flags, secrets, store, users } = clients;
  const asked = new OnceInARun();
  const lists = new SharedLists(asked);
  const justRead = new JustRead(clock);
  const turns = new Turns();
  const objects = ownObjects({ store, env, clock, rollbackOf });
  // told only where logs are read: the project's file may need the library for YAML
  const identity = () => stackIdentity(projectFolder(), store.where, env);
  const past = loggedPast({ store, stack, identity, rollbackOf, transaction, reached: clients.reached });
  const said = new Set<string>();
  /** Says each thing once: the comparison of an object says it before the update does. */
  const warn = (line: string) => {
    if (!said.has(line)) process.stderr.write(`${line}\n`);
    said.add(line);
  };
  const onStep = (id: string) => void (ownTransactionId = id);
  const onTaken = (id: string, what: string) => {
    objects.noteOfEarlierRun(id);
    warn(`${what} was made by an earlier run that was not committed: it was taken, not made again.`);
  };

  return {
    reached: clients.reached,
    origin: { host: hostOfEndpoint(endpoint), tenantId: clients.tenantId },
    clock: { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(ms, signal ?? stop) },
    callerId: clients.callerId,
    confirmGone: env["FABRIC_CONFIRM_GONE"] === "true",
    rollsBackFailures: flags.useRollback && !rollbackOf,
    isRollback: Boolean(rollbackOf),
    onDrift: configuration.onDrift ?? "overwrite",
    watchesContent: configuration.contentDrift ?? configuration.onDrift !== undefined,
    definitions: new KeptDefinitions(store, {
      transactionId: () => rollbackOf ?? transaction.knownId,
      isRollback: Boolean(rollbackOf),
      isKeeping: canBeRolledBack(flags.useRollback, env),
    }),

    variables: clients.variables,
    noteDeployed: (hash, parts) => keepDeployed(store, stack, hash, parts),

    get: (path, operation, answer, query) =>
      fabric.send({ method: "GET", path, operation, answer, ...(query && { query }) }),
    read: (call) => fabric.send(call),
    list: (path, operation, answer, query) => fabric.list({ path, operation, answer, ...(query && { query }) }),
    listOnce: (path, operation, entry) =>
      lists.get({ path, operation, entry }, (answer) => fabric.list({ path, operation, answer })),
    justListed: (path, operation, answer, isIt) =>
      justRead.entry(path, () => fabric.list({ path, operation, answer }), isIt),
    operationEnded: (operation) => operationEnded(clients, operation),
    lately: (what, ask) => asked.get(`${Math.floor(clock.now() / LATELY_MS)} ${what}`, ask),
    isFirst: (what) => asked.isFirst(what),
    userId: (name) => asked.get(`user ${name.toLowerCase()}`, () => users.idOf(name)),
    principalId: (wanted) => asked.get(`principal ${JSON.stringify(wanted)}`, () => users.principalId(wanted)),
    secret: (name, version) =>
      version === undefined ? secrets.findVersioned(name) : secrets.findVersion(name, version),

    ...writesOf({ clients, env, transaction, stop, asked, justRead, onStep, onTaken }),
    finishing: (work) => fabric.finishing(work),
    inTurn: (key, work) => turns.inTurn(key, work),
    ...past,
    ...objects,
    warn,

    async close() {
      // both at the same time, because the engine does not wait for long
      const flushed = Promise.all([clients.telemetry.flush(), clients.attempts.close()]);
      flushed.catch(() => undefined); // awaited only once the transaction has ended
      await transaction.end().finally(() => flushed);
      await clients.close();
    },
  };
}

/**
 * Whether somebody may roll this run back: `npm run rollback` takes back each `npm run up`, which saves the checkpoint from before,
 * and with `useRollback` a plain `pulumi up`. A destroy is no transaction.
 */
function canBeRolledBack(useRollback: boolean, env: NodeJS.ProcessEnv): boolean {
  const { FABRIC_TRANSACTION_ID, FABRIC_OPERATION } = env;
  return FABRIC_OPERATION !== "destroy" && (useRollback || Boolean(FABRIC_TRANSACTION_ID));
}
