import type { z } from "zod";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Answering, FabricCall } from "../../lib/api/fabricCall.ts";
import type { Clock } from "../../lib/clock.ts";
import type { AcceptedOperation } from "../../lib/transactions/transactionLog.ts";
import type { KeptDefinitions } from "../../lib/transactions/keptDefinitions.ts";
import type { OnDrift } from "./configuration.ts";
import type { Written } from "../../lib/transactions/written.ts";
import type { Origin } from "./origin.ts";

/** A call that changes something at the service. */
export type Write = Omit<FabricCall, "operation"> & {
  /** What a failure is called; by default `<intent operation> <type> '<name>'`. */
  readonly operation?: string;
};

/** An object that existed before. */
export interface Adopted {
  readonly resourceType: string;
  readonly resourceName: string;
  /** As the stack has it. */
  readonly resourceId: string;
}

/** How a create recognises its object, when nobody told its id. */
export interface Ours<T> {
  /** The object of that name, if there is one. */
  readonly find: () => Promise<T | undefined>;
  /**
   * Whether nobody had an object of that name before. Only then, what is found is this create's. The service has to refuse a
   * second object of a name that is taken.
   */
  readonly wasFree: boolean;
  /** Whether nothing about what was found speaks against being this create's. @default it is */
  readonly isPlausible?: (found: T) => Promise<boolean>;
}

/** How a kind asks the service. */
export interface Reads {
  /** One object or answer, of the given shape. */
  get<T>(path: string, operation: string, answer: z.ZodType<T>, query?: FabricCall["query"]): Promise<T>;
  /** A call that changes nothing although it is no GET. */
  read<T>(call: FabricCall & Answering<T>): Promise<T>;
  /** All pages of a list whose entries have the given shape. */
  list<T>(path: string, operation: string, entry: z.ZodType<T>, query?: FabricCall["query"]): Promise<T[]>;
  /** All pages of a list, asked for once in a run, until something here changes what is in it. */
  listOnce<T>(path: string, operation: string, entry: z.ZodType<T>): Promise<readonly T[]>;
  /** Whether a run does something for the first time. */
  isFirst(what: string): boolean;
  /**
   * Waits until an operation of an earlier run has ended, however it ends. One that runs elsewhere than this run reaches is
   * not asked for: its id means nothing here.
   */
  operationEnded(operation: AcceptedOperation): Promise<void>;
  /** Object id of a user by user principal name, asked from Microsoft Graph once per run. */
  userId(userPrincipalName: string): Promise<string>;
}

/** How a kind changes something: the transaction log is written first. */
export interface Writes {
  /**
   * Changes something at the service: intent to the log, call, outcome to the log. The log notes the intent's resource id
   * as done, else the `id` of the answer.
   */
  write<T>(intent: Intent, call: Write & Answering<T>): Promise<T>;
  write(intent: Intent, call: Write): Promise<void>;
  /**
   * Like {@link Writes.write}, for creates. If an earlier run was cut off in the same create, its object is taken instead of
   * making another; if this create may have been executed, looking decides whether the call is repeated (`createOnce.ts`).
   */
  create<T extends { id: string }>(intent: Intent, call: Write & Answering<T>, ours: Ours<T>): Promise<T>;

  /**
   * Notes in the log that an object which existed before is managed from now on, and the values it had, so that they are
   * given back also where no state ever knew of it.
   * @returns the values to give back: where an earlier run was cut off in this, those that it had found
   */
  adopt<B extends object>(object: Adopted, before: B): Promise<B>;

  /** Notes in the log that an object is half-changed, so that recovery and rollback read it again. */
  doubt(intent: Intent, error: unknown): Promise<void>;
}

/** What the transaction logs say of writes of earlier runs, and of this one. */
export interface LoggedPast {
  /**
   * What an update undoes that a transaction which has not ended has made, or may have made: the arguments of the first
   * compensation of that name for the object. The state may not know of that update, because the run was cut off, the
   * answer was lost, or a later write failed.
   * @returns undefined if there was no such update
   */
  undoOf<A extends object>(compensation: string, resourceId: string): Promise<A | undefined>;
  /** What the transaction that this run rolls back wrote to an object; undefined if it wrote nothing, or that is not known. */
  writtenTo(resourceType: string, resourceId: string): Promise<Written | undefined>;
  /** Whether the transaction that this run rolls back may have made the object or written to it; true in every other run. */
  mayHaveWritten(resourceType: string, resourceId: string): Promise<boolean>;
  /** Whether this run rolls a transaction back that has deleted, or may have deleted, an object. */
  wasDeletedByTransaction(resourceType: string, resourceId: string): Promise<boolean>;
  /** Whether an earlier run was cut off in a create of this kind and with these names, so that what is there is ours. */
  wasBegun(resourceType: string, names: Readonly<Record<string, unknown>>): Promise<boolean>;
}

/** What this run did with the stack's own objects, beside what the state says. */
export interface OwnObjects {
  /** Notes that this run did what the delete of an object means, and the state that the object had. */
  release(id: string, state: object): void;
  /**
   * The state of an object that this run was asked to delete. If the object is still there, its delete has left it or given
   * it back: a create that meets it goes on with the stack's own object, and adopts nothing anew.
   */
  released<S extends object>(kindName: string, id: string): Partial<S> | undefined;
  /** The same; and in a rollback the state of an object that was the stack's before the transaction. */
  formerState<S extends object>(kindName: string, id: string): Promise<Partial<S> | undefined>;
  /** Notes that this run made or adopted an object, so that a delete of the same id in this run does nothing. */
  acquire(id: string, how: "made" | "adopted"): void;
  /** Whether this run made or adopted the object. */
  isAcquired(id: string): boolean;
  /** Whether this run made the workspace, so that nothing can be in it but what this run put there. */
  isNewWorkspace(workspaceId: string): boolean;
  /** Whether a create of this run took an object of an earlier one, which may be as it was declared then. */
  isOfEarlierRun(id: string): boolean;
}

/**
 * What a resource kind may do while the engine runs. One run is one provider process: previews, updates, refreshes and
 * destroys each have their own. Reading is free; the only way to change something is {@link Writes.write}, because it
 * writes to the transaction log first.
 */
export interface Run extends Reads, Writes, LoggedPast, OwnObjects {
  readonly origin: Origin;
  readonly clock: Clock;
  /** Object id of the deploying identity, where the token tells it. */
  readonly callerId: string | undefined;
  /** FABRIC_CONFIRM_GONE: an empty list of workspaces is believed. */
  readonly confirmGone: boolean;
  /** What is done about definitions that were changed at the service; undefined where a refresh does not look at them. */
  readonly onDrift: OnDrift | undefined;
  /** Whether this run rolls a transaction back: it declares what was there before. */
  readonly isRollback: boolean;
  /** Whether a create that fails half-way removes what it made (`useRollback`), instead of leaving it to the next up. */
  readonly undoesHalfMade: boolean;
  /** Definitions as they were before this transaction, kept beside its log for its rollback. */
  readonly definitions: KeptDefinitions;

  /**
   * Runs the end of what has begun, whose calls are made also after Ctrl-C: looking how far an update came, or taking its
   * first half back.
   */
  finishing<T>(work: () => Promise<T>): Promise<T>;
  /** Does work that the service refuses two of at the same time, one after the other. @param key what they have in common */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** A line among the stack's diagnostics. */
  warn(line: string): void;
}
