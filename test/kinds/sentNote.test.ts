import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DOUBTFUL } from "../../providers/engine/field.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { itemParts } from "../itemFiles.ts";
import { rollback } from "./faultyCalls.ts";
import { Bench, deployed, kindOf, saveBefore } from "./providerBench.ts";
import type { Properties } from "./providerBench.ts";

/* What a state says that was sent for an item, after a rollback of a transaction that has sent the item's definition. */

const watching = { contentDrift: true, isPatient: false };

/** Edits an item before a transaction or after its write, and takes the transaction back. @returns the notes before and afterwards */
async function notes({ isEditedBefore }: { readonly isEditedBefore: boolean }) {
  await using bench = await Bench.start();
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  const inputs = {
    workspaceId,
    type: "DataPipeline",
    displayName: "weekly",
    path: "fabric/retail/load/weekly.DataPipeline",
  };
  const made = await deployed(bench, "item", inputs, watching);
  await saveBefore(bench, made);
  const edit = () =>
    bench.emulator.service.items.change(made.id.split("/")[1] ?? "", { parts: itemParts("DataPipeline", "theirs") });

  if (isEditedBefore) edit();
  const deploying = await bench.process("item", {}, watching);
  const { inputs: found } = await deploying.read(made.id, made.olds);
  const { inputs: wanted } = check(kindOf("item"), { ...made.olds, ...found }, inputs);
  const { outs } = await deploying.update(made.id, { ...made.olds, definitionHash: "of theirs" }, wanted);
  await deploying.end();
  if (!isEditedBefore) edit();
  const undoing = await bench.process("item", rollback, watching);
  // a refresh in a rollback doubts what the transaction has sent
  const undone = await undoing.update(made.id, { ...(outs as Properties), definitionHash: DOUBTFUL }, wanted);
  await undoing.end();
  return { before: made.olds["sent"], after: (undone.outs as Properties)["sent"] };
}

describe("what was sent for an item, after a rollback", () => {
  it("What was sent for an item, after a rollback, is not what somebody had put into it before the transaction", async () => {
    const { before, after } = await notes({ isEditedBefore: true });
    assert.ok(before !== undefined);
    assert.deepEqual(after, before);
  });

  it("What was sent for an item, after a rollback, is not what somebody has put into it since the transaction sent its own", async () => {
    const { before, after } = await notes({ isEditedBefore: false });
    assert.ok(before !== undefined);
    assert.deepEqual(after, before);
  });
});
