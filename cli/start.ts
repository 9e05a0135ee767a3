import { spawnSync } from "node:child_process";
import { changeFormOfState } from "./stack/stateFiles.ts";
import { freeStaleLock } from "./transaction/stackLock.ts";
import { makeStack } from "./stack/makeStack.ts";
import { projectRoot, pulumiEnvironment, runPulumi } from "./pulumi/pulumi.ts";

/* `npm start`: deploys stack `local` to the emulator with the real engine, then lists the workspaces and next steps. */

const usage = `Usage: npm start [-- options of pulumi up]

Sets up the machine, and deploys stack local to the emulator of the Fabric service inside this project: no Azure account is used,
and state and objects are kept in .fabric. Nothing is asked. npm run destroy -- --stack local removes everything again.`;

if (process.argv.some((argument) => argument === "--help" || argument === "-h")) {
  console.log(usage);
  process.exit(0);
}

const stack = "local";
const env = environment();

function environment(): NodeJS.ProcessEnv {
  try {
    return pulumiEnvironment(stack);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

interface Output {
  readonly id: string;
  readonly url: string;
}

/** The deployed workspaces, from `pulumi stack output`. */
function outputs(): Record<string, Output> {
  const { stdout } = spawnSync("pulumi", ["stack", "output", "workspaces", "--json", "--stack", stack], {
    cwd: projectRoot,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(stdout || "{}") as Record<string, Output>;
}

console.log("Deploying stack 'local' to the embedded Fabric emulator (no Azure account is used).\n");
const access = { projectRoot, stack, env };
// first, because a stack whose state is missing would be made anew, and empty
await freeStaleLock(access);
await makeStack(access);
changeFormOfState(stack, env);
const { code } = await runPulumi(["up", "--stack", stack, "--yes", ...process.argv.slice(2)], env);
if (code === 0) {
  const deployed = Object.entries(outputs()).map(([name, { id }]) => `  ${name.padEnd(20)} ${id}`);
  console.log(
    [
      "",
      "Deployed to the emulator:",
      ...deployed,
      "",
      "Try next:",
      "  npm start                              again: everything is unchanged",
      "  edit Pulumi.local.yaml, npm start      changes just that",
      "  npm run destroy -- --stack local       removes everything",
      "",
      "README.md says how to deploy to Fabric itself.",
    ].join("\n"),
  );
}
process.exitCode = code;
