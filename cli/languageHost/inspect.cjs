"use strict";

/*
 * Loaded into every Node process of a command that is run with FABRIC_INSPECT=program or FABRIC_INSPECT=provider: the one
 * that is meant waits for a debugger before it begins. Program and provider are started by the Pulumi CLI, far from the
 * command line that would take an option for them.
 */

const scripts = {
  program: /[\\/]cmd[\\/]run([\\/]index\.js)?$/,
  provider: /[\\/](dynamicProvider\.cjs|cmd[\\/]dynamic-provider([\\/]index\.js)?)$/,
};

if (scripts[process.env.FABRIC_INSPECT]?.test(process.argv[1] ?? "")) {
  const inspector = require("node:inspector");
  const port = Number(process.env.FABRIC_INSPECT_PORT || "9229");
  inspector.open(port, "127.0.0.1", true);
}
