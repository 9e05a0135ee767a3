import { posix } from "node:path";
import { messageOf } from "../../api/messageOf.ts";
import { closestName } from "../../config/closestName.ts";
import { wordList } from "../../config/wordList.ts";
import type { Place, ValueProblem } from "./place.ts";
import { Reader, isMissing, isObject, unknownKey } from "./reader.ts";
import type { ReadOptions } from "./reader.ts";
import { readFindRule, readKeyRule } from "./readReplacements.ts";
import { readBindings, readOldBindings, readPoolRule } from "./readTargets.ts";
import { EVERY_ENVIRONMENT } from "./rule.ts";
import type { BindingRule, FindRule, KeyRule, PoolRule, Rules } from "./rule.ts";
import { objectSource, yamlSource } from "./source.ts";
import type { Source } from "./source.ts";

/** What was read. Rules with problems are left out, so the others must not be deployed if there is one. */
export interface ParsedRules {
  readonly rules: Rules;
  /** Mistakes, all of them, in the order of the files. */
  readonly problems: readonly ValueProblem[];
  /** What is allowed, but probably not meant. */
  readonly warnings: readonly ValueProblem[];
}

/** Options of reading a parameter file. */
export interface FileOptions extends ReadOptions {
  /**
   * Content of a file that `extend` names; undefined if there is none.
   * @throws Error that says why the file cannot be read
   * @param path relative to the folder of the parameter file, with `/`
   */
  readonly readTemplate?: (path: string) => string | undefined;
}

const SECTIONS = ["find_replace", "key_value_replace", "spark_pool", "semantic_model_binding"];

/**
 * Reads the text of a `parameter.yml` in the form of fabric-cicd 1.4, and the templates that it extends.
 * @param file name for messages
 */
export function parseParameterFile(text: string, file: string, options: FileOptions = {}): ParsedRules {
  const { source, problems } = yamlSource(text, file);
  if (!source) return { rules: NO_RULES, problems, warnings: [] };
  const reader = new Reader(source, options);
  const base = readRules(reader, source.value, [...SECTIONS, "extend"]);
  const templates = readExtended(reader, source, file, options);
  const all = [{ rules: base, problems: [...problems, ...reader.problems], warnings: reader.warnings }, ...templates];
  return checked({
    rules: {
      find: all.flatMap(({ rules }) => rules.find),
      keys: all.flatMap(({ rules }) => rules.keys),
      pools: all.flatMap(({ rules }) => rules.pools),
      bindings: all.flatMap(({ rules }) => rules.bindings),
    },
    problems: all.flatMap(({ problems }) => problems),
    warnings: all.flatMap(({ warnings }) => warnings),
  });
}

/**
 * Reads rules of the same form that stand in the stack's configuration. They have no templates.
 * @param path path of the object, for messages: `fabric:workspaces[0].content.values`
 */
export function parseValues(value: unknown, path: string, options: ReadOptions = {}): ParsedRules {
  const reader = new Reader(objectSource(value, path), options);
  const rules = readRules(reader, value, SECTIONS);
  return checked({ rules, problems: reader.problems, warnings: reader.warnings });
}

const NO_RULES: Rules = { find: [], keys: [], pools: [], bindings: [] };

function readRules(reader: Reader, value: unknown, known: readonly string[]): Rules {
  if (isMissing(value)) {
    reader.warn([], "holds no rules");
    return NO_RULES;
  }
  if (!isObject(value)) {
    reader.problem([], `must be an object with ${wordList(known, "and")}`);
    return NO_RULES;
  }
  const find: FindRule[] = [];
  const keys: KeyRule[] = [];
  const pools: PoolRule[] = [];
  const bindings: BindingRule[] = [];
  for (const [section, content] of Object.entries(value)) {
    const entries = () =>
      (reader.list(content, [section]) ?? []).map((entry, index) => [entry, [section, index]] as const);
    const present = <T>(rule: T | undefined): T[] => (rule === undefined ? [] : [rule]);
    if (section === "find_replace") {
      find.push(...entries().flatMap(([entry, at]) => present(readFindRule(reader, entry, at))));
    } else if (section === "key_value_replace") {
      keys.push(...entries().flatMap(([entry, at]) => present(readKeyRule(reader, entry, at))));
    } else if (section === "spark_pool") {
      pools.push(...entries().flatMap(([entry, at]) => present(readPoolRule(reader, entry, at))));
    } else if (section === "semantic_model_binding") {
      bindings.push(...readBindings(reader, content, [section]));
    } else if (section === "gateway_binding") {
      bindings.push(...readOldBindings(reader, content, [section], "gateway_id", "dataset_name"));
    } else if (!known.includes(section)) {
      const message = unknownKey(closestName(section, known), known);
      reader.problem([section], section === "extend" ? "is only for parameter files: put the rules here" : message);
    }
  }
  return { find, keys, pools, bindings };
}

