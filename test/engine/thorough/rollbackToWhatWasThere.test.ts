import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { after, before, edit, environment, features, refusal, refused, valuesOf } from "../harness/editedSales.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";
import { notebookParts, notebookSource } from "../../notebookSource.ts";

const quick = ["--yes", "--skip-preview"];

describe("a failed deployment", () => {
  it("A failed deployment gives no role back that somebody else has taken away since", async () => {
    let act: () => void = () => undefined;
    await using stack = await EngineStack.start({ emulator: { onFault: () => act() } });
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { roles } = stack.emulator.service;
    const takeAway = () =>
      void roles.delete(roles.all().find(({ principalId }) => principalId === known.bob)?.id ?? "");
    act = () => void setTimeout(takeAway, 1000);

    stack.emulator.faults([refusal]);
    stack.configure(environment({ ...after, lakehouse: refused }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.equal(valuesOf(stack).role, undefined, up.text);
  });

  it("A failed deployment takes away again what somebody had taken away before it, and makes nothing of that anew", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { items, roles } = stack.emulator.service;
    for (const { id } of items.all()) items.delete(id);
    for (const { id } of roles.all().filter(({ principalId }) => principalId === known.bob)) roles.delete(id);
    // the refresh sees what is gone, the role and the item are made anew, and then the lakehouse is refused
    stack.emulator.faults([{ ...refusal, nth: 2 }]);
    stack.configure(environment({ ...before, lakehouse: { ...refused, folder: "/reports" } }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview", "--refresh"]);
    assert.equal(up.code, 1, up.text);
    const bobs = roles.all().filter(({ principalId }) => principalId === known.bob);
    assert.deepEqual([items.all(), bobs], [[], []], up.text);
    // without the fault, everything is as declared
    stack.emulator.faults([]);
    const last = await stack.command("cli/up.ts", ["--yes", "--skip-preview", "--refresh"]);
    assert.equal(last.code, 0, last.text);
    const types = items.all().map(({ type }) => type);
    assert.ok(types.includes("DataPipeline") && types.includes("Lakehouse"), types.join());
    assert.equal(roles.all().filter(({ principalId }) => principalId === known.bob).length, 1);
  });

  it("A failed deployment leaves what somebody else has changed since it wrote there, and says so with exit code 2", async () => {
    let act: () => void = () => undefined;
    await using stack = await EngineStack.start({ emulator: { onFault: () => act() } });
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    act = () => void setTimeout(() => edit(stack, "edited meanwhile", "Contributor"), 1000);

    stack.emulator.faults([refusal]);
    stack.configure(environment({ ...after, lakehouse: refused }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    const meanwhile = { workspace: "edited meanwhile", item: "edited meanwhile", role: "Contributor" };
    assert.deepEqual(valuesOf(stack), meanwhile, up.text);
    for (const what of ["Workspace 'sales'", "Item 'flow'", "WorkspaceUser 'bob@contoso.com'"])
      assert.match(up.text, new RegExp(`${what}.*\\n?.*was changed by somebody else`), up.text);
  });

  it("A failed deployment leaves alone what only its refresh has seen: what was renamed in the portal keeps that name", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { folders, workspaces } = stack.emulator.service;
    for (const { id } of folders.all()) folders.change(id, { displayName: "renamed in the portal" });
    // the workspace's refusal comes before anything in it is changed
    const route = "/workspaces/{workspaceId}";
    stack.emulator.faults([{ method: "PATCH", route, status: 400, errorCode: "Broken" }]);
    stack.configure(environment({ ...before, description: "ours" }));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview", "--refresh"]);
    assert.equal(up.code, 1, up.text);
    assert.deepEqual(
      [folders.all().map(({ displayName }) => displayName), workspaces.all()[0]?.description],
      [["renamed in the portal"], "declared"],
      up.text,
    );
  });

  it("A failed deployment puts an item back into its folder, also if it had deleted the folder and has to make it anew", async () => {
    await using stack = await EngineStack.start();
    stack.configure(environment(before));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { items, folders } = stack.emulator.service;
    const place = () => {
      const item = items.all().find(({ displayName }) => displayName === "flow");
      return folders.all().find(({ id }) => id === item?.folderId)?.displayName;
    };
    assert.equal(place(), "reports");
    // the folder is deleted at the end, and the role after it is refused
    const route = "/workspaces/{workspaceId}/roleAssignments/{principalId}";
    const broken = { status: 400, errorCode: "Broken", delayMs: 2_000 } as const;
    stack.emulator.faults([{ method: "DELETE", route, ...broken }]);
    const [workspace] = environment({ ...before, folder: "archive" }).workspaces;
    stack.configure({ features, workspaces: [{ ...workspace, users: [] }] });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.match(up.text, /Folder sales\/reports deleted/);
    assert.equal(up.code, 1, up.text);
    assert.equal(place(), "reports", up.text);
  });

  it("A failed deployment that deleted an identity makes it anew, and lists that its rights are gone, with exit code 2", async () => {
    await using stack = await EngineStack.start();
    const [workspace] = environment(before).workspaces;
    const declare = (identity: object | undefined, description: string) =>
      stack.configure({ features, workspaces: [{ ...workspace, identity, items: [{ ...refused, description }] }] });
    declare({ protect: false }, "one");
    const first = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(first.code, 0, first.text);
    const idsNow = () => stack.emulator.service.workspaces.all()[0]?.identity?.applicationId;
    const had = idsNow();
    // what is no longer declared is deleted at the end, so the failure comes after it: a second delete that is refused
    const route = "/workspaces/{workspaceId}/roleAssignments/{principalId}";
    stack.emulator.faults([
      { method: "DELETE", route, status: 400, errorCode: "Broken", delayMs: 1000, times: "forever", sticky: true },
    ]);
    stack.configure({
      features,
      workspaces: [{ ...workspace, users: [], items: [{ ...refused, description: "one" }] }],
    });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.ok(idsNow() !== undefined && idsNow() !== had, up.text);
    assert.match(up.text, /WorkspaceIdentity 'sales'.*every right that it was given cannot be given back/);
  });

  it("A failed deployment is rolled back to what people had put into items, also into one without a declared definition, in each of two workspaces", async () => {
    await using stack = await EngineStack.start();
    const write = (path: string, text: string) => {
      const [type = "", displayName] = [path.split(".")[1], path.split("/").at(-1)?.split(".")[0]];
      mkdirSync(join(stack.folder, path), { recursive: true });
      writeFileSync(join(stack.folder, path, ".platform"), JSON.stringify({ metadata: { type, displayName } }));
      const content = JSON.stringify({ text });
      if (type === "Notebook")
        writeFileSync(join(stack.folder, path, "notebook-content.py"), notebookSource(`# ${content}\n`));
      else writeFileSync(join(stack.folder, path, "pipeline-content.json"), content);
    };
    for (const root of ["items/first", "items/second"]) write(`${root}/ingest.Notebook`, root);
    write("items/second/flow.DataPipeline", "ours");
    const both = (items: readonly object[]) => ({
      features,
      workspaces: ["one", "two"].map((name) => ({ name, capacity: "local", items })),
    });
    stack.configure(
      both([
        { name: "ingest", path: "items/first/ingest.Notebook" },
        { name: "flow", type: "DataPipeline" },
      ]),
    );
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { items, workspaces } = stack.emulator.service;
    for (const { id, type, displayName, workspaceId } of items.all()) {
      const [part] = notebookParts(`theirs: ${displayName} in ${workspaces.get(workspaceId)?.displayName}`);
      assert.ok(part);
      items.change(id, { parts: [type === "Notebook" ? part : { ...part, path: "pipeline-content.json" }] });
    }
    const contents = () =>
      items.all().map(({ id, parts = [] }) => [id, ...parts.filter(({ path }) => path !== ".platform")]);
    const was = contents();

    stack.emulator.faults([refusal]);
    stack.configure(
      both([
        { name: "ingest", path: "items/second/ingest.Notebook" },
        { name: "flow", path: "items/second/flow.DataPipeline" },
        refused,
      ]),
    );
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 1, up.text);
    assert.deepEqual(contents(), was, up.text);
  });

  it("A failed deployment makes an item that it had deleted again with what people had put into it, although nobody declared that", async () => {
    await using stack = await EngineStack.start();
    const sales = (items: readonly object[]) => ({
      features,
      workspaces: [{ name: "sales", displayName: "sales", capacity: "local", items }],
    });
    stack.configure(sales([{ name: "flow", type: "DataPipeline" }]));
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    const { items } = stack.emulator.service;
    const payload = Buffer.from("theirs").toString("base64");
    const parts = [{ path: "pipeline-content.json", payload, payloadType: "InlineBase64" }];
    for (const { id } of items.all()) items.change(id, { parts });

    // an item of another type under that key deletes the one before it, and is refused then
    stack.emulator.faults([refusal]);
    stack.configure(sales([{ name: "flow", type: "Notebook" }]));
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 1, up.text);
    const contents = items
      .all()
      .map((item) => [item.type, item.displayName, ...(item.parts ?? []).filter(({ path }) => path !== ".platform")]);
    assert.deepEqual(contents, [["DataPipeline", "flow", ...parts]], up.text);
  });
});

describe("a workspace that got a capacity and items in one deployment, which failed", () => {
  it("A workspace that got a capacity and items in one deployment, which failed, is without both after the rollback", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features, workspaces: [{ name: "sales" }] });
    const first = await stack.command("cli/up.ts", quick);
    assert.equal(first.code, 0, first.text);
    const before = worldOf(stack);
    const items = ["bronze", "silver"].map((name) => ({ name, type: "Lakehouse" }));
    stack.configure({ features, workspaces: [{ name: "sales", capacity: "local", items }] });
    const route = "/workspaces/{workspaceId}/items";
    stack.emulator.faults([{ method: "POST", route, nth: 2, status: 400, errorCode: "Broken" }]);
    const failed = await stack.command("cli/up.ts", quick);
    assert.equal(failed.code, 1, failed.text);
    assert.deepEqual(worldOf(stack), before, failed.text);
  });
});
