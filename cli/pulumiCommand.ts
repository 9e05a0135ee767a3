import { checkpointing } from "./transaction/checkpointing.ts";
import { commentOption, previewStack } from "./preview/previewComment.ts";
import { destroyStack } from "./pulumi/destroyStack.ts";
import { openedStack } from "./pulumi/openStack.ts";
import { runPulumi } from "./pulumi/pulumi.ts";
import { changeFormOfState } from "./pulumi/stateFiles.ts";
import { runStackCommand, stackOption } from "./pulumi/stackCommand.ts";

/* `npm run preview | refresh | destroy -- --stack S …`: the Pulumi command with the project's environment. */

const [command = "", ...args] = process.argv.slice(2);
const isPreview = command === "preview";
const comment = isPreview ? " [--comment FILE]" : "";
const aboutComment = `

--comment FILE  also writes the preview as Markdown, for a comment on a pull request (docs/continuousDeployment.md).
                With --refresh it tells what was changed behind Pulumi's back.`;

await runStackCommand(
  {
    ...(isPreview && { name: command }),
    usage: `Usage: npm run ${command} -- --stack S${comment} [options of pulumi ${command}]

Runs pulumi ${command} with the project's environment. Everything after the stack's name goes to it (pulumi ${command} --help).${isPreview ? aboutComment : ""}`,
    async run(access, given) {
      const { file, rest } = isPreview ? commentOption(given) : { file: undefined, rest: given };
      if (isPreview) return previewStack(access, rest, file);
      if (command === "destroy") return destroyStack(access, rest);
      const { access: found, settings } = await openedStack(access, rest);
      changeFormOfState(found.stack, found.env);
      const env = { ...found.env, ...checkpointing(settings, found.env) };
      return (await runPulumi([command, ...stackOption(access), ...rest], env)).code;
    },
  },
  args,
);
