import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { backendUrl } from "../../lib/config/stateBackend.ts";
import { absoluteBackend, isRelativeBackend, stateFolder } from "../../lib/config/stateFolder.ts";
import { formerStateNote } from "./formerState.ts";
import { settleHome } from "../setup/homeFolder.mjs";
import { proxyEnvironment } from "../../lib/network/proxy.ts";
import { IgnoredSignals } from "./ignoredSignals.ts";
import { projectFileIn } from "./projectFile.ts";
import { stepsAtOnce } from "./stepsAtOnce.ts";

/** The folder that holds Pulumi.yaml: the current one, as npm sets it, else that of this file. */
export const projectRoot = projectFileIn(process.cwd())
  ? process.cwd()
  : resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The environment in which the project's commands run the Pulumi CLI. Four things differ from a plain call: the project's
 * own backend is an absolute path, because Pulumi takes a relative one from the current folder; the
 * engine has more steps under way; stack `local` has the empty passphrase, because its configuration holds no secret; and
 * for it no plugin is downloaded, because the vendor's CLI would fetch azure-native's for every stack of a project that
 * depends on it.
 */
export function pulumiEnvironment(stack: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  // Pulumi's processes talk by gRPC, which takes lower-case proxies for its own machine
  const own: NodeJS.ProcessEnv = {
    ...env,
    ...proxyEnvironment(env),
    ...stepsAtOnce(env),
  };
  settleHome(own);
  const url = backendUrl(projectRoot, env);
  if (url !== undefined && isRelativeBackend(url)) {
    const absolute = new URL(absoluteBackend(url, projectRoot));
    const folder = fileURLToPath(absolute);
    const formerly = stateFolder(url, projectRoot) ?? folder;
    const logs = join(projectRoot, ".fabric", "transactions");
    const note = formerStateNote({ stack, formerly, now: folder, logs });
    if (note !== undefined) console.error(note);
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Error(
        `The state of stack '${stack}' cannot be written to ${folder} (${code}). Choose another place for it, for example ` +
          `PULUMI_BACKEND_URL='azblob://CONTAINER?storage_account=ACCOUNT' or PULUMI_BACKEND_URL='file:///var/lib/fabric?create_dir=true'.`,
        { cause: error },
      );
    }
    if (!absolute.searchParams.has("metadata")) absolute.searchParams.set("metadata", "skip");
    own["PULUMI_BACKEND_URL"] = absolute.href;
  }
  const hasPassphrase =
    env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"] !== undefined;
  if (stack === "local") {
    if (!hasPassphrase) own["PULUMI_CONFIG_PASSPHRASE"] = "";
    own["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] ??= "true";
  }
  return own;
}

/** How a Pulumi command ended. */
export interface Ended {
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  /** Whether this process was sent SIGINT, SIGTERM or SIGHUP meanwhile. */
  readonly isSignalled: boolean;
}

/**
 * Runs the Pulumi CLI in the project's folder with this terminal, so that prompts, keys and colours stay Pulumi's own.
 * Ctrl-C reaches the CLI from the terminal; SIGTERM, which is sent to one process, is handed on once, because the CLI takes
 * a second one for "stop at once". This process waits for it in any case.
 */
export async function runPulumi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn("pulumi", args, { cwd: projectRoot, env, stdio: "inherit" });
  using signals = new IgnoredSignals();
  const handOn = () => void child.kill("SIGTERM");
  process.once("SIGTERM", handOn);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return { code: code ?? 1, signal, isSignalled: signals.haveCome };
  } finally {
    process.off("SIGTERM", handOn);
  }
}
