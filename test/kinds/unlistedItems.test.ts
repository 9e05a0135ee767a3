import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FabricItem } from "../../lib/api/objects.ts";
import { unlistedAmong } from "../../providers/kinds/item/unlistedItems.ts";

const items = (...names: string[]): FabricItem[] =>
  names.map((name) => {
    const [type = "", displayName = ""] = name.split("/");
    return { id: name, workspaceId: "w", type, displayName };
  });

describe("items that nobody declares", () => {
  it("Items that nobody declares are told, and what the service makes beside a declared one is not", () => {
    const found = items(
      "Notebook/old",
      "Notebook/Load",
      "Lakehouse/raw",
      "SQLEndpoint/raw",
      "KQLDatabase/eh",
      "KQLDatabase/x",
    );
    assert.deepEqual(unlistedAmong(found, ["notebook/load", "lakehouse/raw", "eventhouse/eh"]), [
      "KQLDatabase 'x'",
      "Notebook 'old'",
    ]);
  });
});
