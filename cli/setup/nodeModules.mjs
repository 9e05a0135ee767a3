import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, withLock } from "./cacheFolder.mjs";
import { runStep } from "./progress.mjs";

const hash = (content) => createHash("sha256").update(content).digest("hex");

/** Installs the project's dependencies when they are absent or not those of the lock file. */
export async function ensureNodeModules(projectRoot, env) {
  const lockFile = readFileSync(join(projectRoot, "package-lock.json"), "utf8");
  const stamp = join(projectRoot, "node_modules", ".installed-lock-file");
  const ready = () => read(stamp) === hash(lockFile);
  if (ready()) return;
  // in the cache folder, so that the checkout holds no file of ours while npm replaces node_modules
  await withLock(join(cacheFolder, `node_modules-${hash(projectRoot).slice(0, 12)}`), async () => {
    if (ready()) return;
    if (!isInstalled(projectRoot, JSON.parse(lockFile))) {
      const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
      await runStep("Installing the npm packages of package-lock.json", "npm", args, { cwd: projectRoot, env });
    }
    writeFileSync(stamp, hash(lockFile));
  });
}

/**
 * Whether somebody has run `npm install` or `npm ci` for this lock file already: npm's own list of what it has
 * installed, written at the very end of an installation, names the same versions.
 */
function isInstalled(projectRoot, { packages }) {
  const list = read(join(projectRoot, "node_modules", ".package-lock.json"));
  if (list === undefined) return false;
  const installed = JSON.parse(list).packages ?? {};
  const isWanted = Object.keys(installed).every((path) => packages[path]?.version === installed[path].version);
  const isThere = ([path, { optional, devOptional, peer }]) =>
    path === "" || optional || devOptional || peer || path in installed;
  return isWanted && Object.entries(packages).every(isThere);
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
