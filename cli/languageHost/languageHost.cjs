"use strict";

/*
 * A small Node language host: the program through which the Pulumi engine runs a Node program. It is used only if the CLI had
 * to be built from its Go modules, because the vendor's host is not published as a Go module.
 *
 * The host implements the engine's LanguageRuntime service, with the stubs and the runner of the program's own SDK, as far as
 * preview, up, refresh, import and destroy need it. Every other call is answered UNIMPLEMENTED.
 * https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
 */

const { spawn } = require("node:child_process");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const longConfiguration = require("./longConfiguration.cjs");
const { canServe, isPossible, runHere, startProvider } = require("./runHere.cjs");
const { straightToThisMachine } = require("./straight.cjs");

const fromProgram = createRequire(join(process.cwd(), "Pulumi.yaml"));
const fromSdk = createRequire(fromProgram.resolve("@pulumi/pulumi/package.json"));
const grpc = fromSdk("@grpc/grpc-js");
const { LanguageRuntimeService } = fromProgram("@pulumi/pulumi/proto/language_grpc_pb");
const { AboutResponse, GetRequiredPackagesResponse, GetRequiredPluginsResponse, RunResponse } = fromProgram(
  "@pulumi/pulumi/proto/language_pb",
);
const { PluginInfo } = fromProgram("@pulumi/pulumi/proto/plugin_pb");

/** Exit code of the SDK's runner after it has already reported the failure to the user. */
const exitCodeToldAlready = 32;
/** The engine's own limit. It sends the configuration of a whole stack in one message. */
const maximumMessageBytes = 400 * 1024 * 1024;

const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
const programs = new Set();
let runs = 0;

/** Options of the SDK's runner for one request to run the program. */
const runnerOptions = (request, info) => ({
  monitor: request.getMonitorAddress(),
  engine: engineAddress,
  organization: request.getOrganization(),
  project: request.getProject(),
  stack: request.getStack(),
  "root-directory": info.getRootDirectory(),
  pwd: info.getProgramDirectory(),
  parallel: String(request.getParallel()),
});

/** The SDK's runner and its command line for one request to run the program. */
function runnerArguments(request, info, options, isLong) {
  const nodeArguments = options.nodeargs ? String(options.nodeargs).split(" ") : [];
  return [
    ...nodeArguments,
    `--require=${join(__dirname, "lazyModules.cjs")}`,
    ...(isLong ? [longConfiguration.argument] : []),
    fromProgram.resolve("@pulumi/pulumi/cmd/run"),
    ...Object.entries(runnerOptions(request, info)).map(([name, value]) => `--${name}=${value}`),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info.getEntryPoint(),
    ...request.getArgsList(),
  ];
}

/** Environment variables of a program. The SDK takes the runner's options from them if it is loaded before the runner. */
const programEnvironment = (request, info, options) => ({
  ...straightToThisMachine(process.env),
  PULUMI_NODEJS_TYPESCRIPT: String(options.typescript !== false),
  ...(request.getDryrun() ? { PULUMI_NODEJS_DRY_RUN: "true" } : {}),
  ...Object.fromEntries(
    Object.entries(runnerOptions(request, info))
      .filter(([name]) => name !== "pwd")
      .map(([name, value]) => [`PULUMI_NODEJS_${name.toUpperCase().replace("-", "_")}`, value]),
  ),
});

/** The environment variables in which the SDK looks for the stack's configuration. */
const configurationOf = (request) => ({
  PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries())),
  PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
});

/** What the engine is told of the end of a program. */
function ended(code, signal) {
  const response = new RunResponse();
  if (code === exitCodeToldAlready) response.setBail(true);
  else if (signal) response.setError(`The program was ended by ${signal}.`);
  else if (code !== 0) response.setError(`The program ended with exit code ${code}.`);
  return response;
}

function run({ request }, answer) {
  const info = request.getInfo();
  const options = info.getOptions()?.toJavaScript() ?? {};
  const isFirst = runs++ === 0;
  const isPreview = request.getDryrun();
  const configuration = configurationOf(request);
  if (isPossible({ fromProgram, options, env: process.env, isFirst, isPreview })) {
    require("./lazyModules.cjs");
    const argv = {
      ...runnerOptions(request, info),
      ...(isPreview && { "dry-run": true }),
      _: [info.getEntryPoint(), ...request.getArgsList()],
    };
    runHere({ fromProgram, argv, env: programEnvironment(request, info, options), configuration }).then(
      (code) => answer(null, ended(code)),
      (error) => answer(null, new RunResponse().setError(`The program did not run: ${error.message}`)),
    );
    return;
  }
  const isLong = longConfiguration.isTooLong(configuration);
  const program = spawn(process.execPath, runnerArguments(request, info, options, isLong), {
    stdio: ["ignore", "inherit", "inherit", ...(isLong ? ["pipe"] : [])],
    env: { ...process.env, ...programEnvironment(request, info, options), ...(isLong ? {} : configuration) },
  });
  if (isLong) longConfiguration.send(program, configuration);
  programs.add(program);
  program.once("error", (error) => answer(null, new RunResponse().setError(`Node did not start: ${error.message}`)));
  program.once("exit", (code, signal) => {
    programs.delete(program);
    answer(null, ended(code, signal));
  });
}

const known = {
  // plugins for other packages come only with the vendor's CLI, so a program that needs one needs that CLI
  getRequiredPlugins: (_call, answer) => answer(null, new GetRequiredPluginsResponse()),
  getRequiredPackages: (_call, answer) => answer(null, new GetRequiredPackagesResponse()),
  getPluginInfo: (_call, answer) => answer(null, new PluginInfo().setVersion(fromSdk("./package.json").version)),
  about: (_call, answer) =>
    answer(null, new AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
  run,
};

const refusal = (name) => ({ code: grpc.status.UNIMPLEMENTED, details: `This language host does not know ${name}.` });
const unknown = Object.fromEntries(
  Object.keys(LanguageRuntimeService).map((name) => [
    name,
    (call, answer) => (answer ? answer(refusal(name)) : call.emit("error", refusal(name))),
  ]),
);

// an engine that is killed sends no signal, but its end of this process's stdin closes
process.stdin.resume().once("end", () => {
  for (const program of programs) program.kill("SIGKILL");
  process.exit(1);
});

/** Listens to the engine, which reads the port from the first line. */
const listen = () =>
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(port);
  });

const server = new grpc.Server({ "grpc.max_receive_message_length": maximumMessageBytes });
server.addService(LanguageRuntimeService, { ...unknown, ...known });
// a destroy and a refresh have a provider, and no program. The engine starts the provider after this process's first line
if (process.env.FABRIC_PROCESSES === "provider" && canServe({ fromProgram, env: process.env })) {
  require("./lazyModules.cjs");
  startProvider(fromProgram, engineAddress).then(listen, listen);
} else listen();
