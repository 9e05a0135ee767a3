import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { closestName } from "../../lib/config/closestName.ts";
import { isUnprotected, unprotectedIn } from "../../lib/config/unprotected.ts";
import { quoted } from "../commandLine/quoted.ts";
import { mayForce, skipsPreview, workEnvironment, workOptions } from "../commandLine/forcingOptions.ts";
import { keyOf, liftingsIn } from "../preview/liftings.ts";
import type { Lifting } from "../preview/liftings.ts";
import { errorsIn, readPreviewLog } from "../preview/previewLog.ts";
import type { PreviewLog } from "../preview/previewLog.ts";
import { liveResourcesOf } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { referenceOf, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { temporaryFolder } from "../pulumi/temporaryFolder.ts";

/** The decision on a command that would delete protected objects. */
export interface LiftedProtection {
  /** Reason why the command must not run; undefined if it may. */
  readonly refusal: string | undefined;
  /** Names of protected objects that the command may delete, because the environment names them. */
  readonly lifted: readonly string[];
}

/** The ways past a protected object that is in the way of a destroy. */
const WAYS_AROUND =
  "To destroy what is protected: set protect: false on it in the stack's configuration, and deploy that with npm run up. " +
  "To destroy only what nothing protected needs: --exclude-protected.";

const NOTHING: LiftedProtection = { refusal: undefined, lifted: [] };

/**
 * Finds, before a command does anything, the deletes that its options or marks in the state would force: `--ignore-protect`,
 * `--replace`, `--target-replace`, `pulumi state taint`. The engine's preview with the same options shows these deletes; a
 * command without such options or marks needs no preview. FABRIC_ALLOW_UNPROTECT allows deletes of protected objects.
 *
 * A destroy without a preview would delete the users and items of a protected workspace before the engine comes to the
 * workspace and refuses, so it gets one as well if anything is protected.
 * @param state the stack's checkpoint
 */
export async function liftedProtection(
  command: "up" | "destroy",
  args: readonly string[],
  access: StackAccess,
  state: Checkpoint,
): Promise<LiftedProtection> {
  const live = liveResourcesOf(state);
  const isTainted = command === "up" && live.some(({ taint }) => taint);
  const isBlind = command === "destroy" && skipsPreview(args, access.env) && live.some(({ protect }) => protect);
  if (!isTainted && !isBlind && !mayForce(args, access.env)) return NOTHING;
  const { log, failure } = await lookAhead(command, args, access);
  // the engine itself refuses the command, or cannot do it
  if (failure !== undefined) {
    const remedy = isBlind ? [WAYS_AROUND] : [];
    return { refusal: ["Refused, and nothing was done:", failure.trimEnd(), ...remedy].join("\n"), lifted: [] };
  }
  const keys = liveResourcesOf(state).map(({ urn }) => keyOf(urn));
  return judge(liftingsIn(log.steps), access.env["FABRIC_ALLOW_UNPROTECT"], keys);
}

/** The decision from a finished preview. */
export function judgePreview({ steps }: PreviewLog, env: NodeJS.ProcessEnv): LiftedProtection {
  const keys = steps.map(({ urn }) => keyOf(urn));
  return judge(liftingsIn(steps), env["FABRIC_ALLOW_UNPROTECT"], keys);
}

/** Reports the deletes of protected objects, before and after the command. */
export function tellLifted({ lifted }: LiftedProtection, tense: "is" | "was"): void {
  for (const what of lifted) console.error(`Protection ${tense} lifted from ${what} (FABRIC_ALLOW_UNPROTECT).`);
}

/**
 * Decides what is allowed. Pure.
 * @param allowed resource names, separated by commas; spaces around them do not count
 * @param keys the names of the stack's resources
 */
export function judge(
  liftings: readonly Lifting[],
  allowed: string | undefined,
  keys: readonly string[],
): LiftedProtection {
  const named = unprotectedIn(allowed);
  const isNamed = (key: string) => isUnprotected(named, key);
  const refused = liftings.filter(({ key }) => !isNamed(key));
  if (refused.length === 0) return { refusal: undefined, lifted: liftings.map(({ what }) => what) };
  const enough = [...new Set([...liftings.filter(({ key }) => isNamed(key)), ...refused].map(({ key }) => key))];
  const lines = [
    "Refused, and nothing was done:",
    ...refused.map(({ what, why }) => `  ${what} ${why}.`),
    ...unknownNames(named, keys),
    "Leave out --ignore-protect and --replace, and take marks back with pulumi state untaint. If it is meant, set in the " +
      `environment: FABRIC_ALLOW_UNPROTECT=${quoted(enough.join(","))}`,
  ];
  return { refusal: lines.join("\n"), lifted: [] };
}

function unknownNames(named: readonly string[], keys: readonly string[]): string[] {
  return named
    .filter((name) => name !== "" && !keys.some((key) => key.split(",").some((part) => part.trim() === name)))
    .map((name) => {
      const close = closestName(name, keys);
      return `  FABRIC_ALLOW_UNPROTECT names '${name}', which the stack does not have.${close ? ` Did you mean '${close}'?` : ""}`;
    });
}

/** The engine's preview of a command. */
async function lookAhead(
  command: "up" | "destroy",
  args: readonly string[],
  access: StackAccess,
): Promise<{ readonly log: PreviewLog; readonly failure: string | undefined }> {
  const { projectRoot, env } = access;
  const folder = temporaryFolder("fabric-preview-");
  const events = join(folder, "events.json");
  try {
    const words = command === "destroy" ? ["destroy", "--preview-only"] : ["preview"];
    const { complaints, printed, code } = await runCli(
      [...words, "--stack", referenceOf(access), ...workOptions(args), "--color=never", "--event-log", events],
      { cwd: projectRoot, env: { ...workEnvironment(env), PULUMI_DEBUG_COMMANDS: "true" }, isTheirs: true },
    );
    const log = readPreviewLog(read(events));
    if (code === 0) return { log, failure: undefined };
    return { log, failure: errorsIn(log).join("\n") || complaints.trim() || printed.trim() };
  } finally {
    // private, and removed: it holds the values of resources
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Content of a file; empty if the CLI ended before it wrote the file. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
