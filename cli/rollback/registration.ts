import * as pulumi from "@pulumi/pulumi";
import { leaveOutStackTraces } from "../../providers/engine/sdkQuirks.ts";
import {
  SECRET_MARK,
  isOfFabric,
  liveResourcesOf,
  providerUrnOf,
  resourceNameOf,
} from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../lib/checkpoint/checkpoint.ts";

/** Value of Pulumi's mark for a secret; other values mark assets and archives. */
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

leaveOutStackTraces();

class SavedProvider extends pulumi.ProviderResource {
  constructor(pkg: string, name: string, inputs: pulumi.Inputs, opts: pulumi.ResourceOptions) {
    super(pkg, name, inputs, opts);
  }
}

class SavedResource extends pulumi.CustomResource {}

class SavedComponent extends pulumi.ComponentResource {
  constructor(
    type: string,
    name: string,
    inputs: pulumi.Inputs,
    opts: pulumi.ComponentResourceOptions,
    outputs: pulumi.Inputs,
  ) {
    super(type, name, inputs, opts);
    this.registerOutputs(outputs);
  }
}

/**
 * A program that declares the content of a checkpoint: the same types, names, parents, inputs, providers, dependencies and
 * secrets. A run of this program takes the stack back by the engine's own means.
 * @param saved the checkpoint to go back to, with its secrets decrypted
 * @param current the present checkpoint, to recognise renamed resources
 * @returns the stack's outputs
 */
export function savedProgram(saved: Checkpoint, current: Checkpoint): () => Promise<Record<string, unknown>> {
  return async () => {
    const registered = new Map<string, pulumi.Resource>();
    const savedByUrn = new Map(liveResourcesOf(saved).map((resource) => [resource.urn, resource]));
    const currentUrns = new Set(liveResourcesOf(current).map(({ urn }) => urn));
    let outputs: Record<string, unknown> = {};
    for (const resource of liveResourcesOf(saved)) {
      if (resource.type === "pulumi:pulumi:Stack") {
        outputs = secretsOf(resource.outputs ?? {}) as Record<string, unknown>;
        continue;
      }
      const name = resourceNameOf(resource.urn);
      const options = optionsOf(resource, registered);
      const renamed = currentUrns.has(resource.urn) ? undefined : renamedTo(resource, current, savedByUrn);
      if (renamed) options.aliases = [renamed.urn];
      const inputs = { ...(secretsOf(resource.inputs ?? {}) as Record<string, unknown>) };
      if (resource.type.startsWith("pulumi:providers:")) {
        delete inputs["version"];
        registered.set(resource.urn, new SavedProvider(resource.type.split(":").at(-1) ?? "", name, inputs, options));
      } else if (!resource.custom) {
        const component = secretsOf(resource.outputs ?? {}) as pulumi.Inputs;
        registered.set(resource.urn, new SavedComponent(resource.type, name, inputs, options, component));
      } else {
        rewire(resource, inputs, savedByUrn, registered);
        for (const output of Object.keys(resource.outputs ?? {})) if (!(output in inputs)) inputs[output] = undefined;
        registered.set(resource.urn, new SavedResource(resource.type, name, inputs, options));
      }
    }
    return Object.fromEntries(
      Object.entries(outputs).map(([key, value]) => [key, withNewIds(value, idsOf(savedByUrn.values(), registered))]),
    );
  };
}

function optionsOf(
  resource: CheckpointResource,
  registered: ReadonlyMap<string, pulumi.Resource>,
): pulumi.CustomResourceOptions {
  const options: pulumi.CustomResourceOptions = {
    dependsOn: (resource.dependencies ?? []).flatMap((urn) => registered.get(urn) ?? []),
    ...(resource.protect !== undefined && { protect: resource.protect }),
    ...(resource.retainOnDelete !== undefined && { retainOnDelete: resource.retainOnDelete }),
    ...(resource.additionalSecretOutputs && { additionalSecretOutputs: [...resource.additionalSecretOutputs] }),
  };
  // as in FabricResource; checkpoints do not hold such options
  if (isOfFabric(resource.type)) options.deleteBeforeReplace = true;
  const parent = resource.parent && registered.get(resource.parent);
  if (parent) options.parent = parent;
  const deletedWith = resource.deletedWith && registered.get(resource.deletedWith);
  if (deletedWith) options.deletedWith = deletedWith;
  const provider = registered.get(providerUrnOf(resource) ?? "");
  if (provider) options.provider = provider as pulumi.ProviderResource;
  return options;
}

/** The same object under another URN, if the failed run renamed its resource. Checkpoints do not hold aliases. */
function renamedTo(
  resource: CheckpointResource,
  current: Checkpoint,
  saved: ReadonlyMap<string, CheckpointResource>,
): CheckpointResource | undefined {
  return liveResourcesOf(current).find(
    ({ urn, type, id }) => type === resource.type && id !== undefined && id === resource.id && !saved.has(urn),
  );
}

type Ids = ReadonlyMap<string, pulumi.Output<string>>;

/** Parts of the ids after the rollback, by the same parts of the saved ids. */
function idsOf(resources: Iterable<CheckpointResource>, registered: ReadonlyMap<string, pulumi.Resource>): Ids {
  const ids = new Map<string, pulumi.Output<string>>();
  for (const { urn, id } of resources) {
    const now = registered.get(urn);
    if (!id || !(now instanceof pulumi.CustomResource)) continue;
    for (const [index, half] of id.split("/").entries()) {
      if (!ids.has(half))
        ids.set(
          half,
          now.id.apply((whole) => whole.split("/")[index] ?? whole),
        );
    }
  }
  return ids;
}

/** Inputs can hold the id of another resource. If that resource is made anew, its new id takes the old one's place. */
function rewire(
  resource: CheckpointResource,
  inputs: Record<string, unknown>,
  saved: ReadonlyMap<string, CheckpointResource>,
  registered: ReadonlyMap<string, pulumi.Resource>,
): void {
  for (const [property, urns] of Object.entries(resource.propertyDependencies ?? {})) {
    const sources = urns.flatMap((urn) => saved.get(urn) ?? []);
    if (sources.length > 0 && property in inputs)
      inputs[property] = withNewIds(inputs[property], idsOf(sources, registered));
  }
}

function withNewIds(value: unknown, ids: Ids): unknown {
  if (typeof value === "string") return textWithNewIds(value, ids);
  if (Array.isArray(value)) return value.map((element) => withNewIds(element, ids));
  if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withNewIds(inner, ids)]));
}

function textWithNewIds(text: string, ids: Ids): unknown {
  const found = [...ids].filter(([id]) => id.length >= 8 && text.includes(id));
  if (found.length === 0) return text;
  return pulumi
    .all(found.map(([, now]) => now))
    .apply((fresh) => found.reduce((rewritten, [id], index) => rewritten.replaceAll(id, fresh[index] ?? id), text));
}

/** Values of a decrypted checkpoint, with its secrets marked as secrets. */
function secretsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(secretsOf);
  if (typeof value !== "object" || value === null) return value;
  const properties = value as Record<string, unknown>;
  if (properties[SECRET_MARK] === SECRET) {
    if (typeof properties["plaintext"] !== "string")
      throw new Error("The saved checkpoint holds a secret that was not decrypted.");
    return pulumi.secret(secretsOf(JSON.parse(properties["plaintext"])));
  }
  return Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, secretsOf(inner)]));
}
