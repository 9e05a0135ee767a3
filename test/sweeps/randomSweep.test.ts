import { describe, it } from "node:test";
import { folders, tryPair } from "../engine/harness/randomDeployment.ts";
import { seedsOf, sweep } from "./sweep.ts";

/* 500 deployments: 125 pairs of environments by chance, four times each, with trouble at one call and edits by other people. */

const name = "random deployments";
/** As many again of folders of items, with seeds of their own. */
const ofFolders = "random folders";

const countsOf = (outcomes: readonly (readonly string[])[]) =>
  Object.entries(Object.groupBy(outcomes.flat(), (outcome) => outcome)).map(([end, all]) => `${all?.length} ${end}`);

describe("random deployments", () => {
  it("A deployment between two environments by chance ends as its exit code says, and as declared without the trouble", async () => {
    const points = seedsOf(name, 125);
    const outcomes = await sweep({
      name,
      points,
      few: points.slice(0, 1),
      atLeast: 4,
      attempt: (pair) => tryPair(pair),
    });
    console.log(countsOf(outcomes));
  });

  it("A deployment between two folders of items by chance ends as its exit code says, and as declared without the trouble", async () => {
    const points = seedsOf(ofFolders, 125);
    const attempt = (pair: number) => tryPair(pair, folders);
    const outcomes = await sweep({ name: ofFolders, points, few: points.slice(0, 1), attempt });
    console.log(countsOf(outcomes));
  });
});
