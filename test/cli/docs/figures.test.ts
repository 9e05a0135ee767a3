import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { curvesPage, tablesIn } from "../../../bench/pictures/curves.ts";

const projectRoot = resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(projectRoot, file), "utf8");
const numberOf = (text = "") => Number(text.replaceAll(",", ""));

/** Numbers of calls by what was done, from a table whose first column has that title. */
function callsIn(page: string, title: RegExp): Map<string, number> {
  const table = tablesIn(read(page)).find(({ titles: [first = ""] }) => title.test(first));
  assert.ok(table, `${page} has no table ${title.source}`);
  return new Map(table.rows.map(([what = "", calls]) => [what, numberOf(calls)]));
}

describe("the numbers of calls on the pages", () => {
  const of400 = callsIn("docs/benchmarks.md", /^50 workspaces, 400 resources$/);
  const of80 = callsIn("docs/benchmarks.md", /^10 workspaces, 80 resources$/);

  it("The numbers of calls on README.md and docs/guarantees.md are those of docs/benchmarks.md", () => {
    const summary = /\[([\d,]+), and ([\d,]+) with such a refresh, (\d+) without\]/.exec(read("README.md"));
    const shown = ["create", "refresh", "preview without changes"].map((what) => of400.get(what));
    assert.deepEqual(summary?.slice(1).map(numberOf), shown);
    for (const [page, words] of [
      ["README.md", /([\d,]+) reads for 400 resources/],
      ["docs/guarantees.md", /([\d,]+) calls for 400 resources/],
    ] as const)
      assert.equal(numberOf(words.exec(read(page))?.[1]), of400.get("refresh"), page);
  });

  it("The numbers of calls on docs/scale.md follow from those of docs/benchmarks.md, because each workspace takes as many", () => {
    const of1000 = callsIn("docs/scale.md", /^for 1,000 workspaces$/);
    assert.ok(of1000.size > 2);
    for (const [what, calls] of of1000) {
      const [few = NaN, many = NaN] = [of80.get(what), of400.get(what)];
      assert.equal(calls, many + ((many - few) / 40) * 950, what);
    }
  });

  it("The numbers of calls and seconds on docs/benchmarks.md can be drawn as curves", () => {
    const page = curvesPage(read("docs/benchmarks.md"));
    assert.doesNotMatch(page, /NaN|undefined|workspaces workspaces/);
  });
});
