import { ensureStack, pulumiEnvironment, runPulumi } from "./pulumi.ts";
import { runStackCommand } from "./stackCommand.ts";

/* `npm run preview | refresh | destroy -- --stack S …`: the Pulumi command with the project's environment. */

const [command = "", ...args] = process.argv.slice(2);

await runStackCommand(
  {
    usage: `Usage: npm run ${command} -- --stack S [options of pulumi ${command}]

Runs pulumi ${command} with the project's environment. Everything after the stack's name goes to it (pulumi ${command} --help).`,
    async run(stack) {
      const env = pulumiEnvironment(stack);
      await ensureStack(stack, env);
      return (await runPulumi([command, ...args], env)).code;
    },
  },
  args,
);
