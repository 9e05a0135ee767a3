import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./harness/engineStack.ts";
import { callApi } from "./harness/existingEnvironment.ts";
import { worldOf } from "./harness/worldOf.ts";
import { notebookParts } from "../notebookSource.ts";

/* Objects that existed before the stack, with values of their own that nobody but it remembers once they are changed. */

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };

/** A stack, and a workspace of others with a role and a notebook that the stack is going to adopt. */
async function withTheirs(onFault?: () => void): Promise<EngineStack> {
  const stack = await EngineStack.start({ ...(onFault && { emulator: { onFault } }) });
  const { id } = await callApi(stack, "POST", "/workspaces", {
    displayName: "theirs",
    description: "before",
    capacityId: known.activeCapacity,
  });
  await callApi(stack, "POST", `/workspaces/${id}/roleAssignments`, {
    principal: { id: known.bob, type: "User" },
    role: "Viewer",
  });
  const parts = notebookParts("theirs");
  const ingest = { type: "Notebook", displayName: "ingest", description: "before", definition: { parts } };
  await callApi(stack, "POST", `/workspaces/${id}/items`, ingest);
  return stack;
}

const adopting = {
  name: "theirs",
  displayName: "Theirs",
  description: "ours",
  adopt: true,
  users: [{ principal: "bob@contoso.com", role: "Member" }],
  items: [{ path: "fabric/sales/ingest.Notebook", description: "ours", folder: "/ours", adopt: true }],
};

describe("an adoption", () => {
  it("An adoption is taken back by the rollback of a failed deployment: values, role, and the definition that it had replaced", async () => {
    await using stack = await withTheirs();
    const before = worldOf(stack);
    stack.configure({ features, workspaces: [adopting, { name: "last" }] });
    stack.emulator.faults([{ method: "POST", route: "/workspaces", status: 400, errorCode: "Broken", delayMs: 4_000 }]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /Notebook 'ingest' existed with another definition: the declared one takes its place/);
    assert.match(up.text, /Reason: create workspace 'last' failed: Broken.*fully rolled back/s);
    assert.deepEqual(worldOf(stack), before);
  });
});
