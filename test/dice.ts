/** Whole numbers from 0 to below a limit, in an order that the seed decides. */
export type Dice = (below: number) => number;

/** Random numbers that are the same in every run. @param seed above 0 */
export function dice(seed: number): Dice {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}
