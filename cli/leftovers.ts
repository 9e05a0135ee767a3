import type { Leftover } from "./rollback/rollBack.ts";

/** What has to be done by hand, as a table. */
export function leftoverTable(leftovers: readonly Leftover[]): string {
  const width = Math.max(...leftovers.map(({ what }) => what.length));
  const rows = leftovers.map(({ what, reason }) => `  ${what.padEnd(width)}  ${reason}`);
  return ["To be done by hand:", ...rows].join("\n");
}
