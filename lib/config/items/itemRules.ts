import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { messageOf } from "../../api/messageOf.ts";
import { readTextFile } from "../../api/textFile.ts";
import { parseParameterFile, parseValues } from "../../content/values/parseRules.ts";
import type { ParsedRules } from "../../content/values/parseRules.ts";
import { problemText } from "../../content/values/place.ts";
import type { Rules } from "../../content/values/rule.ts";
import { textOf } from "../entries.ts";
import { insideProject } from "../../project/insideProject.ts";
import { problemAt } from "../problem.ts";
import type { ConfigPath, Problem } from "../problem.ts";

/** What rules need besides the entry. */
export interface RulesContext {
  /** Path of the entry. */
  readonly at: ConfigPath;
  readonly projectRoot: string;
  /** Variables of the environment that rules may take. */
  readonly environmentVariables: readonly string[];
}

/** The file of rules that a folder of items has by itself. */
const DEFAULT_FILE = "parameter.yml";

/**
 * Rules of values per environment for an entry with `from`: its `parameters` file, else a `parameter.yml` in the folder, and the
 * stack's own `values` after them.
 * @param raw the entry in the file
 * @param stackValues the stack's `values`
 * @returns undefined without any rules
 */
export function rulesOf(
  raw: Readonly<Record<string, unknown>>,
  stackValues: unknown,
  { at, projectRoot, environmentVariables }: RulesContext,
  problems: Problem[],
): { readonly rules: Rules; readonly warnings: readonly string[] } | undefined {
  const parsed: ParsedRules[] = [];
  const file = fileOf(raw, projectRoot, (message) => problems.push(problemAt([...at, "parameters"], message)));
  if (file !== undefined) {
    const folder = posix.dirname(file);
    const readTemplate = (path: string) => {
      const template = insideProject(posix.join(folder, path));
      return existsSync(join(projectRoot, template)) ? readTextFile(join(projectRoot, template), template) : undefined;
    };
    // a file of several entries is told once
    const isTold = (message: string) =>
      problems.some((one) => one.message === message && /\.parameters$/.test(one.path));
    const report = (message: string) => {
      if (!isTold(message)) problems.push(problemAt([...at, "parameters"], message));
    };
    try {
      const text = readTextFile(join(projectRoot, file), file);
      const found = parseParameterFile(text, file, { readTemplate, environmentVariables });
      for (const problem of found.problems) report(problemText(problem));
      parsed.push(found);
    } catch (error) {
      report(messageOf(error));
    }
  }
  if (stackValues !== undefined) {
    parsed.push(stackRules(stackValues, environmentVariables, problems));
  }
  const unread = raw["parameters"] === undefined ? unreadFiles(raw["from"], projectRoot, file) : [];
  if (parsed.length === 0 && unread.length === 0) return undefined;
  return {
    rules: {
      find: parsed.flatMap(({ rules }) => rules.find),
      keys: parsed.flatMap(({ rules }) => rules.keys),
      pools: parsed.flatMap(({ rules }) => rules.pools),
      bindings: parsed.flatMap(({ rules }) => rules.bindings),
    },
    warnings: [...unread, ...parsed.flatMap(({ warnings }) => warnings.map(problemText))],
  };
}

/** The stack's own `values`. */
function stackRules(values: unknown, environmentVariables: readonly string[], problems: Problem[]): ParsedRules {
  const found = parseValues(values, "fabric:values", { environmentVariables });
  for (const { path, message } of found.problems) problems.push({ path, message });
  return found;
}

/** Warnings about the stack's `values` if no entry has a folder, so that they change nothing. */
export function valuesOfNothing(
  values: unknown,
  environmentVariables: readonly string[],
  problems: Problem[],
): string[] {
  const { warnings } = stackRules(values, environmentVariables, problems);
  const unused = "fabric:values changes nothing: it is for items of entries with from, and there is none.";
  return [...warnings.map(problemText), unused];
}

/** Files beside the items that look like rules and are none, because of their name. */
function unreadFiles(from: unknown, projectRoot: string, read: string | undefined): string[] {
  try {
    const folder = insideProject(textOf(from) ?? "");
    return readdirSync(join(projectRoot, folder))
      .filter((name) => /^parameters?\.ya?ml$/i.test(name) && posix.join(folder, name) !== read)
      .map((name) =>
        name === DEFAULT_FILE
          ? `${folder}/${name} is a symbolic link that leads nowhere, so there are no rules`
          : `${folder}/${name} is not read: rules stand in ${DEFAULT_FILE}, or in the file that parameters names`,
      );
  } catch {
    // the entry's own problem
    return [];
  }
}

function fileOf(
  raw: Readonly<Record<string, unknown>>,
  projectRoot: string,
  report: (message: string) => void,
): string | undefined {
  const named = textOf(raw["parameters"]);
  try {
    if (named === undefined) {
      const from = textOf(raw["from"]);
      const usual = from === undefined ? undefined : posix.join(insideProject(from), DEFAULT_FILE);
      return usual !== undefined && existsSync(join(projectRoot, usual)) ? usual : undefined;
    }
    const file = insideProject(named);
    if (existsSync(join(projectRoot, file))) return file;
    report(`${file} does not exist`);
  } catch (error) {
    if (named !== undefined) report(messageOf(error));
  }
  return undefined;
}
