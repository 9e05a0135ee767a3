import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "./engineStack.ts";
import { callApi } from "./existingEnvironment.ts";
import { notebookParts } from "../../notebookSource.ts";

/* Objects that existed before the stack, with values of their own that nobody but it remembers once they are changed. */

export const quick = ["--yes", "--skip-preview"];

export const features = { useRetryLogic: true, useRollback: true };

/** A stack, and a workspace of others with a role and a notebook that the stack is going to adopt. */
export async function withTheirs(onFault?: () => void): Promise<EngineStack> {
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

export const adopting = {
  name: "theirs",
  displayName: "Theirs",
  description: "ours",
  adopt: true,
  users: [{ principal: "bob@contoso.com", role: "Member" }],
  items: [{ path: "fabric/sales/ingest.Notebook", description: "ours", folder: "/ours", adopt: true }],
};
