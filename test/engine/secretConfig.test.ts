import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";
import { oneLine, quick, withSecret, workspaces } from "./harness/secretInConfig.ts";

/* `pulumi config set --secret` under `fabric:` is refused before anything is registered. */

describe("a secret in the configuration", () => {
  it("A secret in the configuration is refused by preview, up and npm run up, with its path and what to do, which works", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces });
    await withSecret(stack, "fabric:workspaces[0].description");
    await withSecret(stack, "azure-native:clientSecret");
    const runs = [await stack.preview(), await stack.up(), await stack.command("cli/up.ts", quick)];
    for (const { code, text } of runs) {
      assert.notEqual(code, 0, text);
      assert.match(oneLine(text), /fabric:workspaces\[0\]\.description: is a secret/);
      assert.match(oneLine(text), /Secrets belong into Key Vault .*or into the environment/);
      assert.doesNotMatch(text, /hunter2|clientSecret/);
    }
    assert.deepEqual(stack.calls(), []);
    const registered = (await stack.state()).deployment.resources ?? [];
    assert.deepEqual(
      registered.filter(({ type }) => type !== "pulumi:pulumi:Stack"),
      [],
      "something was registered",
    );

    const [, command = ""] = /pulumi (config set .*? --plaintext)/.exec(oneLine(runs[1]?.text ?? "")) ?? [];
    const args = command.split(" ").map((word) => word.replaceAll("'", "").replace("VALUE", "plain"));
    const plain = await stack.run(args);
    assert.equal(plain.code, 0, plain.text);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
  });
});
