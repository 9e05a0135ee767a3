import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import { pulumi, referenceOf, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { CONFIG_FILE, programFolder, stackFileOf } from "../../lib/project/projectFile.ts";
import { copyProjectFile } from "../pulumi/projectFileCopy.ts";
import { temporaryFolder } from "../pulumi/temporaryFolder.ts";

/** Replaces the checkpoint. */
export async function importCheckpoint(access: StackAccess, checkpoint: Checkpoint): Promise<void> {
  const { projectRoot, env } = access;
  const input = JSON.stringify(checkpoint);
  await pulumi(["stack", "import", "--stack", referenceOf(access)], { cwd: projectRoot, env, input });
}

/** One step of an update that the engine plans: the resource as declared by the program and checked by its kind. */
export interface PreviewStep {
  /** `create`, `same`, `update`, … */
  readonly op: string;
  readonly urn: string;
  /** Absent for a delete. A stand-in takes the place of ids that are not known yet. */
  readonly newState?: CheckpointResource;
}

/**
 * The steps that `pulumi up` would take with a configuration, in the order of the state.
 * @param configFile the stack's file, or another one in its place
 * @throws Error with the messages of the program or of the CLI
 */
export async function previewSteps(access: StackAccess, configFile: string): Promise<readonly PreviewStep[]> {
  const { projectRoot, env } = access;
  const args = ["preview", "--json", "--stack", referenceOf(access), "--config-file", configFile];
  const { printed, complaints, code } = await runCli(args, { cwd: projectRoot, env });
  const digest = (printed.startsWith("{") ? JSON.parse(printed) : {}) as {
    steps?: PreviewStep[];
    diagnostics?: { severity: string; message: string }[];
  };
  if (code === 0 && digest.steps) return digest.steps;
  const errors = digest.diagnostics
    ?.filter(({ severity }) => severity === "error")
    .map(({ message }) => message.trim());
  throw new Error(`pulumi preview failed: ${errors?.join("\n") || complaints.trim() || printed.trim()}`);
}

/** Reads objects of the stack into its state again. */
export async function refreshStack(access: StackAccess, urns: readonly string[]): Promise<void> {
  const { projectRoot, env } = access;
  const targets = urns.flatMap((urn) => ["--target", urn]);
  await pulumi(["refresh", "--stack", referenceOf(access), "--yes", "--skip-preview", ...targets], {
    cwd: projectRoot,
    env,
  });
}

/**
 * A saved checkpoint with its secrets decrypted, by Pulumi's own means and through a pipe: it is imported into a
 * throw-away backend that has the same secrets provider, and exported from there. Nothing decrypted is written to disk.
 * @throws Error if the passphrase, or other access to the stack's secrets provider, is missing or wrong
 */
export async function decryptedCheckpoint(access: StackAccess, saved: Checkpoint): Promise<Checkpoint> {
  const encrypted = JSON.stringify(saved);
  if (!encrypted.includes('"ciphertext"')) return saved;
  const folder = projectCopy(access);
  try {
    const backend = join(folder, "backend");
    mkdirSync(backend);
    const env = { ...ownFile(access.env), PULUMI_BACKEND_URL: pathToFileURL(backend).href };
    await pulumi(["stack", "init", access.stack], { cwd: folder, env });
    await pulumi(["stack", "import", "--stack", access.stack], { cwd: folder, env, input: encrypted });
    return JSON.parse(
      await pulumi(["stack", "export", "--show-secrets", "--stack", access.stack], { cwd: folder, env }),
    ) as Checkpoint;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A folder in which the CLI runs another program for the same stack. Settings are copied, because Pulumi may write to them.
 * The rest is the project's own, so that the provider finds code, log and emulator at their usual places.
 */
export function projectCopy({ projectRoot, stack, env }: StackAccess): string {
  const folder = temporaryFolder("fabric-rollback-");
  copyProjectFile(projectRoot, folder);
  const settings = stackFileOf(projectRoot, stack, env);
  if (existsSync(settings)) copyFileSync(settings, join(folder, `Pulumi.${stack}.yaml`));
  if (hasOwnFolder(projectRoot)) symlinkSync(join(projectRoot, ".fabric"), join(folder, ".fabric"));
  for (const name of ["package.json", "lib", "providers", "emulator"])
    symlinkSync(join(projectRoot, name), join(folder, name));
  symlinkSync(packagesOf(programFolder(projectRoot)), join(folder, "node_modules"));
  return folder;
}

/** Makes the folder for the project's own files. @returns false if the checkout is read-only */
function hasOwnFolder(projectRoot: string): boolean {
  try {
    mkdirSync(join(projectRoot, ".fabric"), { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/** The node_modules in which Node finds the SDK: here, or above if the project is an npm workspace. */
function packagesOf(folder: string): string {
  const packages = join(folder, "node_modules");
  const above = dirname(folder);
  return above === folder || existsSync(join(packages, "@pulumi", "pulumi")) ? packages : packagesOf(above);
}

/** An environment in which the CLI reads the stack's file of the copied folder, and no other file. */
export const ownFile = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ ...env, [CONFIG_FILE]: "" });
