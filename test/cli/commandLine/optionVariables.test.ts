import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isOptionOn, listIn, optionValue, optionValues } from "../../../cli/commandLine/optionVariables.ts";
import { limitsOf } from "../../../cli/commandLine/forcingOptions.ts";

describe("an option in the environment", () => {
  it("An option in the environment with several values is a line of CSV, or one value if it is none, as for the CLI", () => {
    for (const [variable, ...values] of [
      [""],
      ["a=1", "a=1"],
      ["a=1,b=2", "a=1", "b=2"],
      ["a=1,", "a=1", ""],
      ['"a=1,2",b=3', "a=1,2", "b=3"],
      ['"a=""x""",b', 'a="x"', "b"],
      ["a=1\r\nb=2", "a=1"],
      ['fabric:features={"useRollback":false,"x":1}', 'fabric:features={"useRollback":false,"x":1}'],
      ['"a"b,c', '"a"b,c'],
      ['"a,b', '"a,b'],
    ] as const)
      assert.deepEqual(listIn(variable), values, variable);
  });

  it("An option in the environment counts if the command line says nothing else, and the values of a list add up", () => {
    const env = { PULUMI_OPTION_CONFIG: "a=1,b=2", PULUMI_OPTION_CONFIG_PATH: "true", PULUMI_OPTION_SAVE_PLAN: "p" };
    assert.deepEqual(optionValues(["-c", "c=3"], env, "config", "c"), ["a=1", "b=2", "c=3"]);
    assert.equal(isOptionOn([], env, "config-path"), true);
    assert.equal(isOptionOn(["--config-path=false"], env, "config-path"), false);
    assert.equal(isOptionOn(["--config-path"], {}, "config-path"), true);
    assert.equal(optionValue([], env, "save-plan"), "p");
    assert.equal(optionValue(["--save-plan=q"], env, "save-plan"), "q");
    assert.equal(optionValue([], { PULUMI_OPTION_SAVE_PLAN: "" }, "save-plan"), undefined);
  });
});

describe("options that limit a command to a part of the stack", () => {
  it("Options that limit a command to a part of the stack are found on the command line and in the environment, and nothing else is taken for one", () => {
    const urn = "**other**";
    for (const args of [["--target", urn], [`--target=${urn}`], ["-t", urn], ["-yft", urn]])
      assert.deepEqual(limitsOf("up", args, {}), ["--target"], args.join(" "));
    assert.deepEqual(limitsOf("up", [], { PULUMI_OPTION_EXCLUDE: urn }), ["PULUMI_OPTION_EXCLUDE"]);
    assert.deepEqual(limitsOf("destroy", ["--exclude-protected"], {}), ["--exclude-protected"]);
    assert.deepEqual(limitsOf("destroy", ["--exclude-protected=false"], {}), []);
    for (const args of [["--yes", "-p", "10"], ["--message", "--target"], ["--target-dependents"], ["--replace", urn]])
      assert.deepEqual(limitsOf("up", args, { PULUMI_OPTION_TARGET: "" }), [], args.join(" "));
  });
});
