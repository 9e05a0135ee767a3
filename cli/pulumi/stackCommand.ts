import { stackOf } from "./pulumi.ts";

/** A command of the project for one stack. */
export interface StackCommand {
  /** Printed by `--help`, and where no stack is named. */
  readonly usage: string;
  /** @returns the exit code */
  readonly run: (stack: string, args: readonly string[]) => Promise<number>;
}

/**
 * Lets a command go on when nobody reads what it prints any more: the terminal was closed, or the pipeline's step ended. What
 * it has begun has to be ended well; and Pulumi's SDK would report the failed output by printing, which fails, without end.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

/** Runs a command with this process's arguments, and sets the exit code: 2 where it cannot be run at all. */
export async function runStackCommand(
  { usage, run }: StackCommand,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const stack = stackOf(args);
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return;
  }
  if (stack === undefined) {
    console.error(`Which stack?\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  outliveReaders();
  try {
    process.exitCode = await run(stack, args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
