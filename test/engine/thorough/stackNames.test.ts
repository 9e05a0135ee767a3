import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* Which stack a command means, and which ones it makes. */

const quick = ["--yes", "--skip-preview"];
const sales = { name: "sales", displayName: "sales-test", capacity: "local" };
const failing = [sales, { name: "more", capacity: "nowhere" }];
const names = ({ emulator }: EngineStack) => emulator.service.workspaces.all().map(({ displayName }) => displayName);
const stacks = async (stack: EngineStack): Promise<string[]> =>
  (JSON.parse((await stack.run(["stack", "ls", "--json"])).text) as { name: string }[]).map(({ name }) => name);

describe("a stack's name", () => {
  for (const name of ["organization/fabric/test", "fabric/test"]) {
    it(`A stack's name may be given as ${name} to every command, and means one stack, one file and one log`, async () => {
      await using stack = await EngineStack.start();
      stack.configure({ workspaces: failing });
      const run = (file: string, ...args: string[]) =>
        // the last --stack wins, and the harness adds its own
        stack.commandAs(name, file, args);
      const up = await run("cli/up.ts", ...quick);
      assert.equal(up.code, 2, up.text);
      assert.match(up.text, /To take it back: npm run rollback/);
      const rollback = await run("cli/rollback.ts", "--yes");
      assert.equal(rollback.code, 0, rollback.text);
      assert.deepEqual(names(stack), []);
      stack.configure({ workspaces: [sales] });
      for (const [file, ...args] of [
        ["cli/up.ts", ...quick],
        ["cli/pulumiCommand.ts", "preview"],
        ["cli/pulumiCommand.ts", "refresh", ...quick],
        ["cli/import.ts", "--workspace", "sales-test"],
        ["cli/pulumiCommand.ts", "destroy", ...quick],
      ] as [string, ...string[]][]) {
        const { code, text } = await run(file, ...args);
        assert.equal(code, 0, `${file} ${args.join(" ")}\n${text}`);
      }
      assert.deepEqual(names(stack), []);
      assert.deepEqual(await stacks(stack), ["test"]);
      assert.equal(existsSync(join(stack.folder, ".fabric/transactions/organization")), false);
    });
  }

  it("A stack's name of another project is refused before anything is done", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    const up = await stack.commandAs("organization/finance/test", "cli/up.ts", quick);
    assert.notEqual(up.code, 0, up.text);
    assert.match(up.text, /project 'finance'.*project 'fabric'/);
    assert.deepEqual(stack.calls(), []);
  });

  it("A stack's name that nobody has made is refused by every command, with what was perhaps meant and how to make one", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    for (const [file, ...args] of [
      ["cli/up.ts", ...quick],
      ["cli/rollback.ts"],
      ["cli/pulumiCommand.ts", "preview"],
      ["cli/pulumiCommand.ts", "refresh", ...quick],
      ["cli/pulumiCommand.ts", "destroy", ...quick],
      ["cli/secret.ts", "get", "X"],
    ] as [string, ...string[]][]) {
      const { code, text } = await stack.commandAs("tset", file, args);
      assert.notEqual(code, 0, `${file}: ${text}`);
      assert.match(text, /There is no stack 'tset'.*Did you mean 'test'\?/s, file);
      assert.match(text, /pulumi stack init tset/, file);
    }
    assert.deepEqual(await stacks(stack), ["test"]);
    assert.equal(existsSync(join(stack.folder, "Pulumi.tset.yaml")), false);
  });

  it("A stack's name that has a file is made by up, which says so; a preview shows what that would make, and makes no stack", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    renameSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "Pulumi.fresh.yaml"));
    // as somebody writes it: the salt of the passphrase comes when the stack is made
    const file = join(stack.folder, "Pulumi.fresh.yaml");
    const before = readFileSync(file, "utf8").replace(/^encryptionsalt:.*\n/m, "");
    writeFileSync(file, before);
    const preview = await stack.commandAs("fresh", "cli/pulumiCommand.ts", ["preview"]);
    assert.equal(preview.code, 0, preview.text);
    assert.match(preview.text, /sales/);
    assert.match(preview.text, /Stack 'fresh' does not exist yet/);
    assert.equal(readFileSync(file, "utf8"), before);
    assert.deepEqual(await stacks(stack), ["test"]);
    const up = await stack.commandAs("fresh", "cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    assert.match(up.text, /Stack 'fresh' is new/);
    assert.deepEqual(await stacks(stack), ["fresh", "test"]);
  });

  it("A stack's name is gone after destroy --remove, which ends with 0; a stack that still has something stays", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales, { name: "kept", capacity: "local", protect: true }] });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    const some = await stack.command("cli/pulumiCommand.ts", [
      "destroy",
      ...quick,
      "--remove",
      "--target",
      "**Workspace::sales",
    ]);
    assert.equal(some.code, 1, some.text);
    assert.deepEqual(await stacks(stack), ["test"]);
    stack.configure({ workspaces: [sales, { name: "kept", capacity: "local", protect: false }] });
    await stack.command("cli/up.ts", quick);
    const shown = await stack.command("cli/pulumiCommand.ts", ["destroy", "--preview-only", "--remove"]);
    assert.equal(shown.code, 0, shown.text);
    assert.deepEqual(await stacks(stack), ["test"]);
    const all = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick, "--remove"]);
    assert.equal(all.code, 0, all.text);
    assert.deepEqual([names(stack), await stacks(stack)], [[], []]);
    const again = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.match(again.text, /There is no stack 'test'/);
  });

  it("A stack's name may change by pulumi stack rename: an open transaction is found again, and what is made later is one stack's", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: failing });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    const renamed = await stack.run(["stack", "rename", "later", "--stack", "test"]);
    assert.equal(renamed.code, 0, renamed.text);
    const rollback = await stack.commandAs("later", "cli/rollback.ts", []);
    assert.equal(rollback.code, 0, rollback.text);
    assert.match(rollback.text, /fully rolled back/);
    assert.deepEqual(names(stack), []);
  });

  it("A stack's name may change by pulumi stack rename without an open transaction, and destroy locks and logs under the new one", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    assert.equal((await stack.command("cli/up.ts", quick)).code, 0);
    assert.equal((await stack.run(["stack", "rename", "later", "--stack", "test"])).code, 0);
    const since = stack.calls().length;
    const again = await stack.commandAs("later", "cli/up.ts", quick);
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(
      stack.calls(since).filter((call) => !call.startsWith("GET ")),
      [],
    );
    const destroy = await stack.commandAs("later", "cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(names(stack), []);
  });
});

