import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../../cli/pulumi/pulumi.ts";
import { staleLockOf } from "../../../cli/stack/stateFiles.ts";
import { withStackToItself } from "../../../cli/transaction/stackLock.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";

/** A backend in a folder, in which a CLI took the lock of stack dev. */
function lockedBackend(pid: number, name = "state"): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = join(mkdtempSync(join(tmpdir(), "fabric-lock-")), name);
  const locks = join(folder, ".pulumi/locks/organization/fabric/dev");
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "1.json"), JSON.stringify({ pid, hostname: hostname(), timestamp: "yesterday" }));
  return { folder, env: { ...process.env, PULUMI_BACKEND_URL: `${pathToFileURL(folder).href}?metadata=skip` } };
}

const deadProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock that Pulumi keeps on a stack", () => {
  it("The lock that Pulumi keeps on a stack is stale when its process is gone, and not while it lives", () => {
    const pid = deadProcess();
    assert.deepEqual(staleLockOf("dev", lockedBackend(pid).env), { pid, since: "yesterday" });
    assert.equal(staleLockOf("dev", lockedBackend(process.pid).env), undefined);
    assert.equal(staleLockOf("prod", lockedBackend(pid).env), undefined);
    assert.equal(staleLockOf("dev", { PULUMI_BACKEND_URL: "azblob://state" }), undefined);
  });

  it("The lock that Pulumi keeps on a stack is found whatever the folder of the state is called, and in every spelling of its URL", () => {
    const pid = deadProcess();
    for (const name of ["My%20Repo", "a#b?c", "x[1]", "{a,b}", "*", "!(x)", "100%", "back\\slash", "..x", " é "])
      assert.ok(staleLockOf("dev", lockedBackend(pid, name).env), name);
    const { folder } = lockedBackend(pid);
    for (const PULUMI_BACKEND_URL of [
      `file://${folder}/`,
      `file://${folder}/x/..#y`,
      `file://${relative(projectRoot, folder)}`,
    ])
      assert.ok(staleLockOf("dev", { PULUMI_BACKEND_URL }), PULUMI_BACKEND_URL);
  });

  it("The lock that Pulumi keeps on a stack is removed with side files that were being written, which would block the stack", async () => {
    const { folder, env } = lockedBackend(deadProcess());
    const stacks = join(folder, ".pulumi/stacks/fabric");
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "dev.json.attrs"), "");
    writeFileSync(join(stacks, "dev.json.bak.attrs"), "{}");
    writeFileSync(join(stacks, "dev2.json.attrs"), "");
    const store = new FolderLogStore(join(folder, "log"));
    const code = await withStackToItself(
      { projectRoot, stack: "dev", env: { ...env, PATH: "" } },
      store,
      async () => 0,
    ).catch(() => 0);
    assert.equal(code, 0);
    assert.equal(existsSync(join(stacks, "dev.json.attrs")), false);
    assert.equal(existsSync(join(stacks, "dev.json.bak.attrs")), true);
    assert.equal(existsSync(join(stacks, "dev2.json.attrs")), true, "another stack's, which may be being written");
  });

  it("The lock that Pulumi keeps on a stack does not let a second deployment begin on the same log", async () => {
    const store = new FolderLogStore(join(mkdtempSync(join(tmpdir(), "fabric-lock-")), "log"));
    const inside = Promise.withResolvers<void>();
    const first = withStackToItself({ projectRoot, stack: "dev", env: {} }, store, () => inside.promise.then(() => 0));
    let ran = false;
    const code = await withStackToItself({ projectRoot, stack: "dev", env: {} }, store, async () => {
      ran = true;
      return 0;
    });
    assert.deepEqual([code, ran], [1, false]);
    inside.resolve();
    assert.equal(await first, 0);
  });
});
