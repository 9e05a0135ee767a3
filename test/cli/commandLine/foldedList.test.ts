import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldedList } from "../../../cli/commandLine/foldedList.ts";
import { takeOutput } from "../../../cli/commandLine/commandOutput.ts";
import { pulumiEnvironment } from "../../../cli/pulumi/pulumi.ts";
import { leftoverTable } from "../../../cli/transaction/leftovers.ts";

const listed = (words: string, name: string) => ({ words, name, line: `  ${words} '${name}'` });

describe("a list for a terminal", () => {
  it("A list for a terminal is shown whole as long as it is short", () => {
    const few = Array.from({ length: 40 }, (_, index) => listed("created Item", `sales/n${index}`));
    assert.deepEqual(
      foldedList(few),
      few.map(({ line }) => line),
    );
  });

  it("A list of hundreds folds by what is said and by folder, and leaves small groups as they are", () => {
    const many = [
      ...Array.from({ length: 300 }, (_, index) => listed("created Item", `sales/raw/n${index}`)),
      ...Array.from({ length: 5 }, (_, index) => listed("created Item", `top${index}`)),
      listed("deleted Item", "sales/raw/old"),
    ];
    assert.deepEqual(foldedList(many), [
      "  created Item in sales/raw: 300 (n0, n1, n2, n3 and 296 more)",
      "  created Item: 5 (top0, top1, top2, top3 and 1 more)",
      "  deleted Item 'sales/raw/old'",
    ]);
  });

  it("A list of hundreds of leftovers folds, too, and says where each is found", () => {
    const leftovers = Array.from({ length: 200 }, (_, index) => ({
      what: `Item 'sales/n${index}'`,
      reason: "is missing",
    }));
    assert.equal(
      leftoverTable(leftovers),
      "To be done by hand:\n  Item: is missing in sales: 200 (n0, n1, n2, n3 and 196 more)\nnpm run report shows each, with its command.",
    );
  });
});

describe("the output of a command", () => {
  it("The output of a command is JSON only if that is asked for, and no other format is known", () => {
    assert.deepEqual(takeOutput(["--yes"]), { isJson: false, rest: ["--yes"] });
    assert.deepEqual(takeOutput(["--output", "json", "--yes"]), { isJson: true, rest: ["--yes"] });
    assert.deepEqual(takeOutput(["--output=json"]), { isJson: true, rest: [] });
    assert.throws(() => takeOutput(["--output", "xml"]), /--output takes json, not 'xml'/);
  });

  it("The output of a command has no colours where NO_COLOR says so, unless Pulumi was told otherwise", () => {
    assert.equal(pulumiEnvironment("local", { NO_COLOR: "1" })["PULUMI_OPTION_COLOR"], "never");
    assert.equal(pulumiEnvironment("local", { NO_COLOR: "" })["PULUMI_OPTION_COLOR"], undefined);
    const told = { NO_COLOR: "1", PULUMI_OPTION_COLOR: "always" };
    assert.equal(pulumiEnvironment("local", told)["PULUMI_OPTION_COLOR"], "always");
  });
});
