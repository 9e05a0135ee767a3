import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProjectFolder, id, notebook, platform } from "./projectFolder.ts";
import type { Files } from "./projectFolder.ts";

const good = notebook("items/good.Notebook", "good", id(1), "dev");
const CONNECTION = "01234567-89ab-cdef-0123-456789abcdef";
const rule = (find: string, more = "") => `  - find_value: ${find}\n    replace_value: { dev: x }\n${more}`;
const warningsOf = (rules: string, more: Files = {}) => {
  using project = new ProjectFolder({ ...good, ...more, "items/parameter.yml": rules });
  return project.read([{ name: "sales", items: [{ from: "items", exclude: ["left*"] }] }]).warnings;
};

describe("a rule that does not do what was meant", () => {
  const both = { ...notebook("a/n.Notebook", "n", id(1), "ofA"), ...notebook("b/m.Notebook", "m", id(2), "ofB") };
  const find_replace = ["ofA", "ofB", "ofNone"].map((find_value) => ({ find_value, replace_value: { dev: "x" } }));

  it("A rule that does not do what was meant is told only if it changes nothing in all entries that share its file", () => {
    using project = new ProjectFolder({
      ...both,
      "p.yml": `find_replace:\n${rule("ofA", "    item_name: n\n")}${rule("ofB")}${rule("ofNone")}`,
    });
    const items = ["a", "b"].map((from) => ({ from, parameters: "p.yml" }));
    assert.deepEqual(project.read([{ name: "sales", items }]).warnings, [
      "p.yml:7 find_replace[2]: matched nothing in any item",
    ]);
  });

  it("A rule that does not do what was meant is told so also if it stands in the stack's own values", () => {
    using project = new ProjectFolder(both);
    const workspaces = [{ name: "sales", items: [{ from: "a" }, { from: "b" }] }];
    assert.deepEqual(project.readStack({ workspaces, values: { find_replace } }).warnings, [
      "fabric:values.find_replace[2]: matched nothing in any item",
    ]);
  });

  it("A rule that does not do what was meant is told once, if it is wrong and several entries share its file", () => {
    using project = new ProjectFolder({ ...both, "p.yml": "find_replace:\n  - find_valu: a\n" });
    const items = ["a", "b"].map((from) => ({ from, parameters: "p.yml" }));
    assert.deepEqual(project.problemsOf([{ name: "sales", items }]), [
      "fabric:workspaces[0].items[0].parameters: p.yml:2 find_replace[0].find_valu: unknown key; did you mean find_value?",
      "fabric:workspaces[0].items[0].parameters: p.yml:2 find_replace[0].replace_value: required",
    ]);
  });

  it("A rule that does not do what was meant is told, if no entry has a folder that the stack's values could be for", () => {
    using project = new ProjectFolder(good);
    const workspaces = [{ name: "sales", items: [{ path: "items/good.Notebook" }] }];
    assert.deepEqual(project.readStack({ workspaces, values: { find_replace } }).warnings, [
      "fabric:values changes nothing: it is for items of entries with from, and there is none.",
    ]);
    assert.deepEqual(project.problemsOf(workspaces, { values: { find_replac: [] } }), [
      "fabric:values.find_replac: unknown key; did you mean find_replace?",
    ]);
  });

  it("A rule that does not do what was meant is told with the names and files in its lists that there are not", () => {
    const filters =
      "    item_name: [good, god, left]\n    file_path: ['**/*.py', god.Notebook/a.py, left.Notebook/a.py]\n";
    assert.deepEqual(warningsOf(`find_replace:\n${rule("dev", filters)}`, notebook("items/left.Notebook", "left")), [
      "items/parameter.yml:2 find_replace[0]: names god in its item_name, which is no item here; did you mean good?",
      "items/parameter.yml:2 find_replace[0]: names god.Notebook/a.py in its file_path, which is no file of an item here",
    ]);
  });

  it("A rule that does not do what was meant is told for a Spark pool that no environment has, and a model that there is not", () => {
    const pool = `spark_pool:\n  - instance_pool_id: ${id(7)}\n    replace_value: { dev: { type: Workspace, name: Big } }\n`;
    const compute = (poolId: string): Files => ({
      "items/spark.Environment/.platform": platform("Environment", "spark"),
      "items/spark.Environment/Setting/Sparkcompute.yml": `instance_pool_id: ${poolId}\n`,
    });
    assert.equal(warningsOf(pool, compute(id(7))), undefined);
    assert.deepEqual(warningsOf(pool, compute(id(8))), [
      "items/parameter.yml:2 spark_pool[0]: matched nothing in any Environment",
    ]);
    assert.deepEqual(warningsOf(pool.replace("Big } }", "Big } }\n    item_name: other"), compute(id(7))), [
      "items/parameter.yml:2 spark_pool[0]: matched nothing in any Environment that its item_name allows",
    ]);
    const binding = `semantic_model_binding:\n  models:\n    - semantic_model_name: [sales, Sale]\n      connection_id: { dev: ${CONNECTION} }\n`;
    const model = {
      "items/sales.SemanticModel/.platform": platform("SemanticModel", "sales"),
      "items/sales.SemanticModel/definition.pbism": {},
      "items/sales.SemanticModel/model.bim": {},
    };
    assert.deepEqual(warningsOf(binding, model), [
      "items/parameter.yml:3 semantic_model_binding.models[0]: names Sale as a semantic model, which is no item here; did you mean sales?",
    ]);
  });

  it("A rule that does not do what was meant is refused with file, line and the item that was probably meant", () => {
    using project = new ProjectFolder({
      ...good,
      "items/parameter.yml": `find_replace:\n${rule("none")}${rule("dev").replace("x }", "$items.Notebook.god.$id }")}`,
    });
    assert.deepEqual(project.problemsOf([{ name: "sales", items: [{ from: "items" }] }]), [
      "fabric:workspaces[0].items[0].from: items/parameter.yml:4 find_replace[1]: items/good.Notebook needs $items.Notebook.god.$id, which is nothing that this stack declares (did you mean good?): declare it, or take the rule away",
    ]);
    assert.deepEqual(warningsOf(`find_replace:\n${rule("dev").replace("x }", "x, prod: $items.Notebok.a.$id }")}`), [
      "items/parameter.yml:3 find_replace[0].replace_value.prod: asks for an item of type Notebok, which is no item type that is known here",
    ]);
  });
});
