import resource from "@pulumi/pulumi/resource.js";
import type { CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type { Input } from "@pulumi/pulumi/output.js";
import type { z } from "zod";
import { toProviderInputs } from "../run/configuration.ts";
import type { Configuration } from "../run/configuration.ts";
import type { Fields } from "../engine/field.ts";
import type { ResourceKind } from "../engine/resourceKind.ts";

/*
 * The program's side of a resource. The SDK is imported file by file: its main entry loads the TypeScript compiler and
 * more, and costs every preview half a second. Its files are CommonJS, hence the default imports.
 */

/**
 * The provider that all Fabric resources of a program share: one process, one client, one transaction log. Its inputs
 * replace the stack configuration in the provider process and are part of the state.
 */
export class FabricProvider extends resource.ProviderResource {
  constructor(name: string, configuration: Configuration, opts?: CustomResourceOptions) {
    super("pulumi-nodejs", name, toProviderInputs(configuration), opts);
  }
}

type Accepted<F extends Fields, K extends keyof F> = z.input<F[K]["schema"]>;
type Optional<F extends Fields> = { [K in keyof F]: undefined extends Accepted<F, K> ? K : never }[keyof F];

/** Arguments of a resource of a kind: values that its fields accept, or outputs of other resources. */
export type ArgsOf<F extends Fields> = { [K in Exclude<keyof F, Optional<F>>]: Input<Accepted<F, K>> } & {
  [K in Optional<F>]?: Input<NonNullable<Accepted<F, K>>> | undefined;
};

/** The type of a kind's resources. */
export const resourceType = ({ name }: { readonly name: string }): string => `pulumi-nodejs:dynamic/fabric:${name}`;

/**
 * The module that the provider process takes a kind from. It is looked up in the folder in which the engine runs the program:
 * in a clone of the project it lies there, and from a program that uses the package it is found in `node_modules`.
 */
const PROVIDER = import.meta.url.endsWith(".ts") ? "./providers/registry.ts" : "fabric-environments/provider";

/** The properties of a resource: its arguments, a place for each output, and the constant line that names its provider. */
export function propertiesOf(
  kind: { readonly name: string; readonly outputs: readonly string[] },
  args: object,
): Record<string, unknown> & { readonly __provider: string } {
  const outputs = Object.fromEntries(kind.outputs.map((output) => [output, undefined]));
  const bootstrap = `exports.handler=()=>require("${PROVIDER}").provider(${JSON.stringify(kind.name)})`;
  return { ...outputs, ...args, __provider: bootstrap };
}

/** Arguments without those that were left out. */
const given = (args: object) => Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));

/**
 * A resource of any kind. Type and state are those of Pulumi's dynamic resources, with one difference: a constant string
 * names the provider instead of its serialised code, so the state holds no code and no captured secret.
 *
 * The SDK makes an `Output` for each property that a resource begins with, also for one without a value. It takes 16 kB until
 * the program ends, so a resource begins with no other outputs than those that somebody reads.
 */
export class FabricResource<F extends Fields, O extends object> extends resource.CustomResource {
  /** @param read outputs that the program reads, besides those that the kind's entry shows */
  constructor(
    kind: ResourceKind<F, O>,
    name: string,
    args: ArgsOf<F>,
    opts: CustomResourceOptions,
    read: readonly string[] = [],
  ) {
    const shown = [...read, ...(kind.entry?.shows ?? [])];
    const outputs = kind.outputs.filter((output) => shown.includes(output));
    // names are unique at the service, so a new object cannot exist beside the old one. The option must stand here: the
    // engine does not ask diff about a forced replacement
    const own = { ...opts, deleteBeforeReplace: true };
    super(resourceType(kind), name, propertiesOf({ name: kind.name, outputs }, given(args)), own);
  }
}
