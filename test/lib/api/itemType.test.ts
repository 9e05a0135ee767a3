import assert from "node:assert/strict";
import { test } from "node:test";
import { hasDefinition, isDataBearing, knownItemType } from "../../../lib/api/itemType.ts";

test("Items that hold data are told from those a definition brings back", () => {
  for (const type of [
    "Lakehouse",
    "Warehouse",
    "SQLDatabase",
    "Eventhouse",
    "KQLDatabase",
    "MirroredDatabase",
    "SemanticModel",
  ]) {
    assert.equal(isDataBearing(type), true, type);
  }
  for (const type of ["Notebook", "DataPipeline", "Report", "SomethingNew"])
    assert.equal(isDataBearing(type), false, type);
});

test("Protection does not depend on the case a type is written in", () =>
  assert.equal(isDataBearing("lakehouse"), true));

test("Types without a definition API are known, and new types are left to the service", () => {
  for (const type of [
    "Warehouse",
    "WarehouseSnapshot",
    "MLModel",
    "MLExperiment",
    "AppBackend",
    "SQLEndpoint",
    "Dashboard",
    "Datamart",
  ]) {
    assert.equal(hasDefinition(type), false, type);
  }
  for (const type of ["Notebook", "Lakehouse", "SomethingNew"]) assert.equal(hasDefinition(type), true, type);
});

test("A type is found whatever its case, and an unknown one is not invented", () => {
  assert.equal(knownItemType("kqldatabase"), "KQLDatabase");
  assert.equal(knownItemType("SomethingNew"), undefined);
});
