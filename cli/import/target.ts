import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { hasEffects } from "../../lib/transactions/entry.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { assertSharedBackend } from "../../lib/config/stateBackend.ts";
import { parseStackConfig } from "../../lib/config/stackConfig.ts";
import { kindKeys } from "../../providers/kinds/kinds.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import { assertNoSecrets } from "../../lib/config/secrets.ts";
import { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { ensureStack } from "../pulumi/pulumi.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** A stack before something is imported into it. */
export interface Target {
  readonly access: StackAccess;
  /** Path of its file. */
  readonly file: string;
  /** Text of the file; undefined if there is none. */
  readonly text: string | undefined;
  /** Its configuration as it stands, by key without the namespace. */
  readonly raw: Readonly<Record<string, unknown>> & { readonly workspaces: readonly unknown[] };
  readonly config: StackConfig;
  readonly state: Checkpoint;
}

/**
 * Reads a stack, and creates it if it does not exist.
 * @param isDryRun create nothing: a stack that does not exist counts as empty
 * @throws Error if its configuration is invalid, or a deployment has not ended
 */
export async function readTarget(access: StackAccess, store: LogStore, isDryRun: boolean): Promise<Target> {
  const { projectRoot, stack, env } = access;
  if (!isDryRun) await ensureStack(stack, env);
  const file = join(projectRoot, `Pulumi.${stack}.yaml`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const content = parse(text ?? "") as { config?: Record<string, unknown> | null } | null;
  const own = Object.entries(content?.config ?? {}).filter(([key]) => key.startsWith("fabric:"));
  const keys: Record<string, unknown> = Object.fromEntries(
    own.map(([key, value]) => [key.slice("fabric:".length), value]),
  );
  assertNoSecrets(stack, keys);
  const raw = { ...keys, workspaces: keys["workspaces"] ?? [] };
  const config = parseStackConfig(raw, { projectRoot, stack, env, kindKeys });
  assertSharedBackend(stack, config.allowLocalBackend, env, projectRoot);

  const transactions = new StackTransactions(store, stack);
  const open = await transactions.unfinished();
  if (open !== undefined && hasEffects(await transactions.entries(open))) {
    throw new Error(
      `Nothing was imported: deployment ${open} of stack '${stack}' has not ended, and could not be taken back any more. ` +
        `Run npm run up or npm run rollback first.`,
    );
  }
  const state = await exportCheckpoint(access).catch((error: unknown) => {
    if (isDryRun && error instanceof Error && error.message.includes("no stack named")) return empty;
    throw error;
  });
  return { access, file, text, raw: raw as Target["raw"], config, state };
}

const empty: Checkpoint = { version: 3, deployment: {} };
