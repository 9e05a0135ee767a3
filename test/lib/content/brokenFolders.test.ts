import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProjectFolder, id, notebook, pipeline, platform } from "./projectFolder.ts";
import type { Files } from "./projectFolder.ts";

interface Broken {
  readonly what: string;
  readonly files?: Files;
  /** The entry besides `from: items`. */
  readonly entry?: object;
  /** All problems, without the path of the entry that they begin with. */
  readonly told: readonly string[];
}

const good = notebook("items/good.Notebook", "good");
const long = "x".repeat(257);

const BROKEN: readonly Broken[] = [
  { what: "a folder that does not exist", files: {}, told: ["from: items does not exist"] },
  {
    what: "a file",
    files: { items: "text" },
    told: ["from: items is a file: name the folder that holds the items"],
  },
  {
    what: "a folder without items",
    files: { "items/readme.txt": "" },
    told: ["from: items holds no item: an item is a folder with a .platform file, in Fabric's Git format"],
  },
  {
    what: "the folder of an item",
    files: { "items/.platform": platform("Notebook", "a") },
    told: ["from: items is an item itself: declare it by path, or name the folder above it"],
  },
  { what: "a folder outside of the project", entry: { from: "../items" }, told: ["from: leads out of the project"] },
  {
    what: "an absolute path",
    entry: { from: "/items" },
    told: ["from: must be relative to the folder of Pulumi.yaml, with / between folders"],
  },
  {
    what: "a path of Windows",
    entry: { from: "items\\sales" },
    told: ["from: must be relative to the folder of Pulumi.yaml, with / between folders"],
  },
  { what: "an empty path", entry: { from: "" }, told: ["from: must not be empty"] },
  {
    what: "keys of a single item",
    entry: { path: "items/good.Notebook", type: "Notebook", creationPayload: {} },
    told: [
      "creationPayload: not together with from: options of one item belong in its entry of items",
      "path: not together with from: options of one item belong in its entry of items",
      "type: not together with from: options of one item belong in its entry of items",
    ],
  },
  {
    what: "an include that matches nothing",
    entry: { include: ["sales/**"] },
    told: ["from: holds 1 items, and include, exclude and types leave none of them"],
  },
  {
    what: "an exclude that matches everything",
    entry: { exclude: ["*"] },
    told: ["from: holds 1 items, and include, exclude and types leave none of them"],
  },
  {
    what: "types that no item has",
    entry: { types: ["Report"] },
    told: ["from: holds 1 items, and include, exclude and types leave none of them"],
  },
  {
    what: "a type in another spelling",
    entry: { types: ["notebook", "Notebook"] },
    told: ["types: notebook is spelled Notebook"],
  },
  { what: "an empty list", entry: { include: [] }, told: ["include: must not be empty"] },
  {
    what: "text instead of a list",
    entry: { exclude: "a" },
    told: ["exclude: must be a list"],
  },
  {
    what: "options of no item",
    entry: { items: { "god.Notebook": { protect: true } } },
    told: ["items: names god.Notebook, which is no item of this folder; did you mean good.Notebook?"],
  },
  {
    what: "an unknown option of an item",
    entry: { items: { "good.Notebook": { type: "Notebook" } } },
    told: ["items.good.Notebook.type: unknown key"],
  },
  {
    what: "a .platform file that is no JSON",
    files: { ...good, "items/a.Notebook/.platform": '{\n  "metadata": {\n' },
    told: ["from: items/a.Notebook/.platform is not valid JSON (line 3)."],
  },
  {
    what: "an empty .platform file",
    files: { ...good, "items/a.Notebook/.platform": "" },
    told: ["from: items/a.Notebook/.platform is not valid JSON."],
  },
  {
    what: "a .platform file without metadata",
    files: { ...good, "items/a.Notebook/.platform": {} },
    told: ["from: items/a.Notebook/.platform lacks a valid metadata."],
  },
  {
    what: "a .platform file without a name",
    files: { ...good, "items/a.Notebook/.platform": { metadata: { type: "Notebook" } } },
    told: ["from: items/a.Notebook/.platform lacks a valid metadata.displayName (line 2)."],
  },
  {
    what: "a .platform file without a type",
    files: { ...good, "items/a.Notebook/.platform": { metadata: { displayName: "a" } } },
    told: ["from: items/a.Notebook/.platform lacks a valid metadata.type (line 2)."],
  },
  {
    what: "a number as a name",
    files: { ...good, "items/a.Notebook/.platform": platform("Notebook", 7) },
    told: ["from: items/a.Notebook/.platform lacks a valid metadata.displayName (line 4)."],
  },
  {
    what: "the first version of the format",
    files: { ...good, "items/a.Notebook/item.metadata.json": { type: "Notebook", displayName: "a" } },
    told: [
      "from: items/a.Notebook is in the first version of Fabric's Git format (item.metadata.json). Commit the item from its workspace again to have a .platform file.",
    ],
  },
  {
    what: "a type in another spelling in a .platform file",
    files: { ...good, "items/a.Notebook/.platform": platform("notebook", "a") },
    told: ["from: items/a.Notebook/.platform has the type notebook, which is spelled Notebook (line 3)"],
  },
  {
    what: "a type that nobody knows",
    files: { ...good, "items/a.Dataset/.platform": platform("Dataset", "a") },
    told: [
      "from: items/a.Dataset/.platform has the type Dataset, which this version does not know. If the service knows it, name it in types (line 3)",
    ],
  },
  {
    what: "a name that is too long",
    files: { "items/a.Notebook/.platform": platform("Notebook", long), "items/a.Notebook/notebook-content.py": "" },
    told: ["from: items/a.Notebook/.platform has a displayName of more than 256 characters (line 4)"],
  },
  {
    what: "a description that is too long",
    files: {
      "items/a.Notebook/.platform": platform("Notebook", "a", undefined, { description: long }),
      "items/a.Notebook/notebook-content.py": "",
    },
    told: ["from: items/a.Notebook/.platform has a description of more than 256 characters (line 5)"],
  },
  {
    what: "a name with a space at its end",
    files: notebook("items/a.Notebook", "a "),
    told: ["from: items/a.Notebook/.platform has a displayName that begins or ends with a space (line 4)"],
  },
  {
    what: "two items of one type and name",
    files: { ...notebook("items/a.Notebook", "Same"), ...notebook("items/b/c.Notebook", "same") },
    told: [
      "from.items/b/c.Notebook: same type and displayName as fabric:workspaces[0].items[0].from.items/a.Notebook (items/b/c.Notebook/.platform:4 and items/a.Notebook/.platform:4)",
    ],
  },
  {
    what: "two items of one logical id",
    files: { ...notebook("items/a.Notebook", "a", id(1)), ...notebook("items/b.Notebook", "b", id(1).toUpperCase()) },
    told: [
      "from.items/b.Notebook: same logicalId as fabric:workspaces[0].items[0].from.items/a.Notebook (items/b.Notebook/.platform:8 and items/a.Notebook/.platform:8)",
    ],
  },
  {
    what: "a notebook without source",
    files: { "items/a.Notebook/.platform": platform("Notebook", "a") },
    told: ["from: items/a.Notebook has no notebook-content.py, without which the service refuses it"],
  },
  {
    what: "a report without its main file",
    files: { "items/a.Report/.platform": platform("Report", "a"), "items/a.Report/report.json": {} },
    told: ["from: items/a.Report has no definition.pbir, without which the service refuses it"],
  },
  {
    what: "a report whose model does not exist",
    files: {
      "items/a.Report/.platform": platform("Report", "a"),
      "items/a.Report/definition.pbir": {
        version: "4.0",
        datasetReference: { byPath: { path: "../b.SemanticModel" } },
      },
    },
    told: [
      "from: items/a.Report/definition.pbir:5 names its model by the folder items/b.SemanticModel, which is no deployed item. Add the model's folder, or name the model by byConnection.",
    ],
  },
  {
    what: "a reference to nothing",
    files: pipeline("items/a.DataPipeline", "a", id(5)),
    told: [
      `from: items/a.DataPipeline/pipeline-content.json:7 refers to the logical id ${id(5)}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
    ],
  },
  {
    what: "a reference to an item that is left out",
    files: { ...pipeline("items/a.DataPipeline", "a", id(5)), ...notebook("items/b.Notebook", "b", id(5)) },
    entry: { exclude: ["b.Notebook"] },
    told: [
      "from: items/a.DataPipeline/pipeline-content.json:7 refers to Notebook 'b' (items/b.Notebook), which is not deployed: include it, or remove the reference.",
    ],
  },
  {
    what: "a KQL database whose eventhouse is left out",
    files: {
      "items/e.Eventhouse/.platform": platform("Eventhouse", "e", id(5)),
      "items/e.Eventhouse/EventhouseProperties.json": {},
      "items/e.Eventhouse/.children/d.KQLDatabase/.platform": platform("KQLDatabase", "d"),
      "items/e.Eventhouse/.children/d.KQLDatabase/DatabaseProperties.json": { parentEventhouseItemId: id(5) },
    },
    entry: { types: ["KQLDatabase"] },
    told: [
      "from: items/e.Eventhouse/.children/d.KQLDatabase/DatabaseProperties.json:2 refers to Eventhouse 'e' (items/e.Eventhouse), which is not deployed: include it, or remove the reference.",
    ],
  },
  {
    what: "a reference to nothing in the properties of a notebook",
    files: notebook(
      "items/a.Notebook",
      "a",
      id(1),
      `# META {\n# META   "environment": {\n# META     "environmentId": "${id(9)}",\n# META     "workspaceId": "00000000-0000-0000-0000-000000000000"\n# META   }\n# META }\n`,
    ),
    told: [
      `from: items/a.Notebook/notebook-content.py:3 refers to the logical id ${id(9)}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
    ],
  },
  {
    what: "items that refer to one another in a circle",
    files: {
      ...pipeline("items/a.DataPipeline", "a", id(2), id(1)),
      ...pipeline("items/b.DataPipeline", "b", id(3), id(2)),
      ...pipeline("items/c.DataPipeline", "c", id(1), id(3)),
    },
    told: [
      "from: items/a.DataPipeline refers to itself by others: DataPipeline 'a' -> DataPipeline 'b' -> DataPipeline 'c' -> DataPipeline 'a'. Remove one of these references.",
    ],
  },
  {
    what: "a folder with a name that the service refuses",
    files: notebook("items/a#b/c.Notebook", "c"),
    told: [
      'from: items/a#b/c.Notebook: its place in the workspace has a folder name with one of ~ " # . & * : < > ? { | } \\ % or a control character',
    ],
  },
  {
    what: "a folder that is too deep",
    files: notebook(`items/${"a/".repeat(11)}c.Notebook`, "c"),
    told: [`from: items/${"a/".repeat(11)}c.Notebook: its place in the workspace must be at most 10 folders deep`],
  },
  {
    what: "a folder name that the service keeps for itself",
    files: notebook("items/recycled/c.Notebook", "c"),
    told: [
      "from: items/recycled/c.Notebook: its place in the workspace has a folder name that the service keeps for itself",
    ],
  },
  {
    what: "a folder in two spellings",
    files: { ...notebook("items/Raw/a.Notebook", "a"), ...notebook("items/raw/b.Notebook", "b") },
    told: ["folder: is spelled /Raw elsewhere, and the service ignores case"],
  },
  {
    what: "an item behind a symbolic link",
    files: { ...good, "items/linked.Notebook": { linkTo: "good.Notebook" } },
    told: ["from: items/linked.Notebook is a symbolic link. Put the folder itself there."],
  },
  {
    what: "a symbolic link inside of an item",
    files: { ...good, "items/good.Notebook/more.py": { linkTo: "/etc/hostname" } },
    told: ["from: items/good.Notebook/more.py is a symbolic link. Put the file itself there."],
  },
  {
    what: "several faults at once",
    files: {
      "items/a.Notebook/.platform": platform("notebook", "a"),
      "items/b.Notebook/.platform": "{",
      ...pipeline("items/c.DataPipeline", "c", id(5)),
    },
    entry: { types: ["DataPipeline", "notebook"] },
    told: [
      "from: items/a.Notebook/.platform has the type notebook, which is spelled Notebook (line 3)",
      "from: items/b.Notebook/.platform is not valid JSON (line 1).",
      `from: items/c.DataPipeline/pipeline-content.json:7 refers to the logical id ${id(5)}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
      "types: notebook is spelled Notebook",
    ],
  },
];

