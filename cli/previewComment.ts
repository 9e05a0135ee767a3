import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Redaction } from "../lib/redaction.ts";
import { parseStackConfig } from "../lib/stackConfig.ts";
import type { StackConfig } from "../lib/stackConfig.ts";
import { stackConfigValues } from "../lib/stackConfigText.ts";
import { commentMarkdown } from "./preview/commentMarkdown.ts";
import { readPreviewLog } from "./preview/previewLog.ts";
import type { PreviewLog } from "./preview/previewLog.ts";
import { ensureStack, projectRoot, pulumiEnvironment, runPulumi } from "./pulumi.ts";

/** `--comment FILE` of a command line, and the arguments without it. */
export function commentOption(args: readonly string[]): { readonly file: string | undefined; readonly rest: string[] } {
  const rest = [...args];
  const index = rest.findIndex((arg) => arg === "--comment" || arg.startsWith("--comment="));
  if (index < 0) return { file: undefined, rest };
  const isOneWord = rest[index] !== "--comment";
  const file = isOneWord ? rest[index]?.slice("--comment=".length) : rest[index + 1];
  rest.splice(index, isOneWord ? 1 : 2);
  if (!file || file.startsWith("-")) throw new Error("--comment needs the name of the file to write.");
  return { file, rest };
}

/**
 * `pulumi preview` with the terminal's usual output, and the same preview as Markdown in a file, also when it fails.
 * @param args for pulumi preview, the stack among them
 * @returns the exit code of pulumi preview
 */
export async function previewWithComment(stack: string, args: readonly string[], file: string): Promise<number> {
  // where npm was called, not where it runs scripts
  const target = resolve(process.env["INIT_CWD"] ?? projectRoot, file);
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "fabric-preview-"));
  const events = join(folder, "events.json");
  let log: PreviewLog | undefined;
  try {
    const env = { ...pulumiEnvironment(stack), PULUMI_DEBUG_COMMANDS: "true" };
    await ensureStack(stack, env);
    const { code } = await runPulumi(["preview", ...args, "--event-log", events], env);
    if (existsSync(events)) log = readPreviewLog(readFileSync(events, "utf8"));
    return code;
  } finally {
    // private, and removed: it holds the values of resources
    rmSync(folder, { recursive: true, force: true });
    const redaction = new Redaction(process.env, () => []);
    writeFileSync(target, commentMarkdown({ stack, log, config: configOf(stack, log), redaction }));
  }
}

/** The configuration that the preview ran with. */
function configOf(stack: string, log: PreviewLog | undefined): StackConfig | undefined {
  try {
    return log && parseStackConfig(stackConfigValues(log.config), { projectRoot, stack, env: process.env });
  } catch {
    // the preview has failed of it, and says so
    return undefined;
  }
}
