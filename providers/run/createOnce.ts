import { FabricError, isOutcomeUnknown, mayHaveHadEffect } from "../../lib/api/fabricError.ts";
import { isSameId } from "../../lib/transactions/entry.ts";
import type { Ours } from "./run.ts";

/*
 * The algorithm that makes nothing twice. A create may have been executed without an answer, in this run or in an earlier
 * one that was cut off. The algorithm then looks for the object before it sends the create again. `nextStep` makes the whole
 * decision; the code below it carries the decision out.
 */

/** Result of a look for the object. `another`: an object has that name, and another creator may have made it. */
export type Look = "notYet" | "failed" | "nothing" | "ours" | "another";

/** The facts about a create at one moment. */
export interface Known {
  /** Whether an earlier run began the same create, and no log has its outcome. */
  readonly wasBegun: boolean;
  /** Whether no object had that name before this run's first attempt. */
  readonly wasFree: boolean;
  /**
   * Outcome of the attempts so far. An `unknown` is final: a later refusal may be caused by the very object that the
   * unknown attempt made. `failed`: the service accepted the create, and its operation failed, perhaps after a part of its work.
   */
  readonly outcome: "notSent" | "refused" | "unknown" | "failed";
  /** Whether the last answer was a 503, which asks for a repetition. */
  readonly isBusy: boolean;
  /** Result of the look since the last attempt. */
  readonly look: Look;
  /** Whether another attempt is allowed: retries are on, attempts are left, and the service asks for no overlong pause. */
  readonly mayRepeat: boolean;
}

/** The next step: send the create, look for its object, take the object that was found, tell of it and give up, or give up. */
export type Step = "send" | "look" | "take" | "tell" | "fail";

/** Decides the next step. Pure, and total. */
export function nextStep(known: Known): Step {
  switch (known.outcome) {
    case "notSent":
      return known.wasBegun ? stepBeforeTheFirst(known.look) : "send";
    case "refused":
      return "fail";
    case "unknown":
      return known.wasFree ? stepAfterADoubt(known) : stepOfATakenName(known);
    case "failed":
      return known.wasFree ? stepAfterAFailure(known) : "fail";
  }
}

/** An earlier run may have made the object. If the name belongs to another object, the service refuses the create. */
function stepBeforeTheFirst(look: Look): Step {
  if (look === "notYet") return "look";
  if (look === "failed") return "fail";
  return look === "ours" ? "take" : "send";
}

function stepAfterADoubt({ look, mayRepeat }: Known): Step {
  switch (look) {
    case "notYet":
      return "look";
    case "ours":
      return "take";
    case "nothing":
      return mayRepeat ? "send" : "fail";
    case "another":
    case "failed":
      return "fail";
  }
}

/** What a failed operation has made is half-made: it is told, and neither taken for whole nor made a second time. */
function stepAfterAFailure({ look }: Known): Step {
  if (look === "notYet") return "look";
  return look === "ours" ? "tell" : "fail";
}

/**
 * A look proves nothing if the name was taken before: it may find the object that was there. The service refuses a second
 * object of that name, and the kind needs that refusal for its decision. So a busy service gets the create again.
 */
const stepOfATakenName = ({ isBusy, mayRepeat }: Known): Step => (isBusy && mayRepeat ? "send" : "fail");

