import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { readYamlFile } from "../config/yamlFile.ts";

/** Names of project files that Pulumi accepts. */
const NAMES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** The path of the project's file in a folder, if there is one. */
export function projectFileIn(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * The folder of the project: the nearest one with a project file, here or above. Pulumi runs program and provider in the folder
 * of the program, and `main` in the project file may name one below that of the project.
 * @returns `folder` itself, if there is no project file
 */
export function projectFolder(folder: string = process.cwd()): string {
  for (let above = folder; ; above = dirname(above)) {
    if (projectFileIn(above) !== undefined) return above;
    if (above === dirname(above)) return folder;
  }
}

/** A path that is relative to the project's folder, from the current folder; absolute ones stay as they are. */
export const inProject = (path: string): string =>
  isAbsolute(path) ? path : join(relative(process.cwd(), projectFolder()), path);

/** The name of the project in a folder, which is a part of every path in a backend; undefined if its file has none. */
export function projectName(folder: string): string | undefined {
  const file = projectFileIn(folder);
  if (file === undefined) return undefined;
  // the library for YAML costs time and memory, and nearly every file has its name like this
  const [, plain] = /^name:[ \t]*([\w.-]+)[ \t]*\r?$/m.exec(readFileSync(file, "utf8")) ?? [];
  if (plain !== undefined) return plain;
  const { name } = (readYamlFile(file) ?? {}) as { readonly name?: unknown };
  return typeof name === "string" ? name : undefined;
}
