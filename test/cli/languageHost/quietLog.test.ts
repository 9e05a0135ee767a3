import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { withoutDebugMessages } from "../../../cli/pulumi/nodeMemory.ts";
import { projectRoot } from "../../../cli/pulumi/pulumi.ts";

/** The messages that a program's SDK sends to the engine of a command. */
function sent(args: readonly string[]): unknown {
  const program = `const { getStore } = require("@pulumi/pulumi/runtime/state");
    const settings = require("@pulumi/pulumi/runtime/settings");
    const told = [];
    settings.getEngine = () => ({ log: (request, done) => void (told.push(request.getMessage()), done()) });
    const { log } = require("@pulumi/pulumi");
    Promise.all([log.debug("of the SDK"), log.info("of the program")]).then(() => console.log(JSON.stringify(told)));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], {
    cwd: projectRoot,
    env: withoutDebugMessages(args, process.env),
    encoding: "utf8",
  });
  return stdout === "" ? assert.fail(stderr) : JSON.parse(stdout);
}

it("Pulumi's SDK sends debug messages only to a command that shows them", () => {
  assert.deepEqual(sent(["up", "--yes"]), ["of the program"]);
  for (const option of ["--debug", "-d", "-v=9"])
    assert.deepEqual(sent(["up", option]), ["of the SDK", "of the program"], option);
});
