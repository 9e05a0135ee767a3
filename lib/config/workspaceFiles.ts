import { join } from "node:path";
import { messageOf } from "../api/messageOf.ts";
import { readOwnTextFile } from "../api/textFile.ts";
import { isEntry, textOf } from "./entries.ts";
import type { Entry } from "./entries.ts";
import { matchingFiles } from "./matchingFiles.ts";
import { problemAt } from "./problem.ts";
import type { ConfigPath, Problem } from "./problem.ts";
import { secretInFile, secretsIn } from "./secrets.ts";
import { linesOf } from "./stackFileLines.ts";
import type { PlaceOf } from "./stackFileLines.ts";
import { below, pathIn } from "./workspaceSource.ts";
import type { Source } from "./workspaceSource.ts";
import { parseYaml } from "./yamlFile.ts";

/*
 * Workspaces in files of their own: an entry `{ from: GLOB }` of `fabric:workspaces` stands for the workspaces of files. Whoever
 * reads workspaces from a raw configuration reads them here.
 */

/** A configuration whose workspaces are all in its list. */
export interface WithWorkspaces {
  /** The configuration, with the workspaces of files in the places of the entries that name these. */
  readonly raw: Entry;
  /** What is wrong with files, and with the entries that name them. */
  readonly problems: readonly Problem[];
  /** Whether all files could be read. Else workspaces are missing. */
  readonly isWhole: boolean;
  /** A message or path with the places in files instead of those in `raw`. */
  readonly withFilePlaces: (text: string) => string;
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
  const entries = Array.isArray(given) ? (given as unknown[]) : [];
  const parts = [...partsOf(entries, { projectRoot, stack })];
  const found = parts.filter((part) => "source" in part);
  const faults = parts.filter((part) => "problem" in part);

  return {
    raw: Array.isArray(given) ? { ...raw, workspaces: found.map(({ entry }) => entry) } : raw,
    problems: faults.map(({ problem }) => problem),
    isWhole: !faults.some(({ hidesWorkspaces }) => hidesWorkspaces),
    withFilePlaces: (text) =>
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
}

/** A workspace of the list, or of a file. */
interface FoundWorkspace {
  readonly entry: unknown;
  readonly source: Source;
}

/** What is wrong with a file, or with the entry that names it. */
interface Fault {
  readonly problem: Problem;
  /** Whether workspaces are missing because of it. */
  readonly hidesWorkspaces: boolean;
}

/** The project that the files are of. */
interface Project {
  readonly projectRoot: string;
  readonly stack: string;
}

const faultAt = (at: ConfigPath, message: string): Fault => ({
  problem: problemAt(["workspaces", ...at], message),
  hidesWorkspaces: false,
});

/** Files that an entry names, and that could not be found or read. */
const unreadable = (position: number, error: unknown): Fault => ({
  ...faultAt([position, "from"], messageOf(error)),
  hidesWorkspaces: true,
});

/** All workspaces in their order, with the faults between them. */
function* partsOf(entries: readonly unknown[], project: Project): Generator<FoundWorkspace | Fault> {
  const namedBy = new Map<string, number>();
  for (const [position, entry] of entries.entries()) {
    if (!isEntry(entry) || entry["from"] === undefined) {
      yield { entry, source: { position } };
      continue;
    }
    for (const key of Object.keys(entry))
      if (key !== "from")
        yield faultAt([position, key], "not together with from: the keys of a workspace stand in its file");
    try {
      for (const file of filesOf(entry["from"], project)) {
        const first = namedBy.get(file);
        namedBy.set(file, first ?? position);
        if (first === undefined) yield* partsOfFile(file, position, project);
        else
          yield faultAt(
            [position, "from"],
            `${file} is named by ${problemAt(["workspaces", first, "from"], "").path}, too`,
          );
      }
    } catch (error) {
      yield unreadable(position, error);
    }
  }
}

/** @throws Error that says why there are no such files */
function filesOf(from: unknown, { projectRoot }: Project): readonly string[] {
  const pattern = textOf(from);
  if (pattern === undefined) throw new Error("must be text: the path of a file, or a glob for several");
  return matchingFiles(projectRoot, pattern);
}

/** @param position that of the entry that names the file */
function* partsOfFile(file: string, position: number, project: Project): Generator<FoundWorkspace | Fault> {
  try {
    const content = parseYaml(readOwnTextFile(join(project.projectRoot, file), file), file);
    for (const [index, entry] of workspacesIn(content, file).entries())
      yield* partsOfEntry(entry, { file, position: Array.isArray(content) ? index : undefined }, project);
  } catch (error) {
    yield unreadable(position, error);
  }
}

/** A workspace of a file. */
function* partsOfEntry(entry: unknown, source: Source, { stack }: Project): Generator<FoundWorkspace | Fault> {
  for (const path of secretsIn(entry, []))
    yield { problem: { path: pathIn(source, path), message: secretInFile(stack) }, hidesWorkspaces: false };
  if (isEntry(entry) && entry["from"] !== undefined) {
    const message = "only the stack's own list takes from, and not a file that it names: name the files there";
    yield { problem: { path: pathIn(source, ["from"]), message }, hidesWorkspaces: true };
  } else {
    yield { entry, source };
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
