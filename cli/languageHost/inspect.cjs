"use strict";

/*
 * Loaded into every Node process of a command that runs with FABRIC_INSPECT=program or FABRIC_INSPECT=provider. The process of
 * that name waits for a debugger before it begins, and stands still until the debugger continues it. An environment variable is needed because the Pulumi CLI starts program and
 * provider, and takes no Node options for them.
 */

const scripts = {
  program: /[\\/]cmd[\\/]run([\\/]index\.js)?$/,
  provider: /[\\/](dynamicProvider\.cjs|cmd[\\/]dynamic-provider([\\/]index\.js)?)$/,
};

if (scripts[process.env.FABRIC_INSPECT]?.test(process.argv[1] ?? "")) {
  const inspector = require("node:inspector");
  const port = Number(process.env.FABRIC_INSPECT_PORT || "9229");
  inspector.open(port, "127.0.0.1", true);
  // a debugger lets the process run on as soon as it has attached: only here is there time to set breakpoints
  debugger;
}
