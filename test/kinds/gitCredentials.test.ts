import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { unsettledCreates } from "../../lib/transactions/unsettled.ts";
import { writtenBy } from "../../lib/transactions/written.ts";
import { kinds } from "../../providers/kinds/kinds.ts";
import { undoStep } from "../../providers/engine/undoStep.ts";
import { rollback } from "./faultyCalls.ts";
import { Bench, TRANSACTION, deployed, saveBefore } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";
import { Rolled } from "./rolled.ts";

/* The deploying identity's credentials for a Git connection, which somebody has set at the service: who gets them back. */

type Credentials = Readonly<Record<string, string>>;
const configured = (connectionId: string): Credentials => ({ source: "ConfiguredConnection", connectionId });

/** The declared connection, and those that somebody else has chosen. */
const [declaredId, theirId, laterId] = [
  known.gitHubConnection,
  "0000c0c0-0000-4000-8000-00000000000c",
  "0000d0d0-0000-4000-8000-00000000000d",
] as const;
const elsewhere = { ...knownBranch, directoryName: "/elsewhere" };
const inputsFor = (workspaceId: string): Properties => ({
  ...{ workspaceId, ...knownBranch, connectionId: declaredId },
  ...{ initializationStrategy: "PreferRemote", allowOverwrite: true },
});

/** Makes copies of the declared connection that the identity may use, too. */
function addConnections({ emulator }: Bench): void {
  const { connections } = emulator.service as unknown as {
    connections: { get(id: string): { id: string }; put(one: object): void };
  };
  for (const id of [theirId, laterId]) connections.put({ ...connections.get(declaredId), id, displayName: id });
}

const setCredentials = ({ emulator }: Bench, id: string, credentials: Credentials) =>
  emulator.service.gitConnections.change(id, { credentials: { [known.deployer]: credentials as never } });
const credentialsNow = ({ emulator }: Bench, id: string) =>
  emulator.service.gitConnections.get(id)?.credentials[known.deployer];

/** A connection of the stack, whose credentials somebody has changed since its deployment. */
async function changedByThem(): Promise<{ readonly rolled: Rolled; readonly git: Deployed }> {
  const rolled = await Rolled.start();
  const { bench } = rolled;
  addConnections(bench);
  bench.emulator.commit(knownBranch, []);
  bench.emulator.commit(elsewhere, []);
  const git = await deployed(bench, "gitConnection", inputsFor(await rolled.workspace()), { isPatient: false });
  await rolled.save(git);
  setCredentials(bench, git.id, configured(theirId));
  return { rolled, git };
}

/** A workspace whose connection somebody else has made. */
async function madeByThem(rolled: Rolled, details: object, credentials: Credentials): Promise<string> {
  const id = await rolled.workspace();
  rolled.bench.emulator.service.gitConnections.put({
    ...{ id, details: { ...details }, isInitialized: true, synced: [], head: "c0ffee" },
    credentials: { [known.deployer]: credentials as never },
  });
  return id;
}

/** A connection that somebody else has made, and a process that dies when its credentials have been sent. */
async function killedInAdoption(credentials: Credentials) {
  const stop = new AbortController();
  const bench: Bench = await Bench.start(() => {
    bench.forkLogs();
    stop.abort();
  });
  addConnections(bench);
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  bench.emulator.service.gitConnections.put({
    ...{ id: workspaceId, details: { ...knownBranch }, isInitialized: true, synced: [], head: "c0ffee" },
    credentials: { [known.deployer]: credentials as never },
  });
  await saveBefore(bench);
  bench.emulator.faults([{ method: "PATCH", route: "/workspaces/{workspaceId}/git/myGitCredentials", drop: "after" }]);
  const dying = await bench.process("gitConnection", {}, { isPatient: false, stop: stop.signal });
  await assert.rejects(dying.create(inputsFor(workspaceId)));
  await dying.end();
  bench.emulator.faults([]);
  assert.deepEqual(credentialsNow(bench, workspaceId), configured(declaredId));
  return { bench, workspaceId };
}

