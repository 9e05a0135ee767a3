import { existsSync, readFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { projectName } from "../project/projectFolder.ts";
import { pathInside, realPath } from "../project/realPath.ts";
import { backendUrl } from "../project/stateBackend.ts";
import { meantStateFolder } from "../project/stateFolder.ts";
import { isAddress } from "../logStore/blobPlace.ts";

/*
 * Stacks of several projects or backends may have one name, and keep their logs at one place. A log names the stack, and these tell
 * apart which one.
 */

/** Which of the stacks of one name. What is not known is absent, and may be any. */
export interface StackIdentity {
  /** Name of the project in Pulumi.yaml. */
  readonly project?: string | undefined;
  /**
   * Where the state is kept: the backend's URL without sign-in data and options; `file://HOST/FOLDER` for a folder, which is another
   * one on every machine; `./FOLDER` if state and logs are both in the project's folder, and move with it.
   */
  readonly backend?: string | undefined;
}

/**
 * The identity of the stacks of a project.
 * @param logs place of their logs: a folder, or an address
 */
export function stackIdentity(projectRoot: string, logs: string, env: NodeJS.ProcessEnv): StackIdentity {
  return { project: projectName(projectRoot), backend: backendOf(projectRoot, logs, env) };
}

/**
 * How two identities differ; undefined if they do not. Folders of two machines may be one folder, mounted at two paths, and a
 * folder that is not there any more may have been moved.
 */
export function identityDifference(noted: StackIdentity, own: StackIdentity): keyof StackIdentity | undefined {
  if (noted.project !== undefined && own.project !== undefined && noted.project !== own.project) return "project";
  if (noted.backend === undefined || own.backend === undefined || noted.backend === own.backend) return undefined;
  const [one, other] = [noted.backend, own.backend].map(folderIn);
  if (one && other) return one.host === other.host && existsSync(one.folder) ? "backend" : undefined;
  return "backend";
}

const FOLDER = /^file:\/\/([^/]*)(\/.*)$/;

function folderIn(backend: string): { readonly host: string; readonly folder: string } | undefined {
  const [, host, folder] = FOLDER.exec(backend) ?? [];
  return host === undefined || folder === undefined ? undefined : { host, folder };
}

function backendOf(projectRoot: string, logs: string, env: NodeJS.ProcessEnv): string | undefined {
  const url = backendUrl(projectRoot, env) ?? loggedInTo(env);
  if (url === undefined) return undefined;
  const folder = meantStateFolder(url, projectRoot);
  if (folder !== undefined) {
    const way = pathInside(projectRoot, folder);
    const isWithLogs = !isAddress(logs) && pathInside(projectRoot, logs) !== undefined;
    return way !== undefined && isWithLogs ? `./${way}` : `file://${hostname()}${realPath(folder)}`;
  }
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname, searchParams } = new URL(url);
  // a container's name is unique only in its account
  const account = protocol === "azblob:" ? (searchParams.get("storage_account") ?? env["AZURE_STORAGE_ACCOUNT"]) : null;
  return `${protocol}//${account ? `${account.toLowerCase()}/` : ""}${host.toLowerCase()}${pathname.replace(/\/+$/, "")}`;
}

/** The backend of the last `pulumi login`, which counts if neither the environment nor the project names one. */
function loggedInTo(env: NodeJS.ProcessEnv): string | undefined {
  try {
    // https://github.com/pulumi/pulumi/blob/v3.276.0/sdk/go/common/workspace/creds.go (getCredsFilePath)
    const home = env["PULUMI_HOME"] || join(env["HOME"] || homedir(), ".pulumi");
    const file = join(env["PULUMI_CREDENTIALS_PATH"] || home, "credentials.json");
    const { current } = JSON.parse(readFileSync(file, "utf8")) as { readonly current?: unknown };
    return typeof current === "string" && current !== "" ? current : undefined;
  } catch {
    return undefined;
  }
}
