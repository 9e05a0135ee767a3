import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FIRST_LINE, ProjectFolder, id, notebook, pipeline, platform } from "./projectFolder.ts";
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
  {
    what: "a misspelled type in types",
    entry: { types: ["Notebook", "Reprot"] },
    told: ["types: no item has the type Reprot; did you mean Report?"],
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
    told: ["from: items/a.Notebook/.platform is not valid JSON: it is empty."],
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
    what: "a misspelled type in a .platform file",
    files: { ...good, "items/a.Notebook/.platform": platform("Notebok", "a") },
    told: [
      "from: items/a.Notebook/.platform has the type Notebok, which this version does not know; did you mean Notebook? If the service knows it, name it in types (line 3)",
    ],
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
    files: {
      "items/a.Notebook/.platform": platform("Notebook", long),
      "items/a.Notebook/notebook-content.py": FIRST_LINE,
    },
    told: ["from: items/a.Notebook/.platform has a displayName of more than 256 characters (line 4)"],
  },
  {
    what: "a description that is too long",
    files: {
      "items/a.Notebook/.platform": platform("Notebook", "a", undefined, { description: long }),
      "items/a.Notebook/notebook-content.py": FIRST_LINE,
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
      "items/a.Report/report.json": {},
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
      `from: items/a.Notebook/notebook-content.py:4 refers to the logical id ${id(9)}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
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
      "from: items/a.DataPipeline/pipeline-content.json:7 refers to itself by others: DataPipeline 'a' -> DataPipeline 'b' -> DataPipeline 'c' -> DataPipeline 'a'. Remove one of these references.",
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

/** Rules for the notebook `good`, with an entry of `find_replace`. */
const rules = (text: string | Uint8Array): Files => ({ ...good, "items/parameter.yml": text });
const findRule = (find: string, more = "") =>
  `find_replace:\n  - find_value: '${find}'\n    replace_value: { dev: y }\n${more}`;
const withPlatform = (content: unknown): Files => ({
  "items/a.Notebook/.platform": content,
  "items/a.Notebook/notebook-content.py": FIRST_LINE,
});
const report = (definition: unknown): Files => ({
  "items/r.Report/.platform": platform("Report", "r"),
  "items/r.Report/definition.pbir": definition,
  "items/r.Report/report.json": {},
});
const named = JSON.stringify(platform("Notebook", "a"), null, 2);

const BROKEN_SHAPES: readonly Broken[] = [
  {
    what: "a .platform file in UTF-16",
    files: withPlatform(Buffer.from(`\uFEFF${named}`, "utf16le")),
    told: ["from: items/a.Notebook/.platform is not UTF-8 text: save it as UTF-8."],
  },
  {
    what: "a name in another encoding",
    files: withPlatform(Buffer.from(named.replace('"a"', '"S\u00fcd"'), "latin1")),
    told: ["from: items/a.Notebook/.platform is not UTF-8 text: save it as UTF-8."],
  },
  {
    what: "a source in another encoding",
    files: {
      ...withPlatform(named),
      "items/a.Notebook/notebook-content.py": Buffer.from(`${FIRST_LINE}# S\u00fcd\n`, "latin1"),
    },
    told: ["from: items/a.Notebook/notebook-content.py is not UTF-8 text: save it as UTF-8"],
  },
  {
    what: "a folder as .platform file",
    files: { "items/a.Notebook/.platform/x": "", "items/a.Notebook/notebook-content.py": FIRST_LINE },
    told: ["from: items/a.Notebook/.platform is a folder, and must be a file."],
  },
  {
    what: "a link that leads nowhere as .platform file",
    files: withPlatform({ linkTo: "none" }),
    told: ["from: items/a.Notebook/.platform is a symbolic link. Put the file itself there."],
  },
  ...["[]", '"a"', "null"].map((text) => ({
    what: `${text} as .platform file`,
    files: withPlatform(text),
    told: ["from: items/a.Notebook/.platform is no object with metadata."],
  })),
  {
    what: "comments in a .platform file",
    files: withPlatform('{\n  // the name\n  "metadata": {}\n}'),
    told: ["from: items/a.Notebook/.platform is not valid JSON: it must not have comments (line 2)."],
  },
  {
    what: "a comma too many in a .platform file",
    files: withPlatform('{\n  "metadata": { "type": "Notebook", "displayName": "a", }\n}'),
    told: ["from: items/a.Notebook/.platform is not valid JSON: a comma stands before the end (line 2)."],
  },
  {
    what: "a merge conflict in a .platform file",
    files: withPlatform('{\n<<<<<<< HEAD\n  "a": 1\n=======\n  "a": 2\n>>>>>>> main\n}'),
    told: ["from: items/a.Notebook/.platform has the marks of a merge conflict (line 2)."],
  },
  {
    what: "a key twice in a .platform file",
    files: withPlatform('{\n  "metadata": { "type": "Notebook", "displayName": "a",\n    "displayName": "b" }\n}'),
    told: ["from: items/a.Notebook/.platform has displayName twice in one object (line 3)."],
  },
  ...["1.0", "3.0"].map((version) => ({
    what: `version ${version} of the format`,
    files: withPlatform({ metadata: { type: "Notebook", displayName: "a" }, config: { version } }),
    told: ["from: items/a.Notebook/.platform has another version of the format than 2.0 (line 7)."],
  })),
  {
    what: "a name with a line end",
    files: notebook("items/a.Notebook", "a\nb"),
    told: ["from: items/a.Notebook/.platform has a displayName with a control character (line 4)"],
  },
  {
    what: "two names that differ in how an accent is stored",
    files: { ...notebook("items/a.Notebook", "Su\u0308d"), ...notebook("items/b.Notebook", "S\u00fcd") },
    told: [
      "from.items/b.Notebook: same type and displayName as fabric:workspaces[0].items[0].from.items/a.Notebook (items/b.Notebook/.platform:4 and items/a.Notebook/.platform:4)",
    ],
  },
  {
    what: "a .platform file in another case",
    files: { ...good, "items/a.Notebook/.Platform": named },
    told: ["from: items/a.Notebook/.Platform is spelled .platform"],
  },
  {
    what: "a folder of items behind a symbolic link",
    files: { ...good, ...notebook("other/deep/b.Notebook", "b"), "items/more": { linkTo: "../other" } },
    told: ["from: items/more is a symbolic link. Put the folder itself there."],
  },
  {
    what: "a symbolic link to the folder above",
    files: { ...good, "items/loop": { linkTo: ".." } },
    told: ["from: items/loop is a symbolic link. Put the folder itself there."],
  },
  {
    what: "an item inside of another item",
    files: { ...good, ...notebook("items/good.Notebook/deep/b.Notebook", "b") },
    told: ["from: items/good.Notebook/deep/b.Notebook is an item inside of another item: put it beside that item"],
  },
  {
    what: "a notebook in both formats",
    files: { ...good, "items/good.Notebook/notebook-content.ipynb": {} },
    told: ["from: items/good.Notebook has notebook-content.ipynb and notebook-content.py: a notebook has one of them"],
  },
  {
    what: "a merge conflict in a source",
    files: { ...good, "items/good.Notebook/lib.py": "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n" },
    told: ["from: items/good.Notebook/lib.py:2 has the marks of a merge conflict"],
  },
  {
    what: "a pointer of Git LFS",
    files: {
      ...good,
      "items/good.Notebook/data.csv": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    },
    told: ["from: items/good.Notebook/data.csv is a pointer of Git LFS, and not the file itself: run git lfs pull"],
  },
  {
    what: "a pipeline that is no JSON",
    files: { ...pipeline("items/p.DataPipeline", "p", id(1)), "items/p.DataPipeline/pipeline-content.json": "{\n  no" },
    told: ["from: items/p.DataPipeline/pipeline-content.json:2 is not valid JSON"],
  },
  {
    what: "a report with comments",
    files: report('{ // model\n  "datasetReference": { "byPath": { "path": "../m.SemanticModel" } } }'),
    told: ["from: items/r.Report/definition.pbir:1 is not valid JSON: it must not have comments"],
  },
  {
    what: "a report without a model",
    files: report({ version: "4.0" }),
    told: [
      "from: items/r.Report/definition.pbir:1 names no model: give datasetReference.byPath or datasetReference.byConnection",
    ],
  },
  {
    what: "a report whose model is a notebook",
    files: { ...good, ...report({ datasetReference: { byPath: { path: "../good.Notebook" } } }) },
    told: [
      "from: items/r.Report/definition.pbir:4 names Notebook 'good' (items/good.Notebook) as its model: a report shows a SemanticModel.",
    ],
  },
  {
    what: "a report whose model is spelled otherwise",
    files: {
      "items/m.SemanticModel/.platform": platform("SemanticModel", "m"),
      "items/m.SemanticModel/definition.pbism": {},
      "items/m.SemanticModel/model.bim": {},
      ...report({ datasetReference: { byPath: { path: "../M.SemanticModel" } } }),
    },
    told: [
      "from: items/r.Report/definition.pbir:4 names its model by the folder items/M.SemanticModel, which is spelled items/m.SemanticModel.",
    ],
  },
  ...(
    [
      [
        "(?P=x)",
        "has (?P=…), which refers to what a group found; that differs between Python and JavaScript, so write it out",
      ],
      ["pri(?i)nt", "has flags in the middle; Python allows them only at the beginning"],
      ["(pri)++nt", "has a possessive quantifier (such as *+), which JavaScript does not have; use a plain one"],
      ["(?<=a|bc)(nt)", "has a look-behind of varying length, which Python does not allow"],
      ["(?>pri)(nt)", "has an atomic group (?>…), which JavaScript does not have; use (?:…)"],
      ["(pri", "has a ( without its )"],
      ["(?<x>pri)nt", "has a group (?<name>…), which Python does not know; it writes (?P<name>…)"],
      ["pri", "must have exactly one group in ( ), whose text is replaced; it has none. Others are written (?:…)"],
    ] as const
  ).map(([find, message]) => ({
    what: `the regular expression ${find}`,
    files: rules(findRule(find, "    is_regex: true\n")),
    told: [`parameters: items/parameter.yml:2 find_replace[0].find_value: ${message}`],
  })),
  ...(
    [
      ["properties", "must begin with $, the whole file"],
      ["$", "names the whole file; name a value in it"],
      ["$[", "ends too early"],
      ["$.a[0,1]", "lists positions, which fabric-cicd does not know; use one rule for each"],
      ["$.a | $.b", "joins two paths with |; use one rule for each"],
    ] as const
  ).map(([find, message]) => ({
    what: `the path ${find}`,
    files: {
      ...notebook("items/n.Notebook", "n", id(1)),
      ...pipeline("items/p.DataPipeline", "p", id(1)),
      "items/parameter.yml": `key_value_replace:\n  - find_key: '${find}'\n    replace_value: { dev: y }\n`,
    },
    told: [`parameters: items/parameter.yml:2 key_value_replace[0].find_key: ${message}`],
  })),
  {
    what: "rules in UTF-16",
    files: rules(Buffer.from(`\uFEFF${findRule("print")}`, "utf16le")),
    told: ["parameters: items/parameter.yml is not UTF-8 text: save it as UTF-8."],
  },
  {
    what: "a folder instead of rules",
    files: { ...good, "items/parameter.yml/x": "" },
    told: ["parameters: items/parameter.yml is a folder, and must be a file."],
  },
  {
    what: "a folder named as rules",
    files: { ...good, "rules/x": "" },
    entry: { parameters: "rules" },
    told: ["parameters: rules is a folder, and must be a file."],
  },
  {
    what: "a template that is a folder",
    files: { ...rules("extend:\n  - ./more\n"), "items/more/x": "" },
    told: ["parameters: items/parameter.yml:2 extend[0]: items/more is a folder, and must be a file."],
  },
  {
    what: "a template outside of the project",
    files: rules("extend:\n  - ../../../../etc/passwd\n"),
    told: ["parameters: items/parameter.yml:2 extend[0]: leads out of the project"],
  },
  {
    what: "a wrong rule and a wrong item at once",
    files: { ...rules(findRule("(pri", "    is_regex: true\n")), "items/b.Notebook/.platform": "{" },
    told: [
      "from: items/b.Notebook/.platform is not valid JSON (line 1).",
      "parameters: items/parameter.yml:2 find_replace[0].find_value: has a ( without its )",
    ],
  },
];

