import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { after, before, edit, environment, refusal, refused, valuesOf } from "./harness/editedSales.ts";
import { EngineStack } from "./harness/engineStack.ts";

describe("a failed deployment", () => {
  it("A failed deployment is rolled back to what was at the service before it, not to what the state believed", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    edit(stack, "edited in the portal", "Contributor");
    const was = valuesOf(stack);

    stack.emulator.faults([refusal]);
    stack.configure(environment({ ...after, lakehouse: refused }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(valuesOf(stack), was, up.text);
    // the edit shows as drift again, as it did
    stack.configure(environment(before));
    const preview = await stack.run(["preview", "--refresh"]);
    assert.deepEqual(
      preview.changes,
      ["Item sales/flow: description", "Workspace sales: description", "WorkspaceUser sales/bob@contoso.com: role"],
      preview.text,
    );
  });
});
