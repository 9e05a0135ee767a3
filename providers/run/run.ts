import type { z } from "zod";
import type { Intent } from "../../lib/transactions/entry.ts";
import type { Answering, FabricCall } from "../../lib/api/fabricCall.ts";
import type { DefinitionPart } from "../../lib/api/itemDefinition.ts";
import type { RunVariables } from "../../lib/content/environmentValues.ts";
import type { Clock } from "../../lib/clock.ts";
import type { AcceptedOperation } from "../../lib/transactions/transactionLog.ts";
import type { KeptDefinitions } from "../../lib/transactions/keptDefinitions.ts";
import type { VersionedSecret } from "../../lib/secretManager.ts";
import type { OnDrift } from "./configuration.ts";
import type { Written } from "../../lib/transactions/written.ts";
import type { FormerObject } from "./formerStates.ts";
import type { WantedPrincipal } from "./graphUsers.ts";
import type { Origin } from "./origin.ts";

/**
 * A call that changes something at the service. Its answer has a shape, also if nobody reads it: a stranger's answer would count as
 * the write's success.
 */
export type Write<T = unknown> = Omit<FabricCall, "operation" | "answer"> &
  Answering<T> & {
    /** Name of the call in an error. @default `<intent operation> <type> '<name>'` */
    readonly operation?: string;
  };

/** An object that existed before. */
export interface Adopted {
  readonly resourceType: string;
  readonly resourceName: string;
  /** Id of the resource in the stack. */
  readonly resourceId: string;
}

/** How a create recognises its object without knowing the id. */
export interface Ours<T> {
  /** The object of that name, if there is one. */
  readonly find: () => Promise<T | undefined>;
  /**
   * Whether no object had that name before the create. Only then a found object is proof that this create made it. The
   * service must refuse a second object of the same name.
   */
  readonly wasFree: boolean;
  /** Whether nothing about the found object contradicts that this create made it. @default true */
  readonly isPlausible?: (found: T) => Promise<boolean>;
  /** Code by which the service refuses a second object of the name. An operation that fails by it has made nothing. */
  readonly taken?: string | undefined;
  /** Called with the object if the operation that made it failed: it may lack a part of what was declared. */
  readonly isHalfMade?: (found: T) => void;
  /**
   * Whether each such object has an id of its own. A rollback then leaves one that its transaction has made, which may have other
   * values that never change, to its removal. @default false
   */
  readonly hasNewId?: boolean;
}

/** How a kind asks the service. */
export interface Reads {
  /** One object or answer, of the given shape. */
  get<T>(path: string, operation: string, answer: z.ZodType<T>, query?: FabricCall["query"]): Promise<T>;
  /** A call that changes nothing although its method is not GET. */
  read<T>(call: FabricCall & Answering<T>): Promise<T>;
  /** All pages of a list whose entries have the given shape. */
  list<T>(path: string, operation: string, entry: z.ZodType<T>, query?: FabricCall["query"]): Promise<T[]>;
  /** All pages of a list. A run reads the list once, and again after a write of its own has made it stale. */
  listOnce<T>(path: string, operation: string, entry: z.ZodType<T>): Promise<readonly T[]>;
  /**
   * The entry of an object in a list that was read a moment ago, for a change of the object. The run reads the list once for all
   * objects that it changes.
   * @returns undefined if the list lacks the object, or the run has written to the object: it must be read by itself
   */
  justListed<T>(
    path: string,
    operation: string,
    entry: z.ZodType<T>,
    isIt: (entry: T) => boolean,
  ): Promise<T | undefined>;
  /**
   * An answer of the last minute, which all of the run share: the first who wants it asks. An answer that failed is asked for
   * again. What it tells may change in the middle of a run, so it is for advice, and no decision rests on it.
   * @param what names the question, and is no path: `own role in {workspaceId}`
   */
  lately<T>(what: string, ask: () => Promise<T>): Promise<T>;
  /** Whether the run asks this for the first time with that text. */
  isFirst(what: string): boolean;
  /**
   * Waits until an operation of an earlier run has ended, in success or failure. An operation of another endpoint or tenant
   * is skipped: its id means nothing here.
   */
  operationEnded(operation: AcceptedOperation): Promise<void>;
  /** Object id of a user by user principal name. A run asks Microsoft Graph once per name. */
  userId(userPrincipalName: string): Promise<string>;
  /** Object id of a group or service principal. A run asks Microsoft Graph once for each. */
  principalId(wanted: WantedPrincipal): Promise<string>;
  /**
   * A secret by name, from Key Vault, the environment or `.env`; undefined if no source has it.
   * @param version a version in the vault. @default the present one
   */
  secret(name: string, version?: string): Promise<VersionedSecret | undefined>;
}

