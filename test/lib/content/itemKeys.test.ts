import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { itemKeys } from "../../../lib/content/itemKeys.ts";
import type { DeclaredIdentity, FormerIdentity } from "../../../lib/content/itemKeys.ts";

const notebook = (displayName: string, path?: string, logicalId?: string, name?: string): DeclaredIdentity => ({
  ...{ type: "Notebook", displayName, path, logicalId, name },
});
const former = (name: string, displayName: string, path?: string, logicalId?: string): FormerIdentity => ({
  ...{ type: "Notebook", name, displayName, path, logicalId },
});
const namesOf = (declared: DeclaredIdentity[], before: FormerIdentity[] = []) =>
  itemKeys(declared, before).map(({ name, formerName }) => (formerName ? `${name} (was ${formerName})` : name));

describe("the key of an item", () => {
  it("The key of an item is its type and name at first", () => {
    assert.deepEqual(namesOf([notebook("load", "a/load.Notebook", "1"), notebook("plain")]), [
      "Notebook/load",
      "Notebook/plain",
    ]);
  });

  it("The key of an item stays if its name changes, its folder, or its name and its folder", () => {
    const before = [former("Notebook/load", "load", "a/load.Notebook", "1")];
    assert.deepEqual(namesOf([notebook("fetch", "a/load.Notebook", "1")], before), ["Notebook/load"]);
    assert.deepEqual(namesOf([notebook("load", "b/load.Notebook", "1")], before), ["Notebook/load"]);
    assert.deepEqual(namesOf([notebook("fetch", "b/fetch.Notebook", "1")], before), ["Notebook/load"]);
    assert.deepEqual(namesOf([notebook("Load", "a/load.Notebook")], before), ["Notebook/load"]);
  });

  it("The key of an item stays if its logical id becomes another one at the same place", () => {
    const before = [former("Notebook/load", "load", "a/load.Notebook", "1")];
    assert.deepEqual(namesOf([notebook("fetch", "a/load.Notebook", "2")], before), ["Notebook/load"]);
  });

  it("The key of an item stays without a logical id in the state, as earlier versions wrote it", () => {
    const before = [former("Notebook/load", "load", "a/load.Notebook")];
    assert.deepEqual(namesOf([notebook("fetch", "a/load.Notebook", "1")], before), ["Notebook/load"]);
    assert.deepEqual(namesOf([notebook("load", "b/load.Notebook", "1")], before), ["Notebook/load"]);
  });

  it("The key of an item is never that of another item, whatever names they exchange", () => {
    const before = [former("Notebook/a", "a", "x/a.Notebook", "1"), former("Notebook/b", "b", "x/b.Notebook", "2")];
    const swapped = [notebook("b", "x/a.Notebook", "1"), notebook("a", "x/b.Notebook", "2")];
    assert.deepEqual(namesOf(swapped, before), ["Notebook/a", "Notebook/b"]);
    const swappedFolders = [notebook("a", "x/b.Notebook", "1"), notebook("b", "x/a.Notebook", "2")];
    assert.deepEqual(namesOf(swappedFolders, before), ["Notebook/a", "Notebook/b"]);
    const taken = [notebook("c", "x/a.Notebook", "1"), notebook("a", "x/new.Notebook", "3")];
    assert.deepEqual(namesOf(taken, before), ["Notebook/a", "x/new.Notebook"]);
  });

  it("The key of a new item is that of an item of the same type and name that is no longer declared", () => {
    const before = [former("Notebook/a", "a", "x/a.Notebook", "1")];
    assert.deepEqual(namesOf([notebook("a", "y/a.Notebook", "2")], before), ["Notebook/a"]);
  });

  it("The key of an item is the one of the configuration, and the engine is told the one of the state", () => {
    const before = [former("Notebook/load", "load", "a/load.Notebook", "1")];
    assert.deepEqual(namesOf([notebook("load", "a/load.Notebook", "1", "loader")], before), [
      "loader (was Notebook/load)",
    ]);
    const named = [former("loader", "load", "a/load.Notebook", "1")];
    assert.deepEqual(namesOf([notebook("load", "a/load.Notebook", "1", "loader")], named), ["loader"]);
    assert.deepEqual(namesOf([notebook("load", "a/load.Notebook", "1")], named), ["loader"]);
  });

  it("The key of an item stays if its type differs from that of another item at its place", () => {
    const before = [{ ...former("Lakehouse/a", "a", "x/a", "1"), type: "Lakehouse" }];
    assert.deepEqual(namesOf([notebook("a", "x/a", "1")], before), ["Notebook/a"]);
  });
});
