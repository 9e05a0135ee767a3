import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { stringify } from "yaml";
import { checkpointing } from "../../../cli/transaction/checkpointing.ts";
import { readStackSettings } from "../../../cli/pulumi/stackSettings.ts";

/** The settings of a stack of so many workspaces with three users, Git and three items each: eight resources. */
function settingsOf(count: number) {
  const folder = mkdtempSync(join(tmpdir(), "fabric-settings-"));
  const workspaces = Array.from({ length: count }, (_, index) => ({
    name: `w${index}`,
    users: [{}, {}, {}],
    git: {},
    items: [{}, {}, {}],
  }));
  writeFileSync(join(folder, "Pulumi.big.yaml"), stringify({ config: { "fabric:workspaces": workspaces } }));
  return readStackSettings(folder, "big", {});
}

describe("the engine's checkpoints during npm run up", () => {
  const env = { PULUMI_BACKEND_URL: "azblob://state" };

  it("The engine's checkpoints during npm run up are written once, at the end, from 100 resources on", () => {
    assert.deepEqual(checkpointing(settingsOf(12), env), {});
    assert.equal(checkpointing(settingsOf(13), env)["PULUMI_SKIP_CHECKPOINTS"], "true");
    assert.deepEqual(checkpointing(settingsOf(0), env), {});
  });

  it("The engine's checkpoints during npm run up are left alone on Pulumi Cloud, and where the environment says how they should be", () => {
    assert.deepEqual(checkpointing(settingsOf(50), {}), {});
    assert.deepEqual(checkpointing(settingsOf(50), { PULUMI_BACKEND_URL: "https://api.pulumi.com" }), {});
    assert.deepEqual(checkpointing(settingsOf(50), { ...env, PULUMI_SKIP_CHECKPOINTS: "false" }), {});
  });
});
