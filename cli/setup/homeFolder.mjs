import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/*
 * A user of a container often has no home folder, or one that it may not write to. npm, the Pulumi CLI and our own cache need
 * one, and break in ways that name none of this.
 */

/**
 * Gives this process and those that it starts a folder for what they keep, if they have none: HOME, or only PULUMI_HOME and
 * XDG_CACHE_HOME where a home folder can be read.
 *
 * Answers what to tell the user; undefined where there is nothing to tell.
 */
export function settleHome(env = process.env) {
  // the CLI asks the environment who runs it, because a user of a container may have no name
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

/** A folder that only this user can write to: programs are run from it. */
function privateFolder() {
  const user = process.getuid?.() ?? "user";
  const folder = join(tmpdir(), `fabric-environments-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  } catch {
    return isOwn(folder, user) ? folder : mkdtempSync(`${folder}-`);
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
