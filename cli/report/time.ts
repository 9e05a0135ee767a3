/** A stretch of time in which something happened, in ms since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A pause that the axis leaves out. */
export interface Break {
  /** Place on the axis, in ms from its begin. */
  readonly at: number;
  readonly skippedMs: number;
}

/** An axis on which pauses between runs take no room. */
export interface Axis {
  readonly lengthMs: number;
  readonly breaks: readonly Break[];
  /** Place of a moment on the axis, in ms from its begin. */
  placeOf(moment: number): number;
}

/** Shortest pause that is left out: a transaction that is gone on with tomorrow must not be one line. */
const PAUSE_MS = 20_000;

/** The axis of stretches, which may overlap and come in any order. Pure. */
export function axisOf(stretches: readonly Stretch[]): Axis {
  const sorted = stretches.toSorted((one, other) => one.from - other.from);
  const begin = sorted[0]?.from ?? 0;
  const skips: { readonly after: number; readonly skippedMs: number }[] = [];
  let end = begin;
  for (const { from, to } of sorted) {
    if (from - end > PAUSE_MS) skips.push({ after: end, skippedMs: from - end });
    end = Math.max(end, to);
  }
  const placeOf = (moment: number) => {
    let place = moment - begin;
    for (const { after, skippedMs } of skips) if (moment > after) place -= Math.min(skippedMs, moment - after);
    return Math.max(0, place);
  };
  return {
    lengthMs: placeOf(end),
    breaks: skips.map(({ after, skippedMs }) => ({ at: placeOf(after), skippedMs })),
    placeOf,
  };
}
