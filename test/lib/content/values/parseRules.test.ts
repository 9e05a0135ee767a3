import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseParameterFile, parseValues } from "../../../../lib/content/values/parseRules.ts";
import type { ParsedRules } from "../../../../lib/content/values/parseRules.ts";
import { problemText } from "../../../../lib/content/values/place.ts";

const valuesOf = ({ rules }: ParsedRules) => rules.keys.map(({ to }) => Object.fromEntries(to));
const keyRule = (values: string) => `key_value_replace:\n  - find_key: $.a\n    replace_value: ${values}\n`;

function right(parsed: ParsedRules): ParsedRules {
  assert.deepEqual(parsed.problems.map(problemText), []);
  return parsed;
}

describe("A parameter file is read as fabric-cicd reads it", () => {
  test("Words and numbers have the types that Python gives them", () => {
    const types = [
      ["yes", true],
      ["off", false],
      ["True", true],
      ["y", "y"],
      ["N", "N"],
      ["017", 15],
      ["08", "08"],
      ["1e5", "1e5"],
      ["1.5e+3", 1500],
      [".", "."],
      ["0x1F", 31],
      ["1:30", 90],
      ["01:30", "01:30"],
      ["1_000", 1000],
      ["'5'", "5"],
    ] as const;
    for (const [text, value] of types) {
      assert.deepEqual(
        valuesOf(right(parseParameterFile(keyRule(`{ PROD: ${text} }`), "p.yml"))),
        [{ PROD: value }],
        text,
      );
    }
  });

  test("An environment may have the name N, which is no boolean in Python", () => {
    assert.deepEqual(valuesOf(right(parseParameterFile(keyRule("{ N: 1, y: 2 }"), "p.yml"))), [{ N: 1, y: 2 }]);
  });

  test("A byte order mark and line ends of Windows do not matter, and lines are counted right", () => {
    const parsed = parseParameterFile(`\uFEFF${keyRule("{}").replaceAll("\n", "\r\n")}`, "p.yml");
    assert.deepEqual(
      parsed.problems.map(({ line }) => line),
      [3],
    );
  });

  test("Anchors and << give several environments one value", () => {
    const text = "x: &b { PPE: 1 }\n".replace("x: ", "key_value_replace:\n  - find_key: $.a\n    replace_value: ");
    const parsed = right(
      parseParameterFile(`${text}  - find_key: $.b\n    replace_value: { <<: *b, PROD: 2 }\n`, "p.yml"),
    );
    assert.deepEqual(valuesOf(parsed), [{ PPE: 1 }, { PPE: 1, PROD: 2 }]);
  });

  test("Values of every type of JSON can be put in, if all environments have the same", () => {
    for (const value of ["[1, 2]", "{ a: { b: c } }", "0", "false", '""', "1.5"]) {
      right(parseParameterFile(keyRule(`{ PPE: ${value}, PROD: ${value} }`), "p.yml"));
    }
  });

  test("Keys of a filter that are empty limit nothing", () => {
    const empty = "item_type:\n    item_name: ''\n    file_path: []\n    is_regex: ''\n    ignore_case:\n";
    const text = `find_replace:\n  - find_value: a\n    replace_value: { PROD: b }\n    ${empty}`;
    const [rule] = right(parseParameterFile(text, "p.yml")).rules.find;
    assert.deepEqual(
      { ...rule, place: undefined, to: undefined },
      {
        kind: "find_replace",
        find: "a",
        isRegex: false,
        ignoreCase: false,
        place: undefined,
        to: undefined,
      },
    );
  });

  test("Switches mean the same with and without quotes, in any case", () => {
    for (const flag of ['"true"', '"True"', "true", "TRUE"]) {
      const text = `find_replace:\n  - find_value: (a)\n    is_regex: ${flag}\n    replace_value: { PROD: b }\n`;
      assert.equal(right(parseParameterFile(text, "p.yml")).rules.find[0]?.isRegex, true);
    }
  });

  test("A file without rules is a warning, because somebody may have commented them out", () => {
    const parsed = right(parseParameterFile("# find_replace:\n", "p.yml"));
    assert.deepEqual(parsed.warnings.map(problemText), ["p.yml: holds no rules"]);
  });

  test("A type that is not known yet is used, with a warning", () => {
    const text = "find_replace:\n  - find_value: a\n    replace_value: { PROD: b }\n    item_type: QuantumJob\n";
    const parsed = right(parseParameterFile(text, "p.yml"));
    assert.deepEqual(parsed.warnings.map(problemText), [
      "p.yml:4 find_replace[0].item_type: QuantumJob is no item type that is known here; it is used as it is",
    ]);
    assert.deepEqual(parsed.rules.find[0]?.itemTypes, ["QuantumJob"]);
  });

  test("Environment variables are allowed only by the option", () => {
    const text = "find_replace:\n  - find_value: $ENV:DEV\n    replace_value: { PROD: https://$ENV:HOST/a }\n";
    assert.equal(parseParameterFile(text, "p.yml").problems.length, 2);
    right(parseParameterFile(text, "p.yml", { environmentVariables: true }));
    const nested = text.replace("https://$ENV:HOST/a", "$items.Lakehouse.$ENV:LH.$id");
    assert.match(
      parseParameterFile(nested, "p.yml", { environmentVariables: true }).problems.map(problemText).join(),
      /\$ENV: inside another dynamic value/,
    );
  });
});

