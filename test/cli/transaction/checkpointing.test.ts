import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkpointing, previewCheckpointing } from "../../../cli/transaction/checkpointing.ts";
import { stackSettings } from "../../../cli/stack/stackSettings.ts";

/** The settings of a stack of so many workspaces with three users, Git and three items each: eight resources. */
function settingsOf(count: number) {
  const workspaces = Array.from({ length: count }, (_, index) => ({
    name: `w${index}`,
    users: [{}, {}, {}],
    git: {},
    items: [{}, {}, {}],
  }));
  return stackSettings({ workspaces }, "/project", {});
}

describe("the engine's checkpoints during npm run up", () => {
  const env = { PULUMI_BACKEND_URL: "azblob://state" };

  it("The engine's checkpoints during npm run up are written once, at the end, from 100 resources on", () => {
    assert.deepEqual(checkpointing(settingsOf(12), env), {});
    assert.equal(checkpointing(settingsOf(13), env)["PULUMI_SKIP_CHECKPOINTS"], "true");
    assert.deepEqual(checkpointing(settingsOf(0), env), {});
  });

  it("The engine's checkpoints during a preview are left out, of a small stack too, because nothing is written", () => {
    assert.equal(previewCheckpointing(env)["PULUMI_SKIP_CHECKPOINTS"], "true");
    assert.deepEqual(previewCheckpointing({}), {});
  });

  it("The engine's checkpoints during npm run up are left alone on Pulumi Cloud, and where the environment says how they should be", () => {
    assert.deepEqual(checkpointing(settingsOf(50), {}), {});
    assert.deepEqual(checkpointing(settingsOf(50), { PULUMI_BACKEND_URL: "https://api.pulumi.com" }), {});
    assert.deepEqual(checkpointing(settingsOf(50), { ...env, PULUMI_SKIP_CHECKPOINTS: "false" }), {});
  });
});
