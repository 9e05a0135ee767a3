import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import type { EngineStack } from "./engineStack.ts";

export const CTRL_C = "\u0003";
export const ENTER = "\r";

/** What a terminal is asked by programs that want to know its colours and its cursor, and what it answers. */
const ANSWERS = [
  ["\u001b]11;?", "\u001b]11;rgb:0000/0000/0000\u001b\\"],
  ["\u001b[6n", "\u001b[1;1R"],
] as const;

/** A command in a pseudo terminal: `script` gives it one, and a person sits before it. */
export class Terminal implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown[]>;
  #shown = "";
  #look: (() => void) | undefined;

  constructor(stack: EngineStack, command: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    this.#child = spawn("script", ["-qfec", line, "/dev/null"], {
      cwd: stack.folder,
      env: { ...stack.env, TERM: "xterm-256color", ...env },
    });
    this.#exit = once(this.#child, "exit");
    this.#child.stdout.on("data", (chunk: Buffer) => {
      const text = chunk.toString();
      for (const [question, answer] of ANSWERS) if (text.includes(question)) this.type(answer);
      this.#shown += text;
      this.#look?.();
    });
  }

  /** What was shown until now, without colours and movements. */
  get text(): string {
    return stripVTControlCharacters(this.#shown);
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  /** Resolves when a text has been shown; with the whole text as an error when the command ends before. */
  async shows(wanted: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      this.#look = () => wanted.test(this.text) && resolve();
      this.#look();
    });
    const ended = this.#exit.then(() => {
      throw new Error(`It ended before it showed ${wanted}:\n${this.text}`);
    });
    await Promise.race([seen, ended]);
  }

  /** The exit code. */
  async ended(): Promise<number> {
    const [code] = await this.#exit;
    return code as number;
  }

  [Symbol.dispose](): void {
    this.#exit.catch(() => undefined);
    this.#child.kill("SIGKILL");
  }
}
