import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { itemChangeLines, itemChangesIn } from "../../../cli/preview/changedFiles.ts";
import { programFolder } from "../../../lib/project/projectFile.ts";
import { hashDefinition, hashParts, readDefinitionParts } from "../../../lib/api/itemDefinition.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { deployedFiles, keepDeployed, pruneDeployed } from "../../../lib/transactions/deployedDefinitions.ts";

const platform = (displayName: string) =>
  JSON.stringify({ metadata: { type: "Notebook", displayName }, config: { version: "2.0" } });

/** A project with one notebook, and a place for logs. */
class Project implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "changed-"));
  readonly store = new FolderLogStore(join(this.root, "log"));

  constructor() {
    mkdirSync(join(this.root, "load.Notebook"));
    this.write(".platform", platform("load"));
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.root, "load.Notebook", file), text);
  }

  /** The inputs of the notebook with its present files. */
  inputs(more: object = {}) {
    const parts = readDefinitionParts(join(this.root, "load.Notebook"));
    return {
      ...{ path: "load.Notebook", displayName: "load", folderId: "a", parts: hashParts(parts) },
      ...{ definitionHash: hashDefinition(parts), ...more },
    };
  }

  async keep(): Promise<void> {
    const parts = readDefinitionParts(join(this.root, "load.Notebook"));
    await keepDeployed(this.store, "dev", hashDefinition(parts), parts);
  }

  changes(op: string, old: object | undefined, next: object | undefined, programRoot = this.root) {
    const stateOf = (inputs: object | undefined) => (inputs ? { inputs: inputs as Record<string, unknown> } : null);
    const step = {
      ...{ op, urn: "urn:pulumi:dev::fabric::t::sales/load", type: "pulumi-nodejs:dynamic/fabric:Item" },
      ...{ old: stateOf(old), new: stateOf(next) },
    };
    return itemChangesIn(
      { config: {}, steps: [step], refreshed: [], messages: [], isWhole: true },
      { programRoot, deployed: (hash) => deployedFiles(this.store, "dev", hash) },
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

describe("a preview of changed files", () => {
  it("A preview of changed files shows the lines of texts that were deployed, and names the files without them", async () => {
    using project = new Project();
    project.write("notebook-content.py", "# one\nprint(1)\n# three\n");
    project.write("gone.txt", "old\n");
    const old = project.inputs();
    const edit = () => {
      rmSync(join(project.root, "load.Notebook/gone.txt"));
      project.write("notebook-content.py", "# one\nprint(2)\n# three\n");
      project.write("more.txt", "new\n");
    };
    await project.keep();
    edit();
    const told = itemChangeLines(
      await project.changes("update", old, project.inputs({ displayName: "Load", folderId: "b" })),
    );
    assert.deepEqual(told, [
      "Content of items: 1 changed, 1 renamed, 1 moved",
      "  changed, renamed, moved sales/load: gone.txt removed, more.txt added, notebook-content.py +1 -1",
      "      notebook-content.py",
      "      @@ line 1 @@",
      "       # one",
      "      -print(1)",
      "      +print(2)",
      "       # three",
    ]);
    await pruneDeployed(project.store, "dev", { version: 3, deployment: { resources: [] } });
    const without = itemChangeLines(await project.changes("update", old, project.inputs()));
    assert.deepEqual(without, [
      "Content of items: 1 changed",
      "  changed  sales/load: gone.txt removed, more.txt added, notebook-content.py changed",
    ]);
  });

  it("A preview of changed files keeps what the state refers to, and tells created, removed and otherwise bound items", async () => {
    using project = new Project();
    project.write("notebook-content.py", "print(1)\n");
    await project.keep();
    const inputs = project.inputs();
    const resources = [{ urn: "u", type: "t", custom: true, inputs }];
    await pruneDeployed(project.store, "dev", { version: 3, deployment: { resources } });
    assert.equal((await deployedFiles(project.store, "dev", inputs.definitionHash))?.length, 2);
    const words = async (op: string, old?: object, next?: object) =>
      itemChangeLines(await project.changes(op, old, next)).slice(1);
    assert.deepEqual(await words("create", undefined, inputs), ["  created  sales/load"]);
    assert.deepEqual(await words("delete", inputs), ["  removed  sales/load"]);
    assert.deepEqual(await words("same", inputs, inputs), []);
    assert.deepEqual(await words("update", inputs, { ...inputs, references: { a: "b" } }), [
      "  changed  sales/load: what it refers to",
    ]);
  });

  /** What is told of files that change in a notebook of more files than the state names one by one. */
  const many = (project: Project, count = 60) => {
    for (let index = 0; index < count; index++) project.write(`part-${String(index).padStart(2, "0")}.py`, "same\n");
  };
  const lineOf = async (project: Project, old: object, next: object) =>
    itemChangeLines(await project.changes("update", old, next))
      .slice(1)
      .join("\n");

  it("A preview of changed files calls none of many files removed if the files cannot be read", async () => {
    using project = new Project();
    many(project);
    await project.keep();
    const old = project.inputs();
    project.write("part-00.py", "other\n");
    const next = project.inputs({ path: "elsewhere.Notebook" });
    assert.equal(await lineOf(project, old, next), "  changed, moved sales/load");
  });

  it("A preview of changed files tells those of many files that are too long to keep, or no text, as they changed", async () => {
    using project = new Project();
    many(project);
    const long = "x".repeat(300 * 1024);
    project.write("long.py", long);
    project.write("long-edited.py", long);
    project.write("long-gone.py", long);
    project.write("picture.bin", "\0\0");
    project.write("picture-edited.bin", "\0\0");
    await project.keep();
    const old = project.inputs();
    project.write("part-00.py", "other\n");
    project.write("part-01.py", "same\r\n");
    project.write("long-edited.py", `${long}y`);
    project.write("picture-edited.bin", "\0\0\0");
    rmSync(join(project.root, "load.Notebook/long-gone.py"));
    project.write("new.bin", "\0");
    assert.equal(
      (await lineOf(project, old, project.inputs())).split("\n")[0],
      "  changed  sales/load: long-edited.py changed, long-gone.py removed, new.bin added, part-00.py +1 -1, " +
        "picture-edited.bin changed",
    );
  });

  it("A preview of changed files calls no file added that an earlier version did not keep", async () => {
    using project = new Project();
    many(project);
    project.write("gone.py", "old\n");
    const old = project.inputs();
    const parts = readDefinitionParts(join(project.root, "load.Notebook"));
    // earlier versions kept the texts only, without those that were too long
    const texts = parts
      .filter(({ path }) => path !== "part-07.py")
      .map(({ path, payload }) => ({ path, text: Buffer.from(payload, "base64").toString() }));
    await project.store.write(
      `dev.content/${old.definitionHash.slice(0, 32)}.json.gz`,
      gzipSync(JSON.stringify(texts)),
    );
    project.write("part-00.py", "other\n");
    rmSync(join(project.root, "load.Notebook/gone.py"));
    assert.equal(
      (await lineOf(project, old, project.inputs())).split("\n")[0],
      "  changed  sales/load: gone.py removed, part-00.py +1 -1",
    );
  });

  it("A preview of changed files knows those of few files from the state, though there are many of them before or after", async () => {
    using project = new Project();
    project.write("part-00.py", "old\n");
    project.write("gone.py", "old\n");
    const few = project.inputs();
    many(project, 51);
    rmSync(join(project.root, "load.Notebook/gone.py"));
    const more = project.inputs();
    await project.keep();
    const grown = await lineOf(project, few, more);
    assert.match(grown, /: gone\.py removed, part-00\.py changed, part-01\.py added, .*part-50\.py added$/);
    for (let index = 1; index < 51; index++)
      rmSync(join(project.root, `load.Notebook/part-${String(index).padStart(2, "0")}.py`));
    project.write("part-00.py", "new\n");
    const shrunk = (await lineOf(project, more, project.inputs())).split("\n")[0] ?? "";
    assert.match(shrunk, /: part-00\.py \+1 -1, part-01\.py removed, .*part-50\.py removed$/);
    assert.doesNotMatch(`${grown}${shrunk}`, /number of files/);
  });

  it("A preview of changed files calls no file added that a state of an earlier version does not name", async () => {
    using project = new Project();
    project.write("a.py", "old\n");
    const { parts: _parts, ...old } = project.inputs();
    project.write("a.py", "new\n");
    assert.equal(await lineOf(project, old, project.inputs()), "  changed  sales/load");
  });

  it("A preview of changed files finds the files where the program runs, which `main` in Pulumi.yaml may say", () => {
    using project = new Project();
    mkdirSync(join(project.root, "src"));
    writeFileSync(join(project.root, "src/index.ts"), "");
    const folderOf = (content: string) => {
      writeFileSync(join(project.root, "Pulumi.yaml"), `name: fabric\n${content}`);
      return relative(project.root, programFolder(project.root));
    };
    assert.equal(folderOf(""), "");
    assert.equal(folderOf("main: src/\n"), "src");
    assert.equal(folderOf("main: src/index.ts\n"), "src");
    assert.equal(folderOf("main: ./src\n"), "src");
  });
});
