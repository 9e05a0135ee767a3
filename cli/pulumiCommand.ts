import { ensureStack, pulumiEnvironment, runPulumi, stackOf } from "./pulumi.ts";

/* `npm run preview | refresh | destroy -- --stack S …`: the Pulumi command with the project's environment. */

const [command = "", ...args] = process.argv.slice(2);
const stack = stackOf(args);

if (args.includes("--help") || args.includes("-h")) {
  process.exitCode = (await runPulumi([command, "--help"], process.env)).code;
} else if (stack === undefined) {
  console.error(
    `Which stack? npm run ${command} -- --stack local (or dev, prod, …). Everything after it goes to pulumi ${command}.`,
  );
  process.exitCode = 2;
} else {
  const env = pulumiEnvironment(stack);
  try {
    await ensureStack(stack, env);
    const { code } = await runPulumi([command, ...args], env);
    process.exitCode = code;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