/** How a kind changes something: the transaction log is written first. */
export interface Writes {
  /**
   * Changes something at the service: intent to the log, call, outcome to the log. The log notes the intent's resource id
   * as done, else the `id` of the answer.
   */
  write<T>(intent: Intent, call: Write<T>): Promise<T>;
  /**
   * Like {@link Writes.write}, for creates. If an earlier run was cut off in the same create, this one takes the object of
   * that run. If the call may have been executed, a look for its object decides about a repetition (`createOnce.ts`).
   */
  create<T extends { id: string }>(intent: Intent, call: Write<T>, ours: Ours<T>): Promise<T>;

  /**
   * Notes in the log that an existing object is managed from now on, with the values it had. A rollback can then restore
   * the values even if no state ever held the object.
   * @returns the values to restore; if an earlier run was cut off in this adoption, the values that it found
   */
  adopt<B extends object>(object: Adopted, before: B): Promise<B>;

  /** Notes in the log that an object is half-changed, so that recovery and rollback read it again. */
  doubt(intent: Intent, error: unknown): Promise<void>;
}

/** What the transaction logs hold about writes of earlier runs, and of this one. */
export interface LoggedPast {
  /**
   * How to undo an update that an open transaction made, or may have made: the arguments of the first compensation of that
   * name for the object. The state may lack such an update, because the run was cut off, the answer was lost, or a later
   * write failed.
   * @param which the last one tells what the object was like when an unfinished update began. @default first
   * @returns undefined if there was no such update
   */
  undoOf<A extends object>(compensation: string, resourceId: string, which?: "first" | "last"): Promise<A | undefined>;
  /** The arguments of all such compensations, oldest first. */
  undosOf<A extends object>(
    compensation: string,
    resourceId: string,
    /** Whether only changes count whose answer came. @default false: those that may have had their effect count, too */
    isCertain?: boolean,
  ): Promise<readonly A[]>;
  /** The writes of the rolled-back transaction to an object; undefined if there were none, or the log cannot tell. */
  writtenTo(resourceType: string, resourceId: string): Promise<Written | undefined>;
  /** Names of the values of an object that transactions which have not ended have written, or may have written. */
  writtenInOpenTransactions(resourceType: string, resourceId: string): Promise<readonly string[]>;
  /** Whether the transaction that this run rolls back may have made the object or written to it; true in every other run. */
  mayHaveWritten(resourceType: string, resourceId: string): Promise<boolean>;
  /** Whether this run rolls back a transaction that deleted the object, or may have deleted it. */
  wasDeletedByTransaction(resourceType: string, resourceId: string): Promise<boolean>;
  /**
   * Whether a delete of the object is in the log of a transaction that has not ended, or in that of the rollback, and was not
   * refused.
   */
  mayHaveDeleted(resourceType: string, resourceId: string): Promise<boolean>;
  /**
   * Whether the rollback, in this run or in an earlier attempt, has written to an object of that name, or may have; false in every
   * other run.
   * @param resourceName as in the intents of the log
   */
  wasWrittenByRollback(resourceType: string, resourceName: string): Promise<boolean>;
  /** Whether this run rolls back a transaction that made the object. */
  wasMadeByTransaction(resourceType: string, resourceId: string): Promise<boolean>;
  /**
   * Whether an earlier run was cut off in a create of this kind with these names, so that an object found now is ours.
   * @param hasNewId see {@link Ours}
   */
  wasBegun(resourceType: string, names: Readonly<Record<string, unknown>>, hasNewId?: boolean): Promise<boolean>;
}

