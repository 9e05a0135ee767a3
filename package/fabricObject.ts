import errors from "@pulumi/pulumi/errors.js";
import outputs from "@pulumi/pulumi/output.js";
import type { Input, Output } from "@pulumi/pulumi/output.js";
import resource from "@pulumi/pulumi/resource.js";
import type { CustomResourceOptions } from "@pulumi/pulumi/resource.js";
import type { ResourceKind } from "../providers/engine/resourceKind.ts";
import { kindNamed } from "../providers/kinds/kinds.ts";
import type { Referenced } from "../providers/kinds/reference/lookUp.ts";
import { propertiesOf, resourceType } from "../providers/program/fabricResource.ts";
import { theProgram } from "./theProgram.ts";
import type { Program } from "./program.ts";

/** An object of Fabric as a resource. `resources.ts` has a class for each kind. */
export abstract class FabricObject extends resource.CustomResource {
  /**
   * The object's own id, without the id of the workspace or connection that holds it. The resource's `id` has both, with a slash
   * between them.
   */
  readonly ownId: Output<string>;

  /**
   * Registers an object.
   * @param kindName the last part of the resource's type
   * @param name the name of the resource, unique among those of its kind in the stack
   */
  constructor(kindName: string, name: string, args: object, opts: CustomResourceOptions = {}) {
    const kind = kindNamed(kindName);
    if (!kind) throw new Error(`There is no kind '${kindName}'.`);
    const program = theProgram();
    const type = resourceType(kind);
    super(type, name, registered(kind, name, args, program), {
      ...opts,
      // names are unique at the service, so a new object cannot exist beside the old one
      deleteBeforeReplace: true,
      provider: opts.provider ?? opts.parent?.getProvider(type) ?? program.provider,
      protect: opts.protect ?? (program.config.protectData && kind.holdsData?.({ ...args }) !== undefined),
    });
    this.ownId = this.id.apply((id) => id.split("/").at(-1) ?? id);
  }
}

/** The properties to register: every input and output has its place, and what programs fill in is filled in. */
function registered(kind: ResourceKind, name: string, args: object, program: Program) {
  const places = Object.fromEntries(Object.keys(kind.fields).map((field) => [field, undefined]));
  const own = { ...places, ...filledIn(kind, args, program), ...args };
  const { __provider, ...properties } = propertiesOf(kind, own);
  // a promise, so that the resource is refused if it holds a secret
  return { ...properties, __provider: withoutSecrets(`${kind.name} '${name}'`, args).then(() => __provider) };
}

/** Inputs that only a program knows: which version of a secret is meant, and the id of an object of others. */
function filledIn(kind: ResourceKind, args: object, { secretVersions, lookUps }: Program): Record<string, unknown> {
  const known = outputs.output(args) as Output<Record<string, unknown>>;
  if ("secretVersion" in kind.fields)
    return { secretVersion: known.apply(async (values) => versionOf(kind.secretsOf?.(values) ?? [])) };
  if ("found" in kind.fields) return { found: known.apply((values) => lookUps.idOf(values as Referenced)) };
  return {};

  async function versionOf(names: readonly string[]): Promise<string | undefined> {
    return names.length === 0 ? undefined : secretVersions.of(names);
  }
}

/** @throws RunError if a value is a secret: state, log and service show what is declared here */
async function withoutSecrets(what: string, args: object): Promise<void> {
  const { isSecret } = outputs.output(args as Input<object>) as unknown as { readonly isSecret: Promise<boolean> };
  if (await isSecret)
    throw new errors.RunError(
      `${what} has an argument that is a secret of Pulumi. What is declared here is readable in the log and at the service: ` +
        `give the name of a secret in Key Vault or in the environment instead (credentials.secret), or unsecret() the value.`,
    );
}
