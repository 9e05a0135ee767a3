import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dynamicReferencesIn } from "../../../../lib/content/values/dynamicReferences.ts";
import { readReference } from "../../../../lib/content/values/reference.ts";
import type { DynamicReference } from "../../../../lib/content/values/reference.ts";

describe("A dynamic value is understood", () => {
  const cases: readonly (readonly [string, DynamicReference])[] = [
    ["$workspace.$id", { kind: "workspace", attribute: "id" }],
    ["$workspace.id", { kind: "workspace", attribute: "id" }],
    ["$workspace.$name", { kind: "workspace", attribute: "name" }],
    ["$workspace.$name_encoded", { kind: "workspace", attribute: "name_encoded" }],
    ["$workspace.Dev Workspace.$id", { kind: "workspace", name: "Dev Workspace", attribute: "id" }],
    ["$workspace.Dev Workspace", { kind: "workspace", name: "Dev Workspace", attribute: "id" }],
    ["$workspace.v1.2", { kind: "workspace", name: "v1.2", attribute: "id" }],
    ["$items.Lakehouse.Example_LH.$id", { kind: "item", type: "Lakehouse", name: "Example_LH", attribute: "id" }],
    ["$items.Lakehouse.Example_LH.id", { kind: "item", type: "Lakehouse", name: "Example_LH", attribute: "id" }],
    ["$items.Notebook.Hello World.$ID", { kind: "item", type: "Notebook", name: "Hello World", attribute: "id" }],
    ["$items.Notebook.v1.2 final.$id", { kind: "item", type: "Notebook", name: "v1.2 final", attribute: "id" }],
    ["$items.NewType.X.$sqlendpoint", { kind: "item", type: "NewType", name: "X", attribute: "sqlendpoint" }],
    [
      "$items.Eventhouse.EH.$queryserviceuri",
      { kind: "item", type: "Eventhouse", name: "EH", attribute: "queryserviceuri" },
    ],
    [
      "$workspace.Shared.$items.Warehouse.WH.$sqlendpoint",
      { kind: "item", workspace: "Shared", type: "Warehouse", name: "WH", attribute: "sqlendpoint" },
    ],
  ];
  for (const [text, reference] of cases) {
    test(`A dynamic value is understood: ${text}`, () => {
      assert.deepEqual(readReference(text), { reference });
    });
  }
});

describe("A dynamic value with a mistake is told what is right", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["$items.Lakehouse", /incomplete/],
    ["$items.Lakehouse..$id", /names no item/],
    ["$items..LH.$id", /incomplete/],
    ["$items.Lakehouse.LH.$", /asks for \$, which is no attribute of an item; known: \$id, \$sqlendpoint,/],
    ["$items.SQLDatabase.DB.$sqlendpointid", /which a SQLDatabase does not have; it has \$id and \$sqlendpoint$/],
    ["$items.KQLDatabase.DB.$queryserviceuri", /which a KQLDatabase does not have; it has \$id$/],
    ["$workspace.", /names no workspace/],
    ["$workspace.$id.$id", /no attribute of a workspace/],
    ["$workspace.$items", /no attribute of a workspace/],
    ["$workspace.name_encoded", /ambiguous: write \$workspace\.\$name_encoded/],
    ["$workspace.Shared.$items.Warehouse.WH", /is incomplete: the form is \$workspace\.<name>\.\$items\./],
    ["$workspaces.$id", /did you mean \$workspace\?/],
    ["$Items.Lakehouse.LH.$id", /did you mean \$items\?/],
    ["$(variable)", /known are \$workspace\.\$id,/],
  ];
  for (const [text, message] of cases) {
    test(`A dynamic value with a mistake is told what is right: ${text}`, () => {
      const read = readReference(text);
      assert.match("problem" in read ? read.problem : "", message);
    });
  }

  test("The message does not repeat a text that may be a secret", () => {
    const read = readReference("$3cretValue");
    assert.ok("problem" in read && !read.problem.includes("cret"));
  });
});

describe("The references of values are listed once each", () => {
  test("What is put in and what is looked for are listed apart", () => {
    const values = [
      { key: "$.a", to: "$workspace.$id" },
      { key: "$.b", to: { nested: "text" } },
      { find: "$workspace.Dev.$id", to: "$workspace.$id" },
      { find: "https://$ENV:DEV_HOST/", to: "https://$ENV:HOST/$ENV:PATH" },
      { find: "^$(a)", regex: true as const, to: "text" },
    ];
    assert.deepEqual(dynamicReferencesIn(values), {
      toPutIn: [
        { kind: "workspace", attribute: "id" },
        { kind: "environment variable", name: "HOST" },
        { kind: "environment variable", name: "PATH" },
      ],
      toFind: [
        { kind: "workspace", name: "Dev", attribute: "id" },
        { kind: "environment variable", name: "DEV_HOST" },
      ],
    });
  });
});
