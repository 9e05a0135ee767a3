import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { dev, startAzureStack } from "./harness/azureStack.ts";
import type { EngineStack } from "./harness/engineStack.ts";

describe("an environment with a capacity of its own", () => {
  it("An environment with a capacity of its own is deployed in one run, keeps its secrets encrypted, moves its workspaces before the old capacity goes, and is destroyed in order", async () => {
    /** How many workspaces were on each capacity when it was deleted. */
    const workspacesAtDeletion: [capacity: string, workspaces: number][] = [];
    /** Names of the capacities of the workspaces, as the service has them. */
    const capacitiesOf = ({ service }: EngineStack["emulator"], displayName: string) =>
      service.workspaces
        .all()
        .filter((workspace) => workspace.displayName === displayName)
        .map(({ capacityId }) => capacityId && service.capacities.get(capacityId)?.displayName);

    const { stack, close, reports } = await startAzureStack(({ emulator: { service } }, { event, type, name }) => {
      if (!type.endsWith(":FabricCapacity")) return;
      if (event === "created") {
        service.capacities.put({ id: randomUUID(), displayName: name, sku: "F2", region: "", state: "Active" });
        return;
      }
      const id = service.capacities.all().find(({ displayName }) => displayName === name)?.id;
      workspacesAtDeletion.push([name, service.workspaces.all().filter(({ capacityId }) => capacityId === id).length]);
    });

    await using _stack = { [Symbol.asyncDispose]: close };
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

    configure(true);

    // the workspace waits for its capacity, other workspaces do not
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

    // the connection string is encrypted in the state, and shown to who may see secrets
    const secret = "connectionString of appi-fabric-dev";
    const { text: exported } = await stack.run(["stack", "export"]);
    assert.ok(
      !/(connectionString|instrumentationKey) of appi-fabric-dev/.test(exported),
      "the state holds it in plain text",
    );
    assert.doesNotMatch((await stack.run(["stack", "output", "azure"])).text, new RegExp(secret));
    const shown = await stack.run(["stack", "output", "azure", "--show-secrets"]);
    assert.deepEqual(JSON.parse(shown.text), { connectionString: secret });

    // protected data is not destroyed
    const destroy = await stack.destroy();
    assert.notEqual(destroy.code, 0);
    assert.match(destroy.text, /protect/);
    assert.deepEqual(
      reports.filter(({ event }) => event === "deleted"),
      [],
    );

    // nothing changed, nothing to do
    configure(false);
    const same = await stack.up();
    assert.equal(same.code, 0, same.text);
    assert.deepEqual(same.steps, []);
    assert.equal(reports.length, 4, "Azure was told something");

    // workspaces move to a capacity of another name before the old one goes
    configure(false, "fabricnew");
    const moved = await stack.up();
    assert.equal(moved.code, 0, moved.text);
    assert.deepEqual(moved.steps, ["update Workspace sales"]);
    assert.deepEqual(capacitiesOf(stack.emulator, "sales"), ["fabricnew"]);
    assert.deepEqual(workspacesAtDeletion, [["fabricdev", 0]]);

    // workspaces go before their capacity, and the resource group last
    const gone = await stack.destroy();
    assert.equal(gone.code, 0, gone.text);
    assert.deepEqual(workspacesAtDeletion.at(-1), ["fabricnew", 0]);
    assert.equal(reports.at(-1)?.name, "rg-fabric-dev");
  });
});
