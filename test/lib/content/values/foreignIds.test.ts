import assert from "node:assert/strict";
import { test } from "node:test";
import { SHOWN_FILES, foreignIds } from "../../../../lib/content/values/foreignIds.ts";

const id = (number: number) => `${String(number).padStart(8, "0")}-aaaa-4bbb-8ccc-000000000000`;
const files = (...texts: string[]) => texts.map((text, index) => ({ path: `f${index}`, text }));

test("An id of another environment is told once with the files that have it", () => {
  const found = foreignIds(files(`a ${id(1)} ${id(1)}`, `"${id(1).toUpperCase()}"`, `{${id(2)}}`), []);
  assert.deepEqual(found, { ids: [{ id: id(1), files: ["f0", "f1"], count: 2 }], more: 0 });
});

test("Known ids, the empty id, ids in one file and parts of longer numbers are not told", () => {
  const zero = "00000000-0000-0000-0000-000000000000";
  const same = `${id(1)} ${zero} 1${id(2)} ${id(3)}0 ${id(4)}-5`;
  const found = foreignIds(files(same, same, id(5)), [id(1).toUpperCase()]);
  assert.deepEqual(found.ids, []);
});

test(".platform and binary files are not looked at", () => {
  const text = id(1);
  const both = [
    { path: "a/.platform", text },
    { path: ".platform", text },
    { path: "c", text: undefined },
    { path: "d", text },
  ];
  assert.deepEqual(foreignIds(both, []).ids, []);
});

test("The most frequent ids come first, and the list has an end", () => {
  const all = Array.from({ length: 30 }, (_, index) => id(index + 1)).join(" ");
  const { ids, more } = foreignIds(files(...Array.from({ length: 8 }, () => id(7)), all, all), []);
  assert.equal(ids.length, 20);
  assert.equal(more, 10);
  assert.deepEqual([ids[0]?.id, ids[0]?.count, ids[0]?.files.length], [id(7), 10, SHOWN_FILES]);
  assert.equal(ids[1]?.id, id(1));
});
