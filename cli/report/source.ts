import type { DefinitionPart } from "../../lib/api/itemDefinition.ts";
import { resourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { Redaction } from "../../lib/telemetry/redaction.ts";
import { attemptsIn } from "../../lib/transactions/attempts.ts";
import type { Entry } from "../../lib/transactions/entry.ts";
import { keptDefinition } from "../../lib/transactions/keptDefinitions.ts";
import { readRuns } from "../../lib/transactions/runs.ts";
import { attemptsFile, checkpointFile, rollbackLogOf } from "../../lib/transactions/transactionFiles.ts";
import { readTransactionLog } from "../../lib/transactions/transactionLog.ts";
import { keyIn } from "../../providers/kinds/item/keptContent.ts";
import type { ReportSource } from "./model.ts";

/**
 * Reads everything that is known of a transaction. Whatever lies beside its log may be missing.
 * @throws UnreadableLogError if the log cannot be read whole
 */
export async function readSource(store: LogStore, transactionId: string): Promise<ReportSource> {
  const undoing = rollbackLogOf(transactionId);
  const [entries, rollback, attempts, rollbackAttempts, runs, resources] = await Promise.all([
    readTransactionLog(store, transactionId),
    readTransactionLog(store, undoing),
    attemptsBeside(store, transactionId),
    attemptsBeside(store, undoing),
    readRuns(store, transactionId),
    resourcesBefore(store, transactionId),
  ]);
  const kept = await keptOf(store, transactionId, entries, resources);
  return { transactionId, entries, rollback, attempts, rollbackAttempts, runs, resources, kept };
}

const attemptsBeside = async (store: LogStore, transactionId: string) =>
  attemptsIn((await store.read(attemptsFile(transactionId)))?.toString() ?? "");

/** The resources of the saved checkpoint. Its secrets are encrypted, and no value of it gets onto a page. */
async function resourcesBefore(store: LogStore, transactionId: string): Promise<readonly CheckpointResource[]> {
  const saved = await store.read(checkpointFile(transactionId));
  return saved ? resourcesOf(JSON.parse(saved.toString()) as Checkpoint) : [];
}

const redaction = new Redaction(process.env, () => []);

/** A file without what looks like a secret: it was read from the service, where people write what they like. */
function withoutSecrets(part: DefinitionPart): DefinitionPart {
  const text = Buffer.from(part.payload, "base64").toString();
  const clean = redaction.text(text);
  return clean === text ? part : { ...part, payload: Buffer.from(clean).toString("base64") };
}

/** The kept definitions of the items that a log writes to, by id. */
async function keptOf(
  store: LogStore,
  transactionId: string,
  entries: readonly Entry[],
  resources: readonly CheckpointResource[],
): Promise<ReadonlyMap<string, readonly DefinitionPart[]>> {
  const written = new Set(
    entries.flatMap((entry) =>
      entry.kind === "intent" && entry.resourceId !== undefined ? [entry.resourceId.toLowerCase()] : [],
    ),
  );
  const kept = new Map<string, readonly DefinitionPart[]>();
  for (const { type, id, inputs } of resources) {
    const key = id?.toLowerCase();
    if (!type.endsWith(":Item") || key === undefined || !written.has(key)) continue;
    const { workspaceId, type: itemType, displayName, definitionHash } = inputs ?? {};
    const values = [workspaceId, itemType, displayName, definitionHash].map((value) =>
      typeof value === "string" ? value : "",
    );
    const [workspace = "", itsType = "", name = "", hash = ""] = values;
    const parts = await keptDefinition(
      store,
      transactionId,
      keyIn(workspace, { type: itsType, displayName: name, definitionHash: hash }),
    );
    if (parts) kept.set(key, parts.map(withoutSecrets));
  }
  return kept;
}
