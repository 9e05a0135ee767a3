import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { staleLockOf, withStackToItself } from "../../cli/stackLock.ts";
import { FolderLogStore } from "../../lib/folderLogStore.ts";

/** A backend in a folder, in which a CLI took the lock of stack dev. */
function lockedBackend(pid: number): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = mkdtempSync(join(tmpdir(), "fabric-lock-"));
  const locks = join(folder, ".pulumi/locks/organization/fabric/dev");
  mkdirSync(locks, { recursive: true });
  writeFileSync(join(locks, "1.json"), JSON.stringify({ pid, hostname: hostname(), timestamp: "yesterday" }));
  return { folder, env: { ...process.env, PULUMI_BACKEND_URL: `file://${folder}?metadata=skip` } };
}

const deadProcess = () => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock that Pulumi keeps on a stack", () => {
  it("is stale when its process is gone, and not while it lives", () => {
    const pid = deadProcess();
    assert.deepEqual(staleLockOf("dev", lockedBackend(pid).env), { pid, since: "yesterday" });
    assert.equal(staleLockOf("dev", lockedBackend(process.pid).env), undefined);
    assert.equal(staleLockOf("prod", lockedBackend(pid).env), undefined);
    assert.equal(staleLockOf("dev", { PULUMI_BACKEND_URL: "azblob://state" }), undefined);
  });

  it("is removed with side files that were being written, which would block the stack", async () => {
    const { folder, env } = lockedBackend(deadProcess());
    const stacks = join(folder, ".pulumi/stacks/fabric");
    mkdirSync(stacks, { recursive: true });
    writeFileSync(join(stacks, "dev.json.attrs"), "");
    writeFileSync(join(stacks, "dev.json.bak.attrs"), "{}");
    const store = new FolderLogStore(join(folder, "log"));
    const code = await withStackToItself("dev", { ...env, PATH: "" }, store, async () => 0).catch(() => 0);
    assert.equal(code, 0);
    assert.equal(existsSync(join(stacks, "dev.json.attrs")), false);
    assert.equal(existsSync(join(stacks, "dev.json.bak.attrs")), true);
  });

  it("does not let a second deployment begin on the same log", async () => {
    const store = new FolderLogStore(join(mkdtempSync(join(tmpdir(), "fabric-lock-")), "log"));
    const inside = Promise.withResolvers<void>();
    const first = withStackToItself("dev", {}, store, () => inside.promise.then(() => 0));
    let ran = false;
    const code = await withStackToItself("dev", {}, store, async () => {
      ran = true;
      return 0;
    });
    assert.deepEqual([code, ran], [1, false]);
    inside.resolve();
    assert.equal(await first, 0);
  });
});
