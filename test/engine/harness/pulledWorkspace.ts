import { known, knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { notebookParts } from "../../notebookSource.ts";
import type { EngineStack } from "./engineStack.ts";

/* A workspace of somebody else's that a deployment connects to Git, where the branch has content of its own, and then fails. */

export const features = { useRetryLogic: true, useRollback: true };
export const git = { ...knownBranch, connectionId: known.gitHubConnection };
export const notebook = (displayName: string, text: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts(text),
});
export const sales = { name: "sales", displayName: "sales", capacity: "local", adopt: true };
/** Waits for Git, and is refused. */
export const failing = { name: "late", type: "Lakehouse" };
export const refusal = {
  method: "POST",
  route: "/workspaces/{workspaceId}/items",
  status: 400,
  errorCode: "Broken",
} as const;

/** A workspace of somebody else's, with two notebooks in it. */
export function populate({ emulator }: EngineStack, names: readonly string[]): void {
  const { workspaces, roles, items } = emulator.service;
  const id = "33333333-3333-4333-8333-333333333333";
  workspaces.put({ id, displayName: "sales", description: "", type: "Workspace", capacityId: known.activeCapacity });
  roles.put({ id: `${id}/${known.deployer}`, workspaceId: id, principalId: known.deployer, role: "Admin" });
  for (const name of names)
    items.put({ id: `item-${name}`, workspaceId: id, ...notebook(name, `${name} of the workspace`) });
}
