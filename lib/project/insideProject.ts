import { posix } from "node:path";

/**
 * The path relative to the project, normalised.
 * @throws Error if the path leads out of the project
 */
export function insideProject(path: string): string {
  if (posix.isAbsolute(path) || /^[a-z]:/i.test(path) || path.includes("\\")) {
    throw new Error("must be relative to the folder of Pulumi.yaml, with / between folders");
  }
  const normal = posix.normalize(path).replace(/\/$/, "");
  if (normal === ".." || normal.startsWith("../")) throw new Error("leads out of the project");
  return normal;
}
