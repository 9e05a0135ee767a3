"use strict";

/*
 * Starts the dynamic provider of the program's own SDK, which the engine names by the current folder. The SDK's launcher
 * does the same with two Node processes, and leaves a shell between the engine and the provider.
 */
require("./lazyModules.cjs");
Object.assign(process.env, require("./straight.cjs").straightToThisMachine(process.env));
require(require.resolve("@pulumi/pulumi/cmd/dynamic-provider", { paths: [process.cwd()] }));

// an engine that is killed sends no signal, but its end of this process's stdin closes. The project's own code looks for it too,
// but is loaded by the first call, and an engine may be killed before that
process.stdin.once("end", () => process.exit(1)).resume();
