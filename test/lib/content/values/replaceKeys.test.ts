import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readJsonPath } from "../../../../lib/content/values/jsonPath.ts";
import { replaceKeys } from "../../../../lib/content/values/replaceKeys.ts";

const content = {
  a: { x: { n: "1", v: 1 }, y: { n: "2", v: 2 }, "my key": 1, "a-b": 2, $schema: "s" },
  l: [
    { n: "1", v: 1 },
    { n: "2", v: 2, deep: { v: 3 } },
    { n: "x y", b: true, i: 5, s: "5", f: 5.5 },
  ],
  m: [[1, 2], [3]],
};

/** The keys and positions that lead to each place that a path changed. */
function changed(path: string): string[] {
  const { text } = replaceKeys(JSON.stringify(content), path, "NEW");
  const places = (value: unknown, at: string): string[] => {
    if (value === "NEW") return [at];
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([key, inner]) => places(inner, at === "" ? key : `${at} ${key}`));
  };
  return places(JSON.parse(text), "");
}

describe("A path finds what it finds in fabric-cicd", () => {
  // path, and what jsonpath-ng replaces
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['$.l[?(@.n=="1")].v', ["l 0 v"]],
    ["$.l[?(@.n=='x y')].f", ["l 2 f"]],
    ['$.l[?@.n == "1"].v', ["l 0 v"]],
    ['$.l[?(@.n="1")].v', ["l 0 v"]],
    ['$.l[?n=="1"].v', ["l 0 v"]],
    ['$.l[?(@["n"]=="1")].v', ["l 0 v"]],
    ['$.l[?(@.n=="1" & @.v==1)].v', ["l 0 v"]],
    ['$.l[?((@.n=="1") & (@.v==2))].v', []],
    ['$.l[?(@.n!="1")].v', ["l 1 v"]],
    ['$.l[?(@.missing!="1")].v', []],
    ["$.l[?(@.deep)].v", ["l 1 v"]],
    ["$.l[?(@.deep.v>2)].n", ["l 1 n"]],
    ["$.l[?(@.s==5)].s", ["l 2 s"]],
    ['$.l[?(@.i=="5")].s', []],
    ["$.l[?(@.f>=5.5)].n", ["l 2 n"]],
    ["$.l[?(@.f>5)].n", []],
    ["$.l[?(@.f==5)].n", ["l 2 n"]],
    ["$.l[?(@.i==5.0)].n", ["l 2 n"]],
    ["$.l[?(@.s==5.0)].n", []],
    ["$.l[?(@.b==1)].n", ["l 2 n"]],
    ["$.l[?(@.v==true)].n", ["l 0 n"]],
    ["$.l[?(@.b==true)].b", ["l 2 b"]],
    ['$.l[?(@.n =~ "^x")].b', ["l 2 b"]],
    ['$.l[?(@.n=="1")]', ["l 0"]],
    ["$.l[-1].n", ["l 2 n"]],
    ["$.l[9].n", []],
    ["$.l[0:2].v", ["l 0 v", "l 1 v"]],
    ["$.l[::2].n", ["l 0 n", "l 2 n"]],
    ["$.l[:-2].n", ["l 0 n"]],
    ["$.l[*].v", ["l 0 v", "l 1 v"]],
    ["$.l.*.v", []],
    ["$.a.*.v", ["a x v", "a y v"]],
    ["$.a[*].v", []],
    ["$..v", ["a x v", "a y v", "l 0 v", "l 1 v", "l 1 deep v"]],
    ["$.l[1]..v", ["l 1 v", "l 1 deep v"]],
    ["$..deep", ["l 1 deep"]],
    ["$.m[*][0]", ["m 0 0", "m 1 0"]],
    ["$['a']['my key']", ["a my key"]],
    ['$.a."my key"', ["a my key"]],
    ["$.a.a-b", ["a a-b"]],
    ['$.a["$schema"]', ["a $schema"]],
    ['$.a["x","y"].n', ["a x n", "a y n"]],
    ["$ . l [0] . v", ["l 0 v"]],
    ["$.missing", []],
  ];
  for (const [path, places] of cases) {
    test(`A path finds what it finds in fabric-cicd: ${path}`, () => assert.deepEqual(changed(path), places));
  }

  test("A value inside another one that is replaced does not count", () => {
    assert.equal(replaceKeys('{"a":{"a":{"a":1}}}', "$..a", 2).text, '{"a":2}');
    assert.equal(replaceKeys('{"a":{"a":{"a":1}}}', "$..a", 2).places, 1);
  });
});

describe("A path that names no values is refused", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["l[0].v", /must begin with \$/],
    ["$", /names the whole file/],
    ["$.", /ends too early/],
    ["$.a[", /ends too early/],
    ["$.a.0", /a number after a dot/],
    ["$.a[0,1]", /lists positions/],
    ["$.a[0:4:-1]", /step is not positive/],
    ["$.$schema", /is not understood from \$schema on/],
    ["$.Größe", /is not understood from öße on/],
    ["$.where.a", /has the word where/],
    ["$.a[?(@.n==null)]", /compares with null/],
    ['$.a[?(@.n=="1" || @.v==1)]', /joins conditions/],
    ['$.a[?(@.n=="1"]', /is not understood from \] on/],
    ["$.a[?(@.n =~ '(?<=a+)b')]", /a regular expression that has a look-behind of varying length/],
    ["$.a[(@.length-1)]", /is not understood from \(@\.length-1\)\] on/],
    ["$.a.`len`", /an operator in ` `/],
    ["$.a|$.b", /joins two paths/],
    ["$.a extra", /is not understood from extra on/],
  ];
  for (const [path, message] of cases) {
    test(`A path that names no values is refused: ${path}`, () => {
      const read = readJsonPath(path);
      assert.match("problem" in read ? read.problem : "", message);
      assert.throws(() => replaceKeys("{}", path, 1), /The path/);
    });
  }
});

