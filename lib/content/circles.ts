/** A reference of one thing to another. */
interface Edge<N> {
  /** What stands for the other thing. */
  readonly key: string;
  readonly to: N;
}

/** A step of a circle. */
export interface CircleStep<N> {
  readonly from: N;
  /** What stands for the thing of the next step; in the last step for that of the first. */
  readonly key: string;
}

/** The circles in which things refer to themselves by others. A reference of a thing to itself is none. */
export function circlesOf<N>(
  all: Iterable<N>,
  edgesOf: (one: N) => readonly Edge<N>[],
): readonly (readonly CircleStep<N>[])[] {
  const done = new Set<N>();
  const circles: (readonly CircleStep<N>[])[] = [];
  for (const one of all) visit(one, []);
  return circles;

  function visit(one: N, above: readonly CircleStep<N>[]): void {
    const start = above.findIndex(({ from }) => from === one);
    if (start >= 0) return void circles.push(above.slice(start));
    if (done.has(one)) return;
    for (const { key, to } of edgesOf(one)) if (to !== one) visit(to, [...above, { from: one, key }]);
    done.add(one);
  }
}
