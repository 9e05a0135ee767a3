import assert from "node:assert/strict";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { callApi } from "../engine/harness/existingEnvironment.ts";
import { salesBranch } from "../engine/harness/salesBranch.ts";
import { worldOf } from "../engine/harness/worldOf.ts";
import { sweep } from "./sweep.ts";
import { notebookParts } from "../notebookSource.ts";

/*
 * Updates that need two and three writes each, one of whose calls the service refuses for good. The writes before it have
 * had their effect: with useRollback they are taken back, without it the next preview shows what is left, and the next up
 * finishes it.
 */

const quick = ["--yes", "--skip-preview"];

const notebook = (displayName: string, text: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts(text),
});
const nextBranch = { ...knownBranch, branchName: "next" };

const sales = {
  name: "sales",
  displayName: "sales-test",
  description: "before",
  capacity: "local",
  usersAuthoritative: true,
  users: [{ principal: "alice@contoso.com", role: "Member" }],
  items: [
    { name: "ingest", path: "items/ingest.Notebook", folder: "/raw/Daily" },
    { name: "flow", type: "DataPipeline", displayName: "flow", folder: "/raw" },
  ],
};
const linked = { name: "linked", displayName: "linked-test", capacity: "local", git: salesBranch };
const loose = { name: "loose", displayName: "loose-test" };
const first = [sales, linked, loose];
const second = [
  {
    ...sales,
    displayName: "sales-prod",
    description: "after",
    capacity: "local-large",
    users: [{ principal: "alice@contoso.com", role: "Admin" }],
    items: [
      { name: "ingest", path: "items/next/ingest.Notebook", folder: "/raw" },
      { name: "flow", type: "DataPipeline", displayName: "flow", description: "after", folder: "/raw/daily" },
    ],
  },
  {
    ...linked,
    description: "after",
    git: { ...salesBranch, branchName: "next", connectionId: known.secondGitHubConnection },
  },
  { ...loose, description: "after", capacity: "local" },
];

/** A workspace by its name before or after. */
const idOf = (stack: EngineStack, name: string) =>
  stack.emulator.service.workspaces.all().find(({ displayName }) => displayName.startsWith(name))?.id ?? "";

/** The environment from before: what was changed by hand since it was deployed is in the state, and goes. */
async function prepared(useRollback: boolean): Promise<EngineStack> {
  const stack = await EngineStack.start();
  const features = { useRetryLogic: true, useRollback };
  const next = join(stack.folder, "items/next/ingest.Notebook");
  for (const folder of [join(stack.folder, "items/ingest.Notebook"), next])
    cpSync(join(stack.folder, "fabric/sales/ingest.Notebook"), folder, { recursive: true });
  appendFileSync(join(next, "notebook-content.py"), "# changed\n");
  const platform = readFileSync(join(next, ".platform"), "utf8");
  writeFileSync(join(next, ".platform"), platform.replace('"displayName": "ingest"', '"displayName": "load"'));
  stack.emulator.commit(knownBranch, [notebook("load", "1"), notebook("report", "1")]);
  stack.emulator.commit(nextBranch, [notebook("load", "2"), notebook("report", "1")]);
  stack.configure({ features, workspaces: first });
  const up = await stack.command("cli/up.ts", quick);
  assert.equal(up.code, 0, up.text);
  const workspace = `/workspaces/${idOf(stack, "sales")}`;
  for (const id of [known.bob, known.carol])
    await callApi(stack, "POST", `${workspace}/roleAssignments`, { principal: { id, type: "User" }, role: "Viewer" });
  const { folders } = stack.emulator.service;
  const daily = folders.all().find(({ displayName }) => displayName === "Daily");
  await callApi(stack, "POST", `${workspace}/folders/${daily?.id}/move`, {});
  const refresh = await stack.refresh();
  assert.equal(refresh.code, 0, refresh.text);
  stack.configure({ features, workspaces: second });
  return stack;
}

for (const useRollback of [true, false]) {
  describe(`updates of several writes ${useRollback ? "with" : "without"} useRollback`, () => {
    let origin: EngineStack;
    let target: unknown;
    let calls: number;

    before(async () => {
      origin = await prepared(useRollback);
      await using whole = await EngineStack.copyOf(origin);
      const up = await whole.command("cli/up.ts", quick);
      assert.equal(up.code, 0, up.text);
      calls = whole.emulator.requests().length;
      target = worldOf(whole);
      assert.deepEqual((await whole.preview()).steps, []);
    });
    after(() => origin[Symbol.asyncDispose]());

    const ends = useRollback ? "are taken back" : "are shown by the next preview and finished by the next up";
    it(`Updates of several writes ${useRollback ? "with" : "without"} useRollback of which one call is refused for good ${ends}`, async () => {
      const all = Array.from({ length: calls }, (_, index) => index + 1);
      await sweep({
        name: `updates ${useRollback ? "with" : "without"} useRollback`,
        points: all,
        few: [0.25, 0.5, 0.75, 0.9].map((share) => Math.ceil(calls * share)),
        attempt: (nth) => endOf(origin, nth, { useRollback, target }),
        isProof: (isFailed) => isFailed,
      });
    });
  });
}

/** Deploys with one call refused. @returns whether that failed the deployment */
async function endOf(
  origin: EngineStack,
  nth: number,
  { useRollback, target }: { useRollback: boolean; target: unknown },
): Promise<boolean> {
  await using stack = await EngineStack.copyOf(origin);
  const before = worldOf(stack);
  stack.emulator.faults([{ nth, status: 400, errorCode: "Broken" }]);
  const up = await stack.command("cli/up.ts", quick);
  stack.emulator.faults([]);
  const told = `${stack.calls()[nth - 1]} refused:\n${up.text}`;
  if (up.code === 0) {
    assert.deepEqual(worldOf(stack), target, told);
    assert.deepEqual((await stack.preview()).steps, [], told);
    return false;
  }
  if (useRollback) {
    assert.equal(up.code, 1, told);
    assert.deepEqual(worldOf(stack), before, told);
  } else {
    assert.equal(up.code, 2, told);
    const preview = await stack.preview();
    assert.notDeepEqual(preview.steps, [], `the preview shows nothing. ${told}`);
    if (nth % 2 === 0) await stack.refresh();
  }
  const again = await stack.command("cli/up.ts", quick);
  assert.equal(again.code, 0, `${told}\nand again:\n${again.text}`);
  assert.deepEqual(worldOf(stack), target, `${told}\nand again:\n${again.text}`);
  assert.deepEqual((await stack.preview()).steps, []);
  return true;
}
