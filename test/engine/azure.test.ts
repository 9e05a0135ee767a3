import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { known } from "../../emulator/core/defaultSeed.ts";
import { tenantId, tokenFor } from "../../emulator/families/identity.ts";
import { exampleConfig } from "../providers/azure/declaredAzure.ts";
import { EngineStack } from "./harness/engineStack.ts";

/** What the plugin's double says it did. */
interface Report {
  readonly event: "created" | "updated" | "deleted";
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const pluginFolder = "azure-native-plugin";
const dev = exampleConfig("dev").azure;

/** A stack on the real engine, with the double in the place of azure-native's plugin. */
async function startStack(onReport: (stack: EngineStack, report: Report) => void) {
  const reports: Report[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const report = JSON.parse(body) as Report;
      reports.push(report);
      onReport(stack, report);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stack = await EngineStack.start({
    env: {
      AZURE_DOUBLE_REPORTS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      FABRIC_ACCESS_TOKEN: tokenFor(known.deployer, tenantId, "fabric", Date.now()),
    },
  });
  mkdirSync(join(stack.folder, pluginFolder));
  const plugin = join(stack.folder, pluginFolder, "pulumi-resource-azure-native");
  writeFileSync(plugin, `#!/bin/sh\nexec node '${join(import.meta.dirname, "harness/azureNativePlugin.ts")}' "$@"\n`);
  chmodSync(plugin, 0o755);
  const project = join(stack.folder, "Pulumi.yaml");
  const entry = `plugins:\n  providers:\n    - { name: azure-native, path: ${join(stack.folder, pluginFolder)} }\n`;
  writeFileSync(project, `${readFileSync(project, "utf8")}${entry}`);
  const close = async () => {
    server.close();
    await stack[Symbol.asyncDispose]();
  };
  return { stack, reports, close };
}

describe("an environment with a capacity of its own", () => {
  let stack: EngineStack;
  let close: () => Promise<void>;
  let reports: Report[];
  /** How many workspaces were on each capacity when it was deleted. */
  const workspacesAtDeletion: [capacity: string, workspaces: number][] = [];
  /** Names of the capacities of the workspaces, as the service has them. */
  const capacitiesOf = ({ service }: EngineStack["emulator"], displayName: string) =>
    service.workspaces
      .all()
      .filter((workspace) => workspace.displayName === displayName)
      .map(({ capacityId }) => capacityId && service.capacities.get(capacityId)?.displayName);
  const configure = (protectData: boolean, capacity = "fabricdev") =>
    stack.configure({
      endpoint: stack.emulator.url,
      protectData,
      azure: { ...dev, capacity: { ...dev.capacity, name: capacity } },
      workspaces: [
        { name: "sales", capacity },
        { name: "other", capacity: "local" },
      ],
    });
  before(async () => {
    ({ stack, close, reports } = await startStack(({ emulator: { service } }, { event, type, name }) => {
      if (!type.endsWith(":FabricCapacity")) return;
      if (event === "created") {
        service.capacities.put({ id: randomUUID(), displayName: name, sku: "F2", region: "", state: "Active" });
        return;
      }
      const id = service.capacities.all().find(({ displayName }) => displayName === name)?.id;
      workspacesAtDeletion.push([name, service.workspaces.all().filter(({ capacityId }) => capacityId === id).length]);
    }));
    configure(true);
  });
  after(() => close());

  it("is deployed in one run: the workspace waits for its capacity, other workspaces do not", async () => {
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.doesNotMatch(up.text, /warning/);
    assert.deepEqual(capacitiesOf(stack.emulator, "sales"), ["fabricdev"]);
    const { deployment } = await stack.state();
    const dependenciesOf = (name: string) => {
      const resource = deployment.resources?.find(({ urn }) => urn.endsWith(`fabric:Workspace::${name}`));
      return (resource as { dependencies?: string[] }).dependencies?.map((urn) => urn.split("::").at(-1)) ?? [];
    };
    assert.deepEqual(dependenciesOf("sales"), ["fabricdev"]);
    assert.deepEqual(dependenciesOf("other"), []);
  });

  it("keeps its connection string encrypted in the state, and shows it to who may see secrets", async () => {
    const secret = "connectionString of appi-fabric-dev";
    const { text: exported } = await stack.run(["stack", "export"]);
    assert.ok(
      !/(connectionString|instrumentationKey) of appi-fabric-dev/.test(exported),
      "the state holds it in plain text",
    );
    assert.doesNotMatch((await stack.run(["stack", "output", "azure"])).text, new RegExp(secret));
    const shown = await stack.run(["stack", "output", "azure", "--show-secrets"]);
    assert.deepEqual(JSON.parse(shown.text), { connectionString: secret });
  });

  it("is not destroyed while its data is protected", async () => {
    const destroy = await stack.destroy();
    assert.notEqual(destroy.code, 0);
    assert.match(destroy.text, /protect/);
    assert.deepEqual(
      reports.filter(({ event }) => event === "deleted"),
      [],
    );
  });

  it("changes nothing when nothing was changed", async () => {
    configure(false);
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(up.steps, []);
    assert.equal(reports.length, 4, "Azure was told something");
  });

  it("moves its workspaces to a capacity of another name before the old one goes", async () => {
    configure(false, "fabricnew");
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(up.steps, ["update Workspace sales"]);
    assert.deepEqual(capacitiesOf(stack.emulator, "sales"), ["fabricnew"]);
    assert.deepEqual(workspacesAtDeletion, [["fabricdev", 0]]);
  });

  it("is destroyed with its workspaces before their capacity, and the resource group last", async () => {
    const destroy = await stack.destroy();
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(workspacesAtDeletion.at(-1), ["fabricnew", 0]);
    assert.equal(reports.at(-1)?.name, "rg-fabric-dev");
  });
});

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

  it("is rolled back whole, the capacity's old size and the secret included", async () => {
    const { stack, reports, close } = await startStack(() => undefined);
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

  it("that was the first leaves nothing, protected as it was to be", async () => {
    const { stack, reports, close } = await startStack(() => undefined);
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

  it("is told of what it changed in Azure where rollback is off", async () => {
    const { stack, close } = await startStack(() => undefined);
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
  it("is deployed in a stack of its own, with federated credentials one after the other, and cannot be destroyed", async () => {
    const { stack, reports, close } = await startStack(() => undefined);
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
