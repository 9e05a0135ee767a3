import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/*
 * A user of a container often has no home folder, or one without write permission. npm, the Pulumi CLI and the project's cache
 * need one, and fail with messages that do not name this cause.
 */

/**
 * Gives this process and its children a folder for their files, if they have none: HOME, or only PULUMI_HOME and XDG_CACHE_HOME
 * if the home folder is readable.
 *
 * Returns a message for the user; undefined if there is none.
 * Throws an Error that names HOME and TMPDIR, if there is no such folder.
 */
export function settleHome(env = process.env) {
  // the CLI takes the user's name from the environment, because a container's user may have none
  env.USER ||= userName();
  const home = homeOf();
  if (!home) {
    env.HOME = privateFolder();
    return `This user has no home folder, so ${env.HOME} is used. Set HOME to a folder that lasts to keep what is put there.`;
  }
  if (isWritable(home)) return undefined;
  const wanted = { PULUMI_HOME: ".pulumi", XDG_CACHE_HOME: ".cache" };
  const missing = Object.entries(wanted).filter(([name, folder]) => !env[name] && !existsSync(join(home, folder)));
  if (missing.length === 0) return undefined;
  const own = privateFolder();
  for (const [name, folder] of missing) env[name] = join(own, folder);
  const names = missing.map(([name]) => name).join(" and ");
  return `${home} cannot be written to, so ${own} is used. Set ${names}, or HOME, to folders that last.`;
}

function homeOf() {
  try {
    return homedir();
  } catch {
    return undefined; // a user that the system does not know
  }
}

function userName() {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "user");
  }
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder that only this user can write to, because programs run from it. */
function privateFolder() {
  const user = process.getuid?.() ?? "user";
  const folder = join(tmpdir(), `fabric-environments-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  } catch {
    return isOwn(folder, user) ? folder : anotherFolder(folder);
  }
}

function anotherFolder(folder) {
  try {
    return mkdtempSync(`${folder}-`);
  } catch (error) {
    throw new Error(
      `There is no folder for the files of the tools: ${tmpdir()} cannot be written to (${error.code}). Set HOME or TMPDIR to a ` +
        `folder that this user can write to.`,
    );
  }
}

function isOwn(folder, user) {
  try {
    const { uid, mode } = lstatSync(folder);
    return lstatSync(folder).isDirectory() && uid === user && (mode & 0o077) === 0;
  } catch {
    return false;
  }
}
