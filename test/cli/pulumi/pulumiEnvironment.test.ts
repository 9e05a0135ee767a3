import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { SEMI_SPACE_MB } from "../../../cli/pulumi/nodeMemory.ts";
import { projectRoot, pulumiEnvironment } from "../../../cli/pulumi/pulumi.ts";
import { temporaryFolder } from "../../../cli/pulumi/temporaryFolder.ts";
import { backendUrl } from "../../../lib/project/stateBackend.ts";
import { stateFolder } from "../../../lib/project/stateFolder.ts";

const name = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION";

describe("the environment of the project's commands", () => {
  it("The environment of the project's commands downloads no plugin for stack local, which declares nothing in Azure, and lets other stacks have theirs", () => {
    assert.equal(pulumiEnvironment("local", {})[name], "true");
    assert.equal(pulumiEnvironment("dev", {})[name], undefined);
  });

  it("The environment of the project's commands leaves what somebody has set", () => {
    assert.equal(pulumiEnvironment("local", { [name]: "false" })[name], "false");
  });

  it("The environment of the project's commands has more steps under way than the machine has places, unless somebody says how many", () => {
    assert.equal(pulumiEnvironment("dev", {})["PULUMI_PARALLEL"], "50");
    assert.equal(pulumiEnvironment("dev", { PULUMI_PARALLEL: "3" })["PULUMI_PARALLEL"], "3");
  });

  it("The environment of the project's commands keeps Node's young generation small, as Pulumi.yaml does, unless somebody says otherwise", () => {
    const option = `--max-semi-space-size=${SEMI_SPACE_MB}`;
    const { NODE_OPTIONS: own = "" } = pulumiEnvironment("dev", {});
    assert.ok(own.startsWith(`${option} `), own);
    const set = "--max-semi-space-size=8";
    assert.equal(pulumiEnvironment("dev", { NODE_OPTIONS: set })["NODE_OPTIONS"], `${own} ${set}`);
    const project = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as {
      runtime: { options: { nodeargs: string } };
    };
    assert.equal(project.runtime.options.nodeargs, option);
  });

  it("The environment of the project's commands compresses the state, unless somebody says how", () => {
    const zstd = (env: NodeJS.ProcessEnv) => pulumiEnvironment("dev", env)["PULUMI_DIY_BACKEND_ZSTD"];
    assert.equal(zstd({}), "true");
    assert.equal(zstd({ PULUMI_DIY_BACKEND_ZSTD: "false" }), "false");
    assert.equal(zstd({ PULUMI_DIY_BACKEND_GZIP: "true" }), undefined);
  });

  it("The environment of the project's commands names the folder of the state by a URL that Pulumi reads as that folder, and keeps the settings in it", () => {
    const { PULUMI_BACKEND_URL: own = "" } = pulumiEnvironment("local", {});
    assert.equal(stateFolder(own, "/elsewhere"), join(projectRoot, ".fabric/state"));
    assert.equal(new URL(own).searchParams.get("metadata"), "skip");
  });

  it("The environment of the project's commands leaves a backend that somebody has set, unless it depends on the current folder", () => {
    const set = (PULUMI_BACKEND_URL: string) =>
      pulumiEnvironment("local", { PULUMI_BACKEND_URL })["PULUMI_BACKEND_URL"];
    for (const url of ["azblob://state", "file://~", "file:///a%20b?no_tmp_dir=false", "https://api.pulumi.com"])
      assert.equal(set(url), url);
    const folder = mkdtempSync(join(tmpdir(), "fabric-backend-"));
    const url = `file://${relative(projectRoot, folder)}/a%20b?metadata=`;
    assert.equal(set(url), `${pathToFileURL(join(folder, "a b")).href}?metadata=`);
  });
});

describe("temporary files", () => {
  it("Temporary files that cannot be written are told with the folder and TMPDIR", () => {
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = "/nowhere/tmp";
    try {
      assert.throws(() => temporaryFolder("fabric-run-"), /\/nowhere\/tmp \(ENOENT\).*Set TMPDIR to a folder/);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
    }
  });
});

describe("the backend of a project", () => {
  it("The backend of a project is none where its file is empty, or says nothing of one in its place", () => {
    const folder = mkdtempSync(join(tmpdir(), "fabric-project-"));
    for (const text of ["", "# nothing\n", "name: a\nbackend:\n", "name: a\nbackend: {url: }\n", "\uFEFFname: a\r\n"]) {
      writeFileSync(join(folder, "Pulumi.yaml"), text);
      assert.equal(backendUrl(folder, {}), undefined, JSON.stringify(text));
    }
    writeFileSync(join(folder, "Pulumi.yaml"), "\uFEFFname: a\r\nbackend:\r\n  url: file://./state\r\n");
    assert.equal(backendUrl(folder, {}), "file://./state");
    writeFileSync(join(folder, "Pulumi.yaml"), "name: a\nbackend:\n\turl: b\n");
    assert.throws(() => backendUrl(folder, {}), /Pulumi\.yaml:3:1 is not valid YAML: Tabs are not allowed/);
  });
});
