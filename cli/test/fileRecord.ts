import { appendFileSync } from "node:fs";
import { relative } from "node:path";

/*
 * Imported into the process of every test file. When the process ends, this file adds a line of JSON to the file
 * FABRIC_TEST_RECORD. The test runner's own events do not serve here, because it holds back a file's events until all files
 * before it have ended.
 */

/** One test file that has ended. */
export interface EndedFile {
  /** Path from the project's folder. */
  readonly file: string;
  readonly seconds: number;
  readonly isPassed: boolean;
}

const record = process.env["FABRIC_TEST_RECORD"];
// the test runner sets NODE_TEST_CONTEXT for the processes of files, and these pass it on to their children
const file = relative(process.cwd(), process.argv[1] ?? "").replaceAll("\\", "/");

if (record !== undefined && process.env["NODE_TEST_CONTEXT"] !== undefined && /^test\/.*\.test\.ts$/.test(file)) {
  process.once("exit", () => {
    const ended: EndedFile = { file, seconds: performance.now() / 1000, isPassed: (process.exitCode ?? 0) === 0 };
    appendFileSync(record, `${JSON.stringify(ended)}\n`);
  });
}
