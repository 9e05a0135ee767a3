import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, describe, test } from "node:test";
import { hashDefinition, readItemDefinition, readPlatform } from "../../../lib/api/itemDefinition.ts";
import type { DefinitionPart } from "../../../lib/api/itemDefinition.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

const platform = (metadata: object, logicalId = "7d0c7f0e-6c0b-4d0a-9d55-2c1c6a4f9b01") =>
  JSON.stringify({ metadata, config: { version: "2.0", logicalId } });

const notebookPlatform = platform({ type: "Notebook", displayName: "ingest", description: "Loads orders" });

/** A folder with these files; returns its path. */
function folderWith(files: Record<string, string | Buffer>): string {
  const root = mkdtempSync(join(tmpdir(), "item-"));
  roots.push(root);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const part = (path: string, content: string | Buffer): DefinitionPart => ({
  path,
  payload: Buffer.from(content).toString("base64"),
  payloadType: "InlineBase64",
});
const hashOf = (path: string, content: string | Buffer) => hashDefinition([part(path, content)]);

describe("readItemDefinition", () => {
  test("readItemDefinition takes type, name, description and logical id from the .platform file", () => {
    const { type, displayName, description, logicalId } = readItemDefinition(
      folderWith({ ".platform": notebookPlatform, "notebook-content.py": "print(1)\n" }),
    );
    assert.deepEqual(
      { type, displayName, description, logicalId },
      {
        type: "Notebook",
        displayName: "ingest",
        description: "Loads orders",
        logicalId: "7d0c7f0e-6c0b-4d0a-9d55-2c1c6a4f9b01",
      },
    );
  });

  test("readItemDefinition gives every file as a part, sorted by path, with / between folders and its bytes untouched", () => {
    const definition = readItemDefinition(
      folderWith({
        ".platform": platform({ type: "SemanticModel", displayName: "sales" }),
        "definition/tables/orders.tmdl": "table orders\r\n",
        "definition/model.tmdl": "model Model\n",
        "Z.bin": Buffer.from([0, 255]),
      }),
    );
    assert.deepEqual(definition.parts.map(({ path, payload, payloadType }) => [path, payload, payloadType]).slice(1), [
      ["Z.bin", "AP8=", "InlineBase64"],
      ["definition/model.tmdl", Buffer.from("model Model\n").toString("base64"), "InlineBase64"],
      ["definition/tables/orders.tmdl", Buffer.from("table orders\r\n").toString("base64"), "InlineBase64"],
    ]);
    assert.equal(definition.parts[0]?.path, ".platform");
  });

  test("readItemDefinition leaves out child items, personal settings and the leavings of systems", () => {
    const { parts } = readItemDefinition(
      folderWith({
        ".platform": platform({ type: "Eventhouse", displayName: "events" }),
        "EventhouseProperties.json": "{}",
        ".children/events.KQLDatabase/.platform": platform({ type: "KQLDatabase", displayName: "events" }),
        ".pbi/localSettings.json": "{}",
        ".pbi/cache.abf": "rows",
        ".DS_Store": "x",
        "Thumbs.db": "x",
      }),
    );
    assert.deepEqual(
      parts.map(({ path }) => path),
      [".platform", "EventhouseProperties.json"],
    );
  });

  test("readItemDefinition keeps files with a leading dot that belong to the definition", () => {
    const { parts } = readItemDefinition(
      folderWith({ ".platform": platform({ type: "DataPipeline", displayName: "daily" }), ".schedules": "{}" }),
    );
    assert.deepEqual(
      parts.map(({ path }) => path),
      [".platform", ".schedules"],
    );
  });

  test("readItemDefinition reads a path relative to the current folder", () => {
    const root = folderWith({ ".platform": notebookPlatform });
    assert.equal(readItemDefinition(relative(process.cwd(), root)).displayName, "ingest");
  });

  test("readItemDefinition accepts a .platform file with a byte order mark", () => {
    assert.equal(readPlatform(folderWith({ ".platform": `\uFEFF${notebookPlatform}` })).type, "Notebook");
  });

  test("readItemDefinition refuses a symbolic link, whose target would be uploaded", () => {
    const root = folderWith({ ".platform": notebookPlatform });
    symlinkSync("/etc/hosts", join(root, "notebook-content.py"));
    assert.throws(() => readItemDefinition(root), /notebook-content\.py is a symbolic link/);
  });

  test("readItemDefinition refuses more bytes than a definition may have, without loading them", () => {
    const root = folderWith({ ".platform": notebookPlatform, "data.parquet": "" });
    // sparse: the disk is not filled
    truncateSync(join(root, "data.parquet"), 64 * 1024 * 1024);
    assert.throws(() => readItemDefinition(root), /too large.*at most 1000 files with 32 MiB/);
  });

  test("readItemDefinition refuses more files than a definition may have", () => {
    const files = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`${index}.txt`, ""]));
    assert.throws(
      () => readItemDefinition(folderWith({ ".platform": notebookPlatform, ...files })),
      /it has 1001 files/,
    );
  });
});

