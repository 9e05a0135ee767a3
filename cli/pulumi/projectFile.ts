import { existsSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { readYamlFile } from "../../lib/config/yamlFile.ts";

/** What the commands need of Pulumi.yaml. */
export interface ProjectFile {
  /** Path of the file. */
  readonly path: string;
  /** Name of the project. */
  readonly name: string;
  /** Folder of the stacks' files, as an absolute path. */
  readonly stacksFolder: string;
  /** Everything that is in it. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** Names that Pulumi looks for. */
const NAMES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** The path of the project's file in a folder, if there is one. */
export function projectFileIn(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/** @throws Error naming file and line, if it is missing or no YAML */
export function readProjectFile(projectRoot: string): ProjectFile {
  const path = projectFileIn(projectRoot);
  if (path === undefined) throw new Error(`There is no Pulumi.yaml in ${projectRoot}.`);
  const content = (readYamlFile(path) ?? {}) as Record<string, unknown>;
  // `config` as a text is the old name of stackConfigDir
  const folder = [content["stackConfigDir"], content["config"]].find((value) => typeof value === "string") ?? ".";
  return { path, name: String(content["name"]), stacksFolder: resolve(projectRoot, folder), content };
}

/**
 * The file that Pulumi keeps a stack's configuration in, also if it does not exist. Nothing is decided by what is in it:
 * Pulumi's own answer is (`readConfiguration`). It is written to, and named in messages.
 */
export function stackFileOf(projectRoot: string, stack: string, env: NodeJS.ProcessEnv): string {
  const named = env[CONFIG_FILE];
  if (named) return resolve(projectRoot, named);
  const { path, stacksFolder } = readProjectFile(projectRoot);
  return join(stacksFolder, `Pulumi.${stack}${extname(path)}`);
}

/** The CLI takes each of its options from the environment, too: so every call of it reads the same file. */
export const CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE";
