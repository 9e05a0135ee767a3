import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isAddress } from "../../lib/logStore/blobPlace.ts";
import { Redaction } from "../../lib/telemetry/redaction.ts";
import type { StackConfig } from "../../lib/config/stackConfig.ts";
import { stackConfigValues } from "../../lib/config/text.ts";
import { optionValue } from "../commandLine/optionVariables.ts";
import { judgePreview, tellLifted } from "../stack/liftedProtection.ts";
import { isJsonOutput, noteResult } from "../commandLine/commandOutput.ts";
import { assertStartable } from "../stack/longConfiguration.ts";
import { changesOf, driftOf, isDestructive, unchangedIn } from "./previewChanges.ts";
import type { PreviewedObject } from "./previewChanges.ts";
import type { ItemChange } from "./changedFiles.ts";
import { errorsIn, readPreviewLog } from "./previewLog.ts";
import type { PreviewLog } from "./previewLog.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { programFolder } from "../../lib/project/projectFile.ts";
import { projectRoot, runPulumi } from "../pulumi/pulumi.ts";
import { unsharedBackend } from "../stack/unsharedBackend.ts";
import { stackToLookAt } from "../stack/unmadeStack.ts";
import { stackOption } from "../commandLine/stackCommand.ts";
import { previewCheckpointing } from "../transaction/checkpointing.ts";
import { temporaryFolder } from "../pulumi/temporaryFolder.ts";

/** Splits a command line into the value of `--comment FILE` and the other arguments. */
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
 * Runs `pulumi preview` with its usual terminal output, and also writes the preview as Markdown to a file, even if the preview
 * fails.
 * @param args for pulumi preview
 * @param file path of the Markdown file; undefined to write none
 * @returns the exit code of pulumi preview; 1 if an up would be refused because of its deletes
 */
export async function previewStack(
  named: StackAccess,
  args: readonly string[],
  file: string | undefined,
): Promise<number> {
  const { stack } = named;
  // relative to the folder where the user called npm, not where npm runs scripts
  const target = file === undefined ? undefined : resolve(process.env["INIT_CWD"] ?? projectRoot, file);
  if (target !== undefined) mkdirSync(dirname(target), { recursive: true });
  const plan = optionValue(args, named.env, "save-plan");
  if (plan !== undefined) mkdirSync(dirname(plan), { recursive: true });
  const folder = temporaryFolder("fabric-preview-");
  const events = join(folder, "events.json");
  let log: PreviewLog | undefined;
  let items: readonly ItemChange[] = [];
  const redaction = new Redaction(process.env, () => []);
  try {
    using lookedAt = await stackToLookAt(named, args);
    const { access, isUnmade, settings } = lookedAt;
    assertStartable(stack, settings.configurationBytes, access.env);
    if (isUnmade) console.error(`Stack '${stack}' does not exist yet: this is what npm run up would make.`);
    const refusal = isUnmade ? unsharedBackend(named, args) : undefined;
    if (refusal !== undefined) console.error(`npm run up would refuse that as it is: ${refusal}`);
    const env = { ...access.env, ...previewCheckpointing(access.env), PULUMI_DEBUG_COMMANDS: "true" };
    const { code } = await runPulumi(["preview", ...stackOption(access), ...args, "--event-log", events], env);
    // the plan holds declared values, including people's names
    if (plan !== undefined && existsSync(plan)) chmodSync(plan, 0o600);
    const copy = optionValue(args, env, "event-log");
    if (copy !== undefined && existsSync(events)) copyFileSync(events, copy);
    if (existsSync(events)) log = readPreviewLog(readFileSync(events, "utf8"));
    const protection = log && judgePreview(log, env);
    if (protection) tellLifted(protection, "is");
    if (log && protection?.refusal !== undefined) {
      log = refusedLog(log, protection.refusal);
      console.error(protection.refusal);
    }
    if (log && isJsonOutput()) noteResult(previewResult(log));
    items = log ? await itemChanges(log, access) : [];
    if (items.length > 0 && !isJsonOutput()) {
      const { itemChangeLines } = await import("./changedFiles.ts");
      console.log(
        `\n${itemChangeLines(items)
          .map((line) => redaction.text(line))
          .join("\n")}`,
      );
    }
    return code === 0 && protection?.refusal !== undefined ? 1 : code;
  } finally {
    // private, and removed: the folder holds values of resources
    rmSync(folder, { recursive: true, force: true });
    if (target !== undefined) {
      const { commentMarkdown } = await import("./commentMarkdown.ts");
      writeFileSync(target, commentMarkdown({ stack, log, config: await configOf(stack, log), redaction, items }));
    }
  }
}

/** What happens to the items of folders, with the lines of changed texts as far as they were kept. */
async function itemChanges(log: PreviewLog, { stack, env }: StackAccess): Promise<readonly ItemChange[]> {
  const isOfItem = ({ op, type }: PreviewLog["steps"][number]) => op !== "same" && type.endsWith("dynamic/fabric:Item");
  if (!log.steps.some(isOfItem)) return [];
  const [{ itemChangesIn }, { deployedFiles }, { openLogStore }] = await Promise.all([
    import("./changedFiles.ts"),
    import("../../lib/transactions/deployedDefinitions.ts"),
    import("../../lib/logStore/openLogStore.ts"),
  ]);
  const place = log.config["fabric:transactionLog"] ?? ".fabric/transactions";
  // a reader of pull requests may have no right to the log
  const store = await openLogStore(isAddress(place) ? place : resolve(projectRoot, place), { stack, env }).catch(
    () => undefined,
  );
  const deployed = async (hash: string) => store && deployedFiles(store, stack, hash);
  return itemChangesIn(log, { programRoot: programFolder(projectRoot), deployed });
}

/** A preview as the result of the command. Values stay out of it: they may be secret. */
function previewResult(log: PreviewLog): Readonly<Record<string, unknown>> {
  const changes = changesOf(log);
  const named = ({ kind, name, workspace }: PreviewedObject) => ({ kind, name, ...(workspace && { workspace }) });
  const propertiesOf = (properties: readonly { readonly property: string }[]) =>
    properties.map(({ property }) => property);
  return {
    isWhole: log.isWhole,
    unchanged: unchangedIn(log),
    changes: changes.map((change) => ({
      operation: change.operation,
      ...named(change),
      properties: propertiesOf(change.properties),
      isDestructive: isDestructive(change),
    })),
    drift: driftOf(log, changes).map((found) => ({
      ...named(found),
      isGone: found.properties === null,
      properties: propertiesOf(found.properties ?? []),
    })),
    errors: errorsIn(log),
  };
}

/** Turns the preview of an up that would be refused into a failed preview. */
function refusedLog(log: PreviewLog, refusal: string): PreviewLog {
  return { ...log, isWhole: false, messages: [{ severity: "error", text: refusal }, ...log.messages] };
}

/** The configuration of the preview. */
async function configOf(stack: string, log: PreviewLog | undefined): Promise<StackConfig | undefined> {
  const { parseStackConfig } = await import("../../lib/config/stackConfig.ts");
  const { kindKeys } = await import("../../providers/kinds/kinds.ts");
  try {
    const paths = { projectRoot: programFolder(projectRoot) };
    return log && parseStackConfig(stackConfigValues(log.config), { ...paths, stack, env: process.env, kindKeys });
  } catch {
    // the preview has failed for this reason, and reports it
    return undefined;
  }
}
