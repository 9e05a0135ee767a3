import { giveBackOf } from "../engine/undo.ts";
import { baseDelayOf, pauseAfter } from "../../lib/retryHandler.ts";
import { isSameId } from "../../lib/transactions/entry.ts";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { AcceptedOperation, NoteAccepted } from "../../lib/transactions/transactionLog.ts";
import { takenBy, unsettledLike } from "../../lib/transactions/unsettled.ts";
import type { Clients } from "./clients.ts";
import { createOnce } from "./createOnce.ts";
import type { JustRead } from "./justRead.ts";
import type { OnceInARun } from "./onceInARun.ts";
import type { Adopted, Ours, Write, Writes } from "./run.ts";
import type { RunTransaction } from "./runTransaction.ts";

/** The parts of a run that writes use. */
export interface WritesOf {
  readonly clients: Pick<Clients, "fabric" | "flags" | "telemetry" | "attempts" | "clock" | "reached">;
  readonly env: NodeJS.ProcessEnv;
  readonly transaction: RunTransaction;
  readonly stop: AbortSignal | undefined;
  /** Lists that the run has read. Writes make them stale. */
  readonly asked: OnceInARun;
  /** Lists that the run has read to change their objects. */
  readonly justRead: JustRead;
  /** Called with the transaction's id before each step. */
  readonly onStep: (transactionId: string) => void;
  /** Called if a create took an object of an earlier run. */
  readonly onTaken: (id: string, what: string) => void;
}

/** The writes of a run: each is a step of the transaction log, and one operation of the telemetry. */
export function writesOf({ clients, env, transaction, stop, asked, justRead, onStep, onTaken }: WritesOf): Writes {
  const { fabric, flags, telemetry, clock } = clients;
  const baseMs = baseDelayOf(env);

  const step = async <T>(
    intent: Intent,
    work: (onAccepted: (operationId: string) => Promise<void>) => Promise<T>,
    resourceId: (answer: T) => string,
  ): Promise<T> => {
    const { operation, resourceType, resourceName } = intent;
    const { log } = await transaction.join(clients.reached);
    onStep(log.transactionId);
    const name = `${operation[0]?.toUpperCase()}${operation.slice(1)}${resourceType}`;
    const noting = (note: NoteAccepted) => work((operationId) => note({ operationId, origin: clients.reached }));
    return telemetry.operation(name, { resourceName }, () => log.step(intent, noting, resourceId));
  };
  const send = <T>(intent: Intent, call: Write<T>): Promise<T> => {
    const operation =
      call.operation ?? `${intent.operation} ${intent.resourceType.toLowerCase()} '${intent.resourceName}'`;
    clients.attempts.sent(call.body);
    justRead.wrote(call.path);
    return fabric.send({ ...call, operation });
  };

  return {
    async write<T>(intent: Intent, call: Write<T>) {
      const idOf = (answer: unknown) => intent.resourceId ?? (answer as { id?: string } | undefined)?.id ?? "";
      let isDone = false;
      try {
        const answer = await step(intent, (onAccepted) => send(intent, { ...call, onAccepted }), idOf);
        isDone = true;
        return answer;
      } finally {
        if (isDone && call.method === "DELETE") asked.remove(call.path);
        else asked.forget(call.path);
      }
    },

    async create<T extends { id: string }>(intent: Intent, call: Write<T>, ours: Ours<T>) {
      const { unsettled } = await transaction.join(clients.reached);
      const mayBeTaken = takenBy(env["FABRIC_ROLLBACK_OF"] || undefined, ours.hasNewId === true);
      const left = unsettledLike(unsettled.filter(mayBeTaken), intent);
      // while that operation runs, a look may miss its object
      if (left?.operation) await operationEnded(clients, left.operation);
      let noteAccepted: Write["onAccepted"];
      const { made, isOfEarlierRun } = await createOnce({
        ours,
        begun: left && { id: idIn(left.resourceId) },
        send: (attemptsBefore) =>
          send(intent, { ...call, attemptsBefore, ...(noteAccepted && { onAccepted: noteAccepted }) }),
        log: (wasFree, work) =>
          step(
            { ...intent, wasFree },
            (onAccepted) => {
              noteAccepted = onAccepted;
              return work();
            },
            ({ id }) => id,
          ),
        pauseAfter: (attempts, retryAfterSeconds) =>
          flags.useRetryLogic ? pauseAfter(attempts, retryAfterSeconds, baseMs) : undefined,
        sleep: (ms) => {
          clients.attempts.wait({ why: "retry", ms });
          return clock.sleep(ms, stop);
        },
      });
      asked.add(call.path, made);
      if (isOfEarlierRun) onTaken(made.id, `${intent.resourceType} '${intent.resourceName}'`);
      return made;
    },

    async adopt<B extends object>({ resourceType, resourceName, resourceId }: Adopted, before: B) {
      const { log, unsettled } = await transaction.join(clients.reached);
      const compensation = giveBackOf(resourceType);
      const earlier = unsettled.find(
        (left) => left.compensation === compensation && isSameId(left.resourceId, resourceId),
      );
      // an earlier run found the object as it was; the entry of this run says that it has come to the object, too
      const had = earlier ? (earlier.args["before"] as B) : before;
      const [workspaceId] = resourceId.split("/");
      await log.made(
        {
          operation: "create",
          resourceType,
          resourceName,
          names: { workspaceId },
          compensation: { function: compensation, args: { workspaceId, before: had } },
        },
        resourceId,
      );
      return had;
    },

    async doubt(intent, error) {
      const { log } = await transaction.join(clients.reached);
      await log.doubt(intent, error);
    },
  };
}

/** {@link Run.operationEnded} */
export async function operationEnded(
  { fabric, reached }: Pick<Clients, "fabric" | "reached">,
  { operationId, origin }: AcceptedOperation,
): Promise<void> {
  if (origin === reached)
    await fabric.operationEnded(operationId, `ask for operation ${operationId} of an earlier run`);
}

/** The service's own id: the last part of a resource's id. */
const idIn = (resourceId: string | undefined) => resourceId?.split("/").at(-1);
