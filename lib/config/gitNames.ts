import { textOf } from "./entries.ts";
import type { Entry } from "./entries.ts";

/*
 * Fixed rules for what a Git connection names. Values are often copied out of addresses, and the service takes them as they
 * stand, so it looks for a project `Data%20Platform`.
 */

/** A fault of one key of `git`. */
export interface GitNameProblem {
  readonly key: string;
  readonly message: string;
}

/** Rule for a name; `words` completes "must be …". */
interface NameRule {
  readonly pattern: RegExp;
  readonly words: string;
}

const AZURE_NAME: NameRule = {
  // https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions
  pattern: /^[^/:\\?<>|#*"\u0000-\u001f]+$/,
  words: 'a name, without any of / : \\ ? < > | # * "',
};

const byProvider: Readonly<Record<string, Readonly<Record<string, NameRule>>>> = {
  GitHub: {
    ownerName: { pattern: /^[a-z\d_-]+$/i, words: "the name of a user or organisation: letters, digits, - and _" },
    repositoryName: { pattern: /^[a-z\d_.-]+$/i, words: "the name of a repository: letters, digits, -, _ and ." },
  },
  AzureDevOps: {
    organizationName: { pattern: /^[a-z\d-]+$/i, words: "the name of an organisation: letters, digits and -" },
    projectName: AZURE_NAME,
    repositoryName: AZURE_NAME,
  },
};

const ENCODED = /%[\da-f]{2}/i;

/** The faults of a Git connection's names that the service would refuse in the middle of a deployment. */
export function gitNameProblems(git: Entry): GitNameProblem[] {
  const rules = byProvider[textOf(git["gitProviderType"]) ?? ""] ?? {};
  const ofNames = Object.entries(rules).flatMap(([key, rule]) => {
    const value = textOf(git[key]);
    const message = value === undefined ? undefined : nameProblem(value, rule);
    return message === undefined ? [] : [{ key, message }];
  });
  const branch = textOf(git["branchName"]);
  const message = branch === undefined ? undefined : branchProblem(branch);
  return message === undefined ? ofNames : [...ofNames, { key: "branchName", message }];
}

/** What is allowed in the names of a Git connection, but probably not meant. */
export function gitNameWarnings(git: Entry): GitNameProblem[] {
  return ["branchName", "directoryName"].flatMap((key) => {
    const value = textOf(git[key]);
    const meant = value === undefined ? undefined : decoded(value);
    if (value === undefined || meant === undefined) return [];
    return [
      { key, message: `is percent-encoded, and the service takes it as it stands. If '${meant}' is meant, write that` },
    ];
  });
}

function nameProblem(value: string, { pattern, words }: NameRule): string | undefined {
  const meant = decoded(value);
  if (meant !== undefined) return `is percent-encoded, and the service takes it as it stands: write '${meant}'`;
  if (pattern.test(value)) return undefined;
  const last = value.includes("/") ? lastPart(value) : undefined;
  return `must be ${words}${last === undefined ? "" : `; did you mean '${last}'?`}`;
}

/** See https://git-scm.com/docs/git-check-ref-format */
function branchProblem(branch: string): string | undefined {
  const head = /^refs\/heads\/(.+)$/.exec(branch)?.[1];
  if (head !== undefined) return `is named without refs/heads/: write '${head}'`;
  const isWrong =
    /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[/-]|[/.]$/.test(branch) ||
    branch === "@" ||
    branch.split("/").some((part) => part.startsWith(".") || part.endsWith(".lock"));
  return isWrong ? "is no name that a branch can have" : undefined;
}

/** The text that a percent-encoded one stands for; undefined if it is none. */
function decoded(value: string): string | undefined {
  if (!ENCODED.test(value)) return undefined;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

const lastPart = (address: string): string | undefined => {
  const part = address
    .replace(/\/+$/, "")
    .split("/")
    .at(-1)
    ?.replace(/\.git$/, "");
  return part === "" ? undefined : part;
};
