import { FabricError, isOutcomeUnknown } from "../../lib/api/fabricError.ts";
import type { Ours } from "./run.ts";

/*
 * The algorithm that makes nothing twice. Whenever a create may have been executed, in this run or in an earlier one that
 * was cut off, looking for its object decides whether it is sent again. `nextStep` is the whole decision; below it is what
 * carries it out.
 */

/** What a look for the object has shown. `another`: an object of that name that somebody else may have made. */
export type Look = "notYet" | "failed" | "nothing" | "ours" | "another";

/** What is known at one moment of a create. */
export interface Known {
  /** Whether an earlier run has begun the same create, and no log says what became of it. */
  readonly wasBegun: boolean;
  /** Whether nobody had an object of that name before this run's first attempt. */
  readonly wasFree: boolean;
  /**
   * What became of the attempts so far. Once one of them is `unknown` it stays so: a later refusal may be about the very
   * object that was made.
   */
  readonly outcome: "notSent" | "refused" | "unknown";
  /** Whether the last answer was a 503, which asks to come again. */
  readonly isBusy: boolean;
  /** What the look since the last attempt has shown. */
  readonly look: Look;
  /** Whether retries are on, and the service has not been asked too often nor wants too long a pause. */
  readonly mayRepeat: boolean;
}

/** What is done next: send the create, look for its object, take the object that was found, or give up. */
export type Step = "send" | "look" | "take" | "fail";

/** Decides what is done next. Pure, and total. */
export function nextStep(known: Known): Step {
  switch (known.outcome) {
    case "notSent":
      return known.wasBegun ? stepBeforeTheFirst(known.look) : "send";
    case "refused":
      return "fail";
    case "unknown":
      return known.wasFree ? stepAfterADoubt(known) : stepOfATakenName(known);
  }
}

/** An earlier run may have made the object. Another of that name is the service's to refuse. */
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

/**
 * A look proves nothing if the name was taken before: what it finds may be the object that was there. The service refuses
 * a second object of that name, and the kind decides by that refusal, so a busy service is asked again for it.
 */
const stepOfATakenName = ({ isBusy, mayRepeat }: Known): Step => (isBusy && mayRepeat ? "send" : "fail");

/** A create, and what it needs of a run. */
export interface Create<T> {
  readonly ours: Ours<T>;
  /** The create of an earlier run that no log settles; `id` if its answer arrived. */
  readonly begun: { readonly id: string | undefined } | undefined;
  /**
   * Sends the create.
   * @param attemptsBefore how often it was sent before
   */
  readonly send: (attemptsBefore: number) => Promise<T>;
  /**
   * Notes the intent in the log, does the work, and notes its outcome.
   * @param wasFree whether an object of that name can only be this create's
   */
  readonly log: (wasFree: boolean, work: () => Promise<T>) => Promise<T>;
  /**
   * Pause after an attempt, in ms; undefined if there is no further one.
   * @param attempts how often it was sent
   */
  readonly pauseAfter: (attempts: number, retryAfterSeconds: number | undefined) => number | undefined;
  /** Waits; rejects if the run is interrupted. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The object, and whether an earlier run had made it. */
export interface Created<T> {
  readonly made: T;
  readonly isOfEarlierRun: boolean;
}

/**
 * Makes an object once, however often it has to be asked for.
 * @throws the error of the last attempt; if nobody could look, that of the one before, which says what happened first
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
  // a create that cannot begin is none: the log has nothing to say of it
  if (nextStep(state.known) === "fail") throw state.error;
  const isOfEarlierRun = nextStep(state.known) === "take";
  return { made: await create.log(ours.wasFree || isOfEarlierRun, () => carryOut(create, state)), isOfEarlierRun };
}

/** What is known, and what the steps need of it. */
interface State<T> {
  readonly known: Known;
  /** How often the create was sent. */
  readonly attempts: number;
  readonly found?: T | undefined;
  /** What is thrown if nothing more is done. */
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

function afterFailure<T>({ pauseAfter }: Create<T>, state: State<T>, thrown: unknown): State<T> {
  const { known, attempts: before, error: errorBefore } = state;
  const isDoubted = known.outcome === "unknown" && thrown instanceof FabricError;
  const error = isDoubted ? thrown.asOutcomeUnknown() : thrown;
  const { status, retryAfterSeconds } = error instanceof FabricError ? error : {};
  const attempts = before + 1;
  const pauseMs = pauseAfter(attempts, retryAfterSeconds);
  const outcome = isOutcomeUnknown(error) ? "unknown" : "refused";
  const next = { ...known, outcome, isBusy: status === 503, look: "notYet", mayRepeat: pauseMs !== undefined } as const;
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

/** An id in the log is proof; without one, nothing about the object may speak against it. */
async function isOurs<T extends { id: string }>({ begun, ours }: Create<T>, known: Known, found: T): Promise<boolean> {
  if (known.outcome === "notSent" && begun?.id !== undefined) return found.id === begun.id;
  return ours.isPlausible ? ours.isPlausible(found) : true;
}
