import { readFileSync, rmSync } from "node:fs";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation/index.js";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { TransactionLog, checkpointFile, readTransactionLog } from "../../lib/transactionLog.ts";
import type { Entry } from "../../lib/transactionLog.ts";
import { unsettledCreates } from "../../lib/unsettled.ts";
import type { UnsettledCreate } from "../../lib/unsettled.ts";
import { compensations } from "../../providers/compensations.ts";
import { fromProviderInputs } from "../../providers/configuration.ts";
import type { Run } from "../../providers/run.ts";
import {
  differencesAfterRollback,
  liveResourcesOf,
  nameOf,
  prepareForRollback,
  resourcesOf,
  withoutPendingOperations,
} from "./checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "./checkpoint.ts";
import { savedProgram } from "./registration.ts";
import { decryptedCheckpoint, exportCheckpoint, importCheckpoint, projectCopy, refreshStack } from "./stackState.ts";
import type { StackAccess } from "./stackState.ts";

/** What a rollback left undone. */
export interface Leftover {
  readonly what: string;
  readonly reason: string;
}

/** A rollback to be done. */
export interface RollbackOrder extends StackAccess {
  readonly logFolder: string;
  readonly transactionId: string;
  readonly reason: string;
  /** Where its lines go. */
  readonly say: (line: string) => void;
}

/**
 * Takes a stack back to where it was before a transaction: the engine restores the saved checkpoint, then what the log
 * knows and the state does not is removed, then both are compared.
 * @returns what is left to be done by hand; nothing, where the rollback is complete
 * @throws Error where it cannot begin; nothing was changed then
 */
export async function rollBack(order: RollbackOrder): Promise<Leftover[]> {
  const { logFolder, transactionId, say } = order;
  const saved = JSON.parse(readFileSync(checkpointFile(logFolder, transactionId), "utf8")) as Checkpoint;
  const plain = await decryptedCheckpoint(order, saved);
  const log = await TransactionLog.open({ folder: logFolder, transactionId });
  try {
    await log.rollback(order.reason);
    say(`Rolling back transaction ${transactionId}. Reason: ${order.reason}`);
    // a log of its own for what the rollback does: it is not part of the transaction that it undoes
    const env = { ...order.env, FABRIC_ROLLBACK_OF: transactionId, FABRIC_TRANSACTION_ID: `${transactionId}.rollback` };
    const access: StackAccess = { ...order, env };
    const entries = readTransactionLog(logFolder, transactionId);
    const before = await prepare(access, saved, entries);
    const leftovers = await restore(access, plain, before, say);
    const after = await exportCheckpoint(access);
    leftovers.push(...(await cleanOrphans(access, entries, before, after, say)));
    if (leftovers.length === 0)
      leftovers.push(
        ...differencesAfterRollback(after, saved).map((what) => ({
          what,
          reason: "the state differs from the saved one",
        })),
      );
    if (leftovers.length === 0) {
      await log.rolledBack();
      say(`✓ Transaction ${transactionId} fully rolled back`);
    }
    return leftovers;
  } finally {
    await log.close();
  }
}

/** Brings the current checkpoint into a shape that the engine can go back from. */
async function prepare(access: StackAccess, saved: Checkpoint, entries: readonly Entry[]): Promise<Checkpoint> {
  const settled = withoutPendingOperations(await exportCheckpoint(access));
  if (settled.isChanged) await importCheckpoint(access, settled.checkpoint);
  // an update or delete whose answer was lost is not in the state: reading the objects again puts it there
  if (hasUnknownOutcome(entries)) await refreshStack(access);
  const { checkpoint, isChanged } = prepareForRollback(await exportCheckpoint(access), saved);
  if (isChanged) await importCheckpoint(access, checkpoint);
  return checkpoint;
}

function hasUnknownOutcome(entries: readonly Entry[]): boolean {
  return entries.some((entry) => {
    if (entry.kind !== "intent" || entry.operation === "create") return false;
    const outcome = entries.find(
      (other) => (other.kind === "done" || other.kind === "failed") && other.step === entry.step,
    );
    return outcome === undefined || (outcome.kind === "failed" && outcome.isOutcomeUnknown === true);
  });
}

