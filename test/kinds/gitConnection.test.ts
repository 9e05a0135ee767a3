import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { known, knownBranch } from "../../emulator/core/defaultSeed.ts";
import { RunFolder } from "../../cli/transaction/runFolder.ts";
import { check } from "../../providers/engine/resourceKind.ts";
import { Bench, deployed, inputsOf, kindOf } from "./providerBench.ts";
import type { Deployed, Properties } from "./providerBench.ts";

const host = "contoso.ghe.com";
const { gitProviderType, ownerName, repositoryName, branchName, directoryName } = knownBranch;
const declared = {
  ...{ gitProviderType, ownerName, repositoryName, branchName, directoryName },
  connectionId: known.gitHubConnection,
};

/** A workspace with a connection that this stack made, or that somebody else did. */
async function connected(
  inputs: Properties,
  bySomebody?: { details: Properties; credentials?: { source: string; connectionId?: string } },
) {
  const bench = await Bench.start();
  const { id: workspaceId } = await deployed(bench, "workspace", { displayName: "sales", capacity: "local" });
  if (bySomebody) {
    const { details, credentials = { source: "None" } } = bySomebody;
    bench.emulator.service.gitConnections.put({
      id: workspaceId,
      details: details as Record<string, string>,
      isInitialized: true,
      synced: [],
      head: "c0ffee",
      credentials: { [known.deployer]: credentials },
    });
  }
  try {
    return { bench, git: await deployed(bench, "gitConnection", { workspaceId, ...inputs }) };
  } catch (error) {
    await bench[Symbol.asyncDispose]();
    throw error;
  }
}

const detailsNow = ({ emulator }: Bench, { id }: Deployed): Properties => ({
  ...emulator.service.gitConnections.get(id)?.details,
});
const credentialsNow = ({ emulator }: Bench, { id }: Deployed) =>
  emulator.service.gitConnections.get(id)?.credentials[known.deployer];

async function updated(bench: Bench, git: Deployed, inputs: Properties): Promise<Properties> {
  const process = await bench.process("gitConnection");
  const news = check(kindOf("gitConnection"), git.olds, { workspaceId: git.id, ...inputs }).inputs;
  const { outs } = await process.update(git.id, git.olds, news);
  await process.end();
  return outs as Properties;
}

async function refreshed(bench: Bench, git: Deployed): Promise<Properties> {
  const process = await bench.process("gitConnection");
  const { props } = await process.read(git.id, git.olds);
  await process.end();
  return props as Properties;
}

/** The inputs that an update would change. */
function changedBy(git: Deployed, state: Properties, inputs: Properties): readonly string[] {
  const kind = kindOf("gitConnection");
  const { inputs: news } = check(kind, state, { workspaceId: git.id, ...inputs });
  const before = inputsOf(kind, state);
  return Object.keys(kind.fields).filter((name) => news[name] !== before[name]);
}

it("A Git connection changes its branch also if the answer to the disconnect was lost, and the next attempt finds nothing connected", async () => {
  const { bench, git } = await connected(declared);
  await using _bench = bench;
  bench.emulator.faults([{ method: "POST", route: "/workspaces/{workspaceId}/git/disconnect", drop: "after" }]);
  const { head } = await updated(bench, git, { ...declared, branchName: "release" });
  assert.equal(detailsNow(bench, git)["branchName"], "release");
  assert.equal(head, bench.emulator.service.gitConnections.get(git.id)?.head);
});

it("A Git connection of this stack under another key changes its branch, as under its own key", async () => {
  const { bench, git } = await connected(declared);
  await using _bench = bench;
  const inputs = { workspaceId: git.id, ...declared, branchName: "release" };
  using folder = new RunFolder({
    version: 3,
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:test::fabric::pulumi-nodejs:dynamic/fabric:GitConnection::before",
          type: "pulumi-nodejs:dynamic/fabric:GitConnection",
          custom: true,
          id: git.id,
          inputs: inputsOf(kindOf("gitConnection"), git.olds),
          outputs: git.olds,
        },
      ],
    },
  });
  const process = await bench.process("gitConnection", folder.env);
  const { id } = await process.create(check(kindOf("gitConnection"), {}, inputs).inputs);
  await process.end();
  assert.equal(id, git.id);
  assert.equal(detailsNow(bench, git)["branchName"], "release");
});

describe("the host of a Git connection", () => {
  it("The host of a Git connection is sent, and stays when the branch changes", async () => {
    const inputs = { ...declared, customDomainName: host };
    const { bench, git } = await connected(inputs);
    await using _bench = bench;
    assert.equal(detailsNow(bench, git)["customDomainName"], host);
    await updated(bench, git, { ...inputs, branchName: "release" });
    const { branchName: now, customDomainName } = detailsNow(bench, git);
    assert.deepEqual([now, customDomainName], ["release", host]);
  });

  it("The host of a Git connection is put back if somebody has connected the workspace to the same repository elsewhere", async () => {
    const inputs = { ...declared, customDomainName: host };
    const { bench, git } = await connected(inputs);
    await using _bench = bench;
    const { customDomainName: _elsewhere, ...details } = detailsNow(bench, git);
    bench.emulator.service.gitConnections.change(git.id, { details: details as Record<string, string> });
    const state = await refreshed(bench, git);
    assert.deepEqual(changedBy(git, state, inputs), ["customDomainName"]);
    await updated(bench, { ...git, olds: state }, inputs);
    assert.equal(detailsNow(bench, git)["customDomainName"], host);
  });

  it("The host of a Git connection is compared when a connection is adopted, and both hosts are told", async () => {
    const refused = connected(declared, { details: { ...knownBranch, customDomainName: host } });
    await assert.rejects(refused, /The workspace is connected to contoso\.ghe\.com\/.* and .* is declared/);
  });
});

