/** Time without any report on a step. */
const QUIET_MS = 2_000;
/** Time between reports on a running step. */
const EVERY_MS = 10_000;

/**
 * Waits for work. After two seconds it reports the current activity, then again every ten seconds.
 * @param saying returns the current activity in words
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
