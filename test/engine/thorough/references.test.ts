import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { callApi } from "../harness/existingEnvironment.ts";
import { EngineStack } from "../harness/engineStack.ts";

/** A second program that reads the outputs of the first. */
const reader = `
const pulumi = require("@pulumi/pulumi");
const other = new pulumi.StackReference("organization/fabric/test");
exports.bronze = other.requireOutput("workspaces").apply((all) => all.sales.endpoints.bronze);
exports.shared = other.requireOutput("references").apply((all) => all.shared.targetId);
`;

/** Deploys the second program beside the first, and returns its outputs. */
async function readBySecondProgram(stack: EngineStack): Promise<Record<string, unknown>> {
  const folder = join(stack.folder, "reader");
  mkdirSync(folder);
  writeFileSync(join(folder, "Pulumi.yaml"), "name: reader\nruntime: nodejs\nmain: index.cjs\n");
  writeFileSync(join(folder, "index.cjs"), reader);
  writeFileSync(join(folder, "package.json"), '{"name": "reader"}');
  symlinkSync(join(stack.folder, "node_modules"), join(folder, "node_modules"));
  for (const args of [
    ["stack", "init", "reader"],
    ["up", "--yes", "--skip-preview"],
  ]) {
    const { code, text } = await stack.runIn(folder, args);
    assert.equal(code, 0, text);
  }
  const { text } = await stack.runIn(folder, ["stack", "output", "--json"]);
  return JSON.parse(text) as Record<string, unknown>;
}

describe("references", () => {
  it("References are looked up in every up and never in a preview, shown when they change, used under their names, and told with endpoints to a second program", async () => {
    await using stack = await EngineStack.start({ emulator: { sqlEndpointMs: 200 } });
    const { service } = stack.emulator;
    const shared = await callApi(stack, "POST", "/workspaces", {
      displayName: "Shared data",
      capacityId: known.activeCapacity,
    });
    const notebook = { displayName: "tools", type: "Notebook" };
    const item = await callApi(stack, "POST", `/workspaces/${shared.id}/items`, notebook);
    const references = [
      { name: "shared", workspace: "Shared data" },
      { name: "tools", workspace: "Shared data", item: "tools" },
      { name: "git", connection: "contoso GitHub" },
      { name: "network", gateway: "contoso network" },
    ];
    const sales = {
      name: "sales",
      capacity: "local",
      git: { ...knownBranch, connection: "git" },
      items: [{ name: "bronze", type: "Lakehouse", endpoints: true }],
    };
    const declared = { protectData: false, references, workspaces: [sales] };
    stack.configure(declared);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    const outputs = JSON.parse((await stack.run(["stack", "output", "--json"])).text) as {
      references: Record<string, { targetId: string }>;
      workspaces: Record<
        string,
        { id: string; items: Record<string, string>; endpoints: Record<string, Record<string, string>> }
      >;
    };
    const targets = Object.entries(outputs.references).map(([name, { targetId }]) => [name, targetId]);
    assert.deepEqual(Object.fromEntries(targets), {
      shared: shared.id,
      tools: item.id,
      git: known.gitHubConnection,
      network: known.gateway,
    });
    const bronze = outputs.workspaces["sales"]?.endpoints["bronze"];
    const bronzeId = outputs.workspaces["sales"]?.items["bronze"];
    assert.match(bronze?.["sqlEndpoint"] ?? "", /^\w+\.datawarehouse\.fabric\.microsoft\.com$/);
    assert.match(bronze?.["oneLakeTablesPath"] ?? "", new RegExp(`/${bronzeId}/Tables$`));

    assert.deepEqual(await readBySecondProgram(stack), { bronze, shared: shared.id });

    const begun = stack.emulator.requests().length;
    const preview = await stack.preview();
    assert.deepEqual([preview.steps, stack.calls(begun)], [[], []], preview.text);

    service.connections.delete(known.gitHubConnection);
    service.connections.put({ id: "renewed", body: { id: "renewed", displayName: "contoso GitHub" } });
    const refreshed = await stack.run(["preview", "--refresh", "--diff"]);
    assert.match(refreshed.text, /renewed/, refreshed.text);
    const again = await stack.up();
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(again.steps, ["update GitConnection sales", "update Reference git"], again.text);
    assert.match(JSON.stringify(service.gitConnections.all()), /renewed/);

    stack.configure({ ...declared, references: [...references, { name: "none", capacity: "no such" }] });
    const missing = await stack.up();
    assert.notEqual(missing.code, 0);
    assert.match(missing.text, /reference 'none': there is no capacity 'no such' that the deploying identity can see/);
  });
});
