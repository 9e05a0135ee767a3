import type { ResourceProvider } from "@pulumi/pulumi/dynamic/index.js";
import { folder } from "./kinds/item/folder.ts";
import { gitConnection } from "./kinds/git/connection.ts";
import { item } from "./kinds/item/item.ts";
import { serve } from "./engine/providerProcess.ts";
import type { ResourceKind } from "./engine/resourceKind.ts";
import { unlistedUsers } from "./kinds/workspace/unlistedUsers.ts";
import { workspace } from "./kinds/workspace/workspace.ts";
import { workspaceUser } from "./kinds/workspace/workspaceUser.ts";

/*
 * The kinds by name. The state of every resource holds one constant string that requires this file, so the resources of
 * today run the code of today, also when they are destroyed. That is why this file must never move, and holds little.
 */

/** Every kind by its name in `pulumi-nodejs:dynamic/fabric:<name>`. A new kind is one file and one line here. */
export const kinds = { workspace, workspaceUser, unlistedUsers, gitConnection, folder, item } as const;

const byName = new Map(Object.values(kinds).map((kind) => [kind.name, kind as unknown as ResourceKind]));

/** Called by the constant string in every resource. */
export function provider(kindName: string): ResourceProvider {
  const kind = byName.get(kindName);
  if (!kind)
    throw new Error(`This version knows no resource kind '${kindName}'. Known: ${[...byName.keys()].join(", ")}.`);
  return serve(kind);
}
