import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import { changeFormOfState, restoreLostState } from "../../../cli/stack/stateFiles.ts";

/** A backend in a new folder with these files beside the state of a stack `dev`. */
function backend(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "fabric-state-files-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const stacks = join(folder, ".pulumi/stacks/fabric");
  mkdirSync(stacks, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(stacks, name), content);
  const env = { PULUMI_BACKEND_URL: pathToFileURL(folder).href, PULUMI_DIY_BACKEND_ZSTD: "true" };
  return { folder, env, stacks, names: () => readdirSync(stacks).toSorted() };
}
const plain = { PULUMI_DIY_BACKEND_ZSTD: "false" };

describe("the form of a state in a folder", () => {
  it("The form of a state in a folder is changed ahead of the CLI, there and back, with nothing else touched", () => {
    const { env, stacks, names } = backend({
      "dev.json": "{}",
      "dev.json.attrs": "{}",
      "dev2.json": "{}",
      "dev.json.bak": "x",
    });
    changeFormOfState("dev", env);
    assert.deepEqual(names(), ["dev.json.bak", "dev.json.zst", "dev2.json"]);
    assert.equal(zstdDecompressSync(readFileSync(join(stacks, "dev.json.zst"))).toString(), "{}");
    changeFormOfState("dev", env);
    assert.deepEqual(names(), ["dev.json.bak", "dev.json.zst", "dev2.json"]);
    changeFormOfState("dev", { ...env, ...plain });
    assert.deepEqual(names(), ["dev.json", "dev.json.bak", "dev2.json"]);
    assert.equal(readFileSync(join(stacks, "dev.json"), "utf8"), "{}");
  });

  it("The form of a state in a folder leaves no backup of its former form once there is one of the present form", () => {
    const { env, stacks, names } = backend({
      ...{ "dev.json.zst": "{}", "dev.json.bak": "x", "dev.json.bak.attrs": "{}", "dev.json.gz.bak": "x" },
      ...{ "dev2.json.bak": "x" },
    });
    changeFormOfState("dev", env);
    assert.deepEqual(names(), [
      "dev.json.bak",
      "dev.json.bak.attrs",
      "dev.json.gz.bak",
      "dev.json.zst",
      "dev2.json.bak",
    ]);
    writeFileSync(join(stacks, "dev.json.zst.bak"), "{}");
    const later = Date.now() / 1000 + 10;
    utimesSync(join(stacks, "dev.json.bak"), later, later);
    changeFormOfState("dev", env);
    assert.ok(names().includes("dev.json.bak"), "the newer backup");
    utimesSync(join(stacks, "dev.json.zst.bak"), later + 1, later + 1);
    changeFormOfState("dev", env);
    assert.deepEqual(names(), ["dev.json.zst", "dev.json.zst.bak", "dev2.json.bak"]);
  });

  it("The form of a state in a folder stays as it is while a CLI works on the stack, and where there is none, or no folder", () => {
    const { env, folder, names } = backend({ "dev.json": "{}" });
    const locks = join(folder, ".pulumi/locks/organization/fabric/dev");
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "1.json"), "{}");
    changeFormOfState("dev", env);
    changeFormOfState("other", env);
    changeFormOfState("dev", { ...env, PULUMI_BACKEND_URL: "azblob://state" });
    assert.deepEqual(names(), ["dev.json"]);
  });
});

describe("a state that was lost while its form was changed", () => {
  it("A state that was lost while its form was changed comes back from its backup, and no other state does", () => {
    const lost = backend({ "dev.json.bak": "json", "dev.json.bak.attrs": "{}" });
    restoreLostState("dev", lost.env);
    assert.equal(readFileSync(join(lost.stacks, "dev.json"), "utf8"), "json");
    const compressed = backend({ "dev.json.zst.bak": "zst" });
    restoreLostState("dev", compressed.env);
    assert.equal(readFileSync(join(compressed.stacks, "dev.json.zst"), "utf8"), "zst");
    const whole = backend({ "dev.json.zst": "now", "dev.json.bak": "before" });
    restoreLostState("dev", whole.env);
    assert.deepEqual(whole.names(), ["dev.json.bak", "dev.json.zst"]);
    const none = backend({ "dev2.json.bak": "other" });
    restoreLostState("dev", none.env);
    assert.deepEqual(none.names(), ["dev2.json.bak"]);
  });
});
