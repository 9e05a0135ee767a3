import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prepareForRollback } from "../../../cli/rollback/preparedCheckpoint.ts";
import { providerUrnOf, resourcesOf } from "../../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint, CheckpointResource } from "../../../lib/checkpoint/checkpoint.ts";
import { dice } from "../../dice.ts";
import type { Dice } from "../../dice.ts";

const urnOf = (name: string) => `urn:pulumi:s::p::pulumi-nodejs:dynamic/fabric:Item::${name}`;
const providerUrn = (name: string) => `urn:pulumi:s::p::pulumi:providers:pulumi-nodejs::${name}`;
const checkpoint = (resources: readonly CheckpointResource[]): Checkpoint => ({
  version: 3,
  deployment: { resources },
});

/** How a resource may be in the state of a run that failed. */
const fates = ["same", "renamed", "waits for deletion", "waits for its replacement", "gone"] as const;

/** A resource of the saved state: which earlier ones it names, and its fate. */
interface Drawn {
  readonly parent: number | undefined;
  readonly deletedWith: number | undefined;
  readonly dependency: number | undefined;
  readonly fate: (typeof fates)[number];
}

function draw(random: Dice, count: number): Drawn[] {
  return Array.from({ length: count }, (_, index) => {
    const earlier = () => (index > 0 && random(2) === 0 ? random(index) : undefined);
    const fate = fates[random(fates.length)] ?? "same";
    return { parent: earlier(), deletedWith: earlier(), dependency: earlier(), fate };
  });
}

/** The provider and its resources, as a state has them. */
function stateOf(drawn: readonly Drawn[], providerName: string, nameOf: (index: number) => string) {
  const named = (index: number | undefined) => (index === undefined ? undefined : urnOf(nameOf(index)));
  return [
    { urn: providerUrn(providerName), type: "pulumi:providers:pulumi-nodejs", custom: true, id: "provider" },
    ...drawn.map((one, index): CheckpointResource => {
      const [parent, deletedWith, dependency] = [one.parent, one.deletedWith, one.dependency].map(named);
      return {
        urn: urnOf(nameOf(index)),
        type: "pulumi-nodejs:dynamic/fabric:Item",
        custom: true,
        id: `id ${index}`,
        provider: `${providerUrn(providerName)}::provider`,
        ...(parent !== undefined && { parent }),
        ...(deletedWith !== undefined && { deletedWith }),
        ...(dependency !== undefined && { dependencies: [dependency], propertyDependencies: { of: [dependency] } }),
      };
    }),
  ];
}

/** URNs that a resource names. */
const namedBy = (resource: CheckpointResource) => [
  ...[resource.parent, resource.deletedWith, providerUrnOf(resource)].flatMap((urn) => urn ?? []),
  ...(resource.dependencies ?? []),
  ...Object.values(resource.propertyDependencies ?? {}).flat(),
];

describe("the state that a rollback begins with", () => {
  it("The state that a rollback begins with names only resources that come earlier in it, whatever the run renamed, replaced and dropped", () => {
    for (let seed = 1; seed <= 5000; seed++) {
      const random = dice(seed);
      const drawn = draw(random, 1 + random(6));
      const saved = stateOf(drawn, "one", (index) => `old ${index}`);
      const nameNow = (index: number) => (drawn[index]?.fate === "renamed" ? `new ${index}` : `old ${index}`);
      const now = stateOf(drawn, random(3) === 0 ? "two" : "one", nameNow);
      const current = now.flatMap((resource, index): CheckpointResource[] => {
        const fate = drawn[index - 1]?.fate;
        if (fate === "gone") return [];
        if (fate === "waits for deletion") return [{ ...resource, delete: true }];
        return [fate === "waits for its replacement" ? { ...resource, pendingReplacement: true } : resource];
      });
      const before = new Set<string>();
      for (const resource of resourcesOf(prepareForRollback(checkpoint(current), checkpoint(saved)).checkpoint)) {
        for (const urn of namedBy(resource))
          assert.ok(before.has(urn), `seed ${seed}: ${resource.urn} names ${urn}, which is not before it`);
        before.add(resource.urn);
      }
    }
  });
});
