import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { callApi } from "../harness/existingEnvironment.ts";
import { salesBranch } from "../harness/salesBranch.ts";

/*
 * A forced replacement (`--replace`, a taint) deletes the old object first: names are unique at the service. What its delete
 * leaves is the stack's own all the same, so that it goes when its declaration goes.
 */

const quick = ["--yes", "--skip-preview"];
const bob = { principal: "bob@contoso.com", role: "Member" };
const ingest = { name: "ingest", path: "fabric/sales/ingest.Notebook" };
const sales = { name: "sales", capacity: "local" };

type Service = EngineStack["emulator"]["service"];

async function deployed(workspace: Record<string, unknown>, other: Record<string, unknown> = {}): Promise<EngineStack> {
  const stack = await EngineStack.start();
  stack.configure({ ...other, workspaces: [{ ...sales, ...workspace }] });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
  return stack;
}

/** What a command writes. */
async function writesOf(stack: EngineStack, work: () => Promise<{ code: number; text: string }>): Promise<string[]> {
  const begun = stack.emulator.requests().length;
  const { code, text } = await work();
  assert.equal(code, 0, text);
  return stack.calls(begun).filter((call) => !call.startsWith("GET") && !call.endsWith("/getDefinition"));
}

const replace = (stack: EngineStack, pattern: string) =>
  writesOf(stack, () => stack.command("cli/up.ts", [...quick, "--replace", pattern]));

/** Takes everything but the workspace out of the configuration. */
async function undeclare(stack: EngineStack, workspace: Record<string, unknown> = sales): Promise<void> {
  assert.deepEqual((await stack.preview()).steps, []);
  stack.configure({ workspaces: [workspace] });
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
}

