import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";
import Ajv from "ajv";
import { parse } from "yaml";
import { classesFile, classesText } from "../../../cli/docs/resourceClasses.ts";
import { derivedPage, pages, schemaFiles } from "../../../cli/docs/derived.ts";
import { keyTable, schemaAt } from "../../../cli/docs/keyTable.ts";
import { keysSchema, stackFileSchema, workspacesFileSchema } from "../../../cli/docs/stackSchema.ts";
import type { Json } from "../../../cli/docs/stackSchema.ts";
import { text } from "../../../lib/config/value.ts";
import { listEntry } from "../../../providers/engine/entry.ts";
import type { ResourceKind } from "../../../providers/engine/resourceKind.ts";
import { allKinds, kindKeys } from "../../../providers/kinds/kinds.ts";

const projectRoot = resolve(import.meta.dirname, "../../..");
const read = (file: string) => readFileSync(join(projectRoot, file), "utf8");

/** What an editor finds wrong with a stack's file: places and messages. */
const problemsOf = (file: unknown, keys = kindKeys): string[] => problemsBy(stackFileSchema(keys), file);

function problemsBy(schema: Json, file: unknown): string[] {
  const ajv = new Ajv({ allErrors: true, verbose: true });
  const validate = ajv.compile(schema);
  void validate(file);
  return (validate.errors ?? []).map(({ dataPath, message, parentSchema }) => {
    const { errorMessage } = (parentSchema ?? {}) as { errorMessage?: string };
    return `${dataPath}: ${errorMessage ?? message}`;
  });
}

const withKeys = (keys: Record<string, unknown>) => ({
  config: Object.fromEntries(
    Object.entries({ workspaces: [], ...keys }).map(([key, value]) => [`fabric:${key}`, value]),
  ),
});

/** A kind that nobody has written yet. */
const tomorrow = {
  ...allKinds.find(({ name }) => name === "ManagedPrivateEndpoint"),
  name: "Domain",
  entry: listEntry({
    in: "stack",
    key: "domains",
    says: "Domains of the tenant.",
    keys: { colour: text(20).optional().describe("Colour of the domain in lists.") },
    example: [{ name: "Sales", colour: "blue" }],
  }),
} as unknown as ResourceKind;

