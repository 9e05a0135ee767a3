import type { CustomResource } from "@pulumi/pulumi/resource.js";
import type { Input } from "@pulumi/pulumi/output.js";
import type { ItemReference } from "../../lib/config/items/item.ts";
import type { ItemConfig } from "../../lib/config/stackConfig.ts";
import { tierOf } from "../../lib/content/contentRules.ts";
import { itemKeys } from "../../lib/content/itemKeys.ts";
import type { ItemKey } from "../../lib/content/itemKeys.ts";
import { existenceOf } from "../engine/sdkQuirks.ts";
import { itemIdOf } from "./fabricWorkspace.ts";
import type { FabricWorkspace } from "./fabricWorkspace.ts";
import type { WorkspaceAttribute } from "../../lib/content/values/reference.ts";
import type { Endpoints } from "../kinds/item/itemEndpoint.ts";
import type { FormerState } from "./formerItems.ts";

/** An item with its workspace. */
interface Declaration {
  readonly workspace: number;
  /** Position in the workspace. */
  readonly position: number;
  readonly item: ItemConfig;
  readonly key: ItemKey;
}

/**
 * Registers the items of all workspaces. An item comes after the items that its content refers to, in whatever workspace; an
 * item of a folder that refers to nothing comes after the items of its workspace whose types usually come first.
 * @param state what the state holds
 */
export function declareItems(workspaces: readonly FabricWorkspace[], { items: former, adopted }: FormerState): void {
  const all = workspaces.flatMap(({ config }, workspace): Declaration[] => {
    const identities = config.items.map(({ name, isNamed, ...item }) => ({ ...item, name: isNamed && name }));
    const keys = itemKeys(identities, former.get(config.name) ?? []);
    return config.items.map((item, position) => ({
      ...{ workspace, position, item },
      key: keys[position] ?? { name: item.name },
    }));
  });
  const ofWorkspace = Map.groupBy(all, ({ workspace }) => workspace);
  const made = new Map<Declaration, CustomResource>();
  // what refers to nothing and comes early, by workspace
  const early = new Map<number, { readonly tier: number; readonly resource: CustomResource }[]>();
  const inOrder = all.toSorted((a, b) => orderOf(a.item) - orderOf(b.item));
  for (const declaration of inOrder) declare(declaration);
  for (const workspace of workspaces) {
    const isReady = Promise.all(workspace.declared.items.map(existenceOf));
    workspace.declareUnlisted(isReady, { isAdopted: adopted.has(workspace.config.name) });
  }

  function declare(declaration: Declaration): CustomResource {
    const known = made.get(declaration);
    if (known) return known;
    const { workspace, position, item, key } = declaration;
    const references = referencesOf(declaration);
    const before = references || !item.isOfFolder ? [] : earlierIn(workspace, item.type);
    const resource = (workspaces[workspace] as FabricWorkspace).declareItem(item, {
      position,
      key,
      references,
      isReady: before.length === 0 ? undefined : Promise.all(before.map(existenceOf)),
    });
    made.set(declaration, resource);
    if (!references && item.isOfFolder) {
      const resources = early.get(workspace) ?? [];
      early.set(workspace, [...resources, { tier: tierOf(item.type), resource }]);
    }
    return resource;
  }

  function referencesOf(declaration: Declaration): Record<string, Input<string>> | undefined {
    const values = (declaration.item.references ?? []).flatMap((reference): [string, Input<string>][] => {
      const value = valueOf(reference, declaration);
      return value === undefined ? [] : [[reference.key, value]];
    });
    return values.length === 0 ? undefined : Object.fromEntries(values);
  }

  function valueOf({ workspace, item, attribute, named }: ItemReference, by: Declaration): Input<string> | undefined {
    if (named) return workspaces[by.workspace]?.idOf(named.what, named.name);
    const holder = workspaces[workspace] as FabricWorkspace;
    if (item === undefined) {
      const { displayName } = holder.config;
      if (attribute === "id") return holder.workspaceId;
      return attribute === "name_encoded" ? encodeURIComponent(displayName) : displayName;
    }
    const target = ofWorkspace.get(workspace)?.[item];
    // the provider adds the item's own id
    if (!target || target === by) return undefined;
    const resource = declare(target);
    if (attribute === "id" || attribute === "name" || attribute === "name_encoded") return itemIdOf(resource);
    const endpoints: unknown = holder.endpointsOf(target.position, target.key);
    return (endpoints as Readonly<Record<string, Input<string>>>)[endpointNamed(attribute)];
  }

  function earlierIn(workspace: number, type: string): CustomResource[] {
    const tier = tierOf(type);
    return (early.get(workspace) ?? []).filter((one) => one.tier < tier).map(({ resource }) => resource);
  }
}

/** Entries of single items keep the order of the configuration. */
const orderOf = ({ isOfFolder, type }: ItemConfig) => (isOfFolder ? tierOf(type) + 1 : 0);

/** The output of an item's endpoints for an attribute as content and rules name it. */
function endpointNamed(attribute: Exclude<ItemReference["attribute"], "id" | WorkspaceAttribute>): keyof Endpoints {
  if (attribute === "sqlendpoint") return "sqlEndpoint";
  return attribute === "sqlendpointid" ? "sqlEndpointId" : "queryServiceUri";
}
