import { describe, it } from "node:test";
import { tryPair } from "../engine/harness/randomDeployment.ts";
import { seedsOf, sweep } from "./sweep.ts";

/* 500 deployments: 125 pairs of environments by chance, four times each, with trouble at one call and edits by other people. */

const name = "random deployments";

describe("random deployments", () => {
  it("A deployment between two environments by chance ends as its exit code says, and as declared without the trouble", async () => {
    const points = seedsOf(name, 125);
    const outcomes = await sweep({ name, points, few: points.slice(0, 1), atLeast: 4, attempt: tryPair });
    console.log(
      Object.entries(Object.groupBy(outcomes.flat(), (outcome) => outcome)).map(([end, all]) => `${all.length} ${end}`),
    );
  });
});
