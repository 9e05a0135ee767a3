import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { handlerOf } from "../../providers/engine/handler.ts";
import { salesBranch } from "../engine/harness/salesBranch.ts";
import { Bench, deployed, kindOf } from "./providerBench.ts";
import type { KindKey, Properties } from "./providerBench.ts";

const workspaceId = "55555555-5555-4555-8555-000000000001";
const lake = { workspaceId, type: "Lakehouse", displayName: "lh-demo" };
const viewer = { workspaceId, principal: known.alice, type: "ServicePrincipalProfile", role: "Viewer" };

type Rule = [kind: KindKey, inputs: Properties, property: string, right: Properties];

const rules: Rule[] = [
  ["item", lake, "displayName", { ...lake, displayName: "lh_demo" }],
  ...["Dashboard", "Datamart", "MirroredWarehouse", "SQLEndpoint"].map((type): Rule => {
    const inputs = { workspaceId, type, displayName: "sales" };
    return ["item", inputs, "type", { ...inputs, adopt: true }];
  }),
  ["workspaceUser", viewer, "role", { ...viewer, role: "Admin" }],
  [
    "gitConnection",
    { ...salesBranch, workspaceId, branchName: "refs/heads/main" },
    "branchName",
    { ...salesBranch, workspaceId },
  ],
];

/** The properties that the engine's check of a program's resource finds fault with. No run is there to call anything. */
async function faults(kind: KindKey, olds: Properties, news: Properties): Promise<string[]> {
  const host = { isSignInRefused: false, isLookRefused: false, failed: () => undefined } as const;
  const nothing = (): never => assert.fail("a check calls nothing");
  const handler = handlerOf(kindOf(kind), { ...host, run: nothing, configuration: nothing });
  const { failures = [] } = (await handler.check?.(olds, news)) ?? {};
  return failures.map(({ property }) => property);
}

describe("fixed rules of the service, for programs of one's own", () => {
  for (const [kind, wrong, property, right] of rules)
    it(`What a new ${kindOf(kind).noun} cannot be is refused by the check, before any call; one that exists is left as it is`, async () => {
      assert.deepEqual(await faults(kind, {}, wrong), [property]);
      assert.deepEqual(await faults(kind, {}, right), []);
      assert.deepEqual(await faults(kind, wrong, wrong), []);
    });

  for (const type of ["CosmosDBDatabase", "MLModel"])
    it(`An item of type ${type} keeps its name: another one is refused by the check, with both names and what to do`, async () => {
      const before = { workspaceId, type, displayName: "orders", description: "", adopt: false, adoptFromGit: false };
      const renamed = { ...before, displayName: "sales" };
      assert.deepEqual(await faults("item", before, renamed), ["displayName"]);
      const { message = "" } = kindOf("item").refusesChange?.(before, renamed) ?? {};
      assert.match(
        message,
        new RegExp(`'orders' cannot become 'sales'. Keep the name.*another key: name: ${type}/sales`),
      );
      assert.deepEqual(await faults("item", before, { ...before, description: "new" }), []);
      // a new object may have any name
      assert.deepEqual(await faults("item", before, { ...renamed, workspaceId: known.alice }), []);
      assert.deepEqual(await faults("item", { ...before, type: "Notebook" }, { ...renamed, type: "Notebook" }), []);
    });

  it("An item of such a name that exists can be declared with adopt: true", async () => {
    assert.deepEqual(await faults("item", {}, { ...lake, adopt: true }), []);
  });
});

describe("fixed rules of the service, at the emulator", () => {
  it("The emulator renames no model of machine learning, as the service does", async () => {
    await using bench = await Bench.start();
    const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "w", capacity: "local" });
    const { id, olds } = await deployed(bench, "item", { workspaceId, type: "MLModel", displayName: "churn" });
    const process = await bench.process("item");
    const renaming = process.update(id, olds, { ...olds, displayName: "retention" });
    await assert.rejects(renaming, /MLModelDisplayNameCannotBeChanged \(400/);
  });

  it("The emulator refuses a lakehouse's name and a profile as Viewer as the service does", async () => {
    await using bench = await Bench.start();
    const { id } = await deployed(bench, "workspace", { displayName: "w", capacity: "local" });
    const process = await bench.process("item");
    await assert.rejects(process.create({ ...lake, workspaceId: id, description: "" }), /InvalidInput \(400/);
    await process.end();
    bench.emulator.service.principals.put({ id: workspaceId, type: "ServicePrincipalProfile", displayName: "p" });
    const users = await bench.process("workspaceUser");
    const profile = { ...viewer, workspaceId: id, principal: workspaceId };
    await assert.rejects(users.create(profile), /WorkspaceRoleNotAllowedForServicePrincipalProfile \(400/);
    const { outs } = await users.create({ ...profile, role: "Admin" });
    assert.equal(outs?.role, "Admin");
  });
});