/** Files of an item `x`. */
const item = (type: string, files: Files = {}): Files => ({
  [`items/x.${type}/.platform`]: platform(type, "x"),
  ...Object.fromEntries(Object.entries(files).map(([path, content]) => [`items/x.${type}/${path}`, content])),
});
const ZEROS = "00000000-0000-0000-0000-000000000000";
const lacks = (type: string, files: Files, missing: string): Broken => ({
  what: `${type} without ${missing}`,
  files: item(type, files),
  told: [`from: items/x.${type} has no ${missing}, without which the service refuses it`],
});
const noJson = (type: string, files: Files, path: string): Broken => ({
  what: `${path} that is no JSON`,
  files: item(type, { ...files, [path]: "{\n  no" }),
  told: [`from: items/x.${type}/${path}:2 is not valid JSON`],
});
const byId = { datasetReference: { byConnection: { connectionString: "x" } } };
const database = (properties: object): Files => item("KQLDatabase", { "DatabaseProperties.json": properties });

const BROKEN_CONTENT: readonly Broken[] = [
  lacks("SemanticModel", { "definition.pbism": {} }, "model.bim and no definition/*.tmdl"),
  lacks("Report", { "definition.pbir": byId }, "report.json and no definition/report.json"),
  lacks("Report", { "definition.pbir": byId, "definition/report.json": {} }, "page in definition/pages"),
  lacks("Dataflow", { "mashup.pq": "" }, "queryMetadata.json"),
  lacks("PaginatedReport", {}, ".rdl file"),
  lacks("SQLDatabase", {}, ".sqlproj file"),
  lacks("Eventhouse", {}, "EventhouseProperties.json"),
  lacks("DataAgent", {}, "Files/Config/data_agent.json"),
  lacks("UserDataFunction", { "function_app.py": "" }, "definition.json"),
  noJson("Lakehouse", {}, "shortcuts.metadata.json"),
  noJson("VariableLibrary", { "variables.json": {} }, "valueSets/dev.json"),
  noJson("SemanticModel", { "definition.pbism": {} }, "model.bim"),
  noJson("Report", { "definition.pbir": byId }, "report.json"),
  noJson("DataPipeline", { "pipeline-content.json": {} }, ".schedules"),
  ...["Setting/Sparkcompute.yml", "Libraries/PublicLibraries/environment.yml"].map((path) => ({
    what: `${path} that is no YAML`,
    files: item("Environment", { [path]: "a:\n\t- b\n" }),
    told: [`from: items/x.Environment/${path}:2 is not valid YAML: Tabs are not allowed as indentation`],
  })),
  {
    what: "a value set with another name than its file",
    files: item("VariableLibrary", { "variables.json": {}, "valueSets/dev.json": { name: "prod" } }),
    told: ["from: items/x.VariableLibrary/valueSets/dev.json:2 has the name prod: a value set is named as its file"],
  },
  ...[{ databaseType: "ReadWrite" }, { parentEventhouseItemId: ZEROS }].map((properties) => ({
    what: `a KQL database with ${Object.keys(properties)[0]} and no eventhouse`,
    files: database(properties),
    told: [
      `from: items/x.KQLDatabase/DatabaseProperties.json:${"parentEventhouseItemId" in properties ? 2 : 1} names no eventhouse: give parentEventhouseItemId the logical id of one`,
    ],
  })),
  {
    what: "a KQL database in a notebook",
    files: { ...notebook("items/n.Notebook", "n", id(1)), ...database({ parentEventhouseItemId: id(1) }) },
    told: [
      "from: items/x.KQLDatabase/DatabaseProperties.json:2 names Notebook 'n' (items/n.Notebook) as its eventhouse: a database lies in an Eventhouse.",
    ],
  },
  {
    what: "a default lakehouse that there is not, in the own workspace",
    files: notebook(
      "items/a.Notebook",
      "a",
      id(1),
      `# META {\n# META   "default_lakehouse": "${id(9)}",\n# META   "default_lakehouse_workspace_id": "${ZEROS}"\n# META }\n`,
    ),
    told: [
      `from: items/a.Notebook/notebook-content.py:3 refers to the logical id ${id(9)}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
    ],
  },
  ...[
    { pbiModelDatabaseName: id(9) },
    { connectionString: `Data Source=powerbi://api.powerbi.com/v1.0/myorg/${ZEROS};semanticmodelid=${id(9)}` },
  ].map((byConnection) => ({
    what: `a report whose model is none of its workspace, by ${Object.keys(byConnection)[0]}`,
    files: report({
      datasetReference: {
        byConnection: { address: `powerbi://api.powerbi.com/v1.0/myorg/${ZEROS}`, ...byConnection },
      },
    }),
    told: [
      `from: items/r.Report/definition.pbir:5 refers to the logical id ${id(9)}, which no deployed item has. Add the item's folder, or remove the reference. A rule of values can put in an id that exists.`,
    ],
  })),
  ...(
    [
      ["py", "print(1)\n", "#"],
      ["sql", "# Fabric notebook source\n", "--"],
    ] as const
  ).map(([suffix, source, sign]) => ({
    what: `a notebook in ${suffix} without its first line`,
    files: item("Notebook", { [`notebook-content.${suffix}`]: source }),
    told: [
      `from: items/x.Notebook/notebook-content.${suffix}:1 does not begin with "${sign} Fabric notebook source", without which the service refuses it`,
    ],
  })),
  ...["Dashboard", "SQLEndpoint"].map((type) => ({
    what: `an item of type ${type}`,
    files: item(type),
    told: [
      `from: items/x.${type}/.platform has the type ${type}, which the service lets nobody make: exclude the item (line 3)`,
    ],
  })),
];

describe("a folder of items that cannot be deployed", () => {
  for (const { what, files = good, entry = {}, told } of [...BROKEN, ...BROKEN_SHAPES, ...BROKEN_CONTENT]) {
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

  it("A folder of items that cannot be deployed is refused: one whose options stand in an entry without from", () => {
    using project = new ProjectFolder(good);
    const entry = { path: "items/good.Notebook", include: ["a"], parameters: "rules.yml" };
    assert.deepEqual(project.problemsOf([{ name: "sales", items: [entry] }]), [
      "fabric:workspaces[0].items[0].include: only together with from",
      "fabric:workspaces[0].items[0].parameters: only together with from",
    ]);
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
      "one/e.Eventhouse/EventhouseProperties.json": {},
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

  it("A folder of items is accepted with what looks broken and is not", () => {
    using project = new ProjectFolder({
      "items/S\u0075\u0308d.Notebook/.platform": `\uFEFF${named.replaceAll("\n", "\r\n")}`,
      "items/S\u0075\u0308d.Notebook/notebook-content.py": "# Fabric notebook source\r\n# =======\r\n",
      "docs/about.md": "",
      "items/about.md": { linkTo: "../docs/about.md" },
      "items/docs": { linkTo: "../docs" },
      "items/e.Environment/.platform": platform("Environment", "e"),
      "items/e.Environment/Setting/Sparkcompute.yml": "spark_conf:\n  a.B: 1\n  a.b: 2\n  3: x\n",
    });
    const items = [
      { from: "items", include: ["S\u00fcd.Notebook", "e.*"], items: { "S\u00fcd.Notebook": { protect: true } } },
    ];
    const [workspace] = project.read([{ name: "sales", items }]).workspaces;
    assert.deepEqual(
      workspace?.items.map(({ displayName, protect }) => [displayName, protect]),
      [
        ["a", true],
        ["e", undefined],
      ],
    );
  });

  for (const [what, files, warning] of [
    [
      "a value set in another case than the environment",
      item("VariableLibrary", { "variables.json": {}, "valueSets/DEV.json": { name: "DEV" } }),
      "items/x.VariableLibrary/valueSets/DEV.json is not made active: fabric:environment is dev",
    ],
    [
      "a logical id that is none",
      notebook("items/a.Notebook", "a", "none"),
      "items/a.Notebook/.platform:8 has a logicalId that is no id, so that nothing can refer to the item",
    ],
    [
      "a folder that is named as an item and is none",
      { ...good, "items/load/a.Notebook/notebook-content.py": FIRST_LINE, "items/more.Notebook/docs/readme.md": "" },
      "items/load/a.Notebook has no .platform file, so it is no item and is left alone",
    ],
    [
      "an eventhouse that is none of the stack",
      database({ parentEventhouseItemId: id(7) }),
      `items/x.KQLDatabase/DatabaseProperties.json:2 names the eventhouse ${id(7)}, which is no item of this stack. The service refuses the database, unless its workspace has an eventhouse with that id.`,
    ],
    [
      "parameter.yaml",
      { "items/parameter.yaml": findRule("print") },
      "items/parameter.yaml is not read: rules stand in parameter.yml, or in the file that parameters names",
    ],
    [
      "parameter.yaml beside parameter.yml",
      { "items/parameter.yml": "find_replace: []\n", "items/parameter.yaml": findRule("print") },
      "items/parameter.yaml is not read: rules stand in parameter.yml, or in the file that parameters names",
    ],
    [
      "a link that leads nowhere",
      { "items/parameter.yml": { linkTo: "none" } },
      "items/parameter.yml is a symbolic link that leads nowhere, so there are no rules",
    ],
    [
      "$items inside of a text",
      { "items/parameter.yml": findRule("print").replace("dev: y", 'dev: "a $items.Notebook.good.$id"') },
      "items/parameter.yml:3 find_replace[0].replace_value.dev: has $items or $workspace inside of a text, where it stays as it is: such a value is the whole text",
    ],
  ] as const)
    it(`A folder of items is accepted with a warning about what is probably not meant: ${what}`, () => {
      using project = new ProjectFolder({ ...good, ...files });
      assert.deepEqual(project.read([{ name: "sales", items: [{ from: "items" }] }]).warnings, [warning]);
    });
});
