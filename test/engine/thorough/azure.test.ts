import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exampleConfig } from "../../providers/azure/declaredAzure.ts";
import { dev, startAzureStack } from "../harness/azureStack.ts";
import type { Report } from "../harness/azureStack.ts";

describe("a failed deployment with Azure resources", () => {
  const features = { useRetryLogic: true, useRollback: true };
  const quick = ["--yes", "--skip-preview"];
  const failing = {
    method: "POST",
    route: "/workspaces/{workspaceId}/items",
    status: 400,
    errorCode: "CorruptedPayload",
    times: "forever",
    // long enough for Azure's side to be done
    delayMs: 1_000,
  } as const;
  const workspace = { name: "sales", capacity: "local" };
  const broken = { ...workspace, items: [{ name: "bronze", type: "Lakehouse" }] };

  it("A failed deployment with Azure resources is rolled back whole, the capacity's old size and the secret included", async () => {
    const { stack, reports, close } = await startAzureStack(() => undefined);
    const configure = (azure: object, workspaces: object[]) =>
      stack.configure({ endpoint: stack.emulator.url, protectData: true, features, azure, workspaces });
    try {
      configure(dev, [workspace]);
      const up = await stack.command("cli/up.ts", quick);
      assert.equal(up.code, 0, up.text);
      const known = reports.length;

      configure({ ...dev, capacity: { ...dev.capacity, sku: "F4" } }, [broken]);
      stack.emulator.faults([failing]);
      const failed = await stack.command("cli/up.ts", quick);
      assert.equal(failed.code, 1, failed.text);
      assert.match(failed.text, /fully rolled back/);
      assert.deepEqual(
        reports.slice(known).map(({ event, name, inputs }) => [event, name, inputs["sku"]]),
        [
          ["updated", "fabricdev", { name: "F4", tier: "Fabric" }],
          ["updated", "fabricdev", { name: "F2", tier: "Fabric" }],
        ],
      );
      assert.ok(!(await stack.run(["stack", "export"])).text.includes("connectionString of appi-fabric-dev"));

      stack.emulator.faults([]);
      configure(dev, [workspace]);
      assert.equal((await stack.up()).code, 0);
      assert.equal(reports.length, known + 2, "state and declaration do not agree");
    } finally {
      await close();
    }
  });

  it("A failed deployment with Azure resources that was the first leaves nothing, protected as it was to be", async () => {
    const { stack, reports, close } = await startAzureStack(() => undefined);
    stack.configure({ endpoint: stack.emulator.url, protectData: true, features, azure: dev, workspaces: [broken] });
    stack.emulator.faults([failing]);
    try {
      const failed = await stack.command("cli/up.ts", quick);
      assert.equal(failed.code, 1, failed.text);
      const names = (event: Report["event"]) =>
        reports.flatMap((report) => (report.event === event ? [report.name] : [])).sort();
      assert.ok(names("created").includes("fabricdev"));
      assert.deepEqual(names("deleted"), names("created"));
    } finally {
      await close();
    }
  });

  it("A failed deployment with Azure resources is told of what it changed in Azure where rollback is off", async () => {
    const { stack, close } = await startAzureStack(() => undefined);
    const own = { ...features, useRollback: false };
    const configure = (sku: string, workspaces: object[]) =>
      stack.configure({
        endpoint: stack.emulator.url,
        features: own,
        azure: { ...dev, capacity: { ...dev.capacity, sku } },
        workspaces,
      });
    try {
      configure("F2", [workspace]);
      assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
      configure("F4", [broken]);
      stack.emulator.faults([failing]);
      const failed = await stack.command("cli/up.ts", quick);
      assert.equal(failed.code, 2, failed.text);
      assert.match(failed.text, /What it did remains:\n {2}changed FabricCapacity 'fabricdev'\n/);
    } finally {
      await close();
    }
  });
});

describe("a foundation", () => {
  it("A foundation is deployed in a stack of its own, with federated credentials one after the other, and cannot be destroyed", async () => {
    const { stack, reports, close } = await startAzureStack(() => undefined);
    const { azure, tenantId: ownTenant } = exampleConfig("foundation");
    stack.configure({ endpoint: stack.emulator.url, tenantId: ownTenant, azure, workspaces: [] });
    try {
      const up = await stack.up();
      assert.equal(up.code, 0, up.text);
      const { deployment } = await stack.state();
      const own = deployment.resources?.filter(({ type }) => type.startsWith("azure-native:")) as {
        urn: string;
        type: string;
        protect?: boolean;
        dependencies?: string[];
      }[];
      assert.equal(own.length, reports.length);
      assert.deepEqual(
        own.filter(({ protect }) => !protect).map(({ urn }) => urn),
        [],
      );
      const before = own
        .filter(({ urn, type }) => type.endsWith(":FederatedIdentityCredential") && urn.includes("id-fabric-deployer"))
        .map(({ dependencies }) => dependencies?.filter((urn) => urn.includes("FederatedIdentity")).length);
      assert.deepEqual(before, [0, 1, 1]);
      const destroy = await stack.destroy();
      assert.notEqual(destroy.code, 0);
      assert.match(destroy.text, /protect/);
      assert.deepEqual(
        reports.filter(({ event }) => event === "deleted"),
        [],
      );
    } finally {
      await close();
    }
  });
});
