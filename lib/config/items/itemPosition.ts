import type { Entry } from "../entries.ts";
import type { ResolvedItem } from "./item.ts";
import type { ResolvedEntries, ResolvedEntry } from "./resolvedEntry.ts";

/** An item of the configuration, with where it stands. */
export interface Position {
  /** Position of the workspace. */
  readonly workspace: number;
  /** Position in the workspace. */
  readonly index: number;
  readonly entry: ResolvedEntry;
  readonly item: ResolvedItem;
}

/** All that values may refer to. */
export interface Surroundings {
  readonly workspaces: readonly ResolvedEntries[];
  readonly all: readonly Position[];
  /** Entries of `fabric:references`. */
  readonly references: readonly Entry[];
}
