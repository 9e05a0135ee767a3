import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, it } from "node:test";

const projectRoot = resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(projectRoot, file), "utf8");
const pages = [
  ...readdirSync(projectRoot),
  ...readdirSync(join(projectRoot, "docs")).map((name) => `docs/${name}`),
].filter((file) => file.endsWith(".md"));
const filesBelow = (folders: readonly string[], kinds: RegExp) =>
  folders.flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => kinds.test(file))
      .map((file) => join(folder, file)),
  );
const sources = filesBelow(["cli", "emulator", "lib", "providers"], /\.m?ts$|\.mjs$/);

/** How GitHub names the place of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

/** Whether a file of the project exists, and has that heading. */
function isPlace(file: string, anchor: string | undefined): boolean {
  if (!existsSync(join(projectRoot, file))) return false;
  if (anchor === undefined || !file.endsWith(".md")) return true;
  return [...withoutCode(read(file)).matchAll(/^#+ (.+)$/gm)].some(([, heading = ""]) => anchorOf(heading) === anchor);
}

const withoutCode = (page: string) => page.replace(/^```[\s\S]*?^```/gm, "");

/** The messages of the sources, with … for what is filled in. */
const messages = sources
  .map(read)
  .join("\n")
  .replace(/[`"] \+\s*[`"]/g, "")
  .replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, "…")
  .replace(/\s+/g, " ");

describe("the pages", () => {
  it("Pages link only to files and headings that exist", () => {
    const broken = pages.flatMap((page) => {
      const links = [...withoutCode(read(page)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
      return links
        .filter(([, file = "", anchor]) => !isPlace(file === "" ? page : join(dirname(page), file), anchor))
        .map(([link]) => `${page}: ${link}`);
    });
    assert.deepEqual(broken, []);
  });

  it("Messages send people only to pages and headings that exist", () => {
    const broken = sources.flatMap((source) =>
      [...read(source).matchAll(/\b(docs\/[\w/-]+\.md)(?:#([\w-]+))?/g)]
        .filter(([, file = "", anchor]) => !isPlace(file, anchor))
        .map(([link]) => `${source}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it("Pages name only npm scripts, files of code and tests that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: Readonly<Record<string, string>> };
    const code = filesBelow(
      ["bench", "cli", "emulator", "examples", "lib", "package", "providers", "test"],
      /\.[cm]?ts$|js$/,
    );
    const isFile = (name: string) => ["index.ts", ...code].some((file) => file === name || file.endsWith(`/${name}`));
    const isTest = (part: string, pattern = "") =>
      code.some((file) => file.endsWith(".test.ts") && file.includes(part) && new RegExp(pattern).test(read(file)));
    const unknown = [...pages, "bench/peers.md"].flatMap((page) => {
      const text = read(page);
      const commands = [...text.matchAll(/npm run (?:-s |--silent )?([\w:-]+)/g)];
      const files = [...text.matchAll(/`([\w./-]+\.[cm]?[jt]s)`/g)];
      const tests = [...text.matchAll(/npm (?:test|run test:all) -- ([\w/]+)(?: --test-name-pattern "(.*?)")?/g)];
      return [
        ...commands.filter(([, script = ""]) => scripts[script] === undefined),
        ...files.filter(([, file = ""]) => !isFile(file)),
        ...tests.filter(([, part = "", pattern]) => !isTest(part, pattern)),
      ].map(([found]) => `${page}: ${found}`);
    });
    assert.deepEqual(unknown, []);
  });

  it("The page docs/azure.md names the version of the plugin that the project depends on", () => {
    const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Record<string, string> };
    const [, version] = /plugin\s+install resource azure-native ([\d.]+)`/.exec(read("docs/azure.md")) ?? [];
    assert.equal(version, devDependencies["@pulumi/azure-native"]);
  });

  it("The page docs/troubleshooting.md names messages that the sources have", () => {
    const rows = read("docs/troubleshooting.md")
      .split("\n")
      .filter((row) => row.startsWith("| `"));
    const unknown = rows.flatMap((row) => {
      const [cell = ""] = row.split(" | ");
      if (cell.includes("(Pulumi's own words)")) return [];
      const parts = [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, message = ""]) => message.split("…"));
      return parts
        .map((part) => part.replace(/^[\s'.:]+|[\s'.:]+$/g, ""))
        .filter((part) => part.length > 6 && !messages.includes(part));
    });
    assert.ok(rows.length > 40, `${rows.length} rows`);
    assert.deepEqual(unknown, []);
  });
});
