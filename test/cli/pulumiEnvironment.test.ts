import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pulumiEnvironment } from "../../cli/pulumi.ts";

const name = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION";

describe("the environment of the project's commands", () => {
  it("downloads no plugin for stack local, which declares nothing in Azure, and lets other stacks have theirs", () => {
    assert.equal(pulumiEnvironment("local", {})[name], "true");
    assert.equal(pulumiEnvironment("dev", {})[name], undefined);
  });

  it("leaves what somebody has set", () => {
    assert.equal(pulumiEnvironment("local", { [name]: "false" })[name], "false");
  });
});
