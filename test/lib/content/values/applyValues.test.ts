import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyValues } from "../../../../lib/content/values/applyValues.ts";
import type { ItemFile } from "../../../../lib/content/values/applyValues.ts";
import type { DynamicReference } from "../../../../lib/content/values/reference.ts";
import type { Value } from "../../../../lib/content/values/value.ts";

const placeholder = (reference: DynamicReference) => `{{${Object.values(reference).join(" ")}}}`;

/** One file after the values. */
function applied(text: string, ...values: Value[]): string | undefined {
  return applyValues("Sales.Notebook", [{ path: "a.py", text }], values, { placeholder }).files[0]?.text;
}

describe("Values are put into files", () => {
  test("A text is replaced everywhere, and signs of expressions in it mean nothing", () => {
    assert.equal(applied("a.b axb a.b", { find: "a.b", to: "x$& $1" }), "x$& $1 axb x$& $1");
    assert.equal(applied("A.B axb a.b Ä", { find: "a.b", ignoreCase: true, to: "x" }), "x axb x Ä");
    assert.equal(applied("Ä-(1)", { find: "ä-(1)", ignoreCase: true, to: "x" }), "x");
  });

  test("Only the group of an expression is replaced, in every place", () => {
    const value = { find: '"id":\\s*"([^"]+)"', regex: true as const, to: "x$1 new" };
    assert.equal(applied('"id": "a", "other": "a", "id":"b"', value), '"id": "x$1 new", "other": "a", "id":"x$1 new"');
  });

  test("Values are applied one after the other", () => {
    assert.equal(applied("a", { find: "a", to: "b" }, { find: "b", to: "c" }), "c");
    assert.equal(applied('{"k": "a"}', { key: "$.k", to: "b" }, { find: "b", to: "c" }), '{"k": "c"}');
  });

  test("A place whose group finds nothing stays, and is told", () => {
    const values = [{ find: 'id="([^"]*)"', regex: true as const, to: "x" }];
    const { files, places, problems } = applyValues("", [{ path: "a", text: 'id="" id="a"' }], values, { placeholder });
    assert.equal(files[0]?.text, 'id="" id="x"');
    assert.deepEqual(places, [1]);
    assert.deepEqual(problems, [
      { value: 0, file: "a", message: "its group finds an empty text (1 place), so there is nothing to replace" },
    ]);
  });

  test("The number of places is counted for each value over all files", () => {
    const files = [
      { path: "a", text: "x x y" },
      { path: "b", text: "x" },
    ];
    const values = [
      { find: "x", to: "1" },
      { find: "nothing", to: "1" },
      { find: "1", to: "2" },
    ];
    assert.deepEqual(applyValues("", files, values, { placeholder }).places, [3, 0, 3]);
  });

  test("Files outside a value's paths do not change, and paths are those of the repository", () => {
    const files = [
      { path: "a.py", text: "x" },
      { path: "b/a.py", text: "x" },
    ];
    const values = [{ find: "x", files: ["Sales.Notebook/b/*"], to: "y" }];
    const result = applyValues("Sales.Notebook", files, values, { placeholder }).files.map(({ text }) => text);
    assert.deepEqual(result, ["x", "y"]);
  });

  test(".platform and binary files never change, and other properties of files stay", () => {
    const files: (ItemFile & { readonly id: number })[] = [
      { path: ".platform", text: "x", id: 1 },
      { path: "sub/.platform", text: "x", id: 2 },
      { path: "a.png", text: undefined, id: 3 },
      { path: "a.platform", text: "x", id: 4 },
    ];
    const result = applyValues("", files, [{ find: "x", to: "y" }], { placeholder }).files;
    assert.deepEqual(result, [files[0], files[1], files[2], { path: "a.platform", text: "y", id: 4 }]);
    // a file in which nothing changed is the same object
    assert.equal(result[0], files[0]);
  });

  test("Line ends of Windows do not hide a place, and stay", () => {
    const value = { find: "a\\n(b)$", regex: true as const, to: "c" };
    assert.equal(applied("x\r\na\r\nb\r\n", value), "x\r\na\r\nc\r\n");
    assert.equal(applied("a\r\nb", { find: "a\nb", to: "c\nd" }), "c\r\nd");
    assert.equal(applied("a\r\nb\nx", { find: "x", to: "y" }), "a\nb\ny");
    assert.equal(applied("a\r\nb\nx", { find: "z", to: "y" }), "a\r\nb\nx");
  });

  test("A byte order mark does not hide JSON, and stays", () => {
    assert.equal(applied('\uFEFF{"a": 1}', { key: "$.a", to: 2 }), '\uFEFF{"a": 2}');
  });
});

describe("Dynamic values are put in by the caller", () => {
  test("The caller gets the reference, and its text is put in as it is", () => {
    const text = applied("lh ws", { find: "lh", to: "$items.Lakehouse.LH.$id" }, { find: "ws", to: "$workspace.$id" });
    assert.equal(text, "{{item Lakehouse LH id}} {{workspace id}}");
  });

  test("Environment variables may stand in a longer text", () => {
    assert.equal(
      applied("x", { find: "x", to: "a$ENV:B/$ENV:C" }),
      "a{{environment variable B}}/{{environment variable C}}",
    );
  });

  test("Inside JSON and YAML the text is escaped", () => {
    const quoted = { placeholder: () => 'My "WS"\\' };
    const values = [{ key: "$.a", to: "$workspace.$name" }];
    const textOf = (text: string) => applyValues("", [{ path: "a", text }], values, quoted).files[0]?.text;
    assert.deepEqual(JSON.parse(textOf('{"a": 1}') ?? ""), { a: 'My "WS"\\' });
    assert.equal(textOf("a: 1\n"), 'a: "My \\"WS\\"\\\\"\n');
  });

  test("A later value finds neither the words of a placeholder nor misses an id that is put in", () => {
    const guid = '"id": "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", "ws"';
    const text = '"id": "01234567-89ab-cdef-0123-456789abcdef", "ws": "dev"';
    assert.equal(
      applied(
        text,
        { find: "01234567-89ab-cdef-0123-456789abcdef", to: "$items.Lakehouse.LH.$id" },
        { find: "Lakehouse", to: "wrong" },
        { find: guid, regex: true, to: "$items.Lakehouse.Later.$id" },
      ),
      '"id": "{{item Lakehouse Later id}}", "ws": "dev"',
    );
  });

  test("A dynamic text to find is looked for by its real value", () => {
    const values = [{ find: "$workspace.Dev.$id", to: "new" }];
    const files = [{ path: "a", text: "dev-id $workspace.Dev.$id" }];
    const withSought = (sought: (reference: DynamicReference) => string | undefined) =>
      applyValues("", files, values, { placeholder, sought });
    assert.equal(withSought(() => "dev-id").files[0]?.text, "new $workspace.Dev.$id");
    assert.deepEqual(withSought(() => undefined).places, [0]);
    assert.deepEqual(withSought(() => "").places, [0]);
    assert.throws(() => applyValues("", files, values, { placeholder }), /is dynamic, and its value is not known here/);
  });
});
