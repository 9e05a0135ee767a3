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
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import type { Checkpoint, CheckpointResource } from "./checkpoint.ts";

/** A stack, and how the CLI is run for it. */
export interface StackAccess {
  readonly projectRoot: string;
  readonly stack: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How the CLI is run. */
export interface CliOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** Runs the CLI without a terminal. */
export async function runCli(args: readonly string[], { cwd, env, input = "" }: CliOptions) {
  const child = spawn("pulumi", [...args, "--non-interactive"], { cwd, env, stdio: "pipe" });
  // a CLI that ends without reading breaks the pipe; its exit code and words say why
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { printed, complaints, code };
}

/**
 * Runs the CLI and gives what it prints.
 * @throws Error with the CLI's own words, where it fails
 */
async function pulumi(args: readonly string[], options: CliOptions): Promise<string> {
  const { printed, complaints, code } = await runCli(args, options);
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
