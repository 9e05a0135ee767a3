import { known, knownBranch } from "../../../emulator/core/defaultSeed.ts";

/** A Git connection as stacks declare it, to the branch that the emulator's seed has something in. */
export const salesBranch = { ...knownBranch, connectionId: known.gitHubConnection };
