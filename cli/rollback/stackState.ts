import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";
import { pulumi, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";

/** Replaces the checkpoint. */
export async function importCheckpoint(
  { projectRoot, stack, env }: StackAccess,
  checkpoint: Checkpoint,
): Promise<void> {
  await pulumi(["stack", "import", "--stack", stack], { cwd: projectRoot, env, input: JSON.stringify(checkpoint) });
}

/** One step that the engine would take: the resource as the program declares it and its kind has checked it. */
export interface PreviewStep {
  /** `create`, `same`, `update`, … */
  readonly op: string;
  readonly urn: string;
  /** Absent for what is to be deleted. Ids that are not known yet are a stand-in. */
  readonly newState?: CheckpointResource;
}

/**
 * What `pulumi up` would do with a configuration, step by step, in the order of the state.
 * @param configFile the stack's file, or another one in its place
 * @throws Error with the messages of the program or of the CLI
 */
export async function previewSteps(
  { projectRoot, stack, env }: StackAccess,
  configFile: string,
): Promise<readonly PreviewStep[]> {
  const args = ["preview", "--json", "--stack", stack, "--config-file", configFile];
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
export async function refreshStack({ projectRoot, stack, env }: StackAccess, urns: readonly string[]): Promise<void> {
  const targets = urns.flatMap((urn) => ["--target", urn]);
  await pulumi(["refresh", "--stack", stack, "--yes", "--skip-preview", ...targets], { cwd: projectRoot, env });
}

/**
 * A saved checkpoint with its secrets decrypted, by Pulumi's own means and through a pipe: it is imported into a
 * throw-away backend that has the same secrets provider, and exported from there. Nothing decrypted is written to disk.
 * @throws Error where the passphrase, or whatever the stack's secrets provider wants, is missing or wrong
 */
export async function decryptedCheckpoint(access: StackAccess, saved: Checkpoint): Promise<Checkpoint> {
  const encrypted = JSON.stringify(saved);
  if (!encrypted.includes('"ciphertext"')) return saved;
  const folder = projectCopy(access);
  try {
    const backend = join(folder, "backend");
    mkdirSync(backend);
    const env = { ...access.env, PULUMI_BACKEND_URL: pathToFileURL(backend).href };
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
 * A folder in which the CLI runs another program for the same stack: settings are copied, because Pulumi may write to
 * them; the rest is the project's own, so that the provider finds code, log and emulator where it expects them.
 */
export function projectCopy({ projectRoot, stack }: StackAccess): string {
  const folder = mkdtempSync(join(tmpdir(), "fabric-rollback-"));
  const { backend: _backend, ...project } = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as Record<
    string,
    unknown
  >;
  writeFileSync(join(folder, "Pulumi.yaml"), stringify(project));
  const settings = `Pulumi.${stack}.yaml`;
  if (existsSync(join(projectRoot, settings))) copyFileSync(join(projectRoot, settings), join(folder, settings));
  mkdirSync(join(projectRoot, ".fabric"), { recursive: true });
  for (const name of ["package.json", "node_modules", "lib", "providers", "emulator", ".fabric"])
    symlinkSync(join(projectRoot, name), join(folder, name));
  return folder;
}
