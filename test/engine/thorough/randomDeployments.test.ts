import { describe, it } from "node:test";
import { trySeed } from "../harness/randomDeployment.ts";

/* More seeds of the random sweep that have shown a fault. */

const shown: Readonly<Record<number, string>> = {
  15148731274: "a folder that only the refresh had seen renamed got its old name",
  13186049833: "what a new branch had brought in stayed, and was committed to the former one",
  1: "items were committed to a branch because a workspace's key changed, and nobody was told",
  47: "a branch that was connected had got a commit, and nobody was told",
  4: "a torn side file of the state stopped every command",
  15148731271: "an endpoint that was made anew had lost its approval, and nobody was told",
  15148731130: "identities that were made anew had other ids, and nobody was told",
  15148731132: "an item that was as before was listed as not given back",
  2529240398: "an endpoint that was made anew after a kill was not listed",
  123: "an item whose name an object of the killed run had held was listed, although the rollback had freed the name",
  261: "an item was added and deleted for Git, because another one had its name when the workspace was connected again",
  288: "a description that somebody had changed was overwritten because a rename of another workspace had failed",
  321: "an item that somebody had deleted was to be made anew, because its folder was",
  350: "a workspace whose disconnect from Git had lost its answer was not synced any more",
  421: "a Git connection under another key was not to change its branch",
  466: "a description that somebody had changed was overwritten by a rename",
  370: "an item that somebody had deleted was to be made anew, because its workspace might have been deleted",
};

describe("further deployments by chance", () => {
  for (const [seed, fault] of Object.entries(shown)) {
    it(`Deployment ${seed} by chance ends as its exit code says (${fault})`, async () => {
      await trySeed(Number(seed));
    });
  }
});
