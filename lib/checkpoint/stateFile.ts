import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectName } from "../config/projectFolder.ts";
import { stateFolder } from "../config/stateFolder.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** The part of Pulumi's state file that counts. `pulumi stack export` prints the same, after half a second. */
interface StateFile {
  readonly version: number;
  readonly checkpoint?: { readonly latest?: Checkpoint["deployment"] };
}

/** Pulumi's own folder in a backend that is a folder; undefined for other kinds of backend. */
export function pulumiFolder(projectRoot: string, env: NodeJS.ProcessEnv): string | undefined {
  const folder = stateFolder(env["PULUMI_BACKEND_URL"] ?? "", projectRoot);
  return folder === undefined ? undefined : join(folder, ".pulumi");
}

/** The version of the format that this reader knows. */
const VERSION = 3;

/**
 * Reads a stack's state from a backend in a folder, as the CLI does.
 * https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/backend/diy/store.go
 * @param reference the stack's name for the CLI
 * @returns undefined if only the CLI can tell: other backends, compressed files, new stacks, other versions
 */
export function readStateFile(
  reference: string,
  { projectRoot, env }: { readonly projectRoot: string; readonly env: NodeJS.ProcessEnv },
): Checkpoint | undefined {
  const folder = pulumiFolder(projectRoot, env);
  if (folder === undefined) return undefined;
  const own = projectName(projectRoot) ?? "fabric";
  const [stack = "", project = own] = reference.split("/").toReversed();
  if (project !== own) return undefined;
  try {
    const { version, checkpoint } = JSON.parse(
      readFileSync(join(folder, "stacks", project, `${stack}.json`), "utf8"),
    ) as StateFile;
    return version === VERSION && checkpoint?.latest ? { version, deployment: checkpoint.latest } : undefined;
  } catch {
    return undefined;
  }
}
