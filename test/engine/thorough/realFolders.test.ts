import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { parseStackConfig } from "../../../lib/config/stackConfig.ts";
import { findItemFolders } from "../../../lib/content/itemFolders.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { itemRoots } from "../harness/itemRoots.ts";

/*
 * Deploys real Git folders: FABRIC_FOLDERS names checkouts, separated as PATH is. Each folder of items becomes a workspace.
 */
const checkouts = (process.env["FABRIC_FOLDERS"] ?? "").split(delimiter).filter(Boolean);
const ZERO_WORKSPACE = /"(?:default_lakehouse_workspace_id|workspaceId|workspace)\\?"\s*:\s*\\?"0{8}-/i;

interface Sent {
  readonly type: string;
  readonly displayName: string;
  readonly definition?: {
    readonly format?: string;
    readonly parts: readonly { readonly path: string; readonly payload: string }[];
  };
}

describe("a real Git folder", { skip: checkouts.length === 0 && "FABRIC_FOLDERS names none" }, () => {
  for (const checkout of checkouts) {
    it(`A real Git folder is deployed as a whole, with nothing left of what only Git resolves, and unchanged afterwards: ${basename(checkout)}`, async () => {
      const roots = itemRoots(checkout);
      assert.notEqual(roots.length, 0, `${checkout} holds no items`);
      await using stack = await EngineStack.start();
      symlinkSync(checkout, join(stack.folder, "checkout"));
      const entries = roots.map((root) => entriesFor(stack.folder, join("checkout", root)));
      const workspaces = entries.map(({ items }, index) => ({ name: `w${index}`, capacity: "local", items }));
      stack.configure({ workspaces });
      const up = await stack.up();
      assert.equal(up.code, 0, up.text);

      const logicalIds = new Set(
        roots.flatMap((root) =>
          findItemFolders(checkout, root || ".").items.flatMap(({ platform }) => platform.logicalId ?? []),
        ),
      );
      const requests = stack.emulator
        .requests()
        .filter(({ method, path }) => method === "POST" && /\/(items|updateDefinition)$/.test(path));
      const sent = requests.map(({ body }) => body as Sent);
      assert.deepEqual(
        sent.flatMap((one) => [...leftIn(one, logicalIds), ...wrongFormatOf(one)]),
        [],
      );
      const again = await stack.preview();
      assert.deepEqual([again.code, again.steps], [0, []], again.text);
      const { resources = [] } = (await stack.state()).deployment;
      const resolved = resources.flatMap(({ inputs }) => Object.keys(inputs?.["references"] ?? {}));
      const count = up.steps.filter((step) => step.startsWith("create Item ")).length;
      console.log(`${basename(checkout)}: ${count} items, ${resolved.length} references resolved, 0 left`);
      for (const { refused } of entries) for (const reason of refused) console.log(`  refused: ${reason}`);
    });
  }
});

/** Entries that deploy a folder, and why parts of it are not deployed. */
interface Entries {
  readonly items: readonly object[];
  readonly refused: readonly string[];
}

/**
 * Declares a folder as a user would after reading the messages: without the items that are refused, and with the items that
 * its parameter file refers to and something else is to make.
 */
function entriesFor(projectRoot: string, from: string): Entries {
  const refused: string[] = [];
  const exclude = new Set<string>();
  const needed = new Set<string>();
  for (;;) {
    const besides = [...needed].map((key) => ({ type: key.split("/")[0], name: key.split("/")[1] }));
    const items = [{ from, ...(exclude.size > 0 && { exclude: [...exclude] }) }, ...besides];
    const problems = problemsOf(projectRoot, items);
    const before = exclude.size + needed.size;
    for (const problem of problems) {
      const [, type, name] = /\$items\.(\w+)\.(.+?)\.\$\w+, which is nothing/.exec(problem) ?? [];
      if (type !== undefined && name !== undefined) needed.add(`${type}/${name}`);
      const folder = /([^/:]+\.[A-Za-z]+)(?=[/:]| has no)/.exec(
        problem.slice(problem.indexOf(from) + from.length),
      )?.[1];
      if (type === undefined && folder !== undefined) exclude.add(folder);
      refused.push(problem.trim());
    }
    if (exclude.size + needed.size === before) return { items, refused };
  }
}

function problemsOf(projectRoot: string, items: readonly object[]): string[] {
  try {
    parseStackConfig({ workspaces: [{ name: "w", items }] }, { projectRoot, stack: "test", env: {} });
    return [];
  } catch (error) {
    return String(error)
      .split("\n")
      .filter((line) => line.startsWith("  fabric:"));
  }
}

/** Formats by the files, as the articles on definitions name them. */
function wrongFormatOf({ type, displayName, definition }: Sent): string[] {
  if (!definition) return [];
  const has = (end: string) => definition.parts.some(({ path }) => path.endsWith(end));
  const wanted =
    type === "SparkJobDefinition"
      ? "SparkJobDefinitionV2"
      : type === "Notebook" && has(".ipynb")
        ? "ipynb"
        : type === "SQLDatabase" && has(".sqlproj")
          ? "sqlproj"
          : undefined;
  return definition.format === wanted ? [] : [`${type} '${displayName}': format ${definition.format}`];
}

/** What a sent definition holds that only Git integration understands. */
function leftIn({ type, displayName, definition }: Sent, logicalIds: ReadonlySet<string>): string[] {
  return (definition?.parts ?? []).flatMap(({ path, payload }) => {
    if (path === ".platform" || type === "VariableLibrary") return [];
    const text = Buffer.from(payload, "base64").toString();
    const ids = [...text.matchAll(/[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi)].map(([id]) => id.toLowerCase());
    return [
      ...ids.filter((id) => logicalIds.has(id)).map((id) => `${type} '${displayName}' ${path}: logical id ${id}`),
      ...(ZERO_WORKSPACE.test(text) && !path.endsWith(".ipynb")
        ? [`${type} '${displayName}' ${path}: zeros for the workspace`]
        : []),
      ...(path === "definition.pbir" && /"byPath"\s*:\s*\{/.test(text)
        ? [`${type} '${displayName}' ${path}: byPath`]
        : []),
      ...(/^RealTime(?:Dashboard|Queryset)\.json$/.test(path) && /"clusterUri"\s*:\s*""/.test(text)
        ? [`${type} '${displayName}' ${path}: a database without address`]
        : []),
    ];
  });
}
