import { known } from "../../emulator/defaultSeed.ts";

/** A Git connection as stacks declare it, to the branch that the emulator's seed has something in. */
export const salesBranch = {
  gitProviderType: "GitHub",
  ownerName: "contoso",
  repositoryName: "sales",
  branchName: "main",
  directoryName: "/fabric",
  connectionId: known.gitHubConnection,
};
