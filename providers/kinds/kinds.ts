import type { KindKey } from "../../lib/config/kindKeys.ts";
import type { ResourceKind } from "../engine/resourceKind.ts";
import { connection } from "./connection/connection.ts";
import { connectionRole } from "./connection/connectionRole.ts";
import { gitConnection } from "./git/connection.ts";
import { folder } from "./item/folder.ts";
import { item } from "./item/item.ts";
import { unlistedItems } from "./item/unlistedItems.ts";
import { itemEndpoint } from "./item/itemEndpoint.ts";
import { reference } from "./reference/reference.ts";
import { unlistedUsers } from "./workspace/unlistedUsers.ts";
import { workspace } from "./workspace/workspace.ts";
import { managedPrivateEndpoint } from "./workspace/managedPrivateEndpoint.ts";
import { workspaceIdentity } from "./workspace/workspaceIdentity.ts";
import { workspaceUser } from "./workspace/workspaceUser.ts";

/** Every kind. A new kind is one file, and one line here: registry, undo, removal by hand and previews loop over this list. */
export const kinds = {
  workspace,
  workspaceUser,
  unlistedUsers,
  gitConnection,
  folder,
  item,
  unlistedItems,
  workspaceIdentity,
  managedPrivateEndpoint,
  connection,
  connectionRole,
  itemEndpoint,
  reference,
} as const;

/** Every kind, as a list without the kinds' own types. */
export const allKinds = Object.values(kinds) as unknown as readonly ResourceKind[];

/** The keys that kinds add to the configuration. */
export const kindKeys: readonly KindKey[] = allKinds.flatMap(({ entry }) => entry ?? []);

/** The kinds with an entry on that level of the configuration. */
export const kindsIn = (level: KindKey["in"]): readonly ResourceKind[] =>
  allKinds.filter(({ entry }) => entry?.in === level);

/** The kind of that name, as in `pulumi-nodejs:dynamic/fabric:<name>`. */
export const kindNamed = (name: string): ResourceKind | undefined => allKinds.find((kind) => kind.name === name);

/** The kind of a resource type; undefined for types of other packages, which may end in the same word. */
export const fabricKindOf = (type: string): ResourceKind | undefined =>
  kindNamed(/^pulumi-nodejs:dynamic\/fabric:(\w+)$/.exec(type)?.[1] ?? "");
