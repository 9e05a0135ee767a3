import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench, deployed, kindOf } from "./providerBench.ts";
import { check } from "../../providers/engine/resourceKind.ts";

/* An item that shows only later where programs reach it. */

/** An item that shows other properties than such an item would, and what waits for its endpoints. */
async function waitingFor(type: string, properties: Record<string, unknown>, bench: Bench) {
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  const itemId = "33333333-3333-4333-8333-000000000001";
  bench.emulator.service.items.put({
    id: itemId,
    workspaceId,
    displayName: "orders",
    description: "",
    type,
    properties,
  });
  const { inputs } = check(kindOf("itemEndpoint"), {}, { workspaceId, itemId });
  return { itemId, create: async () => (await bench.process("itemEndpoint", {}, { isPatient: false })).create(inputs) };
}

/** Properties that a type does not show at first. */
const early = {
  Lakehouse: [
    { sqlEndpointProperties: undefined, oneLakeTablesPath: undefined, oneLakeFilesPath: undefined },
    { sqlEndpointProperties: undefined },
    { sqlEndpointProperties: { connectionString: null, id: null, provisioningStatus: "InProgress" } },
  ],
  MirroredDatabase: [{ sqlEndpointProperties: undefined }],
  Warehouse: [{ connectionString: null }],
  SQLDatabase: [{ serverFqdn: undefined, connectionString: undefined }],
  Eventhouse: [{ queryServiceUri: null }],
} as const;

describe("the endpoints of an item", () => {
  for (const [type, all] of Object.entries(early))
    for (const properties of all)
      it(`The endpoints of a new ${type} are waited for while it shows ${JSON.stringify(properties, (_key, value: unknown) => value ?? null)}`, async () => {
        let show: () => void = () => undefined;
        await using bench = await Bench.start(() => void show());
        const { itemId, create } = await waitingFor(type, properties, bench);
        show = () => bench.emulator.service.items.change(itemId, { properties: {} });
        bench.emulator.faults([{ method: "GET", route: `s/${itemId}`, nth: 6 }]);
        const { outs } = await create();
        const { sqlEndpoint, queryServiceUri } = outs ?? {};
        assert.ok(sqlEndpoint ?? queryServiceUri, JSON.stringify(outs));
      });

  it("The endpoints of an item that never shows any end the wait, with a word on what to do", async () => {
    await using bench = await Bench.start();
    const { create } = await waitingFor("Lakehouse", { sqlEndpointProperties: undefined }, bench);
    await assert.rejects(
      create(),
      /The endpoint of item .* is not ready after 10 minutes\. Run again to go on waiting/,
    );
  });
});
