import { join } from "node:path";
import { readOwnTextFile } from "../api/textFile.ts";
import { isEntry, textOf } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { matchingFiles } from "./matchingFiles.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";
import { secretInFile, secretsIn } from "./secrets.ts";
import { linesOf } from "./stackFileLines.ts";
import type { PlaceOf } from "./stackFileLines.ts";
import { parseYaml } from "./yamlFile.ts";

/*
 * Workspaces in files of their own: an entry `{ from: GLOB }` of `fabric:workspaces` stands for the workspaces of files. Whoever
 * reads workspaces from a raw configuration reads them here.
 */

/** Where a workspace stands: in the stack's own list, or in a file, which holds one workspace or a list. */
type Source = { readonly position: number } | { readonly file: string; readonly position: number | undefined };

/** A configuration whose workspaces are all in its list. */
export interface WithWorkspaces {
  /** The configuration, with the workspaces of files in the places of the entries that name these. */
  readonly raw: Entry;
  /** What is wrong with files, and with the entries that name them. */
  readonly problems: readonly Problem[];
  /** Whether all files could be read. Else workspaces are missing. */
  readonly isWhole: boolean;
  /** A message or path in which a place in `raw` is told, with the place in the file instead. */
  readonly told: (text: string) => string;
  /**
   * Where a value of `raw` stands: `workspaces/sales.yaml:14`.
   * @param inStackFile finds what stands in the stack's file
   */
  readonly placeOf: (path: ConfigPath, inStackFile: PlaceOf) => string | undefined;
}

/**
 * A configuration with the workspaces of the files that it names. Reads these files.
 * @param raw values by key without the namespace
 * @param projectRoot folder of Pulumi.yaml, which the paths start at
 * @param stack name of the stack, for messages. @default S
 */
export function withWorkspaceFiles(raw: Entry, projectRoot: string, stack = "S"): WithWorkspaces {
  const given = raw["workspaces"];
  const problems: Problem[] = [];
  const found: { readonly entry: unknown; readonly source: Source }[] = [];
  const namedBy = new Map<string, number>();
  let isWhole = true;
  const report = (at: ConfigPath, message: string) => void problems.push(problemAt(["workspaces", ...at], message));

  for (const [position, entry] of (Array.isArray(given) ? (given as unknown[]) : []).entries()) {
    if (!isEntry(entry) || entry["from"] === undefined) found.push({ entry, source: { position } });
    else readEntry(entry, position);
  }

  return {
    raw: Array.isArray(given) ? { ...raw, workspaces: found.map(({ entry }) => entry) } : raw,
    problems,
    isWhole,
    told: (text) =>
      text.replaceAll(/fabric:workspaces\[(\d+)\](\.?)/g, (whole, index: string, dot: string) => {
        const source = found[Number(index)]?.source;
        return source ? below(source, dot) : whole;
      }),
    placeOf(path, inStackFile) {
      const [key, index] = path;
      const steps = path.slice(2);
      const source = key === "workspaces" && typeof index === "number" ? found[index]?.source : undefined;
      if (!source) return inStackFile(path);
      if (!("file" in source)) return inStackFile(["workspaces", source.position, ...steps]);
      const inFile = source.position === undefined ? steps : [source.position, ...steps];
      return `${source.file}:${linesOf(readOwnTextFile(join(projectRoot, source.file)), 0)(inFile) ?? 1}`;
    },
  };

  function readEntry(entry: Entry, position: number): void {
    for (const key of Object.keys(entry))
      if (key !== "from") report([position, key], "not together with from: the keys of a workspace stand in its file");
    for (const file of filesOf(entry["from"], position)) {
      const first = namedBy.get(file);
      if (first === undefined) {
        namedBy.set(file, position);
        readFile(file, position);
      } else {
        report([position, "from"], `${file} is named by ${problemAt(["workspaces", first, "from"], "").path}, too`);
      }
    }
  }

  function filesOf(from: unknown, position: number): readonly string[] {
    const pattern = textOf(from);
    try {
      if (pattern === undefined) throw new Error("must be text: the path of a file, or a glob for several");
      return matchingFiles(projectRoot, pattern);
    } catch (error) {
      unreadable(position, error);
      return [];
    }
  }

  function readFile(file: string, position: number): void {
    try {
      const content = parseYaml(readOwnTextFile(join(projectRoot, file), file), file);
      const entries = workspacesIn(content, file);
      entries.forEach((entry, index) => {
        const source = { file, position: Array.isArray(content) ? index : undefined };
        const secrets = secretsIn(entry, []);
        problems.push(...secrets.map((path) => ({ path: pathIn(source, path), message: secretInFile(stack) })));
        if (isEntry(entry) && entry["from"] !== undefined) {
          isWhole = false;
          const message = "only the stack's own list takes from, and not a file that it names: name the files there";
          problems.push({ path: pathIn(source, ["from"]), message });
        } else {
          found.push({ entry, source });
        }
      });
    } catch (error) {
      unreadable(position, error);
    }
  }

  function unreadable(position: number, error: unknown): void {
    isWhole = false;
    report([position, "from"], error instanceof Error ? error.message : String(error));
  }
}

/** Keys above the list of workspaces in a stack's file, which may have been copied with it. */
const ABOVE = ["config", "fabric:workspaces", "workspaces"];

function workspacesIn(content: unknown, file: string): readonly unknown[] {
  const what = "must hold a workspace or a list of workspaces";
  if (content === null) throw new Error(`${file} is empty: it ${what} ([] for none)`);
  if (Array.isArray(content)) return content;
  if (!isEntry(content)) throw new Error(`${file} ${what}`);
  const above = ABOVE.find((key) => key in content);
  if (above !== undefined) throw new Error(`${file} ${what}, without ${above} above them`);
  return [content];
}

/** `workspaces/sales.yaml [0].git`, from the path below the workspace: `.git`, or the dot alone if the rest follows. */
function below(source: Source, path: string): string {
  if (!("file" in source)) return problemAt(["workspaces", source.position], "").path + path;
  if (source.position !== undefined) return `${source.file} [${source.position}]${path}`;
  return source.file + path.replace(/^\./, " ");
}

const pathIn = (source: Source, path: ConfigPath): string =>
  below(source, path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join(""));
