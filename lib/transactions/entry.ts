/** How to undo an effect, as data: it must survive the process that caused the effect. */
export interface Compensation {
  readonly function: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** A change at the service that is about to be made. */
export interface Intent {
  readonly operation: "create" | "update" | "delete";
  /** Kind of the resource: `Workspace`. */
  readonly resourceType: string;
  readonly resourceName: string;
  /** Id of the resource in the stack, if it is known before the call; always present for updates and deletes. */
  readonly resourceId?: string;
  /**
   * Names that identify the object at the service without its id; always present for creates. They are separate from the
   * compensation's arguments, which may grow from version to version. Logs of format 1 have only the arguments.
   */
  readonly names?: Readonly<Record<string, unknown>>;
  /** Values of the object just before an update or a delete, as the service gave them; null for a missing value. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** Values after an update. */
  readonly after?: Readonly<Record<string, unknown>>;
  /** Null if only the saved checkpoint can undo the change. */
  readonly compensation: Compensation | null;
  /** For a create: whether its name was seen to be free. Only then can an object of that name be this create's. */
  readonly wasFree?: boolean;
}

/** A fact, without its place in the log. */
export type Fact =
  | {
      readonly kind: "begin";
      readonly stack: string;
      /** Name of the stack's project; absent in logs of earlier versions. */
      readonly project?: string;
      /** Where the stack's state is kept (`stackIdentity.ts`). */
      readonly backend?: string;
      readonly enableRollback: boolean;
      /** Name of the saved checkpoint beside the log. */
      readonly checkpoint?: string;
      /** Hash of the stack's state at the beginning. */
      readonly checkpointHash?: string;
    }
  | ({ readonly kind: "intent"; readonly step: string } & Intent)
  /** The service has accepted the step's call, and continues to work. */
  | {
      readonly kind: "accepted";
      readonly step: string;
      /** Id of its long-running operation. */
      readonly operationId: string;
      /** Place of the operation: host of the endpoint and, if the token names it, the tenant: `host/tenantId`. */
      readonly origin: string;
    }
  /** Without an id if the answer had none. */
  | { readonly kind: "done"; readonly step: string; readonly resourceId?: string }
  | {
      readonly kind: "failed";
      readonly step: string;
      readonly reason: string;
      readonly errorCode?: string;
      readonly status?: number;
      readonly requestId?: string;
      /** The request may have had its effect all the same, or a part of it. */
      readonly isOutcomeUnknown?: boolean;
    }
  | { readonly kind: "commit"; readonly checkpointHash?: string }
  | { readonly kind: "rollback"; readonly reason: string }
  | { readonly kind: "compensated"; readonly step: string }
  | { readonly kind: "compensationFailed"; readonly step: string; readonly reason: string }
  | { readonly kind: "rolledBack" };

/** One line of the log. */
export type Entry = Fact & {
  /** Version of the format. */
  readonly v: 1 | 2;
  readonly transactionId: string;
  /** Counts up from 1, also across processes. */
  readonly seq: number;
  /** Process that wrote the entry: several processes share a log, one after the other. */
  readonly pid: number;
  /** Time, ISO 8601. */
  readonly at: string;
};

/** Whether a transaction has ended: no commit or rollback can follow. */
export const hasEnded = (entries: readonly Entry[]): boolean =>
  entries.some(({ kind }) => kind === "commit" || kind === "rolledBack");

/**
 * Whether a transaction has changed anything at the service, or may have.
 * @param isMeant which intents count. @default all
 */
export function hasEffects(entries: readonly Entry[], isMeant: (intent: Intent) => boolean = () => true): boolean {
  const outcome = outcomesIn(entries);
  return entries.some((entry) => entry.kind === "intent" && isMeant(entry) && outcome(entry.step) !== "refused");
}

/** Outcome of a step: `unknown` if the process died, or if the answer was lost. */
export type StepOutcome = "done" | "refused" | "unknown";

type Ending = Extract<Entry, { readonly kind: "done" | "failed" }>;
const isEnding = (entry: Entry): entry is Ending => entry.kind === "done" || entry.kind === "failed";

function saidBy(outcome: Ending | undefined): StepOutcome {
  if (outcome?.kind === "done") return "done";
  return outcome?.kind === "failed" && !outcome.isOutcomeUnknown ? "refused" : "unknown";
}

/** Outcome of one step. For all steps of a log, {@link outcomesIn} goes through the log only once. */
export const outcomeOf = (entries: readonly Entry[], step: string): StepOutcome =>
  saidBy(entries.find((entry): entry is Ending => isEnding(entry) && entry.step === step));

/** The outcome of each step of a log, which may have thousands. */
export function outcomesIn(entries: readonly Entry[]): (step: string) => StepOutcome {
  const endings = Map.groupBy(entries.filter(isEnding), ({ step }) => step);
  return (step) => saidBy(endings.get(step)?.[0]);
}

/** Kind and id of an object as one key, equal for every spelling of the id. */
export const objectKey = (resourceType: string, resourceId: string | undefined): string =>
  `${resourceType} ${(resourceId ?? "").toLowerCase()}`;

/** Whether two ids are those of one object: the service spells an id in small letters or in capitals. */
export const isSameId = (one: string | undefined, other: string | undefined): boolean =>
  one?.toLowerCase() === other?.toLowerCase();
