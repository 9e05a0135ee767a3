import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

const workspaces = [
  {
    name: "bad",
    capacity: "nowhere",
    items: [{ name: "bronze", type: "Lakehouse" }],
    users: [{ principal: "bob@contoso.com", role: "Viewer" }],
  },
  { name: "good", capacity: "local" },
];

describe("errors that go to a file", () => {
  it("Errors that go to a file hold no colours and no dump of objects, also where the engine goes on after one", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces });
    for (const args of [["--continue-on-error"], []]) {
      const { code, text } = await stack.command("cli/up.ts", ["--yes", "--skip-preview", ...args]);
      assert.notEqual(code, 0);
      assert.match(text, /There is no capacity 'nowhere'/);
      assert.doesNotMatch(text, /\u001B\[|internalRepr|\[Error/);
    }
  });
});