describe("A parameter file can be spread over several files", () => {
  const rule = (find: string) => `find_replace:\n  - find_value: ${find}\n    replace_value: { PROD: b }\n`;

  test("The rules of the extended files follow those of the file, with their own lines", () => {
    const files: Record<string, string> = { "templates/a.yml": `# first\n${rule("two")}`, "../b.yml": rule("three") };
    const text = `extend:\n  - ./templates/a.yml\n  - ..\\b.yml\n${rule("one")}`;
    const parsed = right(parseParameterFile(text, "content/parameter.yml", { readTemplate: (path) => files[path] }));
    assert.deepEqual(
      parsed.rules.find.map(({ find, place }) => [find, place.file, place.line]),
      [
        ["one", "content/parameter.yml", 5],
        ["two", "content/templates/a.yml", 3],
        ["three", "b.yml", 2],
      ],
    );
  });

  test("A file that is named twice counts once", () => {
    const parsed = parseParameterFile("extend: [a.yml, ./a.yml]\n", "p.yml", { readTemplate: () => rule("a") });
    assert.equal(right(parsed).rules.find.length, 1);
    assert.deepEqual(parsed.warnings.map(problemText), [
      "p.yml:1 extend[1]: names a file a second time; it counts once",
    ]);
  });
});

describe("Values in the stack's configuration are the same rules", () => {
  test("They have paths instead of lines", () => {
    const values = { find_replace: [{ find_value: "a", replace_value: { prod: "b" }, is_regex: false }] };
    const [rule] = right(parseValues(values, "fabric:values")).rules.find;
    assert.deepEqual(rule?.place, { path: "fabric:values.find_replace[0]" });
  });
});

describe("one value instead of values by environment", () => {
  test("One value instead of values by environment counts for every environment, with a warning that fabric-cicd refuses it", () => {
    const text = "find_replace:\n  - find_value: a\n    replace_value: $items.Lakehouse.FCA.$id\n";
    const { rules, problems, warnings } = parseParameterFile(text, "parameter.yml");
    assert.deepEqual(problems, []);
    assert.deepEqual(rules.find[0]?.to.get("_ALL_"), "$items.Lakehouse.FCA.$id");
    assert.deepEqual(warnings.map(problemText), [
      "parameter.yml:3 find_replace[0].replace_value: is one value for every environment: fabric-cicd wants {_ALL_: …} for that",
    ]);
  });
});
