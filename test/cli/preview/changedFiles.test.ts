import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { itemChangeLines, itemChangesIn } from "../../../cli/preview/changedFiles.ts";
import { hashDefinition, hashParts, readDefinitionParts } from "../../../lib/api/itemDefinition.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { deployedTexts, keepDeployed, pruneDeployed } from "../../../lib/transactions/deployedDefinitions.ts";

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

  changes(op: string, old: object | undefined, next: object | undefined) {
    const stateOf = (inputs: object | undefined) => (inputs ? { inputs: inputs as Record<string, unknown> } : null);
    const step = {
      ...{ op, urn: "urn:pulumi:dev::fabric::t::sales/load", type: "pulumi-nodejs:dynamic/fabric:Item" },
      ...{ old: stateOf(old), new: stateOf(next) },
    };
    return itemChangesIn(
      { config: {}, steps: [step], refreshed: [], messages: [], isWhole: true },
      { projectRoot: this.root, deployed: (hash) => deployedTexts(this.store, "dev", hash) },
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
    assert.equal((await deployedTexts(project.store, "dev", inputs.definitionHash))?.length, 2);
    const words = async (op: string, old?: object, next?: object) =>
      itemChangeLines(await project.changes(op, old, next)).slice(1);
    assert.deepEqual(await words("create", undefined, inputs), ["  created  sales/load"]);
    assert.deepEqual(await words("delete", inputs), ["  removed  sales/load"]);
    assert.deepEqual(await words("same", inputs, inputs), []);
    assert.deepEqual(await words("update", inputs, { ...inputs, references: { a: "b" } }), [
      "  changed  sales/load: what it refers to",
    ]);
  });
});
