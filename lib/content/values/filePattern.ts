/**
 * Brings a path or pattern of `file_path` into its normal form: relative to the repository folder, with `/`.
 * @returns the pattern, or why it is none
 */
export function readFilePattern(text: string): { readonly pattern: string } | { readonly problem: string } {
  if (/^[A-Za-z]:/.test(text))
    return { problem: "must be relative to the repository folder, because the folder differs by machine" };
  const segments = text
    .replaceAll("\\", "/")
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  if (segments.length === 0) return { problem: "must name a file" };
  if (segments.includes("..")) return { problem: "must not leave the repository folder with .." };
  const stars = segments.find((segment) => segment.includes("**") && segment !== "**");
  if (stars !== undefined)
    return { problem: `has ${stars}, but ** stands for whole folders: write **/ before the rest` };
  if (segments.some((segment) => /\{[^}]*,[^}]*\}/.test(segment))) {
    return { problem: "has {…,…}, which is not expanded: give a list of paths instead" };
  }
  const open = segments.find((segment) => /\[(?![!]?.[^\]]*\])/.test(segment));
  if (open !== undefined) return { problem: `has a [ without its ] in ${open}` };
  return { pattern: segments.join("/") };
}

/**
 * Whether a pattern matches a file. `*`, `?` and `[…]` match inside a name, also names with a leading dot; `**` matches any number
 * of folders. Upper and lower case differ.
 * @param path relative to the repository folder
 */
export function matchesFile(pattern: string, path: string): boolean {
  return matches(pattern.split("/"), path.split("/"));
}

/** Whether a pattern can match a file somewhere below a folder. */
export function canMatchBelow(pattern: string, folder: string): boolean {
  return canMatch(pattern.split("/"), folder === "" ? [] : folder.split("/"));
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (path.length === 0) return false;
  if (first !== "**") return matchesName(first, path[0] ?? "") && matches(rest, path.slice(1));
  // at the end all files below
  return rest.length === 0 || matches(rest, path) || matches(pattern, path.slice(1));
}

function canMatch(pattern: readonly string[], folder: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return false;
  if (first === "**" || folder.length === 0) return true;
  return matchesName(first, folder[0] ?? "") && canMatch(rest, folder.slice(1));
}

function matchesName(pattern: string, name: string): boolean {
  if (!/[*?[]/.test(pattern)) return pattern === name;
  const source = pattern.replace(/\*|\?|\[!?.[^\]]*\]|[^*?[]+|\[/gsu, (part) => {
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (!part.startsWith("[") || part === "[") return escaped(part);
    const isNegated = part.startsWith("[!");
    const members = part.slice(isNegated ? 2 : 1, -1);
    return `[${isNegated ? "^" : ""}${members.replace(/[\\\]^[&~|#$%*+.<=>?@`!]/g, "\\$&")}]`;
  });
  return new RegExp(`^(?:${source})$`, "s").test(name);
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