describe("Credentials of a Git connection that somebody has set", { concurrency: 4 }, () => {
  const changes: Record<string, Properties> = {
    "a property of the connection": { allowOverwrite: false },
    "the declared credentials": { connectionId: laterId },
    "the folder of the branch": { directoryName: elsewhere.directoryName },
    "the folder and the credentials": { directoryName: elsewhere.directoryName, connectionId: laterId },
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`A rollback gives the identity the credentials back that somebody had set, after a change of ${what}`, async () => {
      const { rolled, git } = await changedByThem();
      await using _rolled = rolled;
      const changed = await rolled.update(git, { ...inputsFor(git.id), ...change });
      assert.notDeepEqual(credentialsNow(rolled.bench, git.id), configured(theirId));
      const restored = await rolled.restored(changed, git);
      assert.deepEqual(await rolled.givenBack(git, restored), []);
      assert.deepEqual(credentialsNow(rolled.bench, git.id), configured(theirId));
    });

    it(`Credentials that somebody sets after a deployment stay in its rollback, and are told, after a change of ${what}`, async () => {
      const { rolled, git } = await changedByThem();
      await using _rolled = rolled;
      const changed = await rolled.update(git, { ...inputsFor(git.id), ...change, connectionId: declaredId });
      const restored = await rolled.restored(changed, git);
      setCredentials(rolled.bench, git.id, configured(laterId));
      const [left = ""] = await rolled.givenBack(git, restored);
      assert.match(left, /credentials .* stay; before, they were .*0000c0c0/);
      assert.deepEqual(credentialsNow(rolled.bench, git.id), configured(laterId));
    });
  }

  it("A connection that a rollback makes anew gets the credentials that somebody had set", async () => {
    const { rolled, git } = await changedByThem();
    await using _rolled = rolled;
    await rolled.remove(git);
    const remade = await rolled.remade(git);
    assert.deepEqual(credentialsNow(rolled.bench, git.id), configured(declaredId));
    assert.deepEqual(await rolled.givenBack(git, remade), []);
    assert.deepEqual(credentialsNow(rolled.bench, git.id), configured(theirId));
  });

  it("Credentials from before that the service refuses are told, and the connection keeps those of the deployment", async () => {
    const { rolled, git } = await changedByThem();
    await using _rolled = rolled;
    const changed = await rolled.update(git, { ...inputsFor(git.id), allowOverwrite: false });
    const { connections } = rolled.bench.emulator.service as unknown as { connections: { delete(id: string): void } };
    connections.delete(theirId);
    const [left = ""] = await rolled.givenBack(git, await rolled.restored(changed, git));
    assert.match(left, /could not be given back: .*; before, they were .*0000c0c0/);
  });
});

