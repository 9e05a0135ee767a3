import { liveResourcesOf, resourceNameOf } from "../../lib/checkpoint/checkpoint.ts";
import { parseStackConfig } from "../../lib/config/stackConfig.ts";
import type { ItemConfig } from "../../lib/config/stackConfig.ts";
import { kindKeys } from "../../providers/kinds/kinds.ts";
import type { DescribedWorkspace } from "./description.ts";
import type { ImportedObject } from "./importedObjects.ts";
import { withEntries } from "./plan.ts";
import type { ImportPlan } from "./plan.ts";
import type { Target } from "./target.ts";

/**
 * Adds the ids that imported items refer to. A preview cannot know them, because to it all these items are new.
 * @throws StackConfigError if the entries cannot be declared
 */
export function withReferences(
  target: Target,
  { connections }: Pick<ImportPlan, "connections">,
  described: readonly DescribedWorkspace[],
): DescribedWorkspace[] {
  const { access, config, state } = target;
  const { projectRoot, stack, env } = access;
  const entries = described.map(({ entry }) => entry);
  const all = parseStackConfig(withEntries(target, connections, entries), { projectRoot, stack, env, kindKeys });
  const managed = config.workspaces.length;
  return described.map((one, position): DescribedWorkspace => {
    const { items = [] } = all.workspaces[managed + position] ?? {};
    const referencesOf = new Map(one.items.map(({ id }, index) => [id, referencesFrom(items[index])]));
    const objects = one.objects.map((object): ImportedObject => {
      const references = object.kind === "Item" ? referencesOf.get(object.id.split("/")[1] ?? "") : undefined;
      return references ? { ...object, inputs: { ...object.inputs, references } } : object;
    });
    return { ...one, objects };
  });

  function referencesFrom(item: ItemConfig | undefined): Record<string, string> | undefined {
    const found = (item?.references ?? []).flatMap(({ key, attribute, workspace, item: index }): [string, string][] => {
      // an address is known when the item's endpoints are
      if (attribute !== "id") return [];
      const holder = all.workspaces[workspace];
      const target = index === undefined ? undefined : holder?.items[index];
      // the provider adds the item's own id
      if (!holder || !target || target === item) return [];
      const imported = described[workspace - managed]?.items[index ?? 0]?.id;
      const id = imported ?? managedId(holder.name, target);
      return id === undefined ? [] : [[key, id]];
    });
    return found.length === 0 ? undefined : Object.fromEntries(found);
  }

  /** The id of an item that the stack holds already. */
  function managedId(workspace: string, { type, displayName, logicalId }: ItemConfig): string | undefined {
    const resource = liveResourcesOf(state).find(
      ({ urn, type: kind, inputs }) =>
        kind.endsWith("/fabric:Item") &&
        resourceNameOf(urn).startsWith(`${workspace}/`) &&
        inputs?.["type"] === type &&
        (logicalId === undefined ? inputs["displayName"] === displayName : inputs["logicalId"] === logicalId),
    );
    return resource?.id?.split("/")[1];
  }
}
