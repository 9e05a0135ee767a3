import { stackOf } from "./pulumi.ts";

/** A command of the project for one stack. */
export interface StackCommand {
  /** Printed by `--help`, and where no stack is named. */
  readonly usage: string;
  /** @returns the exit code */
  readonly run: (stack: string, args: readonly string[]) => Promise<number>;
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
  try {
    process.exitCode = await run(stack, args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
