import assert from "node:assert/strict";
import { it } from "node:test";
import mocks from "@pulumi/pulumi/runtime/mocks.js";
import { item } from "../../../providers/kinds/item/item.ts";
import { reference } from "../../../providers/kinds/reference/reference.ts";
import { workspaceIdentity } from "../../../providers/kinds/workspace/workspaceIdentity.ts";
import { FabricResource } from "../../../providers/program/fabricResource.ts";

it("A resource begins with the arguments that were given, and with the outputs that are shown or read, because the SDK keeps each for good", async () => {
  const sent = new Map<string, object>();
  await mocks.setMocks({
    newResource: ({ name, inputs }) => {
      sent.set(name, inputs as object);
      return { id: `${name}-id`, state: {} };
    },
    call: () => ({}),
  });
  const flow = { workspaceId: "w", type: "DataPipeline", displayName: "flow", description: undefined } as const;
  const names = (resource: object, declared: readonly string[]) =>
    Object.keys(resource).filter((name) => declared.includes(name));
  const ofItem = [...Object.keys(item.fields), ...item.outputs];
  assert.deepEqual(names(new FabricResource(item, "flow", flow, {}), ofItem).toSorted(), [
    "displayName",
    "type",
    "workspaceId",
  ]);
  const identity = new FabricResource(workspaceIdentity, "identity", { workspaceId: "w" }, {});
  assert.deepEqual(names(identity, workspaceIdentity.outputs).toSorted(), ["applicationId", "servicePrincipalId"]);
  const own = new FabricResource(reference, "hub", { name: "hub", workspace: "Hub" }, {}, ["servicePrincipalId"]);
  assert.deepEqual(names(own, reference.outputs).toSorted(), ["servicePrincipalId", "targetId", "workspaceId"]);
  await new Promise<void>((done) => void own.urn.apply(() => done()));
  assert.deepEqual(Object.keys(sent.get("flow") ?? {}).toSorted(), [
    "__provider",
    "displayName",
    "type",
    "workspaceId",
  ]);
});
