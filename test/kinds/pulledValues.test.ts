import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { notebookParts } from "../notebookSource.ts";
import { rollback } from "./faultyCalls.ts";
import { givenBack } from "./givenBack.ts";
import { Bench, deployed, inputsOf, kindOf } from "./providerBench.ts";
import type { ProcessOptions } from "./providerBench.ts";

/* Names and descriptions of items that a transaction pulled over, and what its rollback gives them back. */

/** Pulls over an item of somebody else's, and takes that back. @returns the item's description, and what is told */
async function pulledOver(edit?: string, options: ProcessOptions = {}) {
  await using bench = await Bench.start();
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  const { items } = bench.emulator.service;
  const theirs = { type: "Notebook", displayName: "Shared", description: "theirs", parts: notebookParts("theirs") };
  items.put({ id: "item-shared", workspaceId, ...theirs });
  const ofBranch = { displayName: "shared", description: "of the branch", parts: notebookParts("of the branch") };
  bench.emulator.commit(knownBranch, [{ ...theirs, ...ofBranch }]);
  const inputs = { workspaceId, ...knownBranch, connectionId: known.gitHubConnection, allowOverwrite: true };
  const deploying = await bench.process("gitConnection", {}, options);
  const { id, outs } = await deploying.create({ ...inputs, initializationStrategy: "PreferRemote", sync: "initial" });
  await deploying.end();
  assert.equal(items.get("item-shared")?.description, "of the branch");
  if (edit !== undefined) items.change("item-shared", { description: edit });
  const undoing = await bench.process("gitConnection", rollback);
  await undoing.delete(String(id), { ...inputsOf(kindOf("gitConnection"), outs ?? {}), ...outs });
  await undoing.end();
  const told = await givenBack(bench, { kind: "gitConnection", id: workspaceId }, { id: workspaceId, olds: {} });
  const { displayName, description } = items.get("item-shared") ?? {};
  return { displayName, description, left: told?.left };
}

describe("the name and the description of an item that a pull overwrote", () => {
  it("The name and the description of an item that a pull overwrote come back in a rollback", async () => {
    for (const useRollback of [true, false])
      assert.deepEqual(await pulledOver(undefined, { useRollback }), {
        displayName: "Shared",
        description: "theirs",
        left: [],
      });
  });

  it("The description of an item that somebody has edited since a pull overwrote it stays in a rollback, and is told", async () => {
    const { description, left } = await pulledOver("edited");
    assert.equal(description, "edited");
    assert.deepEqual(left, [
      "Notebook 'Shared', which Git overwrote: its description was changed by somebody else since, and stays; before, it was \"theirs\"",
    ]);
  });
});
