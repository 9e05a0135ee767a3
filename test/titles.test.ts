import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { it } from "node:test";

const project = resolve(import.meta.dirname, "..");

/** Titles of tests as they stand in a file. */
const titlesIn = (source: string) =>
  [...source.matchAll(/^ *(?:it|test)\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/gm)].map(([, , title = ""]) => title);

/** Names that are written in small letters where a sentence begins with them, too. */
const OWN_NAME = /^(npm |[a-z]+[A-Z(])/;

it("Titles of tests are whole sentences, which say without the describe around them what does not work", () => {
  const files = globSync("test/**/*.test.ts", { cwd: project });
  assert.ok(files.length > 100);
  const titles = files.flatMap((file) =>
    titlesIn(readFileSync(join(project, file), "utf8")).map((title) => [file, title]),
  );
  assert.ok(titles.length > 700);
  const halves = titles.filter(([, title = ""]) => /^[a-z]/.test(title) && !OWN_NAME.test(title));
  assert.deepEqual(halves, [], "these begin with a small letter, as what goes on with its describe does");
});
