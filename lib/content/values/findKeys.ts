import type { Comparison, Step, Test } from "./jsonPath.ts";
import type { Tree } from "./tree.ts";

/** The values that a path names, in the order of the file. Each is there once, and none inside another one. */
export function findKeys(tree: Tree, steps: readonly Step[]): Tree[] {
  const found = find(tree, steps).sort((a, b) => a.start - b.start || b.end - a.end);
  let end = -1;
  return found.filter((value) => {
    if (value.start < end) return false;
    end = Math.max(value.end, value.start + 1);
    return true;
  });
}

/** Names without which a path finds nothing, for a quick look at a text. */
export function namesIn(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => (step.kind === "members" && step.names.length === 1 ? step.names : []));
}

function find(tree: Tree, steps: readonly Step[]): Tree[] {
  return steps.reduce<Tree[]>((found, step) => found.flatMap((value) => take(value, step)), [tree]);
}

function take(tree: Tree, step: Step): Tree[] {
  const { members, entries = [] } = tree;
  switch (step.kind) {
    case "members":
      return step.names.flatMap((name) => members?.get(name) ?? []);
    case "all members":
      return [...(members?.values() ?? [])];
    case "entry":
      return [entries.at(step.index)].filter((entry) => entry !== undefined);
    case "entries":
      return entries.slice(step.start, step.end).filter((_, index) => index % step.step === 0);
    case "below":
      return [tree, ...[...(members?.values() ?? []), ...entries].flatMap((inner) => take(inner, step))];
    case "filter":
      return entries.filter((entry) => step.tests.every((test) => holds(entry, test)));
  }
}

function holds(entry: Tree, { path, comparison }: Test): boolean {
  const found = find(entry, path);
  if (!comparison) return found.length > 0;
  return found.some((tree) => compares(plain(tree), comparison));
}

/** Objects and lists are equal to nothing that a path can name. */
const plain = (tree: Tree): unknown => (tree.members || tree.entries ? tree : tree.value);

function compares(actual: unknown, { operator, value, isDecimal }: Comparison): boolean {
  if (value instanceof RegExp) return typeof actual === "string" && value.test(actual);
  const isCounted = typeof value === "boolean" || (typeof value === "number" && !isDecimal);
  const left = isCounted ? wholeNumber(actual) : actual;
  const right = isCounted ? Number(value) : value;
  if (typeof right === "number" && typeof left !== "number") return false;
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  if (typeof left === "string" && typeof right === "string") return inOrder(left, operator, right);
  return typeof left === "number" && typeof right === "number" && inOrder(left, operator, right);
}

/** What fabric-cicd compares with a whole number, or with true or false: digits count as a number, and 5.5 as 5. */
function wholeNumber(actual: unknown): number | undefined {
  if (typeof actual === "number") return Math.trunc(actual);
  if (typeof actual === "boolean") return Number(actual);
  return typeof actual === "string" && /^\s*[+-]?\d+\s*$/.test(actual) ? Number(actual) : undefined;
}

function inOrder<T extends string | number>(left: T, operator: string, right: T): boolean {
  if (operator === "<") return left < right;
  if (operator === "<=") return left <= right;
  return operator === ">" ? left > right : left >= right;
}
