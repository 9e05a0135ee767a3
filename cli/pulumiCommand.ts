import { runStackCommand } from "./commandLine/stackCommand.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";

/* `npm run preview | refresh | destroy -- --stack S …`: the Pulumi command with the project's environment. */

const [command = "", ...args] = process.argv.slice(2);
const isPreview = command === "preview";
const ownOptions = isPreview ? " [--comment FILE] [--save-plan FILE]" : "";
const aboutDestroy = `

A destroy is logged, and is no transaction: nothing takes it back, and a failed one is run again.

Exit codes: those of pulumi destroy; 1 also if it was refused; 2 if something has to be done by hand, and is listed.
${WRONG_CALL}`;
const aboutRefresh = `

Exit codes: those of pulumi refresh; 1 also if another deployment is going on.
${WRONG_CALL}`;
const aboutPreview = `

--comment FILE    also writes the preview as Markdown, for a comment on a pull request (docs/continuousDeployment.md).
                  With --refresh it tells what was changed behind Pulumi's back.
--save-plan FILE  also writes a plan: npm run up -- --stack S --plan FILE then makes no other changes
--output json     prints the result as one JSON object (docs/outputs.md)

Exit codes: those of pulumi preview; 1 also if an up would be refused because of what it deletes.
${WRONG_CALL}`;
const about: Readonly<Record<string, string>> = { preview: aboutPreview, refresh: aboutRefresh, destroy: aboutDestroy };

await runStackCommand(
  {
    name: command,
    hasJson: isPreview,
    usage: `Usage: npm run ${command} -- --stack S${ownOptions} [options of pulumi ${command}]

Runs pulumi ${command} with the project's environment. Everything after the stack's name goes to it (pulumi ${command} --help).${about[command] ?? ""}`,
    async run(access, given) {
      // each command loads only what it needs
      if (isPreview) {
        const { commentOption, previewStack } = await import("./preview/previewComment.ts");
        const { file, rest } = commentOption(given);
        return previewStack(access, rest, file);
      }
      if (command === "destroy") return (await import("./stack/destroyStack.ts")).destroyStack(access, given);
      return (await import("./stack/refreshStack.ts")).refreshStack(access, given);
    },
  },
  args,
);
