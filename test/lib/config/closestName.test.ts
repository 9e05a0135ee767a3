import assert from "node:assert/strict";
import { test } from "node:test";
import { closestName } from "../../../lib/config/closestName.ts";

const names = ["displayName", "description", "name", "capacity"];

test("A wrong letter, a missing one, swapped ones and another case are understood", () => {
  for (const wrong of ["displayNane", "dispayName", "dipslayName", "displayname", "displayNames"]) {
    assert.equal(closestName(wrong, names), "displayName", wrong);
  }
});

test("The closest of several is taken", () => assert.equal(closestName("nme", [...names, "nmea"]), "name"));

test("Nothing is suggested for what resembles no name", () => {
  assert.equal(closestName("retention", names), undefined);
  assert.equal(closestName("x", names), undefined);
});