describe("a forced replacement", () => {
  const roles = "/workspaces/{workspaceId}/roleAssignments";
  const git = "/workspaces/{workspaceId}/git";
  const items = "/workspaces/{workspaceId}/items";
  const cases = [
    {
      what: "a role",
      pattern: "**WorkspaceUser::sales/bob@contoso.com",
      declared: { users: [bob] },
      calls: [`DELETE ${roles}/{principalId}`, `POST ${roles}`],
      isThere: ({ roles }: Service) => roles.all().some(({ principalId }) => principalId === known.bob),
    },
    {
      what: "a Git connection",
      pattern: "**GitConnection::sales",
      declared: { git: salesBranch },
      calls: [`POST ${git}/disconnect`, `POST ${git}/connect`],
      isThere: ({ gitConnections }: Service) => gitConnections.all().length > 0,
    },
    {
      what: "a notebook",
      pattern: "**Item::sales/ingest",
      declared: { items: [ingest] },
      calls: [`DELETE ${items}/{itemId}`, `POST ${items}`],
      isThere: ({ items }: Service) => items.all().length > 0,
    },
  ];
  for (const { what, pattern, declared, calls, isThere } of cases) {
    it(`A forced replacement of ${what} deletes it and makes it anew, and it is the stack's own as before`, async () => {
      await using stack = await deployed(declared);
      const writes = await replace(stack, pattern);
      assert.deepEqual(writes.slice(0, 2), calls);
      await undeclare(stack);
      assert.equal(isThere(stack.emulator.service), false);
    });
  }

  const folders = "/workspaces/{workspaceId}/folders";

  it("A forced replacement of an empty folder deletes it and makes it anew, and it is the stack's own as before", async () => {
    await using stack = await deployed({ items: [{ ...ingest, folder: "/reports" }] });
    const [item] = stack.emulator.service.items.all();
    await callApi(stack, "POST", `/workspaces/${item?.workspaceId}/items/${item?.id}/move`, {});
    const writes = await replace(stack, "**Folder::sales/reports");
    assert.deepEqual(writes, [`DELETE ${folders}/{folderId}`, `POST ${folders}`, `POST ${items}/{itemId}/move`]);
    await undeclare(stack);
    assert.deepEqual(stack.emulator.service.folders.all(), []);
  });

  it("A forced replacement of a folder that is not empty leaves it, and it is the stack's own as before", async () => {
    await using stack = await deployed({ items: [{ ...ingest, folder: "/reports/daily" }] });
    const before = stack.emulator.service.folders.all();
    assert.deepEqual(await replace(stack, "**Folder::**"), [
      `DELETE ${folders}/{folderId}`,
      `POST ${folders}`,
      `DELETE ${folders}/{folderId}`,
      `POST ${folders}`,
    ]);
    assert.deepEqual(stack.emulator.service.folders.all(), before);
    await undeclare(stack);
    assert.deepEqual(stack.emulator.service.folders.all(), []);
  });

  for (const useRollback of [true, false]) {
    const next = useRollback ? "the rollback" : "the next up";
    it(`A forced replacement of a folder that is not empty and whose create fails leaves it the stack's own after ${next}`, async () => {
      const declared = { ...sales, users: [bob], items: [{ ...ingest, folder: "/reports" }] };
      await using stack = await deployed(declared, { features: { useRetryLogic: true, useRollback } });
      stack.emulator.faults([{ method: "POST", route: folders, status: 400, errorCode: "Broken" }]);
      const patterns = ["--replace", "**Folder::**", "--replace", "**WorkspaceUser::**"];
      const up = await stack.command("cli/up.ts", [...quick, ...patterns]);
      assert.equal(up.code, useRollback ? 1 : 2, up.text);
      assert.match(up.text, useRollback ? /fully rolled back/ : /remains/);
      if (!useRollback) assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
      await undeclare(stack);
      assert.deepEqual(stack.emulator.service.folders.all(), []);
      assert.ok(!stack.emulator.service.roles.all().some(({ principalId }) => principalId === known.bob));
    });
  }

  it("A forced replacement of the last Admin's role leaves it, and it is the stack's own as before", async () => {
    const carol = { principal: "carol@contoso.com", role: "Admin" };
    const stranger = known.deployer;
    await using stack = await deployed({ users: [carol] });
    const { roles } = stack.emulator.service;
    const own = roles.all().find(({ principalId }) => principalId === stranger);
    assert.ok(own);
    roles.change(own.id, { role: "Member" });
    await replace(stack, "**WorkspaceUser::**");
    roles.change(own.id, { role: "Admin" });
    await undeclare(stack);
    assert.deepEqual(
      roles.all().map(({ principalId }) => principalId),
      [stranger],
    );
  });

  it("A forced replacement under plain pulumi says what is lost before it deletes a workspace or what holds data", async () => {
    await using stack = await deployed({ items: [{ name: "bronze", type: "Lakehouse" }, ingest] });
    const lakehouse = await stack.up({}, "--replace", "**Item::**");
    assert.equal(lakehouse.code, 0, lakehouse.text);
    assert.match(
      lakehouse.text,
      /Lakehouse 'bronze' is deleted to be made anew, because .* forced: its data goes with it/,
    );
    assert.doesNotMatch(lakehouse.text, /Notebook 'ingest' is deleted/);
    const workspace = await stack.up({}, "--replace", "**Workspace::sales");
    assert.equal(workspace.code, 0, workspace.text);
    assert.match(workspace.text, /Lakehouse 'bronze' is deleted to be made anew.*its data goes with it/);
    assert.match(workspace.text, /workspace 'sales' is deleted to be made anew.*everything in it goes with it/);
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("A forced replacement whose create fails is taken back by the rollback", async () => {
    await using stack = await deployed({ items: [ingest], users: [bob] });
    stack.configure({
      features: { useRetryLogic: true, useRollback: true },
      workspaces: [{ ...sales, items: [ingest], users: [bob] }],
    });
    for (const [pattern, route] of [
      ["**Item::sales/ingest", items],
      ["**WorkspaceUser::**", roles],
    ] as const) {
      stack.emulator.faults([{ method: "POST", route, status: 400, errorCode: "Broken" }]);
      const up = await stack.command("cli/up.ts", [...quick, "--replace", pattern], { PULUMI_OPTION_REPLACE: pattern });
      assert.equal(up.code, 1, up.text);
      assert.match(up.text, /fully rolled back/);
      const { service } = stack.emulator;
      assert.equal(service.items.all().length, 1);
      assert.ok(service.roles.all().some(({ principalId }) => principalId === known.bob));
      assert.deepEqual((await stack.preview()).steps, []);
    }
    await undeclare(stack);
    assert.deepEqual(stack.emulator.service.items.all(), []);
  });

  it("A forced replacement that is marked by a taint does the same, under plain pulumi too", async () => {
    await using stack = await deployed({ users: [bob] });
    const { deployment } = await stack.state();
    const urn = deployment.resources?.find(({ type }) => type.endsWith(":WorkspaceUser"))?.urn ?? "";
    const tainted = await stack.run(["state", "taint", urn, "--yes"]);
    assert.equal(tainted.code, 0, tainted.text);
    assert.deepEqual(await writesOf(stack, () => stack.up()), [`DELETE ${roles}/{principalId}`, `POST ${roles}`]);
    await undeclare(stack);
    assert.ok(!stack.emulator.service.roles.all().some(({ principalId }) => principalId === known.bob));
  });
});
