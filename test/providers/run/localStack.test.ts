import assert from "node:assert/strict";
import { it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import { startRun } from "../../../providers/run/liveRun.ts";
import { visibleWorkspaces } from "../../../providers/run/visible.ts";

it("Stack local never uses a real credential, wherever its endpoint points; other stacks do", async () => {
  const emulator = await startEmulator();
  const env = { FABRIC_ACCESS_TOKEN: tokenFor(known.alice, tenantId, "fabric", Date.now()) };
  const callers: (string | undefined)[] = [];
  for (const stack of ["local", "dev"]) {
    const settings = { features: {}, credential: "auto", transactionLog: "/nowhere" };
    const run = await startRun({ ...settings, stack, endpoint: emulator.url }, env);
    await visibleWorkspaces(run);
    callers.push(emulator.requests().at(-1)?.caller);
    await run.close();
  }
  await emulator.close();
  assert.deepEqual(callers, [known.deployer, known.alice]);
});
