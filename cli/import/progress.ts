/** Until when nothing is said of a step. */
const QUIET_MS = 2_000;
/** How often a step that goes on is told of. */
const EVERY_MS = 10_000;

/**
 * Does something, and tells what it is at when it takes longer than two seconds, and every ten then.
 * @param saying what it is at just now
 */
export async function withProgress<T>(saying: () => string, work: Promise<T>): Promise<T> {
  const tell = () => console.error(saying());
  let every: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    tell();
    every = setInterval(tell, EVERY_MS);
  }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(first);
    clearInterval(every);
  }
}
