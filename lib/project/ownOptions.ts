import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";

/** A command line, read. */
export type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;

/**
 * Reads the options of a command, with messages in the project's words: Node's own speak to those who wrote the command.
 * @param command its name, as in `npm run COMMAND`
 * @param needs what the value of an option is, if "a value" would say too little
 * @throws Error that names the option, and says where all of them are described
 */
export function ownOptions<T extends ParseArgsConfig>(
  command: string,
  config: T,
  needs: Readonly<Record<string, string>> = {},
): Parsed<T> {
  try {
    return parseArgs(config);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (!code.startsWith("ERR_PARSE_ARGS_")) throw error;
    throw new Error(`${faultIn(message, needs)} npm run ${command} -- --help names all options. Nothing was done.`, {
      cause: error,
    });
  }
}

function faultIn(message: string, needs: Readonly<Record<string, string>>): string {
  const [, option = "", name = ""] = /'(?:-\w, )?(-{1,2}([\w-]+))/.exec(message) ?? [];
  if (/argument missing|is ambiguous/.test(message)) return `${option} needs ${needs[name] ?? "a value"}.`;
  if (message.includes("does not take an argument")) return `${option} takes no value.`;
  if (message.startsWith("Unknown option")) return `Unknown option '${option}'.`;
  const [word = message] = /'[^']*'/.exec(message) ?? [];
  return `Nothing is known to do with ${word}.`;
}
