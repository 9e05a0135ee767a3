import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

describe("a run in a terminal", () => {
  it("A run in a terminal says what it waits for on one line that moves, and elsewhere it does not", async () => {
    await using stack = await EngineStack.start();
    const wait = { method: "POST", status: 429, errorCode: "RequestBlocked", retryAfter: "3" } as const;
    stack.configure({ workspaces: [{ name: "sales", displayName: "sales-test" }] });
    stack.emulator.faults([{ ...wait, route: "/workspaces" }]);
    const terminal = await stack.up({ FABRIC_STATUS_LINE: "true" });
    assert.equal(terminal.code, 0, terminal.text);
    assert.match(terminal.text, /waits for a repetition \(3 s\)[^]*waits for a repetition \(1 s\)/);
    // a text of the moment is not among the messages at the end
    assert.doesNotMatch(terminal.text.split("Diagnostics:")[1] ?? "", /waits for a repetition/);
    stack.configure({
      workspaces: [
        { name: "sales", displayName: "sales-test" },
        { name: "b", displayName: "b" },
      ],
    });
    stack.emulator.faults([{ ...wait, route: "/workspaces" }]);
    const elsewhere = await stack.up();
    assert.equal(elsewhere.code, 0, elsewhere.text);
    assert.doesNotMatch(elsewhere.text, /waits for a repetition/);
  });
});
