import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canMatchBelow, matchesFile, readFilePattern } from "../../../../lib/content/values/filePattern.ts";
import { parseParameterFile } from "../../../../lib/content/values/parseRules.ts";
import { problemText } from "../../../../lib/content/values/place.ts";
import { rulesWithoutEffect, rulesWithoutValue, selectValues } from "../../../../lib/content/values/selectValues.ts";

const text = `find_replace:
  - find_value: for all
    replace_value: { _ALL_: x }
  - find_value: for prod only
    replace_value: { PROD: x }
  - find_value: for notebooks
    replace_value: { PPE: p, PROD: x }
    item_type: [Notebook, DataPipeline]
  - find_value: for one name
    replace_value: { PROD: x }
    item_name: Hello World
  - find_value: (for) files
    replace_value: { PROD: x }
    file_path: ["/Hello World.Notebook/notebook-content.py", '\\Other.Notebook\\a.py', "**/.schedules"]
    is_regex: "true"
    ignore_case: "true"
key_value_replace:
  - find_key: $.a
    replace_value: { PROD: 5 }
`;
const { rules, problems } = parseParameterFile(text, "parameter.yml");
const hello = { type: "Notebook", displayName: "Hello World", path: "Hello World.Notebook" };
const found = (environment: string, item = hello) =>
  selectValues(rules, environment, item).map(({ value }) => ("key" in value ? value.key : value.find));

describe("An item gets the values that are for it", () => {
  test("The file with one rule for each filter has no problems", () => assert.deepEqual(problems, []));

  test("Values by key come first, as in fabric-cicd, then those by text in the order of the file", () => {
    assert.deepEqual(found("PROD"), [
      "$.a",
      "for all",
      "for prod only",
      "for notebooks",
      "for one name",
      "(for) files",
    ]);
  });

  test("What is for other environments only is left out", () => {
    assert.deepEqual(found("PPE"), ["for all", "for notebooks"]);
    // names of environments have a case
    assert.deepEqual(found("prod"), ["for all"]);
  });

  test("What is for other types, names or files is left out", () => {
    const report = { type: "Report", displayName: "Sales", path: "reports/Sales.Report" };
    assert.deepEqual(found("PROD", report), ["$.a", "for all", "for prod only", "(for) files"]);
    assert.deepEqual(found("PROD", { ...hello, type: "notebook", displayName: "hello world" }), [
      "$.a",
      "for all",
      "for prod only",
      "(for) files",
    ]);
  });

  test("A value is plain JSON without what does not apply", () => {
    const values = selectValues(rules, "PROD", hello).map(({ value }) => value);
    assert.deepEqual(JSON.parse(JSON.stringify(values)), values);
    assert.deepEqual(values[0], { key: "$.a", to: 5 });
    assert.deepEqual(values[1], { find: "for all", to: "x" });
    assert.deepEqual(values[5], {
      find: "(for) files",
      regex: true,
      ignoreCase: true,
      files: ["Hello World.Notebook/notebook-content.py", "**/.schedules"],
      to: "x",
    });
  });
});

describe("Rules that do nothing are told", () => {
  test("A rule without a value for the environment is told with its line", () => {
    assert.deepEqual(rulesWithoutValue(rules, "PPE").map(problemText), [
      "parameter.yml:4 find_replace[1]: no value for environment PPE",
      "parameter.yml:9 find_replace[3]: no value for environment PPE",
      "parameter.yml:12 find_replace[4]: no value for environment PPE",
      "parameter.yml:18 key_value_replace[0]: no value for environment PPE",
    ]);
  });

  test("The name of an environment in another case is suggested", () => {
    const [first] = rulesWithoutValue(rules, "prod");
    assert.equal(first?.message, "no value for environment prod; did you mean PROD?");
  });

  test("A rule that changed nothing anywhere is told with its line and its limits", () => {
    const used = new Set([...rules.keys, ...rules.find].filter(({ place }) => place.line !== 6 && place.line !== 4));
    assert.deepEqual(rulesWithoutEffect(rules, "PROD", used).map(problemText), [
      "parameter.yml:4 find_replace[1]: matched nothing in any item",
      "parameter.yml:6 find_replace[2]: matched nothing in any item that its item_type allows",
    ]);
    // without a value it is a matter of the other warning
    assert.equal(rulesWithoutEffect(rules, "PPE", used).length, 1);
  });
});

describe("A pattern of files matches as in Python", () => {
  const cases: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ["a/b.py", "a/b.py", true],
    ["a/b.py", "A/b.py", false],
    ["a/b.py", "x/a/b.py", false],
    ["**/b.py", "b.py", true],
    ["**/b.py", "x/y/b.py", true],
    ["**/.schedules", "x.DataPipeline/.schedules", true],
    ["a/**", "a/b/c.py", true],
    ["a/**/c.py", "a/c.py", true],
    ["a/**/c.py", "a/x/y/c.py", true],
    ["*.py", ".hidden.py", true],
    ["*/b.py", "a/b.py", true],
    ["*/b.py", "a/x/b.py", false],
    ["a?.py", "ab.py", true],
    ["a?.py", "a/.py", false],
    ["[ab].py", "a.py", true],
    ["[!ab].py", "a.py", false],
    ["[!ab].py", "c.py", true],
    ["[a-c].py", "b.py", true],
    ["[]].py", "].py", true],
    ["[.].py", "a.py", false],
    ["a+(b).py", "a+(b).py", true],
    ["a+(b)*.py", "a+(b)c.py", true],
    ["a.*", "abc", false],
  ];
  for (const [pattern, path, matches] of cases) {
    test(`A pattern of files matches as in Python: ${pattern} ${matches ? "matches" : "does not match"} ${path}`, () => {
      assert.equal(matchesFile(pattern, path), matches);
      const folder = path.split("/").slice(0, -1).join("/");
      if (matches) assert.ok(canMatchBelow(pattern, folder));
    });
  }

  test("A pattern that cannot match below a folder is known without the files", () => {
    assert.equal(canMatchBelow("a/b.py", "b"), false);
    assert.equal(canMatchBelow("a", "a"), false);
    assert.equal(canMatchBelow("*/x/b.py", "a/y"), false);
    assert.equal(canMatchBelow("*/x/b.py", "a/x"), true);
    assert.equal(canMatchBelow("a/b.py", ""), true);
  });

  test("Paths are brought into one form", () => {
    for (const written of ["/a/b.py", "\\a\\b.py", "./a//b.py", "a/./b.py", "\\\\a/b.py"]) {
      assert.deepEqual(readFilePattern(written), { pattern: "a/b.py" });
    }
  });
});
