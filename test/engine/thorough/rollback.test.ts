import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { worldOf } from "../harness/worldOf.ts";
import { features, first, quick, started } from "../harness/failingSales.ts";

/* A deployment is a transaction: what failed is taken back whole, by the engine and the log. */

describe("a failed deployment", () => {
  it("A failed deployment that was the first ever leaves nothing", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    const before = worldOf(stack);
    stack.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", nth: 3, status: 400, errorCode: "CorruptedPayload" },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /CorruptedPayload/);
    const lines = up.text.slice(up.text.indexOf("Rolling back transaction"));
    assert.match(
      lines,
      /^Rolling back transaction test-\S+\. Reason: create Notebook 'ingest' failed: CorruptedPayload .*\n(Cleaning up .*\n)/,
    );
    assert.match(lines, /Cleaning up Workspace 'sales' \([0-9a-f-]{36}\)/);
    assert.match(lines, /✓ Successfully cleaned up Workspace\n✓ Transaction test-\S+ fully rolled back/);
    assert.deepEqual(worldOf(stack), before);
    assert.equal((await stack.command("cli/rollback.ts")).code, 1, "there is nothing to roll back any more");
  });

  it("A failed deployment says what is left to do by hand when an object cannot be removed, and a second rollback finishes it", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", nth: 3, status: 400, errorCode: "CorruptedPayload" },
      { method: "DELETE", route: "/workspaces/{workspaceId}", status: 400, errorCode: "StillInUse", times: "forever" },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    assert.match(up.text, /To be done by hand:\n {2}Workspace 'sales' \([0-9a-f-]{36}\) +delete failed/);
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
    stack.emulator.faults([]);
    const again = await stack.command("cli/rollback.ts");
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });

  it("A failed deployment takes deleted items back from the recycle bin, where there is one: with their ids", async () => {
    await using stack = await started({ itemRecovery: true });
    stack.configure({ features, workspaces: [first] });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    const before = worldOf(stack);
    const idsOf = () => stack.emulator.service.items.all().map(({ id }) => id);
    const ids = idsOf().sort();
    const items = [
      { name: "bronze", type: "Lakehouse", displayName: "bronze", creationPayload: { enableSchemas: true } },
      { name: "last", type: "Notebook", displayName: "last" },
    ];
    stack.configure({ features, workspaces: [{ ...first, items }] });
    stack.emulator.faults([
      { method: "DELETE", route: "/workspaces/{workspaceId}/folders/{folderId}", status: 400, errorCode: "Broken" },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.deepEqual(worldOf(stack), before);
    assert.deepEqual(idsOf().sort(), ids);
  });

  it("A failed deployment stays as it is with useRollback off, and is rolled back when asked for", async () => {
    await using stack = await started();
    stack.configure({ features: { useRetryLogic: true }, workspaces: [first] });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", nth: 3, status: 400, errorCode: "CorruptedPayload" },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    assert.match(up.text, /useRollback is off\. What it did remains:\n {2}created Workspace 'sales-test'\n/);
    assert.match(up.text, /To take it back: npm run rollback -- --stack test/);
    assert.equal(stack.emulator.service.workspaces.all().length, 1);
    const rolledBack = await stack.command("cli/rollback.ts");
    assert.equal(rolledBack.code, 0, rolledBack.text);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
  });

  it("A failed deployment ends with 1 and touches nothing where nothing had been done", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [{ ...first, capacity: "nowhere" }] });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.doesNotMatch(up.text, /Rolling back/);
  });

  it("A failed deployment restores secrets of the saved checkpoint, and never writes them to disk in clear", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [{ ...first, items: [] }] });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    // as if the description had been declared as a secret
    const secret = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      plaintext: '"canary-description"',
    };
    const state = await stack.state();
    for (const resource of state.deployment.resources ?? []) {
      if (!resource.type.endsWith(":Workspace")) continue;
      Object.assign(resource.inputs ?? {}, { description: secret });
      Object.assign(resource.outputs ?? {}, { description: secret });
    }
    writeFileSync(join(stack.folder, "secret.json"), JSON.stringify(state));
    assert.equal((await stack.run(["stack", "import", "--stack", "test", "--file", "secret.json"])).code, 0);
    rmSync(join(stack.folder, "secret.json"));

    const second = { ...first, items: [{ name: "last", type: "Notebook", displayName: "last" }] };
    stack.configure({ features, workspaces: [second] });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", status: 400, errorCode: "CorruptedPayload" },
    ]);
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    // the service never had the state's value
    assert.equal(stack.emulator.service.workspaces.all()[0]?.description, "before");
    const files = readdirSync(stack.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) {
      const content = readFileSync(join(file.parentPath, file.name), "utf8");
      assert.ok(!content.includes("canary-description"), `${file.parentPath}/${file.name} holds the secret`);
    }
    assert.doesNotMatch(up.text, /canary-description/);
    const shown = await stack.run(["stack", "export", "--stack", "test", "--show-secrets"]);
    assert.match(shown.text, /canary-description/);
  });
});

