import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** What a command and all processes that it started took. */
export interface Cost {
  readonly code: number;
  readonly text: string;
  readonly seconds: number;
  /** Seconds of CPU of all processes; NaN if the system does not tell. */
  readonly cpuSeconds: number;
  /** Most megabytes of all processes at one moment (RSS: what processes share counts for each). */
  readonly megabytes: number;
  /** The megabytes of each process at that moment, by its command, the largest first. */
  readonly byProcess: readonly (readonly [command: string, megabytes: number])[];
  /** Command lines of all processes that were seen. */
  readonly commands: readonly string[];
}

const SAMPLE_MS = 100;
/** Ticks of a second in /proc, on every Linux that Node supports. */
const TICKS = 100;

interface Sampled {
  readonly pid: number;
  readonly parent: number;
  readonly megabytes: number;
  readonly command: string;
}

/** All processes of the machine, now. */
function processes(): Sampled[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,rss=,args="], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, rss, command = ""] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), megabytes: Number(rss) / 1024, command }];
  });
}

/** A process and all its descendants, now. */
export function treeOf(pid: number): Sampled[] {
  const all = processes();
  const family = new Set([pid]);
  for (const parent of family) for (const { pid, parent: above } of all) if (above === parent) family.add(pid);
  return all.filter((one) => family.has(one.pid));
}

/** Seconds of CPU of all processes that this one has started and that have ended. */
export function cpuOfEnded(): number {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS;
  } catch {
    return Number.NaN;
  }
}

/** Runs a command and measures it with all the processes that it starts. Nothing else may be started meanwhile. */
export async function measured(
  command: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<Cost> {
  const [begin, cpu] = [performance.now(), cpuOfEnded()];
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  let most: Sampled[] = [];
  const commands = new Set<string>();
  const sumOf = (tree: readonly Sampled[]) => tree.reduce((sum, { megabytes }) => sum + megabytes, 0);
  const timer = setInterval(() => {
    const tree = treeOf(child.pid ?? -1);
    for (const { command } of tree) commands.add(command);
    if (sumOf(tree) > sumOf(most)) most = tree;
  }, SAMPLE_MS);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(timer);
  return {
    code: code ?? 1,
    text,
    seconds: (performance.now() - begin) / 1000,
    cpuSeconds: cpuOfEnded() - cpu,
    megabytes: sumOf(most),
    commands: [...commands],
    byProcess: most
      .map(({ command, megabytes }) => [command.slice(0, 400), Math.round(megabytes)] as const)
      .toSorted(([, a], [, b]) => b - a),
  };
}
