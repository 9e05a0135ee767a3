import { homedir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { unescape } from "node:querystring";
import { pathToFileURL } from "node:url";

/*
 * Backends in folders, as Pulumi's CLI reads their URLs. The CLI does not read them as node:url does: it replaces `~`, makes
 * the text after `file://` an absolute path, and only then parses the whole as a URL and decodes it. The name of the current
 * folder goes in undecoded, so `%`, `#` and `?` in the name get a meaning: from `My%20Repo` the path `./state` leads to
 * `My Repo`.
 * https://github.com/pulumi/pulumi/blob/v3.276.0/pkg/backend/diy/backend.go (massageBlobPath), and
 * https://github.com/google/go-cloud/blob/master/blob/fileblob/fileblob.go (OpenBucketURL)
 */

const PREFIX = "file://";
/** The scheme in any case, the host and the path. The path is absent in `file:relative`. */
const ANY_CASE = /^file:(?:\/\/([^/?#]*))?(\/[^?#]*)?/i;

/**
 * The folder in which the CLI keeps `.pulumi` if it is called in the folder `cwd`.
 * @param url value of PULUMI_BACKEND_URL, or `backend.url` of Pulumi.yaml
 * @param cwd absolute path
 * @returns an absolute path, even if nothing exists there; undefined for other kinds of backend
 */
export function stateFolder(url: string, cwd: string): string | undefined {
  return folderOf(url, cwd, cwd);
}

/** Whether the folder of a backend's URL depends on the current folder. */
export function isRelativeBackend(url: string): boolean {
  if (url.startsWith(PREFIX)) return !url.startsWith(`${PREFIX}~`) && !isAbsolute(url.slice(PREFIX.length));
  const parts = ANY_CASE.exec(url);
  return parts !== null && (parts[1] === "." || parts[2] === undefined);
}

/**
 * The folder that the author of a backend's URL means. Like {@link stateFolder}, but a relative path leads into `cwd`, even if
 * the name of `cwd` has characters that the CLI would decode.
 */
export function meantStateFolder(url: string, cwd: string): string | undefined {
  return folderOf(url, cwd, folderUrl(cwd).pathname);
}

/**
 * Makes the relative path of a backend's URL absolute, in a spelling that the CLI reads the same way from every folder. Other
 * URLs stay as they are.
 * @param cwd absolute path of the folder that a relative path starts from
 */
export function absoluteBackend(url: string, cwd: string): string {
  const folder = isRelativeBackend(url) ? meantStateFolder(url, cwd) : undefined;
  if (folder === undefined) return url;
  const absolute = folderUrl(folder);
  absolute.search = /^[^?#]*(\?[^#]*)?/.exec(url)?.[1] ?? "";
  return absolute.href;
}

/**
 * A folder as a URL without a trailing slash. The slash is removed only afterwards, because pathToFileURL drops trailing
 * control characters.
 */
function folderUrl(folder: string): URL {
  const url = pathToFileURL(`${folder}/`);
  if (url.pathname !== "/") url.pathname = url.pathname.slice(0, -1);
  return url;
}

/** @param spelledCwd the current folder, in the spelling that goes into the URL */
function folderOf(url: string, cwd: string, spelledCwd: string): string | undefined {
  if (url.startsWith(PREFIX)) {
    const [text = ""] = url.slice(PREFIX.length).split("?");
    const [path = ""] = resolve(spelledCwd, withHome(text)).split(/[?#]/);
    return resolve(unescape(path));
  }
  const parts = ANY_CASE.exec(url);
  if (!parts) return undefined;
  // any other spelling of the scheme is read as a bucket: the path is the bucket's folder, and again a prefix in it
  const [, host, path = ""] = parts;
  const below = unescape(path).replace(/^\/+/, "");
  return join(host === "." || path === "" ? cwd : resolve("/"), below, below);
}

/**
 * Replaces `~` by the home folder from the system's list of users, whatever HOME is. Like the CLI, drops the character after
 * `~` unread.
 */
function withHome(path: string): string {
  return path.startsWith("~") ? join(homeFolder(), path.slice(2)) : path;
}

function homeFolder(): string {
  try {
    return userInfo().homedir;
  } catch {
    // a user without an entry in the system's list
    return homedir();
  }
}
