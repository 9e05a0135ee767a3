import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { formerStateNote } from "../../../cli/stack/formerState.ts";

/** A clone in `My%20Repo` beside one in `My Repo`, whose state has stack local. */
function clones() {
  const root = mkdtempSync(join(tmpdir(), "fabric-former-"));
  const stateOf = (name: string) => join(root, name, ".fabric", "state");
  const stacks = join(stateOf("My Repo"), ".pulumi", "stacks", "fabric");
  const logs = join(root, "My%20Repo", ".fabric", "transactions");
  for (const folder of [stacks, logs, stateOf("My%20Repo")]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(stacks, "local.json"), "{}");
  return { stack: "local", formerly: stateOf("My Repo"), now: stateOf("My%20Repo"), logs };
}

describe("a clone whose state an earlier version kept in another folder", () => {
  it("A clone whose state an earlier version kept in another folder is told where that is, once, and how to take it over", () => {
    const places = clones();
    const note = formerStateNote(places) ?? "";
    assert.match(
      note,
      /My%20Repo\/\.fabric\/state, where there is none yet\. .*My Repo\/\.fabric\/state, .*stack 'local'/,
    );
    execFileSync("sh", ["-c", note.slice(note.indexOf("cp -R "))]);
    assert.deepEqual(readdirSync(join(places.now, ".pulumi", "stacks", "fabric")), ["local.json"]);
    assert.equal(formerStateNote(places), undefined);
  });

  it("A clone whose state an earlier version kept in another folder does not deploy a second time when its own log shows that it has deployed the stack", () => {
    const places = clones();
    writeFileSync(join(places.logs, "local-20261101T000000Z-0000.jsonl"), "");
    assert.throws(
      () => formerStateNote(places),
      /nothing was done.*cp -R .*\n.*mkdir -p '.*My%20Repo\/\.fabric\/state\/\.pulumi'/,
    );
    assert.ok(formerStateNote({ ...places, stack: "dev" }) === undefined, "another stack");
    mkdirSync(join(places.now, ".pulumi"));
    assert.equal(formerStateNote(places), undefined);
  });

  it("A clone whose state an earlier version kept in another folder is told also where that state is compressed", () => {
    for (const end of [".gz", ".zst"]) {
      const places = clones();
      const stacks = join(places.formerly, ".pulumi", "stacks", "fabric");
      renameSync(join(stacks, "local.json"), join(stacks, `local.json${end}`));
      assert.match(formerStateNote(places) ?? "", /stack 'local' there/, end);
    }
  });

  it("A clone whose state an earlier version kept in another folder hears nothing in a folder whose name means nothing in a URL, or where that other folder has no such stack", () => {
    const places = clones();
    assert.equal(formerStateNote({ ...places, now: places.formerly }), undefined);
    assert.equal(formerStateNote({ ...places, formerly: join(places.logs, "nowhere") }), undefined);
  });
});
