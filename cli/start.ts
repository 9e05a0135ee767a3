import { spawnSync } from "node:child_process";
import { makeStack } from "./pulumi/makeStack.ts";
import { projectRoot, pulumiEnvironment, runPulumi } from "./pulumi/pulumi.ts";

/* `npm start`: stack `local`, deployed to the emulator by the real engine, and where to look at what was made. */

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

/** What `pulumi stack output` tells of the deployed workspaces. */
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
await makeStack({ projectRoot, stack, env });
const { code } = await runPulumi(["up", "--stack", stack, "--yes", ...process.argv.slice(2)], env);
if (code === 0) {
  console.log("\nDeployed:");
  for (const [name, { id }] of Object.entries(outputs())) console.log(`  ${name.padEnd(20)} ${id}`);
  console.log(
    [
      "",
      "These live in the emulator's store, .fabric/emulator/; the state is in .fabric/state/.",
      "Next: change Pulumi.local.yaml and run npm start again; look at the emulator with npm run emulator;",
      "clean up with npm run destroy -- --stack local.",
    ].join("\n"),
  );
}
process.exitCode = code;
