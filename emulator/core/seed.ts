import { z } from "zod";
import { commit } from "../families/branches.ts";
import { itemTypeOf } from "../families/itemTypes.ts";
import type { Principal } from "./model.ts";
import type { Service } from "./service.ts";

const text = z.string();
const optionalText = z.string().optional();
const roleAssignments = z
  .array(z.looseObject({ principal: z.looseObject({ id: text, type: text }), role: text }))
  .default([]);

/** What an emulator begins with. Other keys, which a recording's seed may hold, are ignored. */
export const seedSchema = z.looseObject({
  principals: z
    .array(
      z.looseObject({
        id: text,
        type: text.default("User"),
        displayName: text.default(""),
        userPrincipalName: optionalText,
        aadAppId: optionalText,
      }),
    )
    .default([]),
  capacities: z
    .array(
      z.looseObject({
        id: text,
        displayName: text.default(""),
        sku: text.default("F2"),
        region: text.default("West Europe"),
        state: z.enum(["Active", "Inactive"]).default("Active"),
      }),
    )
    .default([]),
  workspaces: z
    .array(
      z.looseObject({
        id: text,
        displayName: text.default(""),
        description: text.default(""),
        type: z.enum(["Workspace", "Personal", "AdminWorkspace"]).default("Workspace"),
        capacityId: optionalText,
        roleAssignments,
      }),
    )
    .default([]),
  folders: z
    .array(z.looseObject({ id: text, displayName: text, workspaceId: text, parentFolderId: optionalText }))
    .default([]),
  items: z
    .array(
      z.looseObject({
        id: text,
        type: text,
        displayName: text,
        workspaceId: text,
        description: text.default(""),
        folderId: optionalText,
      }),
    )
    .default([]),
  connections: z.array(z.looseObject({ id: text, displayName: text.default("") })).default([]),
  repositories: z
    .array(
      z.object({
        details: z.record(text, text),
        items: z.array(
          z.object({
            type: text,
            displayName: text,
            description: text.default(""),
            parts: z.array(z.object({ path: text, payload: text, payloadType: text })).default([]),
          }),
        ),
      }),
    )
    .default([]),
});

/** A seed as one writes it. */
export type Seed = z.input<typeof seedSchema>;

/** Fills an empty store. @throws ZodError naming what is wrong with the seed */
export function plant(service: Service, seed: Seed, caller: () => string): void {
  const { principals, capacities, workspaces, folders, items, connections, repositories } = seedSchema.parse(seed);
  for (const principal of principals) service.principals.put(principal as Principal);
  for (const { id, displayName, sku, region, state } of capacities)
    service.capacities.put({ id, displayName, sku, region, state });
  for (const { id, displayName, description, type, capacityId, roleAssignments: roles } of workspaces) {
    service.workspaces.put({ id, displayName, description, type, ...(capacityId && { capacityId }) });
    const all = roles.some(({ role }) => role === "Admin")
      ? roles
      : [...roles, { principal: { id: caller() }, role: "Admin" }];
    for (const { principal, role } of all)
      service.roles.put({ id: `${id}/${principal.id}`, workspaceId: id, principalId: principal.id, role });
  }
  for (const { id, displayName, workspaceId, parentFolderId } of folders)
    service.folders.put({ id, displayName, workspaceId, ...(parentFolderId && { parentFolderId }) });
  for (const { id, type, displayName, workspaceId, description, folderId } of items) {
    service.items.put({
      id,
      type: itemTypeOf(type).type,
      displayName,
      workspaceId,
      description,
      ...(folderId && { folderId }),
    });
  }
  for (const connection of connections) {
    service.connections.put({
      id: connection.id,
      body: { connectivityType: "ShareableCloud", privacyLevel: "Organizational", ...connection },
    });
  }
  for (const { details, items: committed } of repositories) commit(service, details, committed);
}
