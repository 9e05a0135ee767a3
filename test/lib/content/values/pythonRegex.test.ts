import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { translateRegex } from "../../../../lib/content/values/pythonRegex.ts";

/** What a pattern of Python finds in a text; its group's text if it has one. */
function found(pattern: string, text: string, ignoreCase = false): string[] {
  const read = translateRegex(pattern, ignoreCase);
  assert.ok("regex" in read, "problem" in read ? `${pattern} ${read.problem}` : "");
  return [...text.matchAll(new RegExp(read.regex.source, read.regex.flags))].map((match) => match[1] ?? match[0]);
}

function refused(pattern: string): string {
  const read = translateRegex(pattern, false);
  assert.ok("problem" in read, `${pattern} was translated`);
  return read.problem;
}

describe("A regular expression finds what it finds in Python", () => {
  // pattern, text, and what Python 3.11 finds there
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    // classes of characters are those of Unicode
    ["\\d", "1\u0661\u00b2", ["1", "\u0661"]],
    ["\\w+", "Größe_1 a\u0301", ["Größe_1", "a"]],
    ["\\s", "\u00a0\u0085\u001c\ufeff", ["\u00a0", "\u0085", "\u001c"]],
    ["\\W", "ä-", ["-"]],
    ["[\\w.]+", "a.b é", ["a.b", "é"]],
    ["[^\\W\\d]+", "a1é", ["a", "é"]],
    ["(?a)\\w+", "aé", ["a"]],
    ["\\bé\\b", "é aé", ["é"]],
    ["a\\B.", "ab a-", ["ab"]],
    // a dot is everything but a line feed, and one character even outside the first 65536
    ["a.", "a\ra\u2028a\n", ["a\r", "a\u2028"]],
    ["x.y", "x😀y", ["x😀y"]],
    ["(?s)a.b", "a\nb", ["a\nb"]],
    ["(?s:a.)b.", "a\nbc", ["a\nbc"]],
    // ends of texts and lines
    ["a$", "a\n", ["a"]],
    ["a$", "a\na\n\n", []],
    ["\\Aa", "aa\na", ["a"]],
    ["a\\Z", "a\n", []],
    ["(?m)^a$", "a\na\u2028b\nba", ["a"]],
    // flags
    ["(?i)dev", "DEV", ["DEV"]],
    ["(?x) a b # comment", "ab", ["ab"]],
    ["(?x:a b) c", "ab c", ["ab c"]],
    // groups
    ["(?P<id>\\d+);", "12;", ["12"]],
    ["a(?#comment)b", "ab", ["ab"]],
    ["(?:(a)b)+", "abab", ["a"]],
    ["(?<=id=)\\d", "id=1", ["1"]],
    ["(?<!-)\\d", "-1 2", ["2"]],
    ["a(?=b)", "ab ac", ["a"]],
    // what needs no escape in Python
    ["Pattern{[[]id", "Pattern{[id", ["Pattern{[id"]],
    ["a{,2}b", "aab", ["aab"]],
    ["a{b}", "a{b}", ["a{b}"]],
    ["x{}", "x{}", ["x{}"]],
    ["]", "]", ["]"]],
    ["[]a]+", "]a", ["]a"]],
    ["[^]a]", "]b", ["b"]],
    ["[a-]+", "a-", ["a-"]],
    ["[&&]+", "&&", ["&&"]],
    // what needs no escape, but may have one
    ['\\#\\s*META\\s+\\"id\\"', '# META "id"', ['# META "id"']],
    ["a\\-b\\ c\\/d", "a-b c/d", ["a-b c/d"]],
    // characters by their number
    ["\\x41\\u00e9\\U0001F600\\101\\0", "Aé😀A\0", ["Aé😀A\0"]],
    ["[\\b]", "\b", ["\b"]],
    ["\\a\\f\\v", "\x07\f\v", ["\x07\f\v"]],
  ];
  for (const [pattern, text, expected] of cases) {
    test(`A regular expression finds what it finds in Python: ${pattern} in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(found(pattern, text), expected);
    });
  }

  test("A regular expression finds letters in both cases if the rule says so", () => {
    assert.deepEqual(found('server="([^"]+)"', 'SERVER="A"', true), ["A"]);
    assert.deepEqual(found("[a-c]", "B", true), ["B"]);
    assert.deepEqual(found("ä", "Ä", true), ["Ä"]);
  });
});

describe("A regular expression that means something else in JavaScript is refused", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["a++", /^has a possessive quantifier/],
    ["a{1,2}+", /^has a possessive quantifier/],
    ["(?>a)", /^has an atomic group/],
    ["(a)?(?(1)b|c)", /^has a condition/],
    ["(a)\\1", /^has \\1, which refers to what a group found/],
    ["(?P<x>a)(?P=x)", /^has \(\?P=…\), which refers to what a group found/],
    ["(?<name>a)", /^has a group \(\?<name>…\), which Python does not know/],
    ["a(?i)b", /^has flags in the middle/],
    ["(?i:a)b", /^ignores case in a part only/],
    ["(?-i:a)b", /^ignores case in a part only/],
    ["(?L)a", /^has the flag L/],
    ["(?<=a+)b", /^has a look-behind of varying length/],
    ["(?<=(a))b", /^has its group in a look-behind/],
    ["(?=(a))", /^has its group in a look-ahead/],
    ["(?:(a)|b)+", /^repeats a group that not every repetition fills/],
    ["(a*)+b", /^repeats a group that not every repetition fills/],
    ["\\N{BULLET}", /^has \\N\{…\}/],
    ["\\e", /^has \\e, which means nothing in Python/],
    ["\\p{L}", /^has \\p, which means nothing in Python/],
    ["[\\A]", /^has \\A, which means nothing in Python/],
    ["\\x4", /^has \\x without the 2 hexadecimal digits/],
    ["\\g<1>", /^has \\g, which means nothing in Python/],
    ["[a", /^has a \[ without its \]/],
    ["[b-a]", /^has a range/],
    ["[a-\\d]", /^has a range/],
    ["(a", /^has a \( without its \)/],
    ["a)", /^has a \) without its \(/],
    ["a**", /^repeats a repetition/],
    ["*a", /^has \* with nothing before it/],
    ["^*", /^repeats \^\*, in which there is nothing to repeat/],
    ["a{2,1}", /^has \{2,1\}, whose second number is the smaller one/],
    ["a\\", /^ends with a single \\/],
    ["(?#a", /^has a comment/],
    ["(?~a)", /^has \(\?~, which is no group in Python/],
  ];
  for (const [pattern, message] of cases) {
    test(`A regular expression that means something else in JavaScript is refused: ${pattern}`, () => {
      assert.match(refused(pattern), message);
    });
  }
});
