import { projectFileIn, projectFolder } from "./projectFolder.ts";
import { callingFolder } from "./callingFolder.ts";
import { pathInside, realPath } from "./realPath.ts";
import { readYamlFile } from "../config/yamlFile.ts";
import { absoluteBackend, isRelativeBackend, meantStateFolder, stateFolder } from "./stateFolder.ts";

/** URL of the state backend: PULUMI_BACKEND_URL, else the setting of the project. */
export function backendUrl(projectRoot: string, env: NodeJS.ProcessEnv): string | undefined {
  if (env["PULUMI_BACKEND_URL"]) return env["PULUMI_BACKEND_URL"];
  const file = projectFileIn(projectRoot);
  const content =
    file === undefined ? undefined : (readYamlFile(file) as { backend?: { url?: unknown } | null } | null);
  const url = content?.backend?.url;
  return typeof url === "string" ? url : undefined;
}

/**
 * Refuses to keep the state of a real environment in one person's clone, where the rest of the team could neither see nor lock
 * it.
 * @throws Error that explains how to choose a shared backend
 */
export function assertSharedBackend(
  stack: string,
  allowLocalBackend: boolean,
  env: NodeJS.ProcessEnv,
  projectRoot = projectFolder(),
): void {
  if (stack === "local" || allowLocalBackend) return;
  const url = backendUrl(projectRoot, env);
  const folder = url === undefined ? undefined : meantStateFolder(url, projectRoot);
  if (folder === undefined || pathInside(projectRoot, folder) === undefined) return;
  throw new Error(
    `Stack '${stack}' would keep its state in this clone (${url}), and nobody else could see it. Choose a backend that the team ` +
      `shares, for example PULUMI_BACKEND_URL='azblob://STATE_CONTAINER?storage_account=ACCOUNT' or 'https://api.pulumi.com', ` +
      `or set fabric:allowLocalBackend: true in Pulumi.${stack}.yaml to keep it here.`,
  );
}

/**
 * Refuses to keep a stack's state in a storage account that the same stack makes. The account would have to exist before its
 * own creation, and destroying the stack would destroy its state.
 * @param account name of the storage account that the stack declares; undefined if it declares none
 * @throws Error that names places for the state
 */
export function assertForeignBackend(
  account: string | undefined,
  env: NodeJS.ProcessEnv,
  projectRoot = projectFolder(),
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
 * Refuses a relative backend in a folder whose name Pulumi's CLI misreads as part of a URL: the CLI would use the state of
 * another folder. The project's own commands pass an absolute URL to the CLI, and so work in every folder.
 * @throws Error that names alternatives
 */
export function assertReadableFolder(env: NodeJS.ProcessEnv, projectRoot = projectFolder()): void {
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
 * Refuses a relative backend if Pulumi was called below the project's folder. The backend's path starts in the calling folder,
 * so the CLI would create a second, empty state beside the real one.
 * @param called the folder from which Pulumi was called; undefined if unknown
 * @throws Error that names the folder to call Pulumi in
 */
export function assertCalledInProject(
  env: NodeJS.ProcessEnv,
  called: string | undefined = callingFolder(),
  projectRoot = projectFolder(),
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