/** The resource that holds an object of the stack since before this run. */
export interface Owner {
  /** `Workspace::sales`: kind and name. */
  readonly resource: string;
  /** Whether the program of this run declares the resource. If not, the run deletes the resource at its end. */
  readonly isDeclared: boolean;
  /** The display name that the program declares for the object; undefined if there is none. */
  readonly declaredName: string | undefined;
  /** Whether other resources of the state hold the object as well: an earlier run gave it another key and did not end. */
  readonly isShared: boolean;
}

/** What this run did with the stack's own objects, beyond the state. */
export interface OwnObjects {
  /** Notes that this run deleted an object or gave it back, and the state that the object had. */
  release(id: string, state: object): void;
  /**
   * The state of an object that this run was asked to delete. If the object still exists, the delete left it or gave it
   * back. A create that finds the object then continues with it, and does not adopt it anew.
   */
  released<S extends object>(kindName: string, id: string): Partial<S> | undefined;
  /** Like `released`; also the state of an object that the stack had before this run, or before the rolled-back transaction. */
  formerState<S extends object>(kindName: string, id: string): Promise<Partial<S> | undefined>;
  /**
   * The resource that has held the object since before this run, or before the rolled-back transaction. Undefined if there is
   * none, and in a plain `pulumi up`, which does not tell.
   * @throws Error if the program does not say in time what it declares
   */
  owner(kindName: string, id: string): Promise<Owner | undefined>;
  /** In a rollback: all objects of a kind that were the stack's before the transaction; none in other runs. */
  formerObjects(kindName: string): Promise<readonly FormerObject[]>;
  /** Notes that this run made or adopted an object, so that a delete of the same id in this run does nothing. */
  acquire(id: string, how: "made" | "adopted"): void;
  /** Whether this run made or adopted the object. */
  isAcquired(id: string): boolean;
  /** Whether this run made the workspace, so that it holds only what this run put there. */
  isNewWorkspace(workspaceId: string): boolean;
  /** Whether a create of this run took an object of an earlier run. The object may have the values declared then. */
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
  /** Object id of the deploying identity, if the token names it. */
  readonly callerId: string | undefined;
  /** FABRIC_CONFIRM_GONE: an empty list, of workspaces or of items on a capacity that cannot be seen, means that all are gone. */
  readonly confirmGone: boolean;
  /** What is done about values and definitions that were changed at the service. */
  readonly onDrift: OnDrift;
  /** Whether the definitions of items are looked at, too. */
  readonly watchesContent: boolean;
  /** Whether this run rolls a transaction back: it declares what was there before. */
  readonly isRollback: boolean;
  /** `useRollback`: the command rolls back what fails. A create that fails half-way removes its object. */
  readonly rollsBackFailures: boolean;
  /** Definitions as they were before this transaction, kept beside its log for its rollback. */
  readonly definitions: KeptDefinitions;
  /** Variables of the environment that definitions take. */
  readonly variables: RunVariables;
  /** Keeps the texts of a definition that was sent, for later previews. */
  noteDeployed(definitionHash: string, parts: readonly DefinitionPart[]): Promise<void>;

  /**
   * Runs work that finishes or undoes a begun change, and whose calls are sent even after Ctrl-C: a check how far an update
   * came, or the undo of its first half.
   */
  finishing<T>(work: () => Promise<T>): Promise<T>;
  /** Serialises work that the service refuses in parallel. @param key work with the same key runs one after the other */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Writes a line to the stack's diagnostics. */
  warn(line: string): void;
}