describe("a sub-folder of the project", () => {
  it("A sub-folder of the project begins no state of its own: plain pulumi is refused there with the folder to call it in", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: [sales] });
    const below = join(stack.folder, "deep/er");
    mkdirSync(below, { recursive: true });
    const env = { PULUMI_BACKEND_URL: "" };
    const made = await stack.runIn(below, ["stack", "init", "test"], env);
    assert.equal(made.code, 0, made.text);
    const up = await stack.runIn(below, ["up", ...quick, "--stack", "test"], env);
    assert.notEqual(up.code, 0, up.text);
    assert.ok(up.text.replaceAll(/\s+/g, " ").includes("Run Pulumi in the folder that holds Pulumi.yaml"), up.text);
    assert.deepEqual(stack.calls(), []);
    rmSync(join(below, ".fabric"), { recursive: true, force: true });
    // with a backend that is the same everywhere, any folder will do
    const elsewhere = await stack.runIn(below, ["up", ...quick, "--stack", "test"]);
    assert.equal(elsewhere.code, 0, elsewhere.text);
    const command = await stack.commandAs("test", "cli/pulumiCommand.ts", ["destroy", ...quick], {}, below);
    assert.equal(command.code, 0, command.text);
    assert.deepEqual(names(stack), []);
    assert.equal(existsSync(join(below, ".fabric")), false);
  });
});

