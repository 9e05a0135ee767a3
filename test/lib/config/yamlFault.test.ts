import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseYaml } from "../../../lib/config/yamlFile.ts";

const told = (text: string): string => {
  try {
    parseYaml(text, "f.yaml");
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe("a syntax error of a YAML file", () => {
  const colon = "a text that contains ': ' needs quotes";
  const indented = "this line is indented differently from its neighbours";
  const faults: readonly (readonly [what: string, text: string, place: string, message: string])[] = [
    ["a colon in a text", "a:\n  - name: b\n    description: Loads: the orders\n", "3:18", colon],
    ["a colon at the end of a text", "a: Loads:\nb: 1\n", "1:4", colon],
    ["a colon in a list", "a:\n  - b: c: d\n", "2:8", colon],
    ["a key that is too far right", "a:\n  b: 1\n   c: 2\n", "3:4", indented],
    ["a key that is too far left", "a:\n  b: 1\n c: 2\n", "3:2", indented],
    ["a key right of its entry", "w:\n  - name: a\n      capacity: b\n", "3:7", indented],
    ["a key below its entry's dash", "w:\n  - name: a\n  capacity: b\n", "3:3", indented],
    [
      "a key left of its entry",
      "w:\n    - name: a\n     capacity: b\n",
      "3:6",
      `${indented}, or lacks the - of an entry of a list`,
    ],
    ["an entry left of its list", "w:\n  - items:\n      - x\n     - y\n", "4:6", indented],
    ["an open brace", "w:\n  - { name: a, type: b\n  - { name: c }\n", "3:3", "the { of line 2 is not closed"],
    ["an open brace at the end", "w:\n  - { name: a\n", "3:1", "the { of line 2 is not closed"],
    ["an open bracket", "a: [1, 2\nb: 3\n", "2:1", "the [ of line 1 is not closed"],
    ["an open bracket in a brace", "w:\n  a: { b: [1, 2 }\n", "2:17", "the [ of line 2 is not closed"],
    ["an open brace after a closed one", "a: { b: { c: 1 }, d: 2\ne: 3\n", "2:1", "the { of line 1 is not closed"],
    ["another error", "a: @b\n", "1:4", "Plain value cannot start with reserved character @"],
    ["a colon after a quoted text", 'a: "b": c\n', "1:4", "Nested mappings are not allowed in compact mappings"],
  ];
  for (const [what, text, place, message] of faults)
    it(`A syntax error of a YAML file is said with its place, and in plain words if it is a common one: ${what}`, () => {
      assert.equal(told(text), `f.yaml:${place} is not valid YAML: ${message}`);
    });
});
