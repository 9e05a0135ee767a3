import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, statSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";

/*
 * A user of a container often has no home folder, or one without write permission. npm, the Pulumi CLI and the project's cache
 * need one, and fail with messages that do not name this cause.
 */

/** Folders of the tools, by the variable that names each. */
const FOLDERS = { PULUMI_HOME: ".pulumi", XDG_CACHE_HOME: ".cache", npm_config_cache: ".npm" };

/**
 * Gives this process and its children a folder for their files, if they have none: HOME, or if the home folder can only be read,
 * the tools' own folders.
 *
 * Returns a message for the user; undefined if there is none.
 * Throws an Error that names HOME and TMPDIR, if there is no such folder.
 */
export function settleHome(env = process.env) {
  // the CLI takes the user's name from the environment, because a container's user may have none
  env.USER ||= userName();
  const home = homeOf();
  if (!home) {
    const own = (env.HOME = privateFolder());
    for (const [name, folder] of unusable(own, env)) env[name] = join(own, folder);
    return `This user has no home folder, so ${own} is used. Set HOME to a folder that lasts to keep what is put there.`;
  }
  const missing = unusable(home, env);
  if (missing.length === 0) return undefined;
  const own = privateFolder();
  for (const [name, folder] of missing) env[name] = join(own, folder);
  const names = missing.map(([name]) => name).join(", ");
  const refused = isUsable(home) ? missing.map(([, folder]) => join(home, folder)).join(", ") : home;
  return `${refused} cannot be written to, so ${own} is used. Set HOME, or ${names}, to folders that last.`;
}

/** The tools' folders that cannot be written to; what the user has named is left to the tool's own message. */
function unusable(home, env) {
  return Object.entries(FOLDERS).filter(([name, folder]) => {
    // npm names its own folder in the environment of what it runs, whether it can be written to or not
    const isNamed = env[name] && name !== "npm_config_cache";
    return !isNamed && !isUsable(env[name] || join(home, folder));
  });
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

/** Whether a folder can be written to, or made. */
function isUsable(folder) {
  try {
    if (!existsSync(folder)) return isUsable(dirname(folder));
    accessSync(folder, constants.W_OK);
    return statSync(folder).isDirectory();
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
