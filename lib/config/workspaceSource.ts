import { problemAt } from "./problem.ts";
import type { ConfigPath } from "./problem.ts";

/** Where a workspace stands: in the stack's own list, or in a file, which holds one workspace or a list. */
export type Source = { readonly position: number } | { readonly file: string; readonly position: number | undefined };

/** `workspaces/sales.yaml [0].git`, from the path below the workspace: `.git`, or the dot alone if the rest follows. */
export function below(source: Source, path: string): string {
  if (!("file" in source)) return problemAt(["workspaces", source.position], "").path + path;
  if (source.position !== undefined) return `${source.file} [${source.position}]${path}`;
  return source.file + path.replace(/^\./, " ");
}

/** {@link below}, from a path of keys and positions. */
export const pathIn = (source: Source, path: ConfigPath): string =>
  below(source, path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join(""));
