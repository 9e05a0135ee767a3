import { statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { projectFileIn } from "./projectFolder.ts";
import { readYamlFile } from "../config/yamlFile.ts";

/** The parts of Pulumi.yaml that the commands need. */
export interface ProjectFile {
  /** Path of the file. */
  readonly path: string;
  /** Name of the project. */
  readonly name: string;
  /** Folder of the stacks' files, as an absolute path. */
  readonly stacksFolder: string;
  /** The whole content of the file. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** @throws Error that names file and line, if the file is missing or not valid YAML */
export function readProjectFile(projectRoot: string): ProjectFile {
  const path = projectFileIn(projectRoot);
  if (path === undefined) throw new Error(`There is no Pulumi.yaml in ${projectRoot}.`);
  const content = (readYamlFile(path) ?? {}) as Record<string, unknown>;
  // a text under `config` is the old form of stackConfigDir
  const folder = [content["stackConfigDir"], content["config"]].find((value) => typeof value === "string") ?? ".";
  return { path, name: String(content["name"]), stacksFolder: resolve(projectRoot, folder), content };
}

/**
 * Path of a stack's configuration file, whether the file exists or not. Decisions never rest on its content, but on Pulumi's
 * own answer (`readConfiguration`). The path is for writing, and for messages.
 */
export function stackFileOf(projectRoot: string, stack: string, env: NodeJS.ProcessEnv): string {
  const named = env[CONFIG_FILE];
  if (named) return resolve(projectRoot, named);
  const { path, stacksFolder } = readProjectFile(projectRoot);
  return join(stacksFolder, `Pulumi.${stack}${extname(path)}`);
}

/** The folder that the program runs in: `main` in the project's file may name another one, or a file. */
export function programFolder(projectRoot: string): string {
  const { main } = readProjectFile(projectRoot).content;
  const path = resolve(projectRoot, typeof main === "string" ? main : ".");
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? dirname(path) : path;
}

/** The CLI reads its options from the environment too. Through this variable, every call of the CLI reads the same file. */
export const CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE";
