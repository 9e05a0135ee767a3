import { join } from "node:path";
import { preloadOption } from "./preload.mjs";
import { say } from "./progress.mjs";

/** Valid values of FABRIC_INSPECT. */
const processes = ["program", "provider"];

/**
 * The environment in which the process that FABRIC_INSPECT names waits for a debugger, with a message that says where. Without
 * FABRIC_INSPECT, the same environment. Throws for any other value.
 */
export function withInspection(projectRoot, env) {
  const which = env.FABRIC_INSPECT;
  if (!which) return env;
  if (!processes.includes(which))
    throw new Error(`FABRIC_INSPECT must be ${processes.join(" or ")}, and is '${which}'.`);
  const port = env.FABRIC_INSPECT_PORT || "9229";
  say(
    `FABRIC_INSPECT: every ${which} process waits for a debugger at 127.0.0.1:${port}. Attach with ` +
      `node inspect 127.0.0.1:${port}, your editor, or chrome://inspect.`,
  );
  const preload = preloadOption(join(projectRoot, "cli/languageHost/inspect.cjs"));
  return { ...env, NODE_OPTIONS: `${env.NODE_OPTIONS ?? ""} ${preload}`.trim() };
}
