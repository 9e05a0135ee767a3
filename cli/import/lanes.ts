/**
 * Runs work on each of many elements, several at a time.
 * @param count most elements at a time
 * @returns the results, in the order of the elements
 * @throws the first error, after running work has ended; no further work starts after an error
 */
export async function inLanes<T, R>(all: readonly T[], count: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = all.entries();
  const errors: unknown[] = [];
  const lane = async () => {
    for (const [index, one] of waiting) {
      if (errors.length > 0) return;
      try {
        results[index] = await work(one);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  if (errors.length > 0) throw errors[0];
  return results;
}