describe("A JSON file keeps everything else as it is written", () => {
  test("Indentation, spaces, order and numbers stay", () => {
    const before = '{\n\t"b" : [ 1,2 ],\n\t"id":12345678901234567890,\n\t"u": "\\u00e4",\n\t"a": {"x": 1.0}\n}\n';
    assert.deepEqual(replaceKeys(before, "$.a.x", "new"), { text: before.replace("1.0", '"new"'), places: 1 });
  });

  test("An object gets the indentation of the file", () => {
    const { text } = replaceKeys('{\n    "a": {\n        "b": 1\n    }\n}', "$.a.b", { c: [1], d: {} });
    const lines = ["{", '    "a": {', '        "b": {', '            "c": [', "                1"];
    assert.equal(text, [...lines, "            ],", '            "d": {}', "        }", "    }", "}"].join("\n"));
    assert.equal(replaceKeys('{"a":1}', "$.a", { b: [1, 2] }).text, '{"a":{"b":[1,2]}}');
  });

  test("The last of two equal keys counts, as for everybody who reads JSON", () => {
    assert.equal(replaceKeys('{"a":1,"a":2}', "$.a", 3).text, '{"a":1,"a":3}');
  });

  test("A key may be written with escapes", () => {
    assert.equal(replaceKeys('{"\\u0061b":1}', "$.ab", 3).text, '{"\\u0061b":3}');
  });

  test("Text, numbers, booleans and null are replaced by what is given", () => {
    for (const to of ['a "quoted"\ntext', 5, false, null]) {
      assert.deepEqual(JSON.parse(replaceKeys('{"a":"x"}', "$.a", to).text), { a: to });
    }
  });
});

describe("A YAML file keeps everything else as it is written", () => {
  const cases: readonly (readonly [what: string, text: string, path: string, after: string])[] = [
    ["a plain text", "a: 1 # why\nb: {c: x}\n", "$.a", 'a: "NEW" # why\nb: {c: x}\n'],
    ["a text in quotes", "a: 'it''s'\nb: 2\n", "$.a", 'a: "NEW"\nb: 2\n'],
    ["a flow object", "a: 1\nb: {c: x, d: y}\n", "$.b.c", 'a: 1\nb: {c: "NEW", d: y}\n'],
    ["an entry of a list", "l:\n    - n: a\n      v: 1\n    - n: b\n      v: 2\n", '$.l[?(@.n=="b")].v', ""],
    ["a block of text", "a: |\n  one\n  two\nb: 2\n", "$.a", 'a: "NEW"\nb: 2\n'],
    ["an object in several lines", "a:\n  b: 1\n  c: 2\nd: 3\n", "$.a", 'a:\n  "NEW"\nd: 3\n'],
    ["a list in several lines", "a:\n- 1\n- 2\nd: 3\n", "$.a", 'a:\n  "NEW"\nd: 3\n'],
    ["a value with a tag", "a: !!int 5\nb: 2\n", "$.a", 'a: "NEW"\nb: 2\n'],
    ["a value below a comment", "a: # wow !\n  - 1\nb: 2\n", "$.a", 'a: # wow !\n    "NEW"\nb: 2\n'],
    ["a key without a value", "a:\nb: 2\n", "$.a", 'a: "NEW"\nb: 2\n'],
    ["a key without a value in a flow object", "{a: , b: 2}", "$.a", ""],
    ["a value with an anchor", "a: &x 1\nb: *x\n", "$.a", 'a: &x "NEW"\nb: *x\n'],
    ["an alias", "a: &x 1\nb: *x\n", "$.b", 'a: &x 1\nb: "NEW"\n'],
    ["a list at the end", "a:\n- 1", "$.a", 'a:\n  "NEW"'],
    ["the last line", "a: 1", "$.a", 'a: "NEW"'],
  ];
  for (const [what, before, path, after] of cases) {
    test(`A YAML file keeps everything else as it is written: ${what}`, () => {
      const { text, places } = replaceKeys(before, path, "NEW");
      assert.equal(places, 1);
      if (after !== "") assert.equal(text, after);
      // the path finds the new value, and nothing else changed
      assert.equal(replaceKeys(text, path, "NEW").text, text);
      assert.equal(text.split("\n").at(-1), before.endsWith("\n") ? "" : text.split("\n").at(-1));
    });
  }

  test("An object is YAML however it begins", () => {
    const beginnings = ["", "# comment\n\n", "---\n", "%YAML 1.1\n---\n", "!!map\n", "&x\n", "  # indented\n"];
    for (const beginning of beginnings) {
      assert.equal(replaceKeys(`${beginning}a: 1\n`, "$.a", 2).text, `${beginning}a: 2\n`);
    }
    for (const [text, after] of [
      ['"a": 1\n', '"a": 2\n'],
      ["? a\n: 1\n", "? a\n: 2\n"],
      ["a:\n  1\n", "a:\n  2\n"],
      ["{ a: 1 }\n", "{ a: 2 }\n"],
    ] as const) {
      assert.equal(replaceKeys(text, "$.a", 2).text, after);
    }
  });

  test("A text that is neither JSON nor YAML does not change", () => {
    const python = '# Fabric notebook source\n\n# META {\n# META   "a": 1\n# META }\nx = {"a": [1,\n';
    for (const text of [python, "", "just a: text: here", "\0", "- [", "a\n"]) {
      assert.deepEqual(replaceKeys(text, "$.a", 1), { text, places: 0 });
    }
  });
});
