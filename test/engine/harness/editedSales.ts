import { known } from "../../../emulator/core/defaultSeed.ts";
import type { EngineStack } from "./engineStack.ts";

/* A workspace with a role, a folder and an item, what people change of it, and a deployment that fails after it has changed all of it. */

export const features = { useRetryLogic: true, useRollback: true };
export const environment = (more: {
  description: string;
  role: string;
  item: string;
  folder: string;
  lakehouse?: object;
}) => ({
  features,
  workspaces: [
    {
      name: "sales",
      displayName: "sales",
      capacity: "local",
      description: more.description,
      users: [{ principal: "bob@contoso.com", role: more.role }],
      items: [
        { name: "flow", type: "DataPipeline", displayName: "flow", description: more.item, folder: `/${more.folder}` },
        ...(more.lakehouse ? [more.lakehouse] : []),
      ],
    },
  ],
});
export const before = { description: "declared", role: "Viewer", item: "declared", folder: "reports" };
export const after = { description: "ours", role: "Member", item: "ours", folder: "reports" };
/** It is refused after the others were changed, because it waits for them. */
export const refused = { name: "bronze", type: "Lakehouse" };
export const refusal = {
  method: "POST",
  route: "/workspaces/{workspaceId}/items",
  status: 400,
  errorCode: "Broken",
  delayMs: 1500,
} as const;

/** What people have changed at the service, behind the stack's back. */
export function edit({ emulator }: EngineStack, text: string, role: string): void {
  const { workspaces, items, roles } = emulator.service;
  for (const { id } of workspaces.all()) workspaces.change(id, { description: text });
  for (const { id } of items.all()) items.change(id, { description: text });
  for (const { id } of roles.all().filter(({ principalId }) => principalId === known.bob)) roles.change(id, { role });
}

export const valuesOf = ({ emulator }: EngineStack) => {
  const { workspaces, items, roles } = emulator.service;
  return {
    workspace: workspaces.all()[0]?.description,
    item: items.all().find(({ displayName }) => displayName === "flow")?.description,
    role: roles.all().find(({ principalId }) => principalId === known.bob)?.role,
  };
};