/** A create, and the parts of a run that it uses. */
export interface Create<T> {
  readonly ours: Ours<T>;
  /** The same create of an earlier run, if no log settles it; `id` if its answer arrived. */
  readonly begun: { readonly id: string | undefined } | undefined;
  /**
   * Sends the create.
   * @param attemptsBefore number of earlier attempts
   */
  readonly send: (attemptsBefore: number) => Promise<T>;
  /**
   * Notes the intent in the log, does the work, and notes its outcome.
   * @param wasFree whether only this create can have made an object of that name
   */
  readonly log: (wasFree: boolean, work: () => Promise<T>) => Promise<T>;
  /**
   * Pause after an attempt, in ms; undefined if no further attempt is allowed.
   * @param attempts number of attempts so far
   */
  readonly pauseAfter: (attempts: number, retryAfterSeconds: number | undefined) => number | undefined;
  /** Waits; rejects if the run is interrupted. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The object, and whether an earlier run made it. */
export interface Created<T> {
  readonly made: T;
  readonly isOfEarlierRun: boolean;
}

/**
 * Makes an object once, however many attempts that takes.
 * @throws the error of the last attempt; if a look failed, the error of the attempt before, which names the first cause
 */
export async function createOnce<T extends { id: string }>(create: Create<T>): Promise<Created<T>> {
  const { begun, ours } = create;
  let state: State<T> = {
    known: {
      wasBegun: begun !== undefined,
      wasFree: ours.wasFree,
      outcome: "notSent",
      isBusy: false,
      look: "notYet",
      mayRepeat: true,
    },
    attempts: 0,
  };
  if (nextStep(state.known) === "look") state = await afterLook(create, state);
  // nothing was sent, so the log gets no entry
  if (nextStep(state.known) === "fail") throw state.error;
  const isOfEarlierRun = nextStep(state.known) === "take";
  return { made: await create.log(ours.wasFree || isOfEarlierRun, () => carryOut(create, state)), isOfEarlierRun };
}

/** The known facts, and the data that the steps use. */
interface State<T> {
  readonly known: Known;
  /** Number of attempts so far. */
  readonly attempts: number;
  readonly found?: T | undefined;
  /** Thrown if no further step is possible. */
  readonly error?: unknown;
  /** The error of the attempt before the last one. */
  readonly errorBefore?: unknown;
  /** Before the next attempt. */
  readonly pauseMs?: number | undefined;
}

async function carryOut<T extends { id: string }>(create: Create<T>, first: State<T>): Promise<T> {
  for (let state = first; ;) {
    switch (nextStep(state.known)) {
      case "take":
        return state.found as T;
      case "tell":
        if (state.found) create.ours.isHalfMade?.(state.found);
        throw state.error;
      case "fail":
        throw state.error;
      case "look":
        state = await afterLook(create, state);
        break;
      case "send": {
        const { attempts, pauseMs, error } = state;
        if (pauseMs !== undefined) {
          await create.sleep(pauseMs).catch(() => {
            throw error;
          });
        }
        try {
          return await create.send(attempts);
        } catch (thrown) {
          state = afterFailure(create, state, thrown);
        }
      }
    }
  }
}

/** An operation that failed because the name is taken has made nothing: what has the name is somebody else's. */
const refusalIn = (error: unknown, taken: string | undefined): unknown =>
  error instanceof FabricError && error.errorCode === taken && error.isOutcomeKnown ? error.asRefusal() : error;

function outcomeOf(error: unknown): "refused" | "unknown" | "failed" {
  if (isOutcomeUnknown(error)) return "unknown";
  return mayHaveHadEffect(error) ? "failed" : "refused";
}

function afterFailure<T>({ ours, pauseAfter }: Create<T>, state: State<T>, thrown: unknown): State<T> {
  const { known, attempts: before, error: errorBefore } = state;
  const isDoubted = known.outcome === "unknown" && thrown instanceof FabricError;
  const error = isDoubted ? thrown.asOutcomeUnknown() : refusalIn(thrown, ours.taken);
  const { status, retryAfterSeconds } = error instanceof FabricError ? error : {};
  const attempts = before + 1;
  const pauseMs = pauseAfter(attempts, retryAfterSeconds);
  const next = {
    ...known,
    outcome: outcomeOf(error),
    isBusy: status === 503,
    look: "notYet",
    mayRepeat: pauseMs !== undefined,
  } as const;
  return { known: next, attempts, error, errorBefore, pauseMs };
}

async function afterLook<T extends { id: string }>(create: Create<T>, state: State<T>): Promise<State<T>> {
  const { known, error, errorBefore } = state;
  try {
    const found = await create.ours.find();
    const look = !found ? "nothing" : (await isOurs(create, known, found)) ? "ours" : "another";
    return { ...state, known: { ...known, look }, found };
  } catch (thrown) {
    return { ...state, known: { ...known, look: "failed" }, error: errorBefore ?? error ?? thrown };
  }
}

/** An id in the log is proof. Without an id, nothing about the object may contradict that it is ours. */
async function isOurs<T extends { id: string }>({ begun, ours }: Create<T>, known: Known, found: T): Promise<boolean> {
  if (known.outcome === "notSent" && begun?.id !== undefined) return isSameId(found.id, begun.id);
  return ours.isPlausible ? ours.isPlausible(found) : true;
}
