import type { ResolvedItem } from "./item.ts";
import type { rulesOf } from "./itemRules.ts";
import type { ConfigPath } from "../problem.ts";

/** The items of one entry of `items`. */
export interface ResolvedEntry {
  /** Path of the entry. */
  readonly at: ConfigPath;
  readonly items: readonly ResolvedItem[];
  /** Items of the entry's folder that are not deployed. */
  readonly left: readonly ResolvedItem[];
  /** What the entry's folder is allowed to hold, and what is probably not meant. */
  readonly warnings: readonly string[];
  /** Values per environment; absent without any. */
  readonly rules?: ReturnType<typeof rulesOf>;
}

/** The entries of a workspace. */
export interface ResolvedEntries {
  /** Key of the workspace. */
  readonly name: string;
  readonly displayName: string;
  readonly entries: readonly ResolvedEntry[];
}