describe("a committed deployment", () => {
  it("A committed deployment cannot be rolled back", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [{ ...first, items: [] }] });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    const rollback = await stack.command("cli/rollback.ts");
    assert.equal(rollback.code, 1);
    assert.match(rollback.text, /has no transaction that could be rolled back/);
    assert.equal(stack.emulator.service.workspaces.all()[0]?.displayName, "sales-test");
    assert.equal(
      stack.emulator.service.roles.get(`${stack.emulator.service.workspaces.all()[0]?.id}/${known.alice}`)?.role,
      "Member",
    );
  });
});

describe("a create that fails half-way", () => {
  it("A create that fails half-way undoes its own steps with useRollback on, and leaves nothing in the state", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [{ ...first, users: [], items: [] }] });
    stack.emulator.faults([{ method: "GET", route: "/workspaces/{workspaceId}", status: 400, errorCode: "Broken" }]);
    const up = await stack.up();
    assert.equal(up.code, 1);
    assert.match(up.text, /Broken \(400/);
    assert.deepEqual(stack.emulator.service.workspaces.all(), []);
    const { deployment } = await stack.state();
    assert.equal(
      deployment.resources?.some(({ type }) => type.endsWith(":Workspace")),
      false,
    );
  });
});

describe("a plain pulumi up with useRollback", () => {
  const remedy = /Deployment test-\S+ is incomplete\. To take it back: npm run rollback -- --stack test/g;

  it("A plain pulumi up with useRollback says in one line how to go back when it failed, and rollback does so", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    assert.equal((await stack.up()).code, 0);
    const before = worldOf(stack);
    stack.configure({ features, workspaces: [{ ...first, description: "after", users: [], items: [] }] });
    stack.emulator.faults([
      { method: "DELETE", route: "/workspaces/{workspaceId}/items/{itemId}", status: 400, errorCode: "StillInUse" },
    ]);
    const up = await stack.up();
    assert.equal(up.code, 1, up.text);
    // the CLI shows what comes in while it runs, and again at its end
    assert.equal(up.text.slice(up.text.indexOf("Diagnostics:")).match(remedy)?.length, 1, up.text);
    const rollback = await stack.command("cli/rollback.ts");
    assert.equal(rollback.code, 0, rollback.text);
    assert.match(rollback.text, /fully rolled back/);
    assert.deepEqual(worldOf(stack), before);
  });

  it("A plain pulumi up with useRollback is committed when it succeeded, also where only deletes were left to do after the program", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    const up = await stack.up();
    assert.equal(up.code, 0, up.text);
    assert.doesNotMatch(up.text, remedy);
    assert.equal((await stack.command("cli/rollback.ts")).code, 1, "it was not committed");
    stack.configure({ features, workspaces: [{ ...first, items: [] }] });
    assert.equal((await stack.up()).code, 0);
    const rollback = await stack.command("cli/rollback.ts");
    assert.match(rollback.text, /has no transaction that could be rolled back/);
    assert.equal(stack.emulator.service.items.all().length, 0);
  });

  it("A plain pulumi up with useRollback cannot be rolled back once something was built upon it", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    stack.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", nth: 3, status: 400, errorCode: "CorruptedPayload" },
    ]);
    const up = await stack.up();
    const id = /Deployment (test-\S+) is incomplete/.exec(up.text)?.[1] ?? assert.fail(up.text);
    stack.configure({ workspaces: [{ ...first, description: "another one" }] });
    assert.equal((await stack.up()).code, 0);
    const rollback = await stack.command("cli/rollback.ts", ["--transaction", id]);
    assert.equal(rollback.code, 1, rollback.text);
    assert.match(rollback.text, /cannot be rolled back: test-\S+ has built upon it/);
    assert.equal(stack.emulator.service.workspaces.all()[0]?.description, "another one");
  });

  it("A plain pulumi up with useRollback saves nothing and begins nothing in a preview", async () => {
    await using stack = await started();
    stack.configure({ features, workspaces: [first] });
    assert.equal((await stack.preview()).code, 0);
    assert.equal(existsSync(join(stack.folder, ".fabric/transactions")), false);
  });
});
