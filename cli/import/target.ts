import { existsSync, readFileSync } from "node:fs";
import { hasEffects } from "../../lib/transactions/entry.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import { assertSharedBackend } from "../../lib/project/stateBackend.ts";
import { parseStackConfig } from "../../lib/config/stackConfig.ts";
import { kindKeys } from "../../providers/kinds/kinds.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import { NoStackError, readConfiguration } from "../stack/configuration.ts";
import type { Configured } from "../stack/configuration.ts";
import { makeStack } from "../stack/makeStack.ts";
import { stackToLookAt } from "../stack/unmadeStack.ts";
import { assertSharedForNewStack } from "../stack/unsharedBackend.ts";
import { stackFileOf } from "../../lib/project/projectFile.ts";
import { exportCheckpoint } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { transactionsOf } from "../transaction/transactionsOf.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";

/** A stack before something is imported into it. */
export interface Target {
  readonly access: StackAccess;
  /** Path of the stack's file. */
  readonly file: string;
  /** Text of the file; undefined if there is none. */
  readonly text: string | undefined;
  /** The stack's raw configuration, by key without the namespace. */
  readonly raw: Readonly<Record<string, unknown>> & { readonly workspaces: readonly unknown[] };
  readonly config: StackConfig;
  readonly state: Checkpoint;
}

/** The stack to import into, before it is read. */
export interface TargetStack {
  readonly configured: Configured;
  /** Whether the stack exists. If it does not, the configuration is that of its file, if there is one. */
  readonly isMade: boolean;
}

/** How the stack is opened. */
export interface OpeningOptions {
  /** Makes no stack. */
  readonly isDryRun: boolean;
  /** What encrypts the secrets of a new stack. @default the passphrase, or what the backend has */
  readonly secretsProvider?: string | undefined;
}

/** Opens the stack to import into. Makes the stack if it does not exist. */
export async function openTarget(
  access: StackAccess,
  { isDryRun, secretsProvider }: OpeningOptions,
): Promise<TargetStack> {
  try {
    return { configured: await readConfiguration(access), isMade: true };
  } catch (error) {
    if (!(error instanceof NoStackError)) throw error;
    if (isDryRun) return { configured: await configurationInFile(access), isMade: false };
    assertSharedForNewStack(access, []);
    await makeStack(access, secretsProvider === undefined ? [] : [`--secrets-provider=${secretsProvider}`]);
    return { configured: await readConfiguration(access), isMade: true };
  }
}

/** The configuration in the file of a stack that does not exist; empty without a file. */
async function configurationInFile(access: StackAccess): Promise<Configured> {
  const { projectRoot, stack, env } = access;
  if (!existsSync(stackFileOf(projectRoot, stack, env))) return {};
  using looked = await stackToLookAt(access, undefined);
  return await readConfiguration(looked.access);
}

/**
 * Reads a stack.
 * @throws Error if the configuration is wrong, or a deployment has not ended
 */
export async function readTarget(
  access: StackAccess,
  store: LogStore,
  { configured, isMade }: TargetStack,
): Promise<Target> {
  const { projectRoot, stack, env } = access;
  const file = stackFileOf(projectRoot, stack, env);
  const text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const raw = { ...configured, workspaces: configured["workspaces"] ?? [] };
  const config = parseStackConfig(raw, { projectRoot, stack, env, kindKeys });
  assertSharedBackend(stack, config.allowLocalBackend, env, projectRoot);

  const transactions = transactionsOf(access, store);
  const open = await transactions.unfinished();
  if (open !== undefined && hasEffects(await transactions.entries(open))) {
    throw new Error(
      `Nothing was imported: deployment ${open} of stack '${stack}' has not ended, and could not be taken back any more. ` +
        `Run npm run up or npm run rollback first.`,
    );
  }
  const state = isMade ? await exportCheckpoint(access) : empty;
  return { access, file, text, raw: raw as Target["raw"], config, state };
}

const empty: Checkpoint = { version: 3, deployment: {} };