describe("readPlatform says what is wrong with a folder", () => {
  const cases: [what: string, files: Record<string, string>, message: RegExp][] = [
    ["no .platform", { "notebook-content.py": "" }, /has no \.platform file, so it is not an item's folder/],
    ["the old format", { "item.metadata.json": "{}" }, /first version of Fabric's Git format/],
    ["broken JSON", { ".platform": "{" }, /\.platform is not valid JSON \(line 1\)\.$/],
    [
      "no type",
      { ".platform": platform({ displayName: "x" }) },
      /\.platform lacks a valid metadata\.type \(line 1\)\.$/,
    ],
  ];
  for (const [what, files, message] of cases) {
    test(what, () => assert.throws(() => readPlatform(folderWith(files)), message));
  }

  test("readPlatform says what is wrong with a folder a missing folder", () =>
    assert.throws(() => readPlatform("no/such.Notebook"), /^Error: no\/such\.Notebook does not exist\.$/));

  test("readPlatform says what is wrong with a folder a file in its place", () => {
    const root = folderWith({ file: "" });
    assert.throws(() => readPlatform(join(root, "file")), /is a file; an item is a folder/);
  });
});

describe("The hash of a definition stays the same", () => {
  const same: [what: string, path: string, one: string, other: string][] = [
    ["with Windows line ends", "notebook-content.py", "a = 1\nb = 2\n", "a = 1\r\nb = 2\r\n"],
    ["without the last line end", "notebook-content.py", "a = 1\n", "a = 1"],
    ["with a byte order mark", "model.tmdl", "model Model\n", "\uFEFFmodel Model\n"],
    [
      "with the keys of JSON in another order",
      "a.json",
      '{"a": 1, "b": {"c": 2, "d": 3}}',
      '{"b":{"d":3,"c":2},"a":1}',
    ],
    ["with other white space in JSON", "definition.pbir", '{\r\n  "a": [1, 2]\r\n}\r\n', '{"a":[1,2]}'],
    [
      "with the outputs of a notebook's run",
      "notebook-content.ipynb",
      '{"cells":[{"cell_type":"code","source":["a = 1\\n","b = 2"],"outputs":[],"execution_count":null}]}',
      '{"cells":[{"cell_type":"code","source":"a = 1\\nb = 2","outputs":[{"text":"9"}],"execution_count":7}]}',
    ],
  ];
  for (const [what, path, one, other] of same) {
    test(what, () => assert.equal(hashOf(path, one), hashOf(path, other)));
  }

  test("The hash of a definition stays the same with the parts in another order", () => {
    const parts = [part("a.json", "{}"), part("b/c.txt", "c"), part("B.txt", "b")];
    assert.equal(hashDefinition(parts), hashDefinition(parts.toReversed()));
  });

  test("The hash of a definition stays the same with Windows separators in paths", () => {
    assert.equal(hashOf("definition\\model.tmdl", "x"), hashOf("definition/model.tmdl", "x"));
  });

  test("The hash of a definition stays the same with another logical id, name or description in .platform, and without that file", () => {
    const content = part("notebook-content.py", "a = 1\n");
    const plain = hashDefinition([content]);
    assert.equal(hashDefinition([content, part(".platform", notebookPlatform)]), plain);
    const renamed = platform({ type: "Notebook", displayName: "other" }, "00000000-0000-0000-0000-000000000000");
    assert.equal(hashDefinition([part(".platform", renamed), content]), plain);
  });
});

describe("The hash of a definition changes", () => {
  const different: [what: string, path: string, one: string | Buffer, other: string | Buffer][] = [
    ["with a cell of a notebook in Git format", "notebook-content.py", "# CELL\na = 1\n", "# CELL\na = 2\n"],
    [
      "with a cell of an .ipynb notebook",
      "notebook-content.ipynb",
      '{"cells":[{"source":"a = 1"}]}',
      '{"cells":[{"source":"a = 2"}]}',
    ],
    ["with outputs of JSON that is no notebook", "a.json", '{"cells":[{"outputs":[]}]}', '{"cells":[{"outputs":[1]}]}'],
    ["with the order of a JSON list", "a.json", "[1,2]", "[2,1]"],
    ["with the type of a JSON value", "a.json", '{"a":1}', '{"a":"1"}'],
    ["with a number beyond a double's precision", "a.json", '{"id":9007199254740992}', '{"id":9007199254740993}'],
    ["with one byte of a binary file", "logo.png", Buffer.from([0, 1, 2]), Buffer.from([0, 1, 3])],
    ["with bytes that are no text", "x.bin", Buffer.from([0xff]), Buffer.from([0xfe])],
    ["with white space inside a text", "a.py", "if a:\n  b()\n", "if a:\n    b()\n"],
  ];
  for (const [what, path, one, other] of different) {
    test(what, () => assert.notEqual(hashOf(path, one), hashOf(path, other)));
  }

  test("The hash of a definition changes with the path of a part", () =>
    assert.notEqual(hashOf("a.py", "x"), hashOf("b.py", "x")));

  test("The hash of a definition changes with one more part, also an empty one", () => {
    assert.notEqual(hashDefinition([part("a.py", "x"), part("b.py", "")]), hashOf("a.py", "x"));
  });

  test("The hash of a definition changes with where one part ends and the next begins", () => {
    assert.notEqual(hashDefinition([part("a", "xy"), part("b", "")]), hashDefinition([part("a", "x"), part("b", "y")]));
  });

  test("The hash of a definition changes never between runs: this hash is in the state of existing stacks", () => {
    assert.equal(
      hashDefinition([part("a.json", '{"b":1}'), part("b.py", "x = 1\n"), part("c.bin", Buffer.from([0, 1]))]),
      "6947e5a2ba42050136d6aee9d235f2da8598bcdab0c8e59534cce0e397395e59",
    );
  });
});
