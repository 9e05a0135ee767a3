import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import type { Asked } from "../../lib/transactions/runs.ts";

const run = promisify(execFile);

/** Longest time that Git may take. */
const GIT_DEADLINE_MS = 3_000;

/**
 * Who asks for a command, and from which commit. CI systems say so in the environment. Whatever is unknown is left out.
 * @param folder of the project
 */
export async function askedBy(command: string, folder: string, env: NodeJS.ProcessEnv = process.env): Promise<Asked> {
  const git = async (...args: string[]) => {
    const options = { cwd: folder, timeout: GIT_DEADLINE_MS, env: { ...env, GIT_OPTIONAL_LOCKS: "0" } };
    return (await run("git", args, options)).stdout.trim();
  };
  const orNothing = (asked: Promise<string>) => asked.catch(() => undefined);
  const [head, branch, changes] = await Promise.all([
    orNothing(git("rev-parse", "HEAD")),
    orNothing(git("symbolic-ref", "--short", "HEAD")),
    orNothing(git("status", "--porcelain", "--untracked-files=no")),
  ]);
  const commit = head ?? (env["GITHUB_SHA"] || env["BUILD_SOURCEVERSION"]);
  const of = branch ?? (env["GITHUB_REF_NAME"] || env["BUILD_SOURCEBRANCHNAME"]);
  const by = personIn(env);
  const page = pageIn(env);
  return {
    kind: "asked",
    at: new Date().toISOString(),
    command,
    ...(by && { by }),
    ...(commit && { commit }),
    ...(of && { branch: of }),
    ...(changes && { isDirty: true }),
    ...(page && { page }),
  };
}

/** The person that CI names, or the user of this machine. */
function personIn(env: NodeJS.ProcessEnv): string | undefined {
  const named = env["GITHUB_ACTOR"] || env["BUILD_REQUESTEDFOR"];
  if (named) return named;
  try {
    return userInfo().username;
  } catch {
    // a container may run as a user without a name
    return undefined;
  }
}

/** Page of the CI run. */
function pageIn(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  if (server && repository && run) return `${server}/${repository}/actions/runs/${run}`;
  const { SYSTEM_COLLECTIONURI: collection, SYSTEM_TEAMPROJECT: project, BUILD_BUILDID: build } = env;
  if (collection && project && build)
    return `${collection}${encodeURIComponent(project)}/_build/results?buildId=${encodeURIComponent(build)}`;
  return undefined;
}
