/** Options of the project's commands that npm does not know, and so takes for its own if no `--` stands before them. */
const OWN = ["stack", "output", "plan", "save-plan", "comment", "transaction", "out", "limit", "definitions-folder"];

/** The question, if nothing tells which stack is meant. */
export const WHICH_STACK = "Which stack? Name it by --stack.";

/**
 * Asks for the stack of a command line that names none, and says how it was probably meant: npm takes options for itself if no
 * `--` stands before them (`npm run up --stack dev`), and leaves their values behind as bare words. Pure.
 * @param command name of the command, as in `npm run COMMAND`
 * @param args what npm has handed on
 * @param env npm_config_OPTION holds an option that npm has taken
 */
export function whichStack(command: string, args: readonly string[], env: NodeJS.ProcessEnv): string {
  const taken = OWN.find((option) => env[variableOf(option)]);
  const [word] = args.filter((arg) => /^\w[\w./-]*$/.test(arg));
  const isFirst = word !== undefined && word === args[0];
  const given = env[variableOf("stack")];
  // npm takes an option's value only if it is written with =
  const stack = given && given !== "true" ? given : isFirst && (args.length === 1 || !taken) ? word : "S";
  const right = `npm run ${command} -- --stack ${stack}`;
  if (taken !== undefined) return `Which stack? npm took '--${taken}' for itself: put -- before it: ${right}`;
  return isFirst ? `Which stack? Name it by --stack: ${right}` : WHICH_STACK;
}

const variableOf = (option: string): string => `npm_config_${option.replaceAll("-", "_")}`;
