import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { managedPrivateEndpoint } from "../../providers/kinds/workspace/managedPrivateEndpoint.ts";
import { Bench, deployed } from "./providerBench.ts";

const [example] = managedPrivateEndpoint.entry?.declare(managedPrivateEndpoint.entry.example) ?? [];

async function workspaceOf(bench: Bench): Promise<string> {
  return (await deployed(bench, "workspace", { displayName: "sales" })).id;
}

describe("a managed private endpoint", () => {
  it("A managed private endpoint is there when the service has provisioned it, and tells its approval on refresh", async () => {
    await using bench = await Bench.start();
    const workspaceId = await workspaceOf(bench);
    bench.emulator.service.levers.operationDelayMs = 700;
    const own = await deployed(bench, "managedPrivateEndpoint", { workspaceId, ...example?.args });
    assert.equal(own.olds["provisioningState"], "Succeeded");
    assert.deepEqual(own.olds["connectionState"], { status: "Pending" });

    const id = own.id.split("/")[1] ?? "";
    bench.emulator.service.managedPrivateEndpoints.change(id, { status: "Approved" });
    const process = await bench.process("managedPrivateEndpoint");
    const { props } = await process.read(own.id, own.olds);
    assert.deepEqual((props as Record<string, unknown>)["connectionState"], { status: "Approved" });
    await process.delete(own.id, own.olds);
    assert.deepEqual(bench.emulator.service.managedPrivateEndpoints.all(), []);
  });

  it("A managed private endpoint that could not be provisioned says what to do, and is taken away where a failed deployment is rolled back", async () => {
    await using bench = await Bench.start();
    const workspaceId = await workspaceOf(bench);
    bench.emulator.service.levers.operationDelayMs = 300;
    const making = deployed(bench, "managedPrivateEndpoint", { workspaceId, ...example?.args });
    while (bench.emulator.service.managedPrivateEndpoints.all().length === 0) await new Promise(setImmediate);
    const [made] = bench.emulator.service.managedPrivateEndpoints.all();
    bench.emulator.service.managedPrivateEndpoints.change(made?.id ?? "", { fails: true });
    await assert.rejects(making, /managed private endpoint 'sales-sql' failed at the service\. .*remove its entry/);
    assert.deepEqual(bench.emulator.service.managedPrivateEndpoints.all(), []);
  });

  it("A managed private endpoint is made after the one before it in its workspace is ready, because the service refuses two at a time", async () => {
    await using bench = await Bench.start();
    const workspaceId = await workspaceOf(bench);
    bench.emulator.service.levers.operationDelayMs = 300;
    const process = await bench.process("managedPrivateEndpoint");
    const before = bench.emulator.requests().length;
    await Promise.all(["a", "b"].map((name) => process.create({ workspaceId, ...example?.args, name })));
    const calls = bench.emulator.requests().slice(before);
    const writes = calls.flatMap(({ method }, index) => (method === "POST" ? [index] : []));
    assert.equal(writes.length, 2);
    const between = calls.slice(writes[0], writes[1]);
    const isWaitedFor = between.some(({ method, path }) => method === "GET" && /endpoints\/[\w-]+$/i.test(path));
    assert.ok(isWaitedFor, "the second was sent before the first was ready");
  });
});
