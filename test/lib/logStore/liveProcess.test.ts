import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { it } from "node:test";
import { isLiveProcess } from "../../../lib/logStore/liveProcess.ts";

it("A process is live until it has ended", async () => {
  assert.equal(isLiveProcess(process.pid), true);
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  assert.equal(isLiveProcess(child.pid ?? 0), true);
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.equal(isLiveProcess(child.pid ?? 0), false);
});
