import type { KindValues, KindKey } from "../../lib/config/kindKeys.ts";
import type { CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import type { Fields } from "../engine/field.ts";
import type { ResourceKind } from "../engine/resourceKind.ts";
import { allKinds } from "../kinds/kinds.ts";
import { FabricResource } from "./fabricResource.ts";
import type { ArgsOf } from "./fabricResource.ts";

/** The holder of declared objects. */
export interface Holder {
  readonly level: KindKey["in"];
  /** Ids of the holder, as inputs of its objects: `workspaceId`, `itemId`. */
  readonly ids: Readonly<Record<string, Input<string>>>;
  /** Key of a resource by its name; the name is undefined if the holder has only one object of the kind. */
  keyOf(name: string | undefined): string;
  /** `fabric:protectData`, unless an entry declares otherwise. */
  readonly protectData: boolean;
  readonly options: CustomResourceOptions;
}

/** An object declared by an entry of the configuration. */
export interface DeclaredResource {
  readonly kind: ResourceKind;
  readonly name: string | undefined;
  readonly resource: CustomResource;
}

/** Registers the objects that the entries of all kinds declare. */
export function declareObjects(values: KindValues | undefined, holder: Holder): DeclaredResource[] {
  return allKinds.flatMap((kind) => {
    const { entry } = kind;
    if (entry?.in !== holder.level || values?.[entry.key] === undefined) return [];
    return entry.declare(values[entry.key]).map(({ name, args, protect }): DeclaredResource => {
      const inputs = { ...holder.ids, ...args } as ArgsOf<Fields>;
      const isProtected = protect ?? (holder.protectData && kind.holdsData?.(args) !== undefined);
      const options = { ...holder.options, protect: isProtected };
      return { kind, name, resource: new FabricResource(kind, holder.keyOf(name), inputs, options) };
    });
  });
}

/** The stack's outputs for declared objects, by the key of their entry, and by name if there may be several. */
export function shownOutputs(declared: readonly DeclaredResource[]): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = {};
  for (const { kind, name, resource } of declared) {
    const { key, shows } = kind.entry ?? { key: "" };
    if (!shows) continue;
    const outputs = resource as unknown as Readonly<Record<string, Output<unknown>>>;
    const values = Object.fromEntries(shows.map((output) => [output, outputs[output]]));
    shown[key] = name === undefined ? values : { ...(shown[key] as object | undefined), [name]: values };
  }
  return shown;
}
