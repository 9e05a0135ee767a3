#!/usr/bin/env node
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./setup/cacheFolder.mjs";
import { pathWith } from "./setup/executables.mjs";
import { withInspection } from "./setup/inspection.mjs";
import { ensureNode } from "./setup/nodeRuntime.mjs";
import { ensurePulumi } from "./setup/pulumiCli.mjs";
import { runFile, withoutSeparator } from "./setup/runFile.mjs";

/*
 * `npx --no-install fabric-environments COMMAND …`: the commands of the project for a Pulumi program of one's own, which has the package
 * installed. They run in the folder of the program's project.
 */

const commands = {
  up: { file: "cli/up.js", says: "deploy a stack as a transaction" },
  preview: { file: "cli/pulumiCommand.js", args: ["preview"], says: "show what up would do" },
  rollback: { file: "cli/rollback.js", says: "take back what neither was committed nor rolled back" },
  refresh: { file: "cli/pulumiCommand.js", args: ["refresh"], says: "read the state again from the service" },
  destroy: { file: "cli/pulumiCommand.js", args: ["destroy"], says: "remove everything that a stack has made" },
  report: { file: "cli/report.js", says: "a deployment as one page" },
  history: { file: "cli/history.js", says: "the deployments of a stack" },
  import: { file: "cli/import.js", says: "write existing workspaces into a stack's configuration" },
  secret: { file: "cli/secret.js", says: "read or write a secret" },
  emulator: { file: "emulator/server.js", says: "the Fabric emulator as a server" },
};

const help = `Usage: fabric-environments COMMAND [options]

${Object.entries(commands)
  .map(([name, { says }]) => `  ${name.padEnd(10)} ${says}`)
  .join("\n")}

fabric-environments COMMAND --help says more.`;

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const names = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** The nearest folder with a project, here or above. */
function projectFolder(folder = process.cwd()) {
  if (names.some((name) => existsSync(join(folder, name)))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : projectFolder(above);
}

/** Node, and the environment with the tools first on PATH. */
async function setUp() {
  const node = await ensureNode();
  const { bin, isBuilt } = await ensurePulumi(packageRoot);
  const env = {
    ...process.env,
    PATH: pathWith(dirname(node), bin),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(cacheFolder, "compile-cache"),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  // if the CLI had to be built, downloads of plugins fail too, only later and less clearly
  if (isBuilt) env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION ??= "true";
  return { node, env: withInspection(packageRoot, env) };
}

async function main([name, ...args]) {
  if (name === undefined || name === "--help" || name === "-h") {
    console.log(help);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    console.error(`There is no command '${name}'.\n\n${help}`);
    return 2;
  }
  const folder = projectFolder();
  const needsProject = name !== "emulator" && !args.includes("--help") && !args.includes("-h");
  if (folder === undefined && needsProject) {
    console.error(
      `There is no Pulumi.yaml in ${process.cwd()} or above it. Run the command in the project of your program.`,
    );
    return 2;
  }
  const { node, env } = await setUp();
  // paths of the command line start here
  env.INIT_CWD = process.cwd();
  if (folder !== undefined) process.chdir(folder);
  return runFile(node, join(packageRoot, command.file), [...(command.args ?? []), ...args], env);
}

try {
  process.exitCode = await main(withoutSeparator(process.argv.slice(2)));
} catch (error) {
  console.error(`Set-up failed. ${error.message}`);
  process.exitCode = 1;
}