function readExtended(reader: Reader, source: Source, file: string, options: FileOptions): ParsedRules[] {
  const extend = isObject(source.value) ? source.value["extend"] : undefined;
  if (extend === undefined) return [];
  const seen = new Set<string>();
  return (reader.list(extend, ["extend"]) ?? []).flatMap((value, index) => {
    const at = ["extend", index];
    const named = reader.text(value, at);
    if (named === undefined) return [];
    const path = posix.normalize(named.replaceAll("\\", "/"));
    if (seen.has(path)) {
      reader.warn(at, "names a file a second time; it counts once");
      return [];
    }
    seen.add(path);
    let text: string | undefined;
    try {
      text = options.readTemplate?.(path);
    } catch (error) {
      return reader.problem(at, messageOf(error)) ?? [];
    }
    if (text === undefined)
      return reader.problem(at, `names ${path}, which does not exist beside the parameter file`) ?? [];
    return [readTemplate(text, posix.join(posix.dirname(file.replaceAll("\\", "/")), path), options)];
  });
}

function readTemplate(text: string, file: string, options: ReadOptions): ParsedRules {
  const { source, problems } = yamlSource(text, file);
  if (!source) return { rules: NO_RULES, problems, warnings: [] };
  const reader = new Reader(source, options);
  if (isObject(source.value) && "extend" in source.value) {
    reader.problem(["extend"], "cannot stand in a file that is itself extended: name all files in the parameter file");
  }
  const rules = readRules(reader, source.value, [...SECTIONS, "extend"]);
  return { rules, problems: [...problems, ...reader.problems], warnings: reader.warnings };
}

/** Adds what only all rules together show: two bindings that say different things of one model and environment. */
function checked(parsed: ParsedRules): ParsedRules {
  const { bindings } = parsed.rules;
  const clashes = bindings.flatMap((rule, index) => {
    const other = bindings
      .slice(0, index)
      .find((earlier) => sharesModel(earlier, rule) && sharesEnvironment(earlier, rule));
    if (!other) return [];
    const where = `${other.place.path}${other.place.line === undefined ? "" : ` in line ${other.place.line}`}`;
    const message = `is for a model and an environment that have their connections from ${where}; give one entry a list of them`;
    return [{ ...rule.place, message }];
  });
  const problems = [...parsed.problems, ...clashes];
  return { ...parsed, rules: withoutWrong(parsed.rules, problems), problems };
}

/** The rules without problems of their own: what is wrong can be told, but not applied. */
function withoutWrong({ find, keys, pools, bindings }: Rules, problems: readonly ValueProblem[]): Rules {
  const isRight = ({ place }: { readonly place: Place }) =>
    !problems.some(
      ({ file, path }) => file === place.file && (path === place.path || /^[.[]/.test(pathBelow(path, place.path))),
    );
  const right = <T extends { readonly place: Place }>(rules: readonly T[]) => rules.filter(isRight);
  return { find: right(find), keys: right(keys), pools: right(pools), bindings: right(bindings) };
}

const pathBelow = (path: string, above: string) => (path.startsWith(above) ? path.slice(above.length) : "");

function sharesModel(a: BindingRule, b: BindingRule): boolean {
  if (!a.models || !b.models) return a.models === b.models;
  return a.models.some((name) => b.models?.includes(name));
}

function sharesEnvironment(a: BindingRule, b: BindingRule): boolean {
  return a.to.has(EVERY_ENVIRONMENT) || b.to.has(EVERY_ENVIRONMENT) || [...a.to.keys()].some((name) => b.to.has(name));
}
