/** Until when nothing is said of a step. */
const QUIET_MS = 2_000;
/** How often a step that is still running is reported. */
const EVERY_MS = 10_000;

/**
 * Runs something. If that takes longer than two seconds, it reports the current activity, then every ten seconds.
 * @param saying the current activity
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
