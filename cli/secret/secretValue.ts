import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** Source of a value: `process.stdin`, or a replacement in a test. */
export type ValueInput = Readable & { readonly isTTY?: boolean };

/**
 * Reads a value without showing it. A pipe is read to its end, without its last line end, because most commands add one. At a
 * terminal, the prompt asks for one line, without echo.
 * @returns an empty text if there is no value, or the user cancelled
 */
export async function readSecretValue(input: ValueInput, prompts: Writable, prompt: string): Promise<string> {
  if (!input.isTTY) return (await text(input)).replace(/\r?\n$/, "");
  prompts.write(prompt);
  // without an output, readline does not show typed text, but still edits the line
  const line = createInterface({ input, terminal: true });
  line.on("SIGINT", () => line.close());
  const [typed] = (await Promise.race([once(line, "line"), once(line, "close")])) as [string?];
  line.close();
  prompts.write("\n");
  return typed ?? "";
}
