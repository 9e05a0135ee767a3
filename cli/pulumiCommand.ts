import { commentOption, previewStack } from "./preview/previewComment.ts";
import { destroyStack } from "./pulumi/destroyStack.ts";
import { ensureStack, pulumiEnvironment, runPulumi } from "./pulumi/pulumi.ts";
import { runStackCommand } from "./pulumi/stackCommand.ts";

/* `npm run preview | refresh | destroy -- --stack S …`: the Pulumi command with the project's environment. */

const [command = "", ...args] = process.argv.slice(2);
const isPreview = command === "preview";
const comment = isPreview ? " [--comment FILE]" : "";
const aboutComment = `

--comment FILE  also writes the preview as Markdown, for a comment on a pull request (docs/continuousDeployment.md).
                With --refresh it tells what was changed behind Pulumi's back.`;

await runStackCommand(
  {
    usage: `Usage: npm run ${command} -- --stack S${comment} [options of pulumi ${command}]

Runs pulumi ${command} with the project's environment. Everything after the stack's name goes to it (pulumi ${command} --help).${isPreview ? aboutComment : ""}`,
    async run(stack) {
      const { file, rest } = isPreview ? commentOption(args) : { file: undefined, rest: args };
      if (isPreview) return previewStack(stack, rest, file);
      if (command === "destroy") return destroyStack(stack, rest);
      const env = pulumiEnvironment(stack);
      await ensureStack(stack, env);
      return (await runPulumi([command, ...rest], env)).code;
    },
  },
  args,
);