describe("Credentials of an adopted Git connection", { concurrency: 4 }, () => {
  const cases: Record<string, Credentials> = { none: { source: "None" }, others: configured(theirId) };
  for (const [what, credentials] of Object.entries(cases)) {
    it(`A rollback of an adoption that was cut off gives the identity its credentials back, if it had ${what}`, async () => {
      const { bench, workspaceId } = await killedInAdoption(credentials);
      await using _bench = bench;
      const orphans = unsettledCreates(await bench.logs().logs());
      const orphan = orphans.find(({ resourceType }) => resourceType === "GitConnection");
      assert.ok(orphan);
      const run = await bench.run({ ...rollback, FABRIC_CONFIRM_GONE: "true" }, { isPatient: false });
      assert.ok(await undoStep([kinds.gitConnection], orphan)(run, () => false));
      await run.close();
      assert.deepEqual(credentialsNow(bench, workspaceId), credentials);
    });

    it(`A rollback of an adoption looks at the credentials itself, if no state and no orphan holds them, and the identity had ${what}`, async () => {
      const { bench, workspaceId } = await killedInAdoption(credentials);
      await using _bench = bench;
      const [written] = writtenBy(await bench.logs().entries(TRANSACTION));
      assert.ok(written);
      const run = await bench.run(rollback, { isPatient: false });
      const given = await kinds.gitConnection.giveBackValues?.(run, workspaceId, written, {});
      await run.close();
      assert.deepEqual(given, { isChanged: true, left: [] });
      assert.deepEqual(credentialsNow(bench, workspaceId), credentials);
    });

    it(`An up after an adoption that was cut off knows the credentials from before, and a destroy gives them back, if the identity had ${what}`, async () => {
      const { bench, workspaceId } = await killedInAdoption(credentials);
      await using _bench = bench;
      const again = await bench.process("gitConnection", { FABRIC_TRANSACTION_ID: "test-2" }, { isPatient: false });
      const { id, outs } = await again.create(inputsFor(workspaceId));
      await again.end();
      const destroying = await bench.process("gitConnection", { FABRIC_TRANSACTION_ID: "test-3" });
      await destroying.delete(String(id), outs as Properties);
      await destroying.end();
      assert.deepEqual(credentialsNow(bench, workspaceId), credentials);
    });
  }

  it("Credentials that are declared after an adoption are taken back by a destroy", async () => {
    await using rolled = await Rolled.start();
    const { bench } = rolled;
    addConnections(bench);
    const { repositoryName, branchName, directoryName } = knownBranch;
    const owner = { gitProviderType: "AzureDevOps", organizationName: "contoso", projectName: "data" };
    const details = { ...owner, repositoryName, branchName, directoryName };
    const workspaceId = await madeByThem(rolled, details, configured(theirId));
    const inputs = { workspaceId, ...details };
    const git = await deployed(bench, "gitConnection", inputs, { isPatient: false });
    const changed = await rolled.update(git, { ...inputs, connectionId: laterId });
    assert.deepEqual(credentialsNow(bench, workspaceId), configured(laterId));
    await rolled.remove(changed);
    assert.deepEqual(credentialsNow(bench, workspaceId), configured(theirId));
  });

  /** An adopted connection, to which a deployment has sent the declared credentials in place of theirs. */
  async function sentTo(rolled: Rolled): Promise<Deployed> {
    addConnections(rolled.bench);
    const workspaceId = await madeByThem(rolled, { ...knownBranch }, configured(theirId));
    return deployed(rolled.bench, "gitConnection", inputsFor(workspaceId), { isPatient: false });
  }

  for (const [status, errorCode] of [
    [400, "ConnectionNotFound"],
    [403, "InsufficientPrivileges"],
    [404, "EntityNotFound"],
  ] as const)
    it(`A destroy lets an adopted connection go whose former credentials the service refuses, and says which those are: ${status}`, async () => {
      await using rolled = await Rolled.start();
      const { bench } = rolled;
      const git = await sentTo(rolled);
      const route = "/workspaces/{workspaceId}/git/myGitCredentials";
      bench.emulator.faults([{ method: "PATCH", route, status, errorCode, times: "forever" }]);
      const said: string[] = [];
      const run = { ...(await bench.run()), warn: (line: string) => void said.push(line) };
      const destroying = await bench.process("gitConnection", {}, { run });
      await destroying.delete(git.id, git.olds);
      await destroying.end();
      const [line = ""] = said;
      assert.match(line, new RegExp(`ConfiguredConnection.*${theirId}.*could not be given back.*stay.*${errorCode}`));
      assert.deepEqual(credentialsNow(bench, git.id), configured(declaredId));
    });

  it("A destroy of an adopted connection fails while its former credentials cannot be sent for another reason than that they are refused", async () => {
    await using rolled = await Rolled.start();
    const { bench } = rolled;
    const git = await sentTo(rolled);
    const route = "/workspaces/{workspaceId}/git/myGitCredentials";
    bench.emulator.faults([{ method: "PATCH", route, status: 500, errorCode: "Broken", times: "forever" }]);
    await assert.rejects(rolled.remove(git), /Broken/);
  });

  it("Credentials that a deployment left alone when it gave up an adopted connection stay in its rollback", async () => {
    await using rolled = await Rolled.start();
    const { bench } = rolled;
    addConnections(bench);
    const workspaceId = await madeByThem(rolled, { ...knownBranch }, configured(declaredId));
    const git = await deployed(bench, "gitConnection", inputsFor(workspaceId), { isPatient: false });
    await rolled.save(git);
    setCredentials(bench, workspaceId, configured(theirId));
    await rolled.remove(git);
    await rolled.remade(git);
    assert.deepEqual(credentialsNow(bench, workspaceId), configured(theirId));
  });
});
