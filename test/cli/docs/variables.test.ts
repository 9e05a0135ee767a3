import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";

const projectRoot = resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(projectRoot, file), "utf8");
const below = (folder: string, kinds: RegExp) =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => kinds.test(file))
    .map((file) => join(folder, file));

const code = ["bench", "cli", "emulator", "examples", "lib", "package", "providers", "test"]
  .flatMap((folder) => below(folder, /\.[mc]?[jt]s$/))
  .filter((file) => join(projectRoot, file) !== import.meta.filename);
const pages = [...readdirSync(projectRoot).filter((file) => file.endsWith(".md")), ...below("docs", /\.md$/)];

/** Variables that one process of the project sets for another one: nobody sets them by hand. */
const handedOn = [
  // of the commands, for program and provider
  "FABRIC_OPERATION",
  "FABRIC_ROLLBACK_OF",
  "FABRIC_RUN_FOLDER",
  "FABRIC_STATUS_LINE",
  // of cli/test.ts, for tests
  "FABRIC_SWEEP",
  "FABRIC_SWEEP_RECORD",
  "FABRIC_SWEEP_SECONDS",
  "FABRIC_TEST_RECORD",
];

/** The project's own variables that files name. */
const namedIn = (files: readonly string[]) =>
  new Set(files.flatMap((file) => read(file).match(/\b(?:FABRIC|FEATURE_USE|KEY_VAULT)_[A-Z_]*[A-Z]\b/g) ?? []));

describe("the project's own environment variables", () => {
  const [inCode, onPages] = [namedIn([...code, "index.ts"]), namedIn(pages)];

  it("The project's own environment variables are on a page, but for those that its processes hand on", () => {
    assert.ok(inCode.size > 20, [...inCode].join(" "));
    assert.deepEqual(
      [...inCode].filter((name) => !onPages.has(name) && !handedOn.includes(name)),
      [],
    );
    assert.deepEqual(
      handedOn.filter((name) => !inCode.has(name)),
      [],
    );
  });

  it("The project's own environment variables on a page are in the code", () => {
    assert.deepEqual(
      [...onPages].filter((name) => !inCode.has(name)),
      [],
    );
  });
});
