import { readFileSync } from "node:fs";
import { join, relative, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** The project's own setting, and what overrides it. */
export function backendUrl(projectRoot: string, env: NodeJS.ProcessEnv): string | undefined {
  const project = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as { backend?: { url?: string } };
  return env["PULUMI_BACKEND_URL"] || project.backend?.url;
}

/**
 * Refuses to keep the state of a real environment in one person's clone, where nobody else can see or lock it.
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
  if (!url?.startsWith("file://") || !isInside(projectRoot, url)) return;
  throw new Error(
    `Stack '${stack}' would keep its state in this clone (${url}), where nobody else sees it. Choose a backend that the team ` +
      `shares, for example PULUMI_BACKEND_URL='azblob://STATE_CONTAINER?storage_account=ACCOUNT' or 'https://api.pulumi.com', ` +
      `or set fabric:allowLocalBackend: true in Pulumi.${stack}.yaml to keep it here.`,
  );
}

/**
 * Refuses to keep the state of a stack in a storage account that this very stack makes: it would have to exist before it is
 * made, and destroying the stack would destroy what says how.
 * @param account name of the storage account that the stack declares, if it does
 * @throws Error saying where the state could be instead
 */
export function assertForeignBackend(
  account: string | undefined,
  env: NodeJS.ProcessEnv,
  projectRoot = process.cwd(),
): void {
  const url = account === undefined ? undefined : backendUrl(projectRoot, env);
  if (!url?.startsWith("azblob://")) return;
  const used = /[?&]storage_account=([^&]*)/.exec(url)?.[1] ?? env["AZURE_STORAGE_ACCOUNT"];
  if (used?.toLowerCase() !== account) return;
  throw new Error(
    `The state of this stack would be in storage account '${account}', which the stack itself makes (azure.foundation). ` +
      `Keep it elsewhere: in Pulumi Cloud (PULUMI_BACKEND_URL=https://api.pulumi.com), or in an account that was made by hand.`,
  );
}

/** `file://./relative` is Pulumi's own spelling of a path relative to the current folder; other file URLs are absolute. */
function isInside(projectRoot: string, url: string): boolean {
  const plain = url.split("?")[0] ?? url;
  const path = /^file:\/\/[.~]/.test(plain)
    ? resolve(projectRoot, plain.slice("file://".length))
    : fileURLToPath(plain);
  const way = relative(projectRoot, path);
  return !way.startsWith("..") && !isAbsolute(way);
}
