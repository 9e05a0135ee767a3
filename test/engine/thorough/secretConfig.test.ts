import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { oneLine, quick, withSecret, workspaces } from "../harness/secretInConfig.ts";

/* `pulumi config set --secret` under `fabric:` is refused before anything is registered. */

describe("a secret in the configuration", () => {
  it("A secret in the configuration is refused by a refresh and a destroy that run the program, and by an import", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces });
    await withSecret(stack, "fabric:workspaces[0].description");
    const runs = [
      await stack.run(["refresh", ...quick, "--run-program"]),
      await stack.run(["destroy", ...quick, "--run-program"]),
      await stack.command("cli/import.ts", ["--workspace", "sales-test"]),
    ];
    for (const { code, text } of runs) {
      assert.notEqual(code, 0, text);
      assert.match(oneLine(text), /fabric:workspaces\[0\]\.description: is a secret/);
      assert.doesNotMatch(text, /hunter2/);
    }
    assert.deepEqual(stack.calls(), []);
  });

  it("A secret in the configuration is refused as a whole key, also one that the project does not know, and in a file that only the CLI knows", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces });
    await withSecret(stack, "fabric:keyVaultUrl");
    await withSecret(stack, "fabric:colour");
    const preview = await stack.preview();
    assert.match(oneLine(preview.text), /has 2 problems: fabric:colour: is a secret.* fabric:keyVaultUrl: is a secret/);
    const settings = await stack.command("cli/up.ts", quick);
    assert.equal(settings.code, 2, settings.text);
    assert.match(oneLine(settings.text), /fabric:keyVaultUrl: is a secret/);

    stack.configure({ workspaces });
    await withSecret(stack, "fabric:workspaces[0].description");
    const file = join(stack.folder, "elsewhere.yaml");
    copyFileSync(join(stack.folder, "Pulumi.test.yaml"), file);
    stack.configure({ workspaces: [] });
    const elsewhere = await stack.preview({}, "--config-file", file);
    assert.notEqual(elsewhere.code, 0, elsewhere.text);
    assert.match(oneLine(elsewhere.text), /fabric:workspaces: holds a secret/);
    assert.doesNotMatch(elsewhere.text, /hunter2/);
  });
});