describe("what nobody declares of a Git connection", () => {
  const further = { customDomainName: host, tokenScope: "read", region: "eu" };
  const old = (git: Deployed): Deployed => ({ ...git, olds: { ...git.olds, furtherDetails: undefined } });

  for (const [who, stateOf] of [
    ["this version", (git: Deployed) => git],
    ["an earlier version, whose state does not hold it,", old],
  ] as const) {
    it(`What nobody declares of a Git connection stays when the branch changes, if ${who} has deployed it`, async () => {
      const { bench, git } = await connected(declared);
      await using _bench = bench;
      bench.emulator.service.gitConnections.change(git.id, {
        details: { ...detailsNow(bench, git), ...further },
      });
      const state = await refreshed(bench, stateOf(git));
      assert.deepEqual(changedBy(git, state, declared), []);
      await updated(bench, stateOf(git), { ...declared, branchName: "release" });
      const now = detailsNow(bench, git);
      assert.deepEqual([now["branchName"], now["customDomainName"]], ["release", host]);
      assert.deepEqual([now["tokenScope"], now["region"]], ["read", "eu"]);
    });
  }

  it("What nobody declares of a Git connection is sent again after somebody has disconnected the workspace", async () => {
    const { bench, git } = await connected(declared);
    await using _bench = bench;
    bench.emulator.service.gitConnections.change(git.id, {
      details: { ...detailsNow(bench, git), ...further },
    });
    const olds = await refreshed(bench, git);
    bench.emulator.service.gitConnections.delete(git.id);
    await updated(bench, { ...git, olds }, declared);
    assert.equal(detailsNow(bench, git)["tokenScope"], "read");
  });

  it("What nobody declares of a Git connection does not go along to another owner's repository", async () => {
    const { bench, git } = await connected(declared);
    await using _bench = bench;
    bench.emulator.service.gitConnections.change(git.id, {
      details: { ...detailsNow(bench, git), ...further },
    });
    await updated(bench, git, { ...declared, ownerName: "fabrikam" });
    const now = detailsNow(bench, git);
    assert.deepEqual(
      [now["ownerName"], now["tokenScope"], now["customDomainName"]],
      ["fabrikam", undefined, undefined],
    );
  });
});

it("A Git connection of a provider that is not known is not taken over, and the refusal says what the workspace is connected to", async () => {
  const details = { gitProviderType: "GitLab", groupName: "contoso", projectName: "prices", branchName: "trunk" };
  await assert.rejects(
    connected(declared, { details }),
    /The workspace is connected to \?, branch trunk, \/ \(GitLab\) already, and sales, branch main/,
  );
});

describe("declared credentials of a Git connection", () => {
  const theirs = { details: { ...knownBranch } };
  const wanted = { source: "ConfiguredConnection", connectionId: known.gitHubConnection };

  it("Declared credentials of a Git connection are sent when it is adopted and the identity has none, and taken back in the end", async () => {
    const { bench, git } = await connected(declared, theirs);
    await using _bench = bench;
    assert.deepEqual(credentialsNow(bench, git), wanted);
    const process = await bench.process("gitConnection");
    await process.delete(git.id, git.olds);
    assert.deepEqual(credentialsNow(bench, git), { source: "None" });
    assert.ok(bench.emulator.service.gitConnections.get(git.id));
  });

  it("Declared credentials of a Git connection are not sent again where the service has them", async () => {
    const { bench, git } = await connected(declared, { ...theirs, credentials: wanted });
    await using _bench = bench;
    await updated(bench, git, { ...declared, allowOverwrite: true });
    const sent = bench.emulator.requests().filter(({ method }) => method === "PATCH");
    assert.deepEqual(sent, []);
  });

  it("Declared credentials of a Git connection are found missing by a refresh, and sent by the next update", async () => {
    const { bench, git } = await connected(declared);
    await using _bench = bench;
    bench.emulator.service.gitConnections.change(git.id, { credentials: {} });
    const olds = await refreshed(bench, git);
    assert.deepEqual(changedBy(git, olds, declared), ["connectionId"]);
    await updated(bench, { ...git, olds }, declared);
    assert.deepEqual(credentialsNow(bench, git), wanted);
  });
});

it("A first sync with PreferWorkspace of an empty workspace says that items made later are not committed", async (context) => {
  const lines: string[] = [];
  context.mock.method(process.stderr, "write", (line: string) => lines.push(line) > 0);
  const { bench } = await connected({
    ...declared,
    directoryName: "/empty",
    initializationStrategy: "PreferWorkspace",
  });
  await using _bench = bench;
  assert.match(
    lines.join(""),
    /nothing was committed \(PreferWorkspace\)\. Items that are made from now on are committed in Fabric/,
  );
});