/** Runs the saved checkpoint as a program. Its failure is a leftover and not an exception: what was restored stays so. */
async function restore(
  access: StackAccess,
  saved: Checkpoint,
  current: Checkpoint,
  say: (line: string) => void,
): Promise<Leftover[]> {
  const workDir = projectCopy(access);
  try {
    const envVars = Object.fromEntries(
      Object.entries(access.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
    const workspace = await LocalWorkspace.create({ workDir, program: savedProgram(saved, current), envVars });
    const stack = await Stack.select(access.stack, workspace);
    const failed: Leftover[] = [];
    await stack.up({ onEvent: (event) => tell(event, say, failed), message: "rollback" }).catch((error: unknown) => {
      if (failed.length === 0)
        failed.push({
          what: "the saved checkpoint",
          reason: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
        });
    });
    return failed;
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/** The documented lines, in the order in which things happen. */
function tell(event: EngineEvent, say: (line: string) => void, failed: Leftover[]): void {
  const begun = event.resourcePreEvent?.metadata;
  const ended = event.resOutputsEvent?.metadata;
  const broken = event.resOpFailedEvent?.metadata;
  const kindOf = (type: string) => type.split(":").at(-1) ?? type;
  if (begun?.type.includes("dynamic/fabric:")) {
    if (isDelete(begun.op)) say(`Cleaning up ${nameOf(begun)} (${begun.old?.id ?? "?"})`);
    else if (begun.op === "update") say(`Restoring ${nameOf(begun)} (${begun.old?.id ?? "?"})`);
    else if (begun.op === "create") say(`Making ${nameOf(begun)} again`);
  }
  if (ended?.type.includes("dynamic/fabric:") && isDelete(ended.op))
    say(`✓ Successfully cleaned up ${kindOf(ended.type)}`);
  if (broken) failed.push({ what: `${nameOf(broken)} (${broken.old?.id ?? "?"})`, reason: `${broken.op} failed` });
}

const isDelete = (op: string) => op === "delete" || op === "delete-replaced";

/** Removes what this transaction made and no state ever knew. What belongs to the state now is never touched. */
async function cleanOrphans(
  access: StackAccess,
  entries: readonly Entry[],
  before: Checkpoint,
  after: Checkpoint,
  say: (line: string) => void,
): Promise<Leftover[]> {
  const known = new Set(liveResourcesOf(before).map(keyOf));
  const orphans = unsettledCreates([entries.filter(({ kind }) => kind !== "rollback")]).filter(
    ({ resourceType, resourceId, names }) =>
      resourceId === undefined || !known.has(`${resourceType} ${idIn(names, resourceId)}`),
  );
  const provider = [...resourcesOf(after), ...resourcesOf(before)].find(
    ({ type }) => type === "pulumi:providers:pulumi-nodejs",
  );
  if (orphans.length === 0 || !provider) return [];
  const kept = new Set(
    liveResourcesOf(after).map((resource) =>
      resource.type.endsWith(":GitConnection") ? `git ${resource.id}` : (resource.id ?? ""),
    ),
  );
  const { startRun } = await import("../../providers/liveRun.ts");
  const run = await startRun(
    fromProviderInputs((key) => provider.inputs?.[key] as string | undefined),
    // an empty list of workspaces means here that the engine has removed them all
    { ...access.env, FABRIC_CONFIRM_GONE: "true" },
  );
  const leftovers: Leftover[] = [];
  try {
    for (const orphan of orphans.toReversed()) await cleanOrphan(run, orphan, kept, say, leftovers);
  } finally {
    await run.close();
  }
  return leftovers;
}

async function cleanOrphan(
  run: Run,
  orphan: UnsettledCreate,
  kept: ReadonlySet<string>,
  say: (line: string) => void,
  leftovers: Leftover[],
): Promise<void> {
  const { resourceType, resourceName, names, resourceId, compensation } = orphan;
  const what = `${resourceType} '${resourceName}' (${resourceId ?? "id unknown"})`;
  try {
    const isRemoved = await compensations[compensation]?.(run, names, resourceId, (id) => kept.has(id));
    if (!isRemoved) return;
    say(`Cleaning up ${what}`);
    say(`✓ Successfully cleaned up ${resourceType}`);
  } catch (error) {
    leftovers.push({ what, reason: error instanceof Error ? error.message : String(error) });
  }
}

const keyOf = ({ type, id }: CheckpointResource) => `${type.split(":").at(-1)} ${id ?? ""}`;

/** Ids in the log are the service's; those of resources in workspaces have the workspace's before them. */
function idIn(names: Readonly<Record<string, unknown>>, resourceId: string): string {
  const { workspaceId } = names;
  return typeof workspaceId === "string" && workspaceId !== resourceId && !resourceId.includes("/")
    ? `${workspaceId}/${resourceId}`
    : resourceId;
}
