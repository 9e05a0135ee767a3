/** A line that waits to be written. */
interface WaitingLine extends PromiseWithResolvers<void> {
  readonly line: string;
}

/**
 * Writes lines in the order of the calls, one write at a time. Lines that arrive during a write share the next one. After a
 * failed write, later lines are still tried: the disk may have room again.
 */
export class LineQueue {
  readonly #write: (lines: string) => Promise<void>;
  readonly #maxBytes: number;
  #waiting: WaitingLine[] = [];
  #writing: Promise<void> | undefined;

  /**
   * @param write writes whole lines; resolves when they are durable
   * @param maxBytes most bytes in one write. @default no limit
   */
  constructor(write: (lines: string) => Promise<void>, maxBytes = Infinity) {
    this.#write = write;
    this.#maxBytes = maxBytes;
  }

  /** Resolves when the line is durable; rejects when its write has failed. */
  append(line: string): Promise<void> {
    const waiting = { line, ...Promise.withResolvers<void>() };
    this.#waiting.push(waiting);
    this.#writing ??= this.#writeAll();
    return waiting.promise;
  }

  /** Resolves once the queue is empty. Never rejects: each line reports its own failure. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#next();
      try {
        await this.#write(together.map(({ line }) => line).join(""));
        for (const { resolve } of together) resolve();
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#writing = undefined;
  }

  /** The next lines to write: as many as fit into one write, and at least one. */
  #next(): WaitingLine[] {
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ line }, index) => {
      bytes += Buffer.byteLength(line);
      return index > 0 && bytes > this.#maxBytes;
    });
    return this.#waiting.splice(0, tooMany < 0 ? this.#waiting.length : tooMany);
  }
}
