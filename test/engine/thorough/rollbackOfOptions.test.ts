import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/* Rollbacks of programs that use what Pulumi offers and this project's own program does not. */

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };

/** A program that declares one thing at first, and another when the description is "second". */
const program = (first: string, second: string, outputs = "{}") => `
import * as pulumi from "@pulumi/pulumi";
import { FabricProvider, FabricResource } from "./providers/program/fabricResource.ts";
import { workspace } from "./providers/kinds/workspace/workspace.ts";
import { item } from "./providers/kinds/item/item.ts";
const config = new pulumi.Config("fabric");
const isSecond = config.getObject<{ description: string }[]>("workspaces")?.[0]?.description === "second";
const settings = {
  stack: "test", endpoint: "emulator", features: { useRetryLogic: true, useRollback: true }, credential: "auto",
  transactionLog: ".fabric/transactions",
} as const;
const provider = new FabricProvider("fabric", settings);
class Group extends pulumi.ComponentResource {
  constructor(name: string, opts = {}) { super("test:Group", name, {}, opts); this.registerOutputs({ name }); }
}
const make = (name: string, args = {}, opts = {}) =>
  new FabricResource(workspace, name, { displayName: name, capacity: "local", ...args }, { provider, ...opts });
const makeItem = (name: string, workspaceId: unknown, opts = {}) =>
  new FabricResource(item, name, { workspaceId, type: "DataPipeline", displayName: name } as never, { provider, ...opts });
let made: Record<string, unknown> = {};
if (isSecond) { ${second} } else { ${first} }
export const outputs = ${outputs};
`;
const configure = (stack: EngineStack, description: string) =>
  stack.configure({ features, workspaces: [{ name: "x", description }] });

/** Deploys the first program, lets the second fail at its last object, and compares everything. */
async function isTakenBack(source: string, then?: (stack: EngineStack) => Promise<void> | void): Promise<void> {
  await using stack = await EngineStack.start({ program: source });
  configure(stack, "first");
  const up = await stack.command("cli/up.ts", quick);
  assert.equal(up.code, 0, up.text);
  const before = { world: worldOf(stack), state: await resources(stack) };
  configure(stack, "second");
  stack.emulator.faults([
    {
      method: "POST",
      route: "/workspaces",

      status: 400,
      errorCode: "Broken",
      delayMs: 800,
    },
  ]);
  const failed = await stack.command("cli/up.ts", quick);
  assert.equal(failed.code, 1, failed.text);
  assert.match(failed.text, /fully rolled back/);
  assert.deepEqual({ world: worldOf(stack), state: await resources(stack) }, before);
  configure(stack, "first");
  assert.deepEqual((await stack.preview()).steps, [], "state and declaration agree again");
  await then?.(stack);
}

/** The resources of the state, in order, without times, positions in programs and what encryption makes anew each time. */
async function resources(stack: EngineStack) {
  const passing = ["created", "modified", "sourcePosition", "stackTrace", "ciphertext", "sequenceNumber"];
  const { deployment } = await stack.state();
  const lines = (deployment.resources ?? []).map((resource) =>
    JSON.stringify(resource, (key, value: unknown) => {
      if (passing.includes(key)) return undefined;
      if (key !== "propertyDependencies") return value;
      // a rollback registers inputs that a program leaves to their defaults, and which depend on nothing
      return Object.fromEntries(
        Object.entries(value as Record<string, string[]>).filter(([, urns]) => urns.length > 0),
      );
    }),
  );
  return lines.sort().map((line) => JSON.parse(line) as unknown);
}

describe("a rollback of a program", () => {
  it("A rollback of a program that has renamed objects by aliases finds them again, and keeps their ids", async () => {
    await isTakenBack(
      program(
        `const a = make("a"); makeItem("i", a.id, { parent: a });`,
        `const b = make("b", { displayName: "a" }, { aliases: [{ name: "a" }] }); makeItem("i", b.id, { parent: b }); make("last", {}, { dependsOn: b });`,
      ),
    );
  });

  it("A rollback of a program that has renamed a provider and a component finds all that they hold again", async () => {
    await isTakenBack(
      program(
        `const own = new FabricProvider("own", settings); const group = new Group("g");
         const a = make("a", {}, { parent: group, provider: own }); makeItem("i", a.id, { parent: a, deletedWith: a, provider: own });`,
        `const own = new FabricProvider("other", settings, { aliases: [{ name: "own" }] }); const group = new Group("h", { aliases: [{ name: "g" }] });
         const a = make("b", { displayName: "a" }, { parent: group, provider: own, aliases: [{ name: "a" }] });
         makeItem("i", a.id, { parent: a, deletedWith: a, provider: own }); make("last", {}, { dependsOn: a });`,
      ),
    );
  });

  it("A rollback of a program that has let go of objects with retainOnDelete has them again", async () => {
    await isTakenBack(
      program(
        `make("kept", {}, { retainOnDelete: true }); make("other");`,
        `make("other", { description: "new" }); make("last");`,
      ),
      (stack) => assert.equal(stack.emulator.service.workspaces.all().length, 2),
    );
  });

  it("A rollback of a program with components, secret outputs and deletedWith restores these too", async () => {
    await isTakenBack(
      program(
        `const group = new Group("g"); const a = make("a", {}, { parent: group }); makeItem("i", a.id, { parent: group, deletedWith: a });
         made = { id: a.id, secret: pulumi.secret("canary-output") };`,
        `const group = new Group("h"); const a = make("a", { description: "new" }, { parent: group, aliases: [{ parent: pulumi.rootStackResource }] });
         make("last", {}, { dependsOn: a }); made = { id: "another" };`,
        "made",
      ),
      async (stack) => {
        const { text } = await stack.run(["stack", "output", "outputs", "--show-secrets", "--json", "--stack", "test"]);
        assert.match(text, /canary-output/);
      },
    );
  });
});
