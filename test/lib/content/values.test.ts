import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProjectFolder, id, notebook, pipeline, platform } from "./projectFolder.ts";
import type { Files } from "./projectFolder.ts";

const files: Files = {
  ...notebook("items/load.Notebook", "load", id(1), 'server = "dev-server"\nlake = "dev-lake"\n'),
  ...pipeline("items/nightly.DataPipeline", "nightly", id(1), id(2)),
  "items/orders.Lakehouse/.platform": platform("Lakehouse", "orders"),
  "items/orders.Lakehouse/lakehouse.metadata.json": {},
};
const rules = `find_replace:
  - find_value: dev-server
    replace_value: { dev: dev-server, prod: prod-server }
  - find_value: dev-lake
    replace_value: { prod: $items.Lakehouse.orders.$id }
    item_type: Notebook
  - find_value: nowhere
    replace_value: { prod: somewhere }
`;
const read = (project: ProjectFolder, top: object = {}, entry: object = {}) =>
  project.readStack({ workspaces: [{ name: "sales", items: [{ from: "items", ...entry }] }], ...top });

describe("values per environment", () => {
  it("Values per environment are those of the stack's name, or of fabric:environment, for the items that they change", () => {
    using project = new ProjectFolder({ ...files, "items/parameter.yml": rules });
    const config = read(project, { environment: "prod" });
    const [load, ...others] = config.workspaces[0]?.items ?? [];
    assert.deepEqual(load?.values, [
      { find: "dev-server", to: "prod-server" },
      { find: "dev-lake", to: "$items.Lakehouse.orders.$id" },
    ]);
    assert.deepEqual(load?.references, [
      { key: "$items.Lakehouse.orders.$id", workspace: 0, item: 2, attribute: "id" },
    ]);
    assert.ok(others.every(({ values }) => values === undefined));
    assert.deepEqual(config.warnings, ["items/parameter.yml:7 find_replace[2]: matched nothing in any item"]);

    const dev = read(project);
    assert.deepEqual(dev.workspaces[0]?.items[0]?.values, [{ find: "dev-server", to: "dev-server" }]);
    assert.deepEqual(dev.warnings, [
      "items/parameter.yml:4 find_replace[1]: no value for environment dev",
      "items/parameter.yml:7 find_replace[2]: no value for environment dev",
    ]);
  });

  it("Values per environment of the stack itself come after those of the file, and the file may have another name", () => {
    using project = new ProjectFolder({ ...files, "settings/values.yml": rules });
    const values = { find_replace: [{ find_value: "prod-server", replace_value: { _ALL_: "my-server" } }] };
    const config = read(project, { environment: "prod", values }, { parameters: "settings/values.yml" });
    assert.deepEqual(config.workspaces[0]?.items[0]?.values?.at(-1), { find: "prod-server", to: "my-server" });
  });

  it("Values per environment name the Spark pool that takes the place of the one in an environment's files", () => {
    using project = new ProjectFolder({
      "items/spark.Environment/.platform": platform("Environment", "spark"),
      "items/spark.Environment/Setting/Sparkcompute.yml": `instance_pool_id: ${id(7)}\n`,
      "items/parameter.yml": `spark_pool:\n  - instance_pool_id: ${id(7)}\n    replace_value:\n      dev:\n        type: Workspace\n        name: Big\n`,
    });
    const config = read(project);
    assert.deepEqual(config.workspaces[0]?.items[0]?.sparkPool, { type: "Workspace", name: "Big" });
    assert.equal(config.warnings, undefined);
  });

  it("Values per environment for a file by its pattern are kept with the name of the file", () => {
    using project = new ProjectFolder({
      ...files,
      "items/parameter.yml": `find_replace:\n  - find_value: dev\n    replace_value: { dev: test }\n    file_path: "**/notebook-content.py"\n`,
    });
    assert.deepEqual(read(project).workspaces[0]?.items[0]?.values, [
      { find: "dev", files: ["notebook-content.py"], to: "test" },
    ]);
  });

  it("Values per environment leave ids that several items have, and that nothing explains, to a warning", () => {
    const source = (more: string) => `lake = "${id(8)}"\nown = "${id(1)}"\nset = "${id(7)}"\n${more}`;
    using project = new ProjectFolder({
      ...notebook("items/a.Notebook", "a", id(1), source("")),
      ...notebook("items/b.Notebook", "b", id(2), source(`twice = "${id(9)} ${id(9)}"\n`)),
      "items/parameter.yml": `find_replace:\n  - find_value: ${id(7)}\n    replace_value: { dev: ${id(6)} }\n`,
    });
    assert.deepEqual(read(project).warnings, [
      `${id(8)} stands in items/a.Notebook and 1 more. If it belongs to another environment, replace it by a rule.`,
    ]);
  });

  it("Values per environment turn a reference to nothing into something", () => {
    using project = new ProjectFolder({
      ...pipeline("items/a.DataPipeline", "a", id(5)),
      ...notebook("items/b.Notebook", "b", id(6)),
      "items/parameter.yml": `find_replace:\n  - find_value: ${id(5)}\n    replace_value: { _ALL_: $items.Notebook.b.$id }\n`,
    });
    assert.equal(read(project).workspaces[0]?.items[0]?.references?.[0]?.key, "$items.Notebook.b.$id");
  });

  it("Values per environment put in an id of the service where the own workspace stands, and nobody takes it for a logical id", () => {
    using project = new ProjectFolder({
      ...pipeline("items/a.DataPipeline", "a", id(5)),
      "items/parameter.yml": `find_replace:\n  - find_value: ${id(5)}\n    replace_value: { _ALL_: ${id(6)} }\n`,
    });
    assert.equal(read(project).workspaces[0]?.items.length, 1);
  });

  it("Values per environment that need something undeclared in several items are told once", () => {
    using project = new ProjectFolder({
      ...notebook("items/a.Notebook", "a", id(1), "dev"),
      ...notebook("items/b.Notebook", "b", id(2), "dev"),
      ...notebook("items/c.Notebook", "c", id(3), "dev"),
      "items/parameter.yml": `find_replace:\n  - find_value: dev\n    replace_value: { _ALL_: $items.Lakehouse.silver.$id }\n`,
    });
    assert.deepEqual(project.problemsOf([{ name: "sales", items: [{ from: "items" }] }]), [
      "fabric:workspaces[0].items[0].from: items/parameter.yml:2 find_replace[0]: items/a.Notebook and 2 more need $items.Lakehouse.silver.$id, which is nothing that this stack declares: declare it, or take the rule away",
    ]);
  });

  it("Values per environment look for the id of a workspace that the stack, or one of its references, names", () => {
    using project = new ProjectFolder({
      ...files,
      "items/parameter.yml": `find_replace:\n  - find_value: $workspace.Dev.$id\n    replace_value: { _ALL_: $workspace.$id }\n    item_type: DataPipeline\n`,
    });
    const [load, nightly] =
      read(project, { references: [{ name: "dev", workspace: "Dev" }] }).workspaces[0]?.items ?? [];
    assert.equal(load?.values, undefined);
    assert.deepEqual(nightly?.values, [{ find: "$workspace.Dev.$id", to: "$workspace.$id" }]);
    assert.deepEqual(
      nightly?.references?.filter(({ key }) => key.startsWith("$")),
      [
        { key: "$workspace.$id", workspace: 0, attribute: "id" },
        { key: "$workspace.Dev.$id", workspace: -1, named: { what: "workspace", name: "dev" }, attribute: "id" },
      ],
    );
  });

  it("Values per environment take variables of the environment that the stack allows, and keep their names and salted hashes", () => {
    using project = new ProjectFolder({
      ...files,
      "items/parameter.yml": `find_replace:\n  - find_value: dev-server\n    replace_value: { dev: "tcp:$ENV:SQL_HOST,1433" }\n`,
    });
    const of = (env: NodeJS.ProcessEnv) =>
      project.readStack(
        { environmentVariables: ["SQL_HOST"], workspaces: [{ name: "sales", items: [{ from: "items" }] }] },
        env,
      ).workspaces[0]?.items[0];
    const item = of({ SQL_HOST: "secret-server" });
    assert.deepEqual(item?.values, [{ find: "dev-server", to: "tcp:$ENV:SQL_HOST,1433" }]);
    assert.match(item.variables?.["SQL_HOST"] ?? "", /^hash:[\w-]{22}$/);
    assert.doesNotMatch(JSON.stringify(item), /secret-server/);
    assert.deepEqual(of({ "$ENV:SQL_HOST": "secret-server" })?.variables, item.variables);
    assert.notDeepEqual(of({ SQL_HOST: "other" })?.variables, item.variables);

    const workspaces = [{ name: "sales", items: [{ from: "items" }] }];
    const place = "fabric:workspaces[0].items[0]";
    const rule = "items/parameter.yml:3 find_replace[0].replace_value.dev";
    assert.deepEqual(project.problemsOf(workspaces, { environmentVariables: ["SQL_HOST"] }), [
      `${place}.from: items/parameter.yml:2 find_replace[0]: takes the environment variable SQL_HOST, which is not set`,
    ]);
    assert.deepEqual(project.problemsOf(workspaces, {}, { SQL_HOST: "a" }), [
      `${place}.parameters: ${rule}: takes the environment variable SQL_HOST, but values from the environment are not allowed`,
    ]);
    assert.deepEqual(project.problemsOf(workspaces, { environmentVariables: ["OTHER"] }, { SQL_HOST: "a" }), [
      `${place}.parameters: ${rule}: takes the environment variable SQL_HOST, which fabric:environmentVariables does not name`,
    ]);
    assert.deepEqual(
      project.problemsOf(
        workspaces,
        { environmentVariables: ["SQL_HOST", "AZURE_CLIENT_SECRET", "no name"] },
        { SQL_HOST: "a", AZURE_CLIENT_SECRET: "b" },
      ),
      [
        "fabric:environmentVariables[1]: belongs to the deployment itself, and content must not hold it",
        "fabric:environmentVariables[2]: must be the name of an environment variable",
      ],
    );
  });

  it("Values per environment that are broken, or refer to nothing, are told with their line", () => {
    using project = new ProjectFolder({
      ...files,
      "items/parameter.yml": `find_replace:\n  - find_value: dev-lake\n    replace_value: { dev: $items.Lakehouse.silver.$id }\n  - find_value: $workspace.Dev.$id\n    replace_value: { dev: x }\n`,
      "broken.yml": "find_replace:\n  - find_valu: a\n    replace_value: b\n",
    });
    assert.deepEqual(project.problemsOf([{ name: "sales", items: [{ from: "items" }] }]), [
      "fabric:workspaces[0].items[0].from: items/parameter.yml:2 find_replace[0]: items/load.Notebook needs $items.Lakehouse.silver.$id, which is nothing that this stack declares: declare it, or take the rule away",
      "fabric:workspaces[0].items[0].from: items/parameter.yml:4 find_replace[1]: items/nightly.DataPipeline needs $workspace.Dev.$id, which is nothing that this stack declares: declare it, name it in fabric:references, or take the rule away",
    ]);
    const broken = project.problemsOf([{ name: "sales", items: [{ from: "items", parameters: "broken.yml" }] }]);
    assert.match(broken.join("\n"), /broken\.yml:2 find_replace\[0\]\.find_valu/);
    assert.deepEqual(project.problemsOf([{ name: "sales", items: [{ from: "items", parameters: "none.yml" }] }]), [
      "fabric:workspaces[0].items[0].parameters: none.yml does not exist",
    ]);
  });

  for (const [what, source, target] of [
    ["a rule and a rule", "dev", "a"],
    ["a rule and a file", id(1), "c"],
  ] as const)
    it(`Values per environment that close a circle of references are refused with their line: ${what}`, () => {
      using project = new ProjectFolder({
        ...notebook("items/a.Notebook", "a", id(1), "dev"),
        ...notebook("items/b.Notebook", "b", id(2), source),
        "items/parameter.yml": `find_replace:\n  - find_value: dev\n    replace_value: { dev: $items.Notebook.b.$id }\n    item_name: a\n  - find_value: dev\n    replace_value: { dev: $items.Notebook.a.$id }\n    item_name: [b, ${target}]\n`,
      });
      assert.deepEqual(project.problemsOf([{ name: "sales", items: [{ from: "items" }] }]), [
        "fabric:workspaces[0].items[0].from: items/parameter.yml:2 find_replace[0]: items/a.Notebook refers to itself by others: Notebook 'a' -> Notebook 'b' -> Notebook 'a'. Remove one of these references or rules.",
      ]);
    });
});
