import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* Behind a proxy that is named in lower case, as most machines name it: nothing listens where it should be. */

const quick = ["--yes", "--skip-preview"];
const nowhere = { https_proxy: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9", no_proxy: "" };

describe("a proxy in lower case", () => {
  it("A proxy in lower case is asked neither by Pulumi's own processes, which talk on this machine, nor for an emulator on it", async () => {
    await using stack = await EngineStack.start({ env: nowhere });
    stack.configure({ features: { useRollback: true }, workspaces: [{ name: "sales", capacity: "local" }] });
    for (const [file, ...args] of [
      ["cli/up.ts", ...quick],
      ["cli/pulumiCommand.ts", "preview"],
      ["cli/pulumiCommand.ts", "refresh", ...quick],
    ] as [string, ...string[]][]) {
      const { code, text } = await stack.command(file, args);
      assert.equal(code, 0, text);
    }
    stack.configure({
      features: { useRollback: true },
      workspaces: [
        { name: "sales", capacity: "local", description: "new" },
        { name: "more", capacity: "nowhere" },
      ],
    });
    const failed = await stack.command("cli/up.ts", quick);
    assert.match(failed.text, /fully rolled back/);
    const destroy = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.equal(destroy.code, 0, destroy.text);
  });
});
