import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { tablesIn } from "../../../bench/pictures/curves.ts";
import { benchWorkspaces } from "../../../bench/workspace.ts";
import { EngineStack } from "../harness/engineStack.ts";

/* The numbers of calls on docs/benchmarks.md are counted by people: here it shows if they are no longer true. */

const page = readFileSync(resolve(import.meta.dirname, "../../../docs/benchmarks.md"), "utf8");

/** Calls for a number of workspaces, by what is done: the page has those for 10 and 50, and each workspace takes as many. */
function callsOnThePage(count: number): Readonly<Record<string, number>> {
  const [few, many] = ["10 workspaces, 80 resources", "50 workspaces, 400 resources"].map((title) => {
    const table = tablesIn(page).find(({ titles: [first] }) => first === title);
    return new Map(table?.rows.map(([what = "", calls = ""]) => [what, Number(calls.replaceAll(",", ""))]));
  });
  return Object.fromEntries(
    [...(many ?? [])].map(([what, calls]) => {
      const each = (calls - (few?.get(what) ?? Number.NaN)) / 40;
      return [what, calls + each * (count - 50)];
    }),
  );
}

describe("the calls of a deployment", () => {
  it("The calls of a deployment, of a refresh, an update and a destroy are as many as docs/benchmarks.md says", async () => {
    await using stack = await EngineStack.start();
    const workspaces = benchWorkspaces(3);
    const taken: Record<string, number> = {};
    const count = async (what: string, file: string, ...args: string[]) => {
      const first = stack.emulator.requests().length;
      const { code, text } = await stack.command(file, args);
      assert.equal(code, 0, text);
      taken[what] = stack.emulator.requests().length - first;
    };
    const apply = ["--yes", "--skip-preview"];
    stack.configure({ workspaces });
    await count("create", "cli/up.ts", ...apply);
    await count("preview without changes", "cli/pulumiCommand.ts", "preview");
    await count("refresh", "cli/pulumiCommand.ts", "refresh", ...apply);
    stack.configure({ workspaces: workspaces.map((each) => ({ ...each, description: "second" })) });
    await count("update of every description", "cli/up.ts", ...apply);
    await count("destroy", "cli/pulumiCommand.ts", "destroy", ...apply);
    assert.deepEqual(taken, callsOnThePage(workspaces.length));
  });
});
