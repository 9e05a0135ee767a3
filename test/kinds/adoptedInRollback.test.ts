import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { check, diff } from "../../providers/engine/resourceKind.ts";
import { deployed, kindOf } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";
import { Rolled } from "./rolled.ts";

/* What is adopted and has no value to go back to: the credentials of a connection, the spelling of a folder. */

const basic = { credentialType: "Basic", username: "loader", secret: "SALES_SQL_PASSWORD" };
const renamed = { ...basic, username: "other" };
const inputs: Properties = {
  ...{ displayName: "sales-sql", type: "SQL", parameters: { server: "s", database: "d" } },
  ...{ credentials: basic, adopt: true },
};

/** A connection of somebody else that the stack has adopted. */
async function adopted(): Promise<{ readonly rolled: Rolled; readonly made: Deployed }> {
  const rolled = await Rolled.start();
  const { displayName } = inputs;
  const body = { id: "c1", displayName, connectivityType: "ShareableCloud", connectionDetails: { type: "SQL" } };
  rolled.bench.emulator.service.connections.put({ id: "c1", body, credentials: "theirs" });
  const made = await deployed(rolled.bench, "connection", inputs, { isPatient: false });
  return { rolled, made };
}

const credentialsNow = ({ bench }: Rolled) => bench.emulator.service.connections.get("c1")?.credentials;

describe("Credentials of an adopted connection in a rollback", { concurrency: 4 }, () => {
  it("Credentials that an adopted connection had from its owner are told as lost, and none that it never had are sent", async () => {
    const { rolled, made } = await adopted();
    await using _rolled = rolled;
    await rolled.save(made);
    const changed = await rolled.update(made, { ...inputs, credentials: renamed });
    const sent = credentialsNow(rolled);
    const restored = await rolled.restored(changed, made);
    assert.deepEqual(credentialsNow(rolled), sent);
    const [left = ""] = await rolled.givenBack(made, restored);
    assert.match(left, /credentials are those of this deployment.* its owner's/);
    assert.equal(restored.olds["credentialsSent"], false);
  });

  it("Credentials that this stack had sent to an adopted connection come back", async () => {
    const { rolled, made } = await adopted();
    await using _rolled = rolled;
    const first = await rolled.update(made, { ...inputs, credentials: renamed });
    const before = credentialsNow(rolled);
    await rolled.save(first);
    const changed = await rolled.update(first, inputs);
    assert.notDeepEqual(credentialsNow(rolled), before);
    const restored = await rolled.restored(changed, first);
    assert.deepEqual(await rolled.givenBack(first, restored), []);
    assert.deepEqual(credentialsNow(rolled), before);
  });

  it("A connection that an earlier version adopted gets the credentials of the state, and a line says that nobody knows its own", async () => {
    const { rolled, made } = await adopted();
    await using _rolled = rolled;
    const { credentialsSent: _unknown, ...olds } = made.olds;
    const earlier = { ...made, olds };
    await rolled.save(earlier);
    const changed = await rolled.update(earlier, { ...inputs, credentials: renamed });
    const sent = credentialsNow(rolled);
    const restored = await rolled.restored(changed, earlier);
    assert.notDeepEqual(credentialsNow(rolled), sent);
    assert.match((await rolled.givenBack(earlier, restored)).join(), /is not known: an earlier version adopted it/);
    assert.equal(restored.olds["credentialsSent"], undefined);
  });
});

it("An adopted folder keeps the spelling of its name, and the next preview shows no difference", async () => {
  await using rolled = await Rolled.start();
  const workspaceId = await rolled.workspace();
  const { folders } = rolled.bench.emulator.service;
  folders.put({ id: "raw", workspaceId, displayName: "Raw" });
  const wanted = { workspaceId, displayName: "raw" };
  const made = await deployed(rolled.bench, "folder", wanted, { isPatient: false });
  const process = await rolled.bench.process("folder");
  const { props = {} } = await process.read(made.id, made.olds);
  await process.end();
  for (const olds of [made.olds, props])
    assert.deepEqual(diff(kindOf("folder"), olds, check(kindOf("folder"), olds, wanted).inputs), { replaces: [] });
  await rolled.remove({ ...made, olds: props });
  assert.equal(folders.get("raw")?.displayName, "Raw");
});
