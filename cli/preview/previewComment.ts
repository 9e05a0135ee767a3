import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Redaction } from "../../lib/telemetry/redaction.ts";
import { parseStackConfig } from "../../lib/config/stackConfig.ts";
import { kindKeys } from "../../providers/kinds/kinds.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import { stackConfigValues } from "../../lib/config/text.ts";
import { judgePreview, tellLifted } from "../pulumi/liftedProtection.ts";
import { commentMarkdown } from "./commentMarkdown.ts";
import { readPreviewLog } from "./previewLog.ts";
import type { PreviewLog } from "./previewLog.ts";
import { ensureStack, projectRoot, pulumiEnvironment, runPulumi } from "../pulumi/pulumi.ts";

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
 * `pulumi preview` with the terminal's usual output, and the same preview as Markdown in a file, even if it fails.
 * @param args for pulumi preview, the stack among them
 * @param file file for the Markdown; without it none is written
 * @returns the exit code of pulumi preview; 1 if an up would be refused because of what it would delete
 */
export async function previewStack(stack: string, args: readonly string[], file: string | undefined): Promise<number> {
  // the folder in which npm was called, not the one in which it runs scripts
  const target = file === undefined ? undefined : resolve(process.env["INIT_CWD"] ?? projectRoot, file);
  if (target !== undefined) mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "fabric-preview-"));
  const events = join(folder, "events.json");
  let log: PreviewLog | undefined;
  try {
    const env = { ...pulumiEnvironment(stack), PULUMI_DEBUG_COMMANDS: "true" };
    await ensureStack(stack, env);
    const { code } = await runPulumi(["preview", ...args, "--event-log", events], env);
    if (existsSync(events)) log = readPreviewLog(readFileSync(events, "utf8"));
    const protection = log && judgePreview(log, env);
    if (protection) tellLifted(protection, "is");
    if (log && protection?.refusal !== undefined) {
      log = refusedLog(log, protection.refusal);
      console.error(protection.refusal);
    }
    return code === 0 && protection?.refusal !== undefined ? 1 : code;
  } finally {
    // private, and removed: it holds the values of resources
    rmSync(folder, { recursive: true, force: true });
    const redaction = new Redaction(process.env, () => []);
    const markdown = () => commentMarkdown({ stack, log, config: configOf(stack, log), redaction });
    if (target !== undefined) writeFileSync(target, markdown());
  }
}

/** A preview of what up refuses to do, as one that failed of it. */
function refusedLog(log: PreviewLog, refusal: string): PreviewLog {
  return { ...log, isWhole: false, messages: [{ severity: "error", text: refusal }, ...log.messages] };
}

/** The configuration that the preview ran with. */
function configOf(stack: string, log: PreviewLog | undefined): StackConfig | undefined {
  try {
    return log && parseStackConfig(stackConfigValues(log.config), { projectRoot, stack, env: process.env, kindKeys });
  } catch {
    // the preview has failed of it, and says so
    return undefined;
  }
}
