import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { bronzeOf, environment, idOf, repair } from "../harness/drifted.ts";
import { EngineStack } from "../harness/engineStack.ts";

/* Changes behind Pulumi's back: refresh shows them, and the next up repairs them. */

describe("drift", () => {
  let start: EngineStack;
  let stack: EngineStack;
  const service = () => stack.emulator.service;

  before(async () => {
    start = await EngineStack.start();
    start.configure(environment);
    const up = await start.up();
    assert.equal(up.code, 0, up.text);
  });
  after(() => start[Symbol.asyncDispose]());
  beforeEach(async () => {
    stack = await EngineStack.copyOf(start);
  });
  afterEach(() => stack[Symbol.asyncDispose]());

  it("Drift finds nothing where nothing changed, with one list of each kind", async () => {
    const before = stack.emulator.requests().length;
    const { repaired } = await repair(stack);
    assert.deepEqual(repaired, []);
    assert.deepEqual(stack.calls(before).sort(), [
      "GET /workspaces",
      "GET /workspaces/{workspaceId}",
      "GET /workspaces/{workspaceId}/folders",
      "GET /workspaces/{workspaceId}/git/connection",
      "GET /workspaces/{workspaceId}/git/myGitCredentials",
      "GET /workspaces/{workspaceId}/items",
      "GET /workspaces/{workspaceId}/roleAssignments",
    ]);
  });

  it("Drift makes deleted objects again", async () => {
    const id = idOf(stack, "sales-test");
    service().roles.delete(`${id}/${known.alice}`);
    service().gitConnections.delete(id);
    service().items.delete(bronzeOf(stack)?.id ?? "");
    const { repaired, found } = await repair(stack);
    assert.match(found, /- 3 deleted/);
    assert.deepEqual(repaired, [
      "create GitConnection sales",
      "create Item sales/bronze",
      "create WorkspaceUser sales/alice@contoso.com",
    ]);
    assert.equal(service().roles.get(`${id}/${known.alice}`)?.role, "Admin");
  });

  it("Drift makes one of two workspaces again, with everything in it", async () => {
    const lost = idOf(stack, "sales-test");
    for (const collection of [service().roles, service().folders, service().items]) {
      for (const owned of collection.all()) if (owned.workspaceId === lost) collection.delete(owned.id);
    }
    service().gitConnections.delete(lost);
    service().workspaces.delete(lost);
    const { repaired } = await repair(stack);
    assert.deepEqual(repaired, [
      "create Folder sales/raw",
      "create GitConnection sales",
      "create Item sales/bronze",
      "create Workspace sales",
      "create WorkspaceUser sales/alice@contoso.com",
    ]);
    assert.notEqual(idOf(stack, "sales-test"), lost);
  });

  it("Drift takes nothing for gone while the capacity is paused, and names it", async () => {
    service().capacities.change(known.activeCapacity, { state: "Inactive" });
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 1);
    assert.match(refresh.text, /capacity 'local', which is paused.*az fabric capacity resume --capacity-name local/s);
    service().capacities.change(known.activeCapacity, { state: "Active" });
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("Drift takes nothing for gone when the service shows no workspace at all, unless told that it is so", async () => {
    const roles = service()
      .roles.all()
      .filter(({ principalId }) => principalId === known.deployer);
    for (const { id } of roles) service().roles.delete(id);
    const refresh = await stack.refresh();
    assert.equal(refresh.code, 1);
    assert.match(refresh.text, /shows no workspace at all.*FABRIC_CONFIRM_GONE=true/s);
    for (const role of roles) service().roles.put(role);
    assert.deepEqual((await stack.preview()).steps, [], "the state forgot something");

    for (const { id } of roles) service().roles.delete(id);
    const confirmed = await stack.refresh({ FABRIC_CONFIRM_GONE: "true" });
    assert.equal(confirmed.code, 0, confirmed.text);
    assert.match(confirmed.text, /- 6 deleted/);
  });
});