describe("a folder of items that cannot be deployed", () => {
  for (const { what, files = good, entry = {}, told } of BROKEN) {
    it(`A folder of items that cannot be deployed is refused before anything is registered: ${what}`, () => {
      using project = new ProjectFolder(files);
      const problems = project.problemsOf([{ name: "sales", items: [{ from: "items", ...entry }] }]);
      assert.deepEqual(
        problems.map((line) => line.replace("fabric:workspaces[0].items[0].", "")),
        told,
      );
    });
  }

  it("A folder of items that cannot be deployed is refused with file and line also if the other item, or a name, stands in the stack's file", () => {
    using project = new ProjectFolder({
      ...notebook("items/a.Notebook", "same"),
      "Pulumi.yaml": "name: test\nruntime: nodejs\nstackConfigDir: stacks\n",
      "stacks/Pulumi.dev.yaml":
        "# the stack\nconfig:\n  fabric:workspaces:\n    - name: sales\n      items:\n        - { type: Notebook, displayName: Same }\n        - from: items\n    - displayName: x\n      name: Sales\n",
    });
    const items = [{ type: "Notebook", displayName: "Same" }, { from: "items" }];
    assert.deepEqual(
      project.problemsOf([
        { name: "sales", items },
        { displayName: "x", name: "Sales" },
      ]),
      [
        "fabric:workspaces[0].items[1].from.items/a.Notebook: same type and displayName as fabric:workspaces[0].items[0] (items/a.Notebook/.platform:4 and Pulumi.dev.yaml:6)",
        "fabric:workspaces[1].name: same name as fabric:workspaces[0].name (Pulumi.dev.yaml:9 and Pulumi.dev.yaml:4)",
      ],
    );
  });

  it("A folder of items that cannot be deployed is refused: a reference that several other workspaces could mean", () => {
    using project = new ProjectFolder({
      ...notebook("shared/a.Notebook", "a", id(1)),
      ...pipeline("items/b.DataPipeline", "b", id(1)),
    });
    const shared = { items: [{ from: "shared" }] };
    const problems = project.problemsOf([
      { name: "one", ...shared },
      { name: "two", ...shared },
      { name: "three", items: [{ from: "items" }] },
    ]);
    assert.deepEqual(problems, [
      `fabric:workspaces[2].items[0].from: items/b.DataPipeline/pipeline-content.json:7 refers to ${id(1)}, the logical id of items in several other workspaces. Copy the item, or give it another logical id.`,
    ]);
  });

  it("A folder of items that cannot be deployed is refused: a KQL database whose eventhouse lies in another workspace", () => {
    using project = new ProjectFolder({
      "one/e.Eventhouse/.platform": platform("Eventhouse", "e", id(1)),
      "two/d.KQLDatabase/.platform": platform("KQLDatabase", "d", id(2)),
      "two/d.KQLDatabase/DatabaseProperties.json": { databaseType: "ReadWrite", parentEventhouseItemId: id(1) },
    });
    const problems = project.problemsOf([
      { name: "one", items: [{ from: "one" }] },
      { name: "two", items: [{ from: "two" }] },
    ]);
    assert.deepEqual(problems, [
      "fabric:workspaces[1].items[0].from: two/d.KQLDatabase/DatabaseProperties.json:3 names Eventhouse 'e' (one/e.Eventhouse) of another workspace: a database lies in the workspace of its eventhouse.",
    ]);
  });
});
