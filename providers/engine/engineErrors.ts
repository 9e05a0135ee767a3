import { isServiceAnswer } from "../../lib/api/fabricError.ts";
import { inWork } from "../../lib/transactions/attempts.ts";
import type { Run } from "../run/run.ts";
import { halfDoneSentence } from "./halfUpdate.ts";
import { stateOf } from "./properties.ts";
import type { Properties } from "./properties.ts";
import { inSpellingOf } from "./resourceKind.ts";
import type { ResourceKind } from "./resourceKind.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/* Errors as Pulumi understands them. */

/** The process in which something fails, as far as it matters here. */
export interface FailingProcess {
  /** Notes the failure, so that the transaction of this run is not committed. */
  failed(): void;
  /** Set by the first error that reports a refused sign-in. */
  isSignInRefused: boolean;
}

const plain = (message: string) => Object.assign(new Error(message), { stack: "" });

/**
 * The error that Pulumi understands as "made, but not finished": Pulumi keeps the object in the state and calls update on the
 * next run.
 * @param properties the state of the object; without `__provider` in it, nothing could ever read or delete the object again
 */
export function halfMade(error: unknown, id: string, properties: Properties): Error {
  const reason = messageOf(error);
  return Object.assign(new Error(reason), { id, properties, reasons: [reason] });
}

/**
 * The error that Pulumi understands as "partly updated", with the object's present values. The object stays in the state with
 * these values, and Pulumi calls update on the next run, whatever the program then declares. If the object cannot be read, the
 * state keeps its former values; an update looks at the service anyway.
 */
export async function halfUpdated(
  run: Run,
  kind: ResourceKind,
  id: string,
  olds: Properties,
  error: unknown,
): Promise<Error> {
  let now = olds;
  try {
    const live = await run.finishing(() => kind.read(run, id, olds));
    if (live !== "gone") {
      const inputs = inSpellingOf(kind, olds, live.inputs);
      now = { ...stateOf(run, { ...olds, ...inputs }, live.outputs ?? {}), __provider: olds["__provider"] };
    }
  } catch {
    // only the error of the update must be reported
  }
  const half = halfMade(error, id, now);
  const done = halfDoneSentence(Object.keys(kind.fields), olds, now);
  const reason = done ? `${half.message} ${done}` : half.message;
  return Object.assign(half, { message: reason, reasons: [reason] });
}

/**
 * Makes an error fit for display. This project's own errors say everything in their message, and Pulumi's provider host would
 * print the stack beside the message. Any other error is a bug and keeps its stack. A refused sign-in is explained only once,
 * because it is the same for every resource in flight.
 */
export async function presentable<T>(host: FailingProcess, work: () => Promise<T>): Promise<T> {
  try {
    return await inWork(work);
  } catch (error) {
    host.failed();
    if (isServiceAnswer(error, 401)) {
      if (host.isSignInRefused) throw plain("Not done, because the sign-in was refused: see the other error.");
      host.isSignInRefused = true;
    }
    if (!(error instanceof Error)) throw new Error(String(error), { cause: error });
    if (!(error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError))
      error.stack = "";
    throw error;
  }
}
