import type { KindKey } from "../../lib/config/kindKeys.ts";
import type { ResourceKind } from "../engine/resourceKind.ts";
import { gitConnection } from "./git/connection.ts";
import { folder } from "./item/folder.ts";
import { item } from "./item/item.ts";
import { unlistedUsers } from "./workspace/unlistedUsers.ts";
import { workspace } from "./workspace/workspace.ts";
import { managedPrivateEndpoint } from "./workspace/managedPrivateEndpoint.ts";
import { workspaceIdentity } from "./workspace/workspaceIdentity.ts";
import { workspaceUser } from "./workspace/workspaceUser.ts";

/** Every kind. A new one is its own file, and one line here: registry, undo, removal by hand and previews are loops over it. */
export const kinds = {
  workspace,
  workspaceUser,
  unlistedUsers,
  gitConnection,
  folder,
  item,
  workspaceIdentity,
  managedPrivateEndpoint,
} as const;

/** The same as a list, without their types. */
export const allKinds = Object.values(kinds) as unknown as readonly ResourceKind[];

/** The keys of the configuration that kinds bring along. */
export const kindKeys: readonly KindKey[] = allKinds.flatMap(({ entry }) => entry ?? []);

/** The kinds that have an entry on that level of the configuration. */
export const kindsIn = (level: KindKey["in"]): readonly ResourceKind[] =>
  allKinds.filter(({ entry }) => entry?.in === level);

/** The kind of that name, as in `pulumi-nodejs:dynamic/fabric:<name>`. */
export const kindNamed = (name: string): ResourceKind | undefined => allKinds.find((kind) => kind.name === name);

/** The kind of a resource type; undefined for types of other packages, which may end in the same word. */
export const fabricKindOf = (type: string): ResourceKind | undefined =>
  kindNamed(/^pulumi-nodejs:dynamic\/fabric:(\w+)$/.exec(type)?.[1] ?? "");
