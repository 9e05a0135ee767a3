import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HalfDoneError, takeOver } from "../../../cli/import/takeOver.ts";
import type { TakeOver } from "../../../cli/import/takeOver.ts";

const stateOf = (id: string) => {
  const resource = { urn: "urn:pulumi:dev::fabric::x::y", type: "x", custom: true, id };
  return { version: 3, deployment: { resources: [resource] } };
};

/** A stack whose CLI is a shell script; what it is given as a state is kept in `imported`. */
function stackWith(script: string): TakeOver & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "fabric-takeover-"));
  writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "pulumi"), 0o755);
  const file = join(folder, "Pulumi.dev.yaml");
  writeFileSync(file, "before");
  return {
    folder,
    access: { projectRoot: folder, stack: "dev", env: { PATH: `${folder}:${process.env["PATH"]}` } },
    file,
    text: { before: "before", after: "after" },
    state: { before: stateOf("1"), after: stateOf("2") },
  };
}

describe("writing configuration and state together", () => {
  it("Writing configuration and state together leaves both as they are to be", async () => {
    const stack = stackWith('[ "$2" = import ] && cat > imported');
    await takeOver(stack);
    assert.equal(readFileSync(stack.file, "utf8"), "after");
    assert.deepEqual(JSON.parse(readFileSync(join(stack.folder, "imported"), "utf8")), stack.state.after);
  });

  it("Writing configuration and state together puts both back where the state was written and its writing failed", async () => {
    const stack = stackWith(`
      [ "$2" = export ] && exec cat imported
      [ -e imported ] && { cat > imported; exit 0; }
      cat > imported; echo 'connection lost' >&2; exit 255`);
    await assert.rejects(takeOver(stack), /Nothing was imported.*connection lost/s);
    assert.equal(readFileSync(stack.file, "utf8"), "before");
    assert.deepEqual(JSON.parse(readFileSync(join(stack.folder, "imported"), "utf8")), stack.state.before);
  });

  it("Writing configuration and state together removes a file that was not there before", async () => {
    const stack = stackWith(`[ "$2" = export ] && echo '${JSON.stringify(stateOf("1"))}' && exit 0; exit 255`);
    await assert.rejects(takeOver({ ...stack, text: { before: undefined, after: "after" } }), /Nothing was imported/);
    assert.equal(existsSync(stack.file), false);
  });

  it("Writing configuration and state together keeps the configuration where nobody can say how the state is, so that nothing is deleted, and says what to do", async () => {
    const stack = stackWith("echo 'no network' >&2; exit 255");
    await assert.rejects(takeOver(stack), (error: Error) => {
      assert.ok(error instanceof HalfDoneError);
      assert.match(error.message, /could not be written.*Nor could it be put back.*npm run preview -- --stack dev/s);
      return true;
    });
    assert.equal(readFileSync(stack.file, "utf8"), "after");
  });
});
