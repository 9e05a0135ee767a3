import { describe, it } from "node:test";
import { trySeed } from "./harness/randomDeployment.ts";

/* Seeds of the random sweep (test/sweeps/randomSweep.test.ts) that have shown a fault; three of them run in every `npm test`. */

const shown: Readonly<Record<number, string>> = {
  2529240231: "an item that somebody had deleted before was made anew and stayed",
  15148731274: "a folder that only the refresh had seen renamed got its old name",
  13186049833: "what a new branch had brought in stayed, and was committed to the former one",
};

describe("deployments by chance", { concurrency: true }, () => {
  for (const [seed, fault] of Object.entries(shown)) {
    it(`Deployment ${seed} by chance ends as its exit code says (${fault})`, async () => {
      await trySeed(Number(seed));
    });
  }
});
