import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { readProjectFile } from "../../lib/project/projectFile.ts";

/**
 * Writes the project's file into another folder, for calls of the CLI there. What names a place is left out: the environment names
 * the backend, and the stacks' files and the program lie in that folder itself.
 */
export function copyProjectFile(projectRoot: string, folder: string): void {
  const { content } = readProjectFile(projectRoot);
  const { backend: _backend, stackConfigDir: _stacks, config, main: _main, ...others } = content;
  // a text under `config` is the old form of stackConfigDir
  const project = typeof config === "object" ? { ...others, config } : others;
  writeFileSync(join(folder, "Pulumi.yaml"), stringify(project));
}
