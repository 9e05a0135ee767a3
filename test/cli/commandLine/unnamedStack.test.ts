import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WHICH_STACK, whichStack } from "../../../cli/commandLine/unnamedStack.ts";

describe("the question for the stack", () => {
  it("The question for the stack shows the command as it was meant, whatever npm has left of it", () => {
    const tookStack = "Which stack? npm took '--stack' for itself: put -- before it: npm run up -- --stack";
    for (const [args, env, question] of [
      [["local"], { npm_config_stack: "true" }, `${tookStack} local`],
      [[], { npm_config_stack: "local" }, `${tookStack} local`],
      [[], { npm_config_stack: "true" }, `${tookStack} S`],
      [["plan.json", "local"], { npm_config_stack: "true", npm_config_plan: "true" }, `${tookStack} S`],
      [["--yes"], { npm_config_plan: "a.json" }, tookStack.replace("'--stack'", "'--plan'") + " S"],
      [["local", "--yes"], {}, "Which stack? Name it by --stack: npm run up -- --stack local"],
    ] as const)
      assert.equal(whichStack("up", args, env), question);
  });

  it("The question for the stack guesses nothing where nothing tells which one is meant", () => {
    for (const args of [[], ["--yes"], ["--target", "urn"]])
      assert.equal(whichStack("up", args, { npm_config_stack: "", npm_config_yes: "true" }), WHICH_STACK);
  });
});
