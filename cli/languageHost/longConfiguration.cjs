"use strict";

/*
 * The configuration of a stack with very many entries. A host hands the configuration to the program in an environment variable,
 * of which Linux takes 128 KiB: about 195 workspaces of eight resources. This host sends a longer one through a pipe. In the
 * program, this file is loaded first and gives it to the SDK: in an environment variable it would keep the program from starting
 * other programs.
 * https://github.com/pulumi/pulumi/issues/8680
 */

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

/** The most bytes of `NAME=value` with the zero behind it that execve(2) takes: MAX_ARG_STRLEN, 32 pages. */
const longest = 128 * 1024;
/** The program's end of the pipe, as a file descriptor. */
const pipe = 3;

/** Whether the environment variables of a configuration are too long for a new process. */
exports.isTooLong = (variables) =>
  Object.entries(variables).some(([name, value]) => Buffer.byteLength(`${name}=${value}`) >= longest);

/**
 * Gives a configuration to the SDK that `fromProgram` loads, as if it were in the environment. The names of the keys that are
 * secret do stand there: they are few, and a program has no other way to list them.
 */
const give = (fromProgram, { PULUMI_CONFIG, PULUMI_CONFIG_SECRET_KEYS }) => {
  process.env.PULUMI_CONFIG_SECRET_KEYS = PULUMI_CONFIG_SECRET_KEYS;
  const { setAllConfig } = fromProgram("@pulumi/pulumi/runtime/config");
  setAllConfig(JSON.parse(PULUMI_CONFIG), JSON.parse(PULUMI_CONFIG_SECRET_KEYS));
};
exports.give = give;

/** Node's argument by which a program reads the configuration that `send` sends to it. */
exports.argument = `--require=${__filename}`;

/** Sends a configuration to a program that has a pipe there. */
exports.send = (program, variables) => {
  const end = program.stdio[pipe];
  end.on("error", () => undefined); // a program that has ended already
  end.end(JSON.stringify(variables));
};

if (module.isPreloading) {
  give(createRequire(join(process.cwd(), "Pulumi.yaml")), JSON.parse(readFileSync(pipe, "utf8")));
}