describe("a project in a sub-folder of a repository, with its packages above it", () => {
  it("A project in a sub-folder of a repository, with its packages above it deploys and rolls back as elsewhere", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ features: { useRollback: true }, workspaces: failing });
    const project = join(stack.folder, "deploy/fabric");
    mkdirSync(project, { recursive: true });
    mkdirSync(join(stack.folder, ".git"));
    for (const name of readdirSync(stack.folder))
      if (!["deploy", ".git", "node_modules", "state"].includes(name) && !name.startsWith("events-"))
        renameSync(join(stack.folder, name), join(project, name));
    const up = await stack.commandAs("test", "cli/up.ts", quick, {}, project);
    assert.equal(up.code, 1, up.text);
    assert.match(up.text, /fully rolled back/);
    assert.deepEqual(names(stack), []);
  });
});

describe("a workspace that pulumi state move gave to another stack", () => {
  it("A workspace that pulumi state move gave to another stack is not deleted by the open transaction that made it, and is unchanged where it is now", async () => {
    await using stack = await EngineStack.start();
    stack.configure({ workspaces: failing });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 2, up.text);
    assert.equal((await stack.run(["stack", "init", "other", "--no-select"])).code, 0);
    const resources = (await stack.state()).deployment.resources ?? [];
    const urns = resources.filter(({ urn }) => /FabricWorkspace.*::sales$/.test(urn)).map(({ urn }) => urn);
    const moved = await stack.run(["state", "move", "--source", "test", "--dest", "other", "--yes", ...urns]);
    assert.equal(moved.code, 0, moved.text);
    stack.configure({ workspaces: [] });
    const again = await stack.command("cli/up.ts", quick);
    assert.equal(again.code, 0, again.text);
    assert.match(again.text, /Workspace 'sales-test' .* was taken out of the state by hand: it is left alone/);
    assert.deepEqual(names(stack), ["sales-test"]);
    stack.configure({ workspaces: [sales] });
    renameSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "Pulumi.other.yaml"));
    const since = stack.calls().length;
    const there = await stack.commandAs("other", "cli/up.ts", quick);
    assert.equal(there.code, 0, there.text);
    assert.deepEqual(
      stack.calls(since).filter((call) => !call.startsWith("GET ")),
      [],
    );
    const destroy = await stack.commandAs("other", "cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(names(stack), []);
  });

  it("A workspace that pulumi state move gave to another stack without an open transaction is left alone where it was, and unchanged, with all that is in it, where it is now", async () => {
    await using stack = await EngineStack.start();
    const users = [{ principal: "alice@contoso.com", role: "Viewer" }];
    const moving = { ...sales, users, items: [{ name: "bronze", type: "Lakehouse", protect: false }] };
    const staying = { ...sales, name: "finance", displayName: "finance-test" };
    stack.configure({ features: { useRollback: true }, workspaces: [moving, staying] });
    const up = await stack.command("cli/up.ts", quick);
    assert.equal(up.code, 0, up.text);
    assert.equal((await stack.run(["stack", "init", "other", "--no-select"])).code, 0);
    const resources = (await stack.state()).deployment.resources ?? [];
    const urns = resources.filter(({ urn }) => /::sales(\/|$)/.test(urn)).map(({ urn }) => urn);
    assert.equal(urns.length, 4, urns.join("\n"));
    const moved = await stack.run(["state", "move", "--source", "test", "--dest", "other", "--yes", ...urns]);
    assert.equal(moved.code, 0, moved.text);
    const writes = (since: number) => stack.calls(since).filter((call) => !call.startsWith("GET "));

    stack.configure({ features: { useRollback: true }, workspaces: [moving] });
    copyFileSync(join(stack.folder, "Pulumi.test.yaml"), join(stack.folder, "Pulumi.other.yaml"));
    stack.configure({ features: { useRollback: true }, workspaces: [staying] });
    let since = stack.calls().length;
    for (const name of ["test", "other"]) {
      const unchanged = await stack.commandAs(name, "cli/up.ts", quick);
      assert.equal(unchanged.code, 0, unchanged.text);
      assert.deepEqual(writes(since), [], `${name} wrote`);
    }
    // each of the two stacks takes its own only
    since = stack.calls().length;
    const destroy = await stack.commandAs("other", "cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(names(stack), ["finance-test"]);
    const rest = await stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]);
    assert.equal(rest.code, 0, rest.text);
    assert.deepEqual(names(stack), []);
  });
});
