import { spawn } from "node:child_process";
import { once } from "node:events";
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
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";
import type { Checkpoint } from "./checkpoint.ts";

/** A stack, and how the CLI is run for it. */
export interface StackAccess {
  readonly projectRoot: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs the CLI and gives what it prints.
 * @throws Error with the CLI's own words, where it fails
 */
async function pulumi(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; input?: string },
): Promise<string> {
  const child = spawn("pulumi", [...args, "--non-interactive"], { cwd: options.cwd, env: options.env, stdio: "pipe" });
  child.stdin.end(options.input ?? "");
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  if (code !== 0)
    throw new Error(`pulumi ${args.slice(0, 2).join(" ")} failed: ${complaints.trim() || printed.trim()}`);
  return printed;
}

/** The checkpoint as it is; secrets stay encrypted. */
export async function exportCheckpoint({ projectRoot, stack, env }: StackAccess): Promise<Checkpoint> {
  return JSON.parse(await pulumi(["stack", "export", "--stack", stack], { cwd: projectRoot, env })) as Checkpoint;
}

/** Replaces the checkpoint. */
export async function importCheckpoint(
  { projectRoot, stack, env }: StackAccess,
  checkpoint: Checkpoint,
): Promise<void> {
  await pulumi(["stack", "import", "--stack", stack], { cwd: projectRoot, env, input: JSON.stringify(checkpoint) });
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
    const env = { ...access.env, PULUMI_BACKEND_URL: `file://${backend}` };
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