describe("derived documentation", () => {
  for (const page of pages) {
    it(`Derived documentation ${page} has what \`npm run docs\` writes today`, () => {
      const text = read(page);
      assert.equal(text, derivedPage(text), "stale: run npm run docs");
    });
  }

  it(`Derived documentation ${classesFile} has a class for each kind, as \`npm run docs\` writes it today`, async () => {
    const text = read(classesFile);
    assert.equal(text, await classesText(projectRoot), "stale: run npm run docs");
    for (const { name } of allKinds) assert.match(text, new RegExp(`export class ${name} extends FabricObject`));
  });

  it("Derived documentation says something about every argument and property of the package's classes", () => {
    const lines = read(classesFile).split("\n");
    const silent = lines.flatMap((line, index) => {
      const isProperty = /^  (declare )?readonly \w+\??:/.test(line);
      return isProperty && !/\*\/$/.test(lines[index - 1] ?? "") ? [line] : [];
    });
    assert.deepEqual(silent, []);
  });

  for (const [file, textOf] of Object.entries(schemaFiles)) {
    it(`Derived documentation ${file} is what \`npm run docs\` writes today`, () => {
      assert.equal(read(file), textOf(), "stale: run npm run docs");
    });
  }

  it("Derived documentation describes every key, at every depth", () => {
    const table = keyTable(keysSchema(kindKeys), "", () => false);
    const rows = table.split("\n").slice(2);
    assert.ok(rows.length > 80, table);
    assert.deepEqual(
      rows.filter((row) => /^\| `[^`]+` \|( `\w+`:)? \|/.test(row) || / \| (`\w+`: )?(At most|One of)/.test(row)),
      [],
    );
  });

  it("Derived documentation shows a kind that is added to the list without anybody writing about it", () => {
    const text =
      "<!-- derived: keys -->\n<!-- end -->\n<!-- derived: kinds -->\n<!-- end -->\n<!-- derived: keys of kinds -->\n<!-- end -->\n";
    const page = derivedPage(text, [...allKinds, tomorrow]);
    assert.match(page, /^\| `domains` \| Domains of the tenant\. \| none \| below \|$/m);
    assert.match(page, /^\| Domain \| `domains\[\]` \|/m);
    assert.match(
      page,
      /### `domains\[\]`\n\nDomains of the tenant\.[\s\S]*\| `colour` \| Colour of the domain in lists\. At most 20 characters\. \| none \| \|/,
    );
    assert.match(page, /domains:\n {2}- name: Sales\n {4}colour: blue/);
    assert.deepEqual(
      problemsOf(withKeys({ domains: [{ name: "Sales" }] }), [
        ...kindKeys,
        ...(tomorrow.entry ? [tomorrow.entry] : []),
      ]),
      [],
    );
  });

  it("Derived documentation refuses a part of a name that nothing derives, and a table of a key that does not exist", () => {
    assert.throws(() => derivedPage("<!-- derived: weather -->\n<!-- end -->\n"), /'weather'/);
    assert.throws(() => schemaAt(keysSchema(kindKeys), "workspaces[].weather"), /no workspaces\[\]\.weather/);
  });

  it("Derived documentation keeps a | in a cell, and merges the variants of an object key by key", () => {
    const schema = z.toJSONSchema(
      z.discriminatedUnion("kind", [
        z.strictObject({
          kind: z.literal("a"),
          both: z.string().describe("x|y"),
          one: z.string().describe("Only here."),
        }),
        z.strictObject({ kind: z.literal("b"), both: z.string().describe("x|y") }),
      ]),
      { target: "draft-7" },
    );
    const rows = keyTable(schema, "", () => false)
      .split("\n")
      .slice(2);
    assert.deepEqual(rows, [
      "| `kind` | One of `a`, `b`. | required | |",
      "| `both` | x\\|y | required | |",
      "| `one` | `a`: Only here. | required | |",
    ]);
  });
});

describe("pulumi.schema.json", () => {
  for (const stack of ["local", "dev", "prod", "foundation"]) {
    it(`Pulumi.schema.json is named by Pulumi.${stack}.yaml, and finds nothing wrong with it`, () => {
      const file = read(`Pulumi.${stack}.yaml`);
      assert.match(file, /^# yaml-language-server: \$schema=\.\/pulumi\.schema\.json\n/);
      assert.deepEqual(problemsOf(parse(file)), []);
    });
  }

  it("Pulumi.schema.json takes the examples of all kinds", () => {
    const workspace = { name: "sales" };
    for (const { in: level, key, example } of allKinds.flatMap(({ entry }) => entry ?? [])) {
      if (level === "stack") assert.deepEqual(problemsOf(withKeys({ [key]: example })), []);
      if (level === "workspace")
        assert.deepEqual(problemsOf(withKeys({ workspaces: [{ ...workspace, [key]: example }] })), []);
    }
  });

  it("Pulumi.schema.json names unknown keys, wrong values and missing keys by their places", () => {
    const problems = problemsOf(
      withKeys({ endpont: "emulator", workspaces: [{ name: "a", users: [{ principal: "b", role: "Boss" }] }, {}] }),
    );
    const found = [
      "fabric:workspaces'][0].users[0].role",
      "fabric:workspaces'][1]: should have required property 'name'",
    ];
    for (const part of found)
      assert.ok(
        problems.some((problem) => problem.includes(part)),
        `${part} in ${problems.join("\n")}`,
      );
    assert.ok(
      problems.some((problem) => /propert/.test(problem)),
      problems.join("\n"),
    );
    assert.notDeepEqual(problemsOf({ config: {} }), []);
  });

  it("Pulumi.schema.json takes what `pulumi config set` writes for true and false, keys of other namespaces, and capitals in ids", () => {
    const file = withKeys({
      preflight: "True",
      features: { useRollback: "false" },
      tenantId: "ABCDEF01-2222-4333-8444-555555555555",
    });
    assert.deepEqual(
      problemsOf({
        encryptionsalt: "v1:…",
        config: { ...file.config, "azure-native:clientSecret": { secure: "v1:…" } },
      }),
      [],
    );
    assert.notDeepEqual(problemsOf(withKeys({ preflight: "maybe" })), []);
  });

  it("Pulumi.schema.json refuses secrets wherever they are below fabric:, with the reason", () => {
    const secret = { secure: "v1:abc" };
    const item = { name: "b", type: "Lakehouse" };
    const files = [
      withKeys({ tenantId: secret }),
      withKeys({ workspaces: secret }),
      withKeys({ workspaces: [{ name: "a", description: secret }] }),
      withKeys({ workspaces: [{ name: "a", items: [{ ...item, creationPayload: secret }] }] }),
      withKeys({
        workspaces: [{ name: "a", items: [{ ...item, creationPayload: { deep: [{ password: secret }] } }] }],
      }),
    ];
    for (const file of files) {
      const problems = problemsOf(file);
      assert.ok(
        problems.some((problem) => /secure.*: .*keeps nothing secret.*Key Vault/.test(problem)),
        problems.join("\n"),
      );
    }
    const harmless = { ...item, creationPayload: { secure: "on", more: true } };
    assert.deepEqual(problemsOf(withKeys({ workspaces: [{ name: "a", items: [harmless] }] })), []);
  });

  it("Pulumi.schema.json takes files in the place of workspaces, with nothing beside", () => {
    const from = "workspaces/*.yaml";
    assert.deepEqual(problemsOf(withKeys({ workspaces: [{ from }, { name: "a" }] })), []);
    const problems = problemsOf(withKeys({ workspaces: [{ from, name: "a" }, { from: 1 }] }));
    for (const part of ["[0]: should NOT have additional properties", "[1].from: should be string"])
      assert.ok(
        problems.some((problem) => problem.endsWith(part)),
        problems.join("\n"),
      );
    assert.ok(!problems.some((problem) => problem.includes("required")), problems.join("\n"));
  });
});

describe("workspaces.schema.json", () => {
  const found = (file: unknown) => problemsBy(workspacesFileSchema(kindKeys), file);

  it("Workspaces.schema.json takes a workspace and a list of workspaces", () => {
    const items = [{ name: "b", type: "Lakehouse" }];
    assert.deepEqual(found({ name: "a", items }), []);
    assert.deepEqual(
      found([
        { name: "a", items },
        { name: "b", git: undefined },
      ]),
      [],
    );
    assert.deepEqual(found([]), []);
  });

  it("Workspaces.schema.json refuses further files, secrets, and what is wrong in a workspace", () => {
    for (const [file, expected] of [
      [{ from: "more/*.yaml" }, "should NOT have additional properties"],
      [[{ name: "a", users: [{ principal: "b", role: "Boss" }] }], "[0].users[0].role: should be equal"],
      [{ name: "a", description: { secure: "v1:abc" } }, "keeps nothing secret"],
      ["sales", "should be object"],
    ] as const)
      assert.ok(
        found(file).some((problem) => problem.includes(expected)),
        found(file).join("\n"),
      );
  });
});
