import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, isAbsolute, resolve, sep } from "node:path";
import { callingFolder } from "./callingFolder.ts";
import { readYamlFile } from "./yamlFile.ts";
import { absoluteBackend, isRelativeBackend, meantStateFolder, stateFolder } from "./stateFolder.ts";

/** The project's own setting, and what overrides it. */
export function backendUrl(projectRoot: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env["PULUMI_BACKEND_URL"]) return env["PULUMI_BACKEND_URL"];
  return (readYamlFile(join(projectRoot, "Pulumi.yaml")) as { backend?: { url?: string } }).backend?.url;
}

/**
 * Refuses to keep the state of a real environment in one person's clone: the others could neither see nor lock it.
 * @throws Error saying how to choose a shared backend
 */
export function assertSharedBackend(
  stack: string,
  allowLocalBackend: boolean,
  env: NodeJS.ProcessEnv,
  projectRoot = process.cwd(),
): void {
  if (stack === "local" || allowLocalBackend) return;
  const url = backendUrl(projectRoot, env);
  const folder = url === undefined ? undefined : meantStateFolder(url, projectRoot);
  if (folder === undefined || !isInside(projectRoot, folder)) return;
  throw new Error(
    `Stack '${stack}' would keep its state in this clone (${url}), and nobody else could see it. Choose a backend that the team ` +
      `shares, for example PULUMI_BACKEND_URL='azblob://STATE_CONTAINER?storage_account=ACCOUNT' or 'https://api.pulumi.com', ` +
      `or set fabric:allowLocalBackend: true in Pulumi.${stack}.yaml to keep it here.`,
  );
}

/**
 * Refuses to keep the state of a stack in a storage account that the same stack makes: the account would have to exist
 * before its own creation, and destroying the stack would destroy the state it needs.
 * @param account name of the storage account that the stack declares, if it does
 * @throws Error that names places for the state
 */
export function assertForeignBackend(
  account: string | undefined,
  env: NodeJS.ProcessEnv,
  projectRoot = process.cwd(),
): void {
  const text = account === undefined ? undefined : backendUrl(projectRoot, env);
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "azblob:") return;
  const used = url.searchParams.get("storage_account") ?? env["AZURE_STORAGE_ACCOUNT"];
  if (used?.toLowerCase() !== account) return;
  throw new Error(
    `The state of this stack would be in storage account '${account}', which the stack itself makes (azure.foundation). ` +
      `Keep it elsewhere: in Pulumi Cloud (PULUMI_BACKEND_URL=https://api.pulumi.com), or in an account that was made by hand.`,
  );
}

/**
 * Refuses a relative backend in a folder whose name Pulumi's CLI takes for a URL: it would use the state of another folder.
 * The project's own commands give the CLI an absolute URL, and so work in every folder.
 * @throws Error saying what works instead
 */
export function assertReadableFolder(env: NodeJS.ProcessEnv, projectRoot = process.cwd()): void {
  const url = backendUrl(projectRoot, env);
  if (url === undefined || !isRelativeBackend(url)) return;
  const read = stateFolder(url, projectRoot);
  const meant = meantStateFolder(url, projectRoot);
  if (read === meant) return;
  throw new Error(
    `The state of this folder would be in ${read} instead of ${meant}, because Pulumi takes the folder's name for a part of ` +
      `a URL. Use the project's commands (npm run up, preview, refresh, destroy), which name the folder rightly, or ` +
      `set PULUMI_BACKEND_URL='${absoluteBackend(url, projectRoot).replaceAll("'", "%27")}'.`,
  );
}

/**
 * Refuses a relative backend where Pulumi was called below the project's folder: the path begins there, so a second state
 * would be begun, empty, beside the one that knows what is deployed.
 * @param called the folder in which Pulumi was called; undefined if nobody knows
 * @throws Error saying where to call it
 */
export function assertCalledInProject(
  env: NodeJS.ProcessEnv,
  called: string | undefined = callingFolder(),
  projectRoot = process.cwd(),
): void {
  const url = backendUrl(projectRoot, env);
  if (called === undefined || url === undefined || !isRelativeBackend(url)) return;
  if (realPath(called) === realPath(projectRoot)) return;
  const begun = meantStateFolder(url, called) ?? called;
  throw new Error(
    `Run Pulumi in the folder that holds Pulumi.yaml, ${projectRoot}, or use the project's commands (npm run up), which find ` +
      `it. Called in ${called} it would keep a second state in ${begun}; if that was just made for this, remove it.`,
  );
}

/** Whether a folder is in another one or is that, by the places that links lead to. */
function isInside(outer: string, inner: string): boolean {
  const way = relative(realPath(outer), realPath(inner));
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The path without symbolic links, as far as it exists. */
function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync.native(absolute);
  } catch {
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(realPath(parent), basename(absolute));
  }
}
