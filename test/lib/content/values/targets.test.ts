import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectionsOf, modelBindings } from "../../../../lib/content/values/modelBindings.ts";
import { parseParameterFile } from "../../../../lib/content/values/parseRules.ts";
import { problemText } from "../../../../lib/content/values/place.ts";
import { sparkPoolOf, sparkPools, withSparkPool } from "../../../../lib/content/values/sparkPools.ts";

const id = (digit: number) => `0000000${digit}-aaaa-4bbb-8ccc-000000000000`;

function rulesOf(text: string) {
  const parsed = parseParameterFile(text, "parameter.yml");
  assert.deepEqual(parsed.problems.map(problemText), []);
  return parsed;
}

describe("An Environment gets the Spark pool of the target", () => {
  const { rules } = rulesOf(`spark_pool:
  - instance_pool_id: ${id(1)}
    replace_value:
      PPE: { type: Workspace, name: Medium }
      PROD: { type: Capacity, name: Large }
    item_name: World
  - instance_pool_id: ${id(1)}
    replace_value: { _ALL_: { type: Workspace, name: Small } }
  - instance_pool_id: ${id(2)}
    replace_value: { PPE: { type: Workspace, name: Other } }
    item_name:
`);
  const compute = (pool: string) => `# settings
runtime_version: 1.3
instance_pool_id: ${pool}
dynamic_executor_allocation:
    enabled: false
`;
  const world = { type: "Environment", displayName: "World" };

  test("Only Environments have pools, and item_name limits them", () => {
    const small = { instancePoolId: id(1), pool: { type: "Workspace", name: "Small" } };
    assert.deepEqual(sparkPools(rules, "PROD", world), [
      { instancePoolId: id(1), pool: { type: "Capacity", name: "Large" } },
      small,
    ]);
    assert.deepEqual(sparkPools(rules, "PROD", { type: "Environment", displayName: "Other" }), [small]);
    assert.deepEqual(sparkPools(rules, "PROD", { type: "Notebook", displayName: "World" }), []);
  });

  test("The first pool whose id is in the file takes its place", () => {
    const pools = sparkPools(rules, "PROD", world);
    assert.deepEqual(sparkPoolOf(compute(id(1)), pools), { type: "Capacity", name: "Large" });
    assert.deepEqual(sparkPoolOf(compute(id(1).toUpperCase()), pools), { type: "Capacity", name: "Large" });
    assert.equal(sparkPoolOf(compute(id(2)), pools), undefined);
    assert.equal(sparkPoolOf(compute(id(3)), pools), undefined);
    assert.equal(sparkPoolOf("runtime_version: 1.3\n", pools), undefined);
    assert.equal(sparkPoolOf("- [", pools), undefined);
  });

  test("Only the id changes in the file", () => {
    assert.equal(withSparkPool(compute(id(1)), "{{pool}}"), compute('"{{pool}}"'));
  });
});

describe("Semantic models get the connections of the environment", () => {
  test("A model has its own connections, and all others have the default", () => {
    const { rules } = rulesOf(`semantic_model_binding:
  default:
    connection_id: { PPE: ${id(1)}, PROD: ${id(2)} }
  models:
    - semantic_model_name: [Sales, Stock]
      connection_id: { PROD: [${id(3)}, ${id(4)}] }
    - semantic_model_name: constructor
      connection_id: { _ALL_: ${id(5)} }
`);
    const prod = modelBindings(rules, "PROD");
    assert.deepEqual(connectionsOf(prod, "Sales"), [id(3), id(4)]);
    assert.deepEqual(connectionsOf(prod, "constructor"), [id(5)]);
    assert.deepEqual(connectionsOf(prod, "toString"), [id(2)]);
    // a model without a value for the environment has the default
    assert.deepEqual(connectionsOf(modelBindings(rules, "PPE"), "Sales"), [id(1)]);
    assert.deepEqual(modelBindings(rules, "DEV"), { models: { constructor: [id(5)] } });
    assert.deepEqual(connectionsOf(modelBindings(rules, "DEV"), "Sales"), []);
  });

  test("One model may have different entries for different environments", () => {
    const { rules } = rulesOf(`semantic_model_binding:
  models:
    - { semantic_model_name: Sales, connection_id: { PPE: ${id(1)} } }
    - { semantic_model_name: Sales, connection_id: { PROD: ${id(2)} } }
`);
    assert.deepEqual(modelBindings(rules, "PROD").models, { Sales: [id(2)] });
  });

  test("The old forms are for all environments, with a warning", () => {
    const old = [
      `semantic_model_binding:\n  - { semantic_model_name: [Sales, Stock], connection_id: ${id(1)} }\n`,
      `gateway_binding:\n  - { dataset_name: [Sales, Stock], gateway_id: ${id(1)} }\n`,
    ];
    for (const text of old) {
      const { rules, warnings } = rulesOf(text);
      assert.deepEqual(modelBindings(rules, "PROD").models, { Sales: [id(1)], Stock: [id(1)] });
      assert.match(warnings.map(problemText).join(), /parameter\.yml:1 .*: is in its old form/);
    }
  });
});
