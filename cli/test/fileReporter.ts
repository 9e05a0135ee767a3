import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";

/*
 * A reporter of node:test that prints nothing: it adds a line of JSON to the file FABRIC_TEST_RECORD as soon as a test file
 * has ended, so that a run that is cut off leaves what it has done.
 */

/** One test file that has ended. */
export interface EndedFile {
  /** Path from the project's folder. */
  readonly file: string;
  readonly seconds: number;
  readonly isPassed: boolean;
}

export default async function* fileReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<never, void> {
  const record = process.env["FABRIC_TEST_RECORD"];
  for await (const { type, data } of source) {
    if (type !== "test:summary" || data.file === undefined || record === undefined) continue;
    const ended: EndedFile = {
      file: relative(process.cwd(), data.file).replaceAll("\\", "/"),
      seconds: data.duration_ms / 1000,
      isPassed: data.success,
    };
    appendFileSync(record, `${JSON.stringify(ended)}\n`);
  }
  yield* [];
}
