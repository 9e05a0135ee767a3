import type { KindValues, KindKey } from "../../lib/config/kindKeys.ts";
import type { CustomResource, CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import outputs from "@pulumi/pulumi/output.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import type { Fields } from "../engine/field.ts";
import type { ResourceKind } from "../engine/resourceKind.ts";
import { APPLICATION, principalKey, WORKSPACE_IDENTITY } from "../../lib/config/principal.ts";
import type { DeclaredPrincipal } from "../../lib/config/principal.ts";
import type { DeclaredRoles } from "../engine/entry.ts";
import { allKinds, kindNamed } from "../kinds/kinds.ts";
import type { LookUps } from "./lookUps.ts";
import type { NamedObjects } from "./namedObjects.ts";
import type { SecretVersions } from "./secretVersions.ts";
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
  /** Ids of what entries name. */
  readonly names: NamedObjects;
  /** Versions of the secrets that entries name. */
  readonly secretVersions: SecretVersions;
  /** Ids of objects of others. */
  readonly lookUps: LookUps;
}

/** An object declared by an entry of the configuration. */
export interface DeclaredResource {
  readonly kind: ResourceKind;
  readonly name: string | undefined;
  readonly resource: CustomResource;
  /** Its inputs, as far as the configuration has them. */
  readonly args: Readonly<Record<string, unknown>>;
}

type Outputs = Readonly<Record<string, Output<unknown>>>;

/** Registers the objects that the entries of all kinds declare, with the roles in them. */
export function declareObjects(values: KindValues | undefined, holder: Holder): DeclaredResource[] {
  return allKinds.flatMap((kind) => {
    const { entry } = kind;
    if (entry?.in !== holder.level || values?.[entry.key] === undefined) return [];
    return entry.declare(values[entry.key]).flatMap((declared): DeclaredResource[] => {
      const { name, args, protect, secrets = [], roles, isLookedUp, known = [] } = declared;
      const inputs = {
        ...holder.ids,
        ...(holder.names.resolved(args) as object),
        ...(secrets.length > 0 && { secretVersion: holder.secretVersions.of(secrets) }),
        ...(isLookedUp && { found: holder.lookUps.idOf(args) }),
      } as ArgsOf<Fields>;
      const isProtected = protect ?? (holder.protectData && kind.holdsData?.(args) !== undefined);
      const options = { ...holder.options, protect: isProtected };
      const read = known.map(({ output }) => output);
      const resource = new FabricResource(kind, holder.keyOf(name), inputs, options, read);
      for (const { what, output } of known)
        holder.names.add(what, name ?? "", (resource as unknown as Outputs)[output] as Output<string>);
      return [{ kind, name, resource, args }, ...(roles ? declareRoles(roles, { name, resource }, holder) : [])];
    });
  });
}

function declareRoles(
  { kind: kindName, holder: idInput, list }: DeclaredRoles,
  { name, resource }: { readonly name: string | undefined; readonly resource: CustomResource },
  holder: Holder,
): DeclaredResource[] {
  const kind = kindNamed(kindName);
  if (!kind) throw new Error(`There is no kind '${kindName}'.`);
  return list.map(({ principal, type, role }) => {
    const key = holder.keyOf(`${name ?? ""}/${principalKey(principal)}`);
    const args = {
      [idInput]: resource.id,
      principal: principalText(principal, holder.names),
      type,
      role,
    } as ArgsOf<Fields>;
    return { kind, name: key, args, resource: new FabricResource(kind, key, args, holder.options) };
  });
}

/** A declared principal as the provider takes it. */
export function principalText(principal: DeclaredPrincipal, names: NamedObjects): Input<string> {
  if (typeof principal === "string" || outputs.Output.isInstance(principal)) return principal as Input<string>;
  if ("applicationId" in principal) return `${APPLICATION}${principal.applicationId}`;
  return names.id("workspaceIdentity", principal.workspaceIdentity).apply((id: string | undefined) => {
    if (id !== undefined) return `${WORKSPACE_IDENTITY}${id}`;
    throw new Error(`Workspace '${principal.workspaceIdentity}' has no identity: {workspaceIdentity} cannot name it.`);
  });
}

/** The outputs of one declared object that its entry shows. */
export function outputsShown({ kind, resource }: DeclaredResource): Readonly<Record<string, unknown>> {
  const outputs = resource as unknown as Outputs;
  return Object.fromEntries((kind.entry?.shows ?? []).map((output) => [output, outputs[output]]));
}

/** The stack's outputs for declared objects, by the key of their entry, and by name if there may be several. */
export function shownOutputs(declared: readonly DeclaredResource[]): Readonly<Record<string, unknown>> {
  const shown: Record<string, unknown> = {};
  for (const one of declared) {
    const { key, shows } = one.kind.entry ?? { key: "" };
    if (!shows) continue;
    const { name } = one;
    const values = outputsShown(one);
    shown[key] = name === undefined ? values : { ...(shown[key] as object | undefined), [name]: values };
  }
  return shown;
}
