import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { identityDifference, stackIdentity } from "../../../lib/transactions/stackIdentity.ts";

/** A project's folder. */
function project(name: string, more = ""): string {
  const folder = mkdtempSync(join(tmpdir(), "fabric-identity-"));
  writeFileSync(join(folder, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n${more}`);
  return folder;
}

const backendOf = (url: string, env: NodeJS.ProcessEnv = {}) =>
  stackIdentity(project("sales"), "/logs", { PULUMI_BACKEND_URL: url, ...env }).backend;

describe("the identity of a stack", () => {
  it("The identity of a stack is its project and its backend, without options and sign-in data", () => {
    const folder = project("sales", "backend: {url: file://./state}\n");
    assert.deepEqual(stackIdentity(folder, "/logs", {}), {
      project: "sales",
      backend: `file://${hostname()}${folder}/state`,
    });
    assert.equal(backendOf("https://api.pulumi.com/"), "https://api.pulumi.com");
    assert.equal(backendOf("s3://state/team?region=eu&awssdk=v2"), "s3://state/team");
    assert.equal(backendOf("https://me:secret@pulumi.example.com/a"), "https://pulumi.example.com/a");
    assert.equal(backendOf("no url"), undefined);
  });

  it("The identity of a stack moves with the project's folder, if state and logs are both in it", () => {
    const folder = project("sales", "backend: {url: file://./state}\n");
    assert.equal(stackIdentity(folder, join(folder, ".fabric/transactions"), {}).backend, "./state");
    assert.match(stackIdentity(folder, "https://a.blob.core.windows.net/logs", {}).backend ?? "", /^file:.*\/state$/);
  });

  it("The identity of a stack is the same before and after its logs are there, also where a symbolic link leads to the project", () => {
    const folder = project("sales", "backend: {url: file://./state}\n");
    const link = join(mkdtempSync(join(tmpdir(), "fabric-link-")), "project");
    symlinkSync(folder, link);
    const logs = join(link, ".fabric/transactions");
    assert.equal(stackIdentity(link, logs, {}).backend, "./state");
    mkdirSync(logs, { recursive: true });
    assert.equal(stackIdentity(link, logs, {}).backend, "./state");
  });

  it("The identity of a stack in a container holds the container's account, which a variable may name", () => {
    const named = backendOf("azblob://state/team?storage_account=Contoso");
    assert.equal(named, "azblob://contoso/state/team");
    assert.equal(backendOf("azblob://state/team", { AZURE_STORAGE_ACCOUNT: "contoso" }), named);
    assert.notEqual(backendOf("azblob://state/team", { AZURE_STORAGE_ACCOUNT: "fabrikam" }), named);
  });

  it("The identity of a stack holds the backend of the last login, if nothing else names one, from where Pulumi keeps it", () => {
    const home = mkdtempSync(join(tmpdir(), "fabric-home-"));
    assert.equal(stackIdentity(project("sales"), "/logs", { PULUMI_HOME: home }).backend, undefined);
    writeFileSync(join(home, "credentials.json"), JSON.stringify({ current: "https://api.pulumi.com" }));
    assert.equal(stackIdentity(project("sales"), "/logs", { PULUMI_HOME: home }).backend, "https://api.pulumi.com");
    const elsewhere = { PULUMI_HOME: "/nowhere", PULUMI_CREDENTIALS_PATH: home };
    assert.equal(stackIdentity(project("sales"), "/logs", elsewhere).backend, "https://api.pulumi.com");
    assert.equal(
      stackIdentity(project("sales"), "/logs", { PULUMI_HOME: home, PULUMI_BACKEND_URL: "s3://a" }).backend,
      "s3://a",
    );
  });
});

describe("two identities", () => {
  it("Two identities differ by the project, or by the backend, and what one of them does not name is no difference", () => {
    const [one, other] = [
      { project: "sales", backend: "https://api.pulumi.com" },
      { project: "hr", backend: "s3://state" },
    ];
    assert.equal(identityDifference(one, other), "project");
    assert.equal(identityDifference(one, { ...one, backend: other.backend }), "backend");
    assert.equal(identityDifference(one, one), undefined);
    assert.equal(identityDifference({}, one), undefined);
    assert.equal(identityDifference({ project: "sales" }, { backend: "s3://state" }), undefined);
  });

  it("Two folders of one machine are two backends while the first is there, and folders of two machines may be one", () => {
    const folder = mkdtempSync(join(tmpdir(), "fabric-state-"));
    const there = { backend: `file://${hostname()}${folder}` };
    const here = { backend: `file://${hostname()}/elsewhere` };
    assert.equal(identityDifference(there, here), "backend");
    assert.equal(identityDifference(there, { backend: "file://another/elsewhere" }), undefined);
    assert.equal(identityDifference(there, { backend: "s3://state" }), "backend");
    rmSync(folder, { recursive: true });
    assert.equal(identityDifference(there, here), undefined, "moved");
    mkdirSync(folder);
    assert.equal(identityDifference(there, here), "backend");
  });
});
