/** How to undo an effect, as data: it has to survive the process that had the effect. */
export interface Compensation {
  readonly function: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What is about to be done remotely. */
export interface Intent {
  readonly operation: "create" | "update" | "delete";
  /** Kind of the resource: `Workspace`. */
  readonly resourceType: string;
  readonly resourceName: string;
  /** Id of the object as the stack has it, where it is known before the call: of updates and deletes always. */
  readonly resourceId?: string;
  /**
   * What finds the object at the service while nobody knows its id: of creates always. It stands apart from the
   * compensation's arguments, which may grow from version to version. Logs of format 1 have only those.
   */
  readonly names?: Readonly<Record<string, unknown>>;
  /** Values that the object had just before an update or a delete, as the service gave them; what it had none of is null. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** Values that an update makes of them. */
  readonly after?: Readonly<Record<string, unknown>>;
  /** Null where nothing but the saved checkpoint can undo it. */
  readonly compensation: Compensation | null;
  /** Of a create: whether its name was seen to be free. Only then an object of that name can be this create's. */
  readonly wasFree?: boolean;
}

/** A fact, before it gets its place in the log. */
export type Fact =
  | {
      readonly kind: "begin";
      readonly stack: string;
      readonly enableRollback: boolean;
      /** Name of the saved checkpoint beside the log. */
      readonly checkpoint?: string;
      /** What the stack was like at the beginning, by `checkpointHash`. */
      readonly checkpointHash?: string;
    }
  | ({ readonly kind: "intent"; readonly step: string } & Intent)
  /** The service has accepted the step's call, and works on. */
  | {
      readonly kind: "accepted";
      readonly step: string;
      /** Id of its long-running operation. */
      readonly operationId: string;
      /** Where that runs: host of the endpoint and, if the token tells it, the tenant: `host/tenantId`. */
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
      /** The request may have had its effect all the same. */
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
  /** Counts up from 1, also where one process goes on after another. */
  readonly seq: number;
  /** Process that wrote it: several share a log, one after the other. */
  readonly pid: number;
  /** Time, ISO 8601. */
  readonly at: string;
};

/** Whether a transaction has ended: nothing of it is to be committed or rolled back any more. */
export const hasEnded = (entries: readonly Entry[]): boolean =>
  entries.some(({ kind }) => kind === "commit" || kind === "rolledBack");

/**
 * Whether a transaction has changed anything at the service, or may have.
 * @param isMeant which intents count. @default all
 */
export function hasEffects(entries: readonly Entry[], isMeant: (intent: Intent) => boolean = () => true): boolean {
  return entries.some(
    (entry) => entry.kind === "intent" && isMeant(entry) && outcomeOf(entries, entry.step) !== "refused",
  );
}

/** What became of a step: `unknown` where the process died, or where the answer was lost. */
export function outcomeOf(entries: readonly Entry[], step: string): "done" | "refused" | "unknown" {
  const outcome = entries.find((entry) => (entry.kind === "done" || entry.kind === "failed") && entry.step === step);
  if (outcome?.kind === "done") return "done";
  return outcome?.kind === "failed" && !outcome.isOutcomeUnknown ? "refused" : "unknown";
}

/** Kind and id of an object as one text, equal for every spelling of the id. */
export const objectKey = (resourceType: string, resourceId: string | undefined): string =>
  `${resourceType} ${(resourceId ?? "").toLowerCase()}`;
