import { describe, it } from "node:test";
import { trySeed } from "./harness/randomDeployment.ts";

/* Seeds of the random sweep (test/sweeps/randomSweep.test.ts) that have shown a fault; one of them runs in every `npm test`. */

const shown: Readonly<Record<number, string>> = {
  2529240231: "an item that somebody had deleted before was made anew and stayed",
};

describe("deployments by chance", { concurrency: true }, () => {
  for (const [seed, fault] of Object.entries(shown)) {
    it(`Deployment ${seed} by chance ends as its exit code says (${fault})`, async () => {
      await trySeed(Number(seed));
    });
  }
});
