import assert from "node:assert/strict";
import { it } from "node:test";
import { known } from "../../../emulator/core/defaultSeed.ts";
import { startEmulator } from "../../../emulator/emulator.ts";
import { tenantId, tokenFor } from "../../../emulator/families/identity.ts";
import { startRun } from "../../../providers/run/liveRun.ts";

it("A run signs in by what fabric:credential says, and asks for everything that is missing before it begins", async () => {
  const emulator = await startEmulator();
  const env = { FABRIC_ACCESS_TOKEN: tokenFor(known.alice, tenantId, "fabric", Date.now()) };
  const start = (credential: string) =>
    startRun({ stack: "dev", endpoint: emulator.url, features: {}, transactionLog: "/nowhere", credential }, env);
  await assert.rejects(
    start("gitHubActions"),
    /needs AZURE_TENANT_ID \(or fabric:tenantId\), AZURE_CLIENT_ID, ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN\./,
  );
  await assert.rejects(start("password"), /fabric:credential must be auto, /);
  assert.deepEqual(emulator.requests(), []);
  const run = await start("accessToken");
  assert.equal(run.callerId, known.alice);
  await run.close();
  await emulator.close();
});
