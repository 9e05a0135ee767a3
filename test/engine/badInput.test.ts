import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "./harness/engineStack.ts";

const workspace = { name: "sales", displayName: "sales-test", capacity: "local" };

/** Lines of the diagnostics that say error. */
const errorsIn = (text: string) =>
  text.split("\n").filter((line) => /^\s+error: /.test(line) && !/update failed|preview failed/.test(line));

describe("bad input", () => {
  it("Bad input is refused with one message that lists every problem with its path, and nothing is created", async () => {
    await using stack = await EngineStack.start();
    stack.configure({
      colour: "blue",
      workspaces: [
        {
          ...workspace,
          users: [{ principal: "alice@contoso.com", role: "Boss" }],
          git: { gitProviderType: "GitHub", repositoryName: "sales", branchName: "main" },
        },
        { ...workspace, name: "second", items: [{ path: "fabric/none.Notebook" }] },
      ],
    });
    const up = await stack.up();
    assert.notEqual(up.code, 0);
    for (const path of [
      "fabric:colour",
      "workspaces[0].users[0].role",
      "workspaces[0].git.ownerName",
      "workspaces[1].displayName",
      "workspaces[1].items[0].path",
    ]) {
      assert.ok(up.text.includes(path), `${path} is missing in:\n${up.text}`);
    }
    assert.match(
      up.text,
      /Diagnostics:\n {2}pulumi:pulumi:Stack \(fabric-test\):\n {4}error: The configuration in Pulumi\.test\.yaml has \d problems:/,
    );
    assert.equal(errorsIn(up.text).length, 1);
    assert.doesNotMatch(up.text, /\n\s+at .*\.ts:\d+/, "a stack trace was printed");
    assert.deepEqual(stack.calls(), []);
  });

  it("Bad input says in one clear error that a token was refused", async () => {
    await using stack = await EngineStack.start();
    stack.configure({
      endpoint: stack.emulator.url,
      workspaces: [workspace, { ...workspace, name: "b", displayName: "b" }],
    });
    stack.emulator.faults([{ status: 401, errorCode: "InvalidToken", times: "forever" }]);
    const up = await stack.up({ FABRIC_ENDPOINT: "", FABRIC_ACCESS_TOKEN: "canary-token-of-the-test" });
    assert.equal(up.code, 1);
    const [first, second, third] = errorsIn(up.text).sort();
    assert.match(first ?? "", /Not done, because the sign-in was refused: see the other error/);
    assert.equal(third, undefined);
    assert.match(second ?? "", /InvalidToken/);
    assert.match(up.text, /InvalidToken \(401, request .*FABRIC_ACCESS_TOKEN/s);
    assert.doesNotMatch(up.text, /canary-token-of-the-test/);
  });

  it("Bad input refuses a host that is not allowed before it asks for a token", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ endpoint: "https://fabric.example.com/v1", workspaces: [workspace] });
    const up = await stack.up({
      FABRIC_ENDPOINT: "",
      AZURE_TENANT_ID: "t",
      AZURE_CLIENT_ID: "c",
      AZURE_CLIENT_SECRET: "canary-secret",
      AZURE_AUTHORITY_HOST: "https://127.0.0.1:1",
    });
    assert.match(up.text, /fabric\.example\.com is not a known host.*FABRIC_ALLOWED_HOSTS=fabric\.example\.com/s);
    assert.doesNotMatch(up.text, /Signing in|canary-secret/);
  });
});
