import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Notes the modules that a process loads, required ones too, and prints those of telemetry at its end. */
const watch = `import { registerHooks } from "node:module";
  const loaded = [];
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
  process.on("exit", () => {
    const telemetry = loaded.filter((url) => /applicationinsights|opentelemetry/.test(url));
    console.log(JSON.stringify({ loaded: loaded.length, telemetry: telemetry.length }));
  });`;

/** A process that does not end by itself is ended after this, in ms. */
const TIMEOUT_MS = 30_000;

/** A process that has ended. */
export interface ChildRun {
  /** Null where it had to be ended. */
  readonly code: number | null;
  readonly stderr: string;
  /** What the script gave to `report`. */
  readonly reported: Readonly<Record<string, unknown>>;
  /** How many modules were loaded, and how many of those are the telemetry SDK's. */
  readonly modules: { readonly loaded: number; readonly telemetry: number };
}

/**
 * Runs a script as a module in a process of its own, which ends by itself.
 * @param script reports by calling `report({…})`; what it reports is put together
 */
export async function runChild(script: string, env: NodeJS.ProcessEnv, cwd = process.cwd()): Promise<ChildRun> {
  const report = `const report = (values) => console.log(JSON.stringify(values));`;
  const preload = `data:text/javascript,${encodeURIComponent(watch)}`;
  const child = spawn(process.execPath, ["--import", preload, "--input-type=module", "-e", report + script], {
    env: { ...process.env, ...env },
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);
  const lines = stdout.trim().split("\n");
  const modules = JSON.parse(lines.pop() ?? "{}") as ChildRun["modules"];
  const reported = Object.assign({}, ...lines.map((line) => JSON.parse(line) as object)) as Record<string, unknown>;
  return { code, stderr, reported, modules };
}
