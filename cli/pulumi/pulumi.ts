import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFileIn } from "../../lib/project/projectFolder.ts";
import { backendUrl } from "../../lib/project/stateBackend.ts";
import { absoluteBackend, isRelativeBackend, stateFolder } from "../../lib/project/stateFolder.ts";
import { compressedState } from "./compressedState.ts";
import { formerStateNote } from "../stack/formerState.ts";
import { settleHome } from "../setup/homeFolder.mjs";
import { proxyEnvironment } from "../../lib/network/proxy.ts";
import { isJsonOutput } from "../commandLine/commandOutput.ts";
import { IgnoredSignals } from "./ignoredSignals.ts";
import { nodeMemory, withoutDebugMessages } from "./nodeMemory.ts";
import { sharedProcess } from "./processes.ts";
import { stepsAtOnce } from "./stepsAtOnce.ts";

/** The folder with Pulumi.yaml: the current one, as npm sets it, else the folder of this project. */
export const projectRoot = projectFileIn(process.cwd())
  ? process.cwd()
  : resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The environment in which the project's commands run the Pulumi CLI. It differs from a plain call in seven ways:
 * - A variable names the project's own backend, because a rollback runs in another folder, by an absolute path, because Pulumi
 *   resolves a relative one against the current folder.
 * - The state is compressed.
 * - The engine runs more steps in parallel.
 * - The provider has a smaller young generation.
 * - NO_COLOR turns colours off.
 * - Stack `local` has the empty passphrase, because its configuration holds no secret.
 * - Stack `local` downloads no plugin: the CLI would fetch azure-native's for every stack of a project that depends on it.
 */
export function pulumiEnvironment(stack: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  // Pulumi's processes use gRPC, which would send calls to its own machine through a proxy in lower-case variables
  const own: NodeJS.ProcessEnv = {
    ...env,
    ...proxyEnvironment(env),
    ...compressedState(env),
    ...stepsAtOnce(env),
    ...nodeMemory(env),
    ...(env["NO_COLOR"] && env["PULUMI_OPTION_COLOR"] === undefined && { PULUMI_OPTION_COLOR: "never" }),
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
  } else if (url !== undefined) own["PULUMI_BACKEND_URL"] = url;
  const hasPassphrase =
    env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"] !== undefined;
  if (stack === "local") {
    if (!hasPassphrase) own["PULUMI_CONFIG_PASSPHRASE"] = "";
    own["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] ??= "true";
  }
  return own;
}

/** The end of a Pulumi command. */
export interface Ended {
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  /** Whether this process received SIGINT, SIGTERM or SIGHUP meanwhile. */
  readonly isSignalled: boolean;
}

/**
 * Runs the Pulumi CLI in the project's folder with this terminal, so that prompts, keys and colours stay Pulumi's own.
 * The terminal sends Ctrl-C to the CLI as well. SIGTERM reaches only this process, which passes it on once: the CLI reads a
 * second SIGTERM as "stop at once". This process waits for the CLI in any case.
 */
export async function runPulumi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn("pulumi", args, {
    cwd: projectRoot,
    env: { ...withoutDebugMessages(args, env), ...sharedProcess(args, env, projectRoot) },
    stdio: ["inherit", isJsonOutput() ? 2 : "inherit", "inherit"],
  });
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
