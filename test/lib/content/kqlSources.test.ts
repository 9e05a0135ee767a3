import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProjectFolder, id, notebook, platform } from "./projectFolder.ts";
import type { Files } from "./projectFolder.ts";

const ZERO = "00000000-0000-0000-0000-000000000000";
const DEV = "https://trd-dev.z0.kusto.fabric.microsoft.com";

const database = (name: string, logicalId: string): Files => ({
  "items/e.Eventhouse/.platform": platform("Eventhouse", "e", id(9)),
  "items/e.Eventhouse/EventhouseProperties.json": {},
  [`items/${name}.KQLDatabase/.platform`]: platform("KQLDatabase", name, logicalId),
  [`items/${name}.KQLDatabase/DatabaseProperties.json`]: { parentEventhouseItemId: id(9) },
});
const dashboard = (source: object): Files => ({
  "items/d.KQLDashboard/.platform": platform("KQLDashboard", "d", id(2)),
  "items/d.KQLDashboard/RealTimeDashboard.json": { dataSources: [{ workspace: ZERO, ...source }] },
});
const queryset = (source: object): Files => ({
  "items/q.KQLQueryset/.platform": platform("KQLQueryset", "q", id(3)),
  "items/q.KQLQueryset/RealTimeQueryset.json": { queryset: { dataSources: [source] } },
});
const config = (files: Files) => {
  using project = new ProjectFolder({ ...database("Sales", id(1)), ...files });
  return project.read([{ name: "sales", items: [{ from: "items" }] }]);
};
const referencesOf = (files: Files, type: string) =>
  config(files)
    .workspaces[0]?.items.find((item) => item.type === type)
    ?.references?.map(({ key, attribute }) => [key, attribute]);
const problemsOf = (files: Files) => {
  using project = new ProjectFolder({ ...database("Sales", id(1)), ...files });
  return project.problemsOf([{ name: "sales", items: [{ from: "items" }] }]);
};
const AT = "fabric:workspaces[0].items[0].from: ";

describe("a source of a KQL dashboard or queryset", () => {
  for (const clusterUri of ["", DEV])
    it(`A source of a KQL dashboard or queryset has the address of the database whose logical id it names, if it has ${clusterUri || "none"}`, () => {
      const wanted = [
        [id(1), "id"],
        [`${id(1)}#queryServiceUri`, "queryServiceUri"],
      ];
      assert.deepEqual(referencesOf(dashboard({ clusterUri, database: id(1) }), "KQLDashboard"), wanted);
      assert.deepEqual(referencesOf(queryset({ clusterUri, databaseItemId: id(1) }), "KQLQueryset"), wanted);
    });

  it("A source of a KQL dashboard or queryset means the database of its name, if no item has its logical id and it has no address", () => {
    const wanted = [
      [`${id(8)}#queryServiceUri`, "queryServiceUri"],
      [id(8), "id"],
    ];
    assert.deepEqual(
      referencesOf(dashboard({ clusterUri: "", database: id(8), name: "sales" }), "KQLDashboard"),
      wanted,
    );
    assert.deepEqual(
      referencesOf(queryset({ clusterUri: "", databaseItemId: id(8), databaseItemName: "Sales" }), "KQLQueryset"),
      wanted,
    );
  });

  it("A source of a KQL dashboard or queryset without an address is refused, if no database has its logical id or name", () => {
    const refused = (file: string, line: number) =>
      `${AT}items/${file}:${line} refers to the logical id ${id(8)}, which no deployed KQLDatabase has, and names no clusterUri. Add the database's folder, or remove the source. Rules of values can put in both.`;
    assert.deepEqual(problemsOf(dashboard({ clusterUri: "", database: id(8), name: "other" })), [
      refused("d.KQLDashboard/RealTimeDashboard.json", 6),
    ]);
    assert.deepEqual(problemsOf(queryset({ clusterUri: "", databaseItemId: id(8) })), [
      refused("q.KQLQueryset/RealTimeQueryset.json", 6),
    ]);
    // zeros for the workspace say so already
    assert.equal(problemsOf(queryset({ clusterUri: "", databaseItemId: id(8), workspaceId: ZERO })).length, 1);
  });

  it("A source of a KQL dashboard or queryset whose database is a notebook is refused", () => {
    const files = { ...notebook("items/n.Notebook", "n", id(4)), ...dashboard({ clusterUri: "", database: id(4) }) };
    assert.deepEqual(problemsOf(files), [
      `${AT}items/d.KQLDashboard/RealTimeDashboard.json:6 names Notebook 'n' (items/n.Notebook) as its database: it reads from a KQLDatabase.`,
    ]);
  });

  it("A source of a KQL dashboard or queryset with an address of elsewhere is told, if a database of its name is deployed", () => {
    const told = (file: string, line: number) =>
      `items/${file}:${line} reads from ${DEV}, although KQLDatabase 'Sales' (items/Sales.KQLDatabase) is deployed. If the address belongs to another environment, put in the database's logical id and an empty clusterUri, or replace both by rules.`;
    assert.deepEqual(config(dashboard({ clusterUri: DEV, database: id(7), name: "Sales" })).warnings, [
      told("d.KQLDashboard/RealTimeDashboard.json", 5),
    ]);
    const source = { clusterUri: DEV, databaseItemId: id(7), databaseItemName: "Sales" };
    const embedded = {
      "items/Sales.KQLDatabase/EmbeddedRealTimeQueryset.json": { queryset: { dataSources: [source] } },
    };
    assert.deepEqual(config(embedded).warnings, [told("Sales.KQLDatabase/EmbeddedRealTimeQueryset.json", 5)]);
    assert.equal(config(dashboard({ clusterUri: DEV, database: id(7), name: "central" })).warnings, undefined);
  });

  for (const to of ["$items.Eventhouse.e.$queryserviceuri", "https://trd-test.z0.kusto.fabric.microsoft.com"])
    it(`A source of a KQL dashboard or queryset keeps the address that a rule puts in: ${to}`, () => {
      const rule = `find_replace:\n  - find_value: ${DEV}\n    replace_value: { dev: "${to}" }\n`;
      const files = {
        ...dashboard({ clusterUri: DEV, database: id(1), name: "Sales" }),
        "items/parameter.yml": rule,
      };
      const { warnings } = config(files);
      assert.equal(warnings, undefined);
      assert.ok(!referencesOf(files, "KQLDashboard")?.some(([key]) => key === `${id(1)}#queryServiceUri`));
    });
});
