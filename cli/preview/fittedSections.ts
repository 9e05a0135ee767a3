/** A part of the comment, with lines that can be left out. */
export interface Section {
  /** Text above the lines. If all lines are cut, it is omitted too. */
  readonly above: string;
  readonly lines: readonly string[];
  readonly below?: string;
  /** Whether the note about cut lines counts the section's lines as destructive. */
  readonly isDestructive?: boolean;
}

/** Room for the note about cut lines. */
const ROOM_FOR_NOTE = 300;

/**
 * The head, and as many lines of the sections as fit. The order of the sections is their priority: the first section gets all
 * the room that it needs. A note at the end counts the cut lines.
 * @param longest most bytes of the result; services count characters, which are never more
 */
export function fittedSections(head: string, sections: readonly Section[], longest: number): string {
  let room = longest - ROOM_FOR_NOTE - sizeOf(head);
  let cut = 0;
  let cutDestructive = 0;
  const parts = [head];
  for (const { above, lines, below = "", isDestructive = false } of sections) {
    if (lines.length === 0) continue;
    const before = room;
    room -= sizeOf(above) + sizeOf(below) + 2;
    const kept: string[] = [];
    for (const line of lines) {
      if (sizeOf(line) > room) break;
      room -= sizeOf(line);
      kept.push(line);
    }
    cut += lines.length - kept.length;
    if (isDestructive) cutDestructive += lines.length - kept.length;
    if (kept.length > 0) parts.push([above, ...kept, ...(below === "" ? [] : [below])].join("\n"));
    else room = before;
  }
  if (cut > 0) {
    const which = cutDestructive > 0 ? `, ${cutDestructive} of them destructive` : ", none of them destructive";
    const lines = cut === 1 ? "1 line was cut" : `${cut} lines were cut`;
    parts.push(`**${lines}${which}.** The output of the run has all.`);
  }
  return `${parts.join("\n\n")}\n`;
}

/** Size with the line end. */
const sizeOf = (text: string) => Buffer.byteLength(text) + 2;
