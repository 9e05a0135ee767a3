import { structuredPatch } from "diff";

/** Lines of a unified difference of two texts; none if they are equal. */
export function lineDifference(old: string, now: string): string[] {
  if (old === now) return [];
  if (`${old}${now}`.includes("\u0000")) return ["@@ no text @@"];
  const { hunks } = structuredPatch("", "", old, now, undefined, undefined, { context: 2 });
  return hunks.flatMap((hunk) => [
    `@@ line ${hunk.newStart} @@`,
    ...hunk.lines.filter((line) => !line.startsWith("\\")),
  ]);
}
