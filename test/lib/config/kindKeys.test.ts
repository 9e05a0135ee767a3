import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { z } from "zod";
import type { KindKey } from "../../../lib/config/kindKeys.ts";
import { parseStackConfig } from "../../../lib/config/stackConfig.ts";

const scale = z.strictObject({ enabled: z.boolean(), nodes: z.int().min(1).max(10) });
const schema = z.array(
  z.strictObject({ name: z.string(), scale, hosts: z.array(z.string()).min(1).max(2).optional() }),
);
/** A key with an object in each entry. */
const pools: KindKey = { in: "workspace", key: "pools", schema, entryKeys: ["name", "scale", "hosts"] };

function problemOf(pool: object): string {
  const raw = { workspaces: [{ name: "sales", pools: [{ name: "small", ...pool }] }] };
  try {
    parseStackConfig(raw, { projectRoot: ".", stack: "unwritten", env: {}, kindKeys: [pools] });
    return "none";
  } catch (error) {
    return (error as Error).message.split("\n")[1]?.replace("  fabric:workspaces[0].pools[0].", "") ?? "";
  }
}

describe("A value of a key that a kind brings along", () => {
  const refused: [title: string, pool: object, problem: string][] = [
    [
      "an unknown key of an object in an entry",
      { scale: { enabled: true, nodes: 1, colour: 1 } },
      "scale.colour: unknown key",
    ],
    ["a number that is too small", { scale: { enabled: true, nodes: 0 } }, "scale.nodes: must be at least 1"],
    ["a number that is too big", { scale: { enabled: true, nodes: 11 } }, "scale.nodes: must be at most 10"],
    ["a number that is not whole", { scale: { enabled: true, nodes: 1.5 } }, "scale.nodes: must be a whole number"],
    ["a list without entries", { scale: { enabled: true, nodes: 1 }, hosts: [] }, "hosts: must not be empty"],
    [
      "a list with too many entries",
      { scale: { enabled: true, nodes: 1 }, hosts: ["a", "b", "c"] },
      "hosts: must have at most 2 entries",
    ],
  ];
  for (const [title, pool, problem] of refused)
    it(`Words for what is wrong: ${title}`, () => assert.equal(problemOf(pool), problem));
});
