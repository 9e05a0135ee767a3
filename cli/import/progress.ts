/** Time without any report on a step. */
const QUIET_MS = 2_000;
/** Time between reports on a running step: in a terminal one line moves, elsewhere each is a new line. */
const EVERY_MS = { terminal: 1_000, elsewhere: 10_000 };

/**
 * Waits for work. After two seconds it reports the current activity, and again as long as the work goes on.
 * @param saying returns the current activity in words
 */
export async function withProgress<T>(saying: () => string, work: Promise<T>): Promise<T> {
  const { stderr } = process;
  const begin = performance.now();
  const isTerminal = stderr.isTTY === true;
  const tell = () => {
    if (!isTerminal) return console.error(saying());
    const line = `${saying()} ${Math.round((performance.now() - begin) / 1000)} s`;
    stderr.write(`\r\x1b[2K${line.slice(0, (stderr.columns || 80) - 1)}`);
  };
  let every: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    tell();
    every = setInterval(tell, isTerminal ? EVERY_MS.terminal : EVERY_MS.elsewhere);
  }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(first);
    clearInterval(every);
    if (isTerminal && every !== undefined) stderr.write("\r\x1b[2K");
  }
}
