import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { copyOfProject } from "../projectCopy.ts";

describe("npm pack", () => {
  it("npm pack leaves nothing of a build that failed, because npm ends before it would remove the build", async () => {
    const copy = copyOfProject("fabric-build-");
    try {
      // no file to read, which shows when others have been written
      mkdirSync(join(copy, "lib/page/zz.css"));
      const packed = promisify(execFile)("npm", ["pack", "--pack-destination", copy], { cwd: copy });
      await assert.rejects(packed, /EISDIR/);
      assert.equal(existsSync(join(copy, "dist")), false);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
