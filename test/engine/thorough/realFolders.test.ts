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
  readonly definition?: { readonly parts: readonly { readonly path: string; readonly payload: string }[] };
}

describe("a real Git folder", { skip: checkouts.length === 0 && "FABRIC_FOLDERS names none" }, () => {
  for (const checkout of checkouts) {
    it(`A real Git folder is deployed as a whole, with nothing left of what only Git resolves, and unchanged afterwards: ${basename(checkout)}`, async () => {
      const roots = itemRoots(checkout);
      assert.notEqual(roots.length, 0, `${checkout} holds no items`);
      await using stack = await EngineStack.start();
      symlinkSync(checkout, join(stack.folder, "checkout"));
      const workspaces = roots.map((root, index) => ({
        name: `w${index}`,
        capacity: "local",
        items: [{ from: join("checkout", root) }, ...neededBesides(stack.folder, join("checkout", root))],
      }));
      stack.configure({ workspaces });
      const up = await stack.up();
      assert.equal(up.code, 0, up.text);

      const logicalIds = new Set(
        roots.flatMap((root) =>
          findItemFolders(checkout, root || ".").items.flatMap(({ platform }) => platform.logicalId ?? []),
        ),
      );
      const left = stack.emulator
        .requests()
        .filter(({ method, path }) => method === "POST" && /\/(items|updateDefinition)$/.test(path))
        .flatMap(({ body }) => leftIn(body as Sent, logicalIds));
      assert.deepEqual(left, []);
      const again = await stack.preview();
      assert.deepEqual([again.code, again.steps], [0, []], again.text);
      console.log(`${basename(checkout)}: ${up.steps.filter((step) => step.startsWith("create Item")).length} items`);
    });
  }
});

/** Items that a folder's parameter file refers to, and that something else is to make: a user declares them. */
function neededBesides(projectRoot: string, from: string): { readonly type: string; readonly name: string }[] {
  try {
    parseStackConfig({ workspaces: [{ name: "w", items: [{ from }] }] }, { projectRoot, stack: "test", env: {} });
    return [];
  } catch (error) {
    const needed = [...String(error).matchAll(/needs \$items\.(\w+)\.(.+?)\.\$\w+, which/g)];
    return [...new Set(needed.map(([, type = "", name = ""]) => `${type}/${name}`))].map((key) => {
      const [type = "", name = ""] = key.split("/");
      return { type, name };
    });
  }
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
    ];
  });
}
