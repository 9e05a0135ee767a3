import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { knownBranch } from "../../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { failing, features, git, notebook, populate, refusal, sales } from "../harness/pulledWorkspace.ts";
import { notebookParts, notebookText } from "../../notebookSource.ts";

describe("a deployment that pulled from Git into a workspace that existed, and failed", () => {
  it("A deployment that pulled from Git into a workspace that existed, and failed leaves what came in and may hold data, and says so with exit code 2", async () => {
    await using stack = await EngineStack.start();
    populate(stack, []);
    const lakehouse = { type: "Lakehouse", displayName: "bronze", description: "", parts: [] };
    stack.emulator.commit(knownBranch, [lakehouse, notebook("new", "1")]);
    stack.emulator.faults([refusal]);
    stack.configure({ features, workspaces: [{ ...sales, git, items: [failing] }] });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.match(up.text, /Lakehouse 'bronze', which came from Git, stays/);
    const left = stack.emulator.service.items.all().map(({ type, displayName }) => `${type} ${displayName}`);
    assert.ok(!left.includes("Notebook new"), left.join());
  });

  it("A deployment that pulled from Git into a workspace that existed, and failed leaves what somebody has edited since the pull, and says so with exit code 2", async () => {
    let edit: () => void = () => undefined;
    await using stack = await EngineStack.start({ emulator: { onFault: () => edit() } });
    populate(stack, ["own", "shared"]);
    stack.emulator.commit(knownBranch, [notebook("shared", "shared of the branch")]);
    const { items } = stack.emulator.service;
    edit = () => void items.change("item-shared", { parts: notebookParts("theirs") });
    stack.emulator.faults([refusal]);
    stack.configure({ features, workspaces: [{ ...sales, git: { ...git, allowOverwrite: true }, items: [failing] }] });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.match(
      up.text,
      /Notebook 'shared', which Git overwrote, was edited by somebody else since, and stays as it is/,
    );
    assert.equal(notebookText(items.get("item-shared")?.parts?.[0]), "theirs");
  });

  it("A deployment that pulled from Git into a workspace that existed, and failed that stays connected keeps its commit, and says so with exit code 2", async () => {
    await using stack = await EngineStack.start();
    stack.emulator.commit(knownBranch, [notebook("shared", "1")]);
    const always = { ...git, sync: "always" };
    stack.configure({ features, workspaces: [{ ...sales, git: always }] });
    assert.equal((await stack.command("cli/up.ts", ["--yes", "--skip-preview"])).code, 0);
    stack.emulator.commit(knownBranch, [notebook("shared", "2")]);
    stack.emulator.faults([refusal]);
    stack.configure({ features, workspaces: [{ ...sales, git: always, items: [failing] }] });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.match(up.text, /it stays at commit \w+ of its branch: nothing sets it back/);
  });
});

describe("a deployment that committed a workspace's items to Git", () => {
  const empty = { ...git, directoryName: "/empty", initializationStrategy: "PreferWorkspace" };

  it("A deployment that committed a workspace's items to Git, and failed, says that the branch keeps them, with exit code 2", async () => {
    await using stack = await EngineStack.start();
    populate(stack, ["own"]);
    stack.emulator.faults([refusal]);
    stack.configure({ features, workspaces: [{ ...sales, git: empty, items: [failing] }] });
    const up = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(up.code, 2, up.text);
    assert.match(up.text, /GitConnection '.*\/empty keeps the workspace's items: nothing takes back a commit to Git/);
  });

  it("Items that were made after the first sync are not committed because the workspace's key changes", async () => {
    await using stack = await EngineStack.start();
    const workspace = { displayName: "sales", capacity: "local", git: empty, items: [failing] };
    stack.configure({ features, workspaces: [{ ...workspace, name: "sales" }] });
    const first = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(first.code, 0, first.text);
    stack.configure({ features, protectData: false, workspaces: [{ ...workspace, name: "renamed" }] });
    const renamed = await stack.command("cli/up.ts", ["--yes", "--skip-preview"]);
    assert.equal(renamed.code, 0, renamed.text);
    assert.ok(!stack.calls(0).some((call) => call.endsWith("/git/commitToGit")), stack.calls(0).join("\n"));
  });
});
