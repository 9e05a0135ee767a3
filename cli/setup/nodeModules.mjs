import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder, withLock } from "./cacheFolder.mjs";
import { runStep } from "./progress.mjs";

const hash = (content) => createHash("sha256").update(content).digest("hex");

/**
 * Installs the project's dependencies if they are absent or differ from the lock file. If another tool manages them (pnpm,
 * yarn, an npm project of workspaces), they only have to be present.
 */
export async function ensureNodeModules(projectRoot, env) {
  const lockFile = read(join(projectRoot, "package-lock.json"));
  const stamp = join(projectRoot, "node_modules", ".installed-lock-file");
  const ready = () => lockFile !== undefined && read(stamp) === hash(lockFile);
  if (ready() || isKeptByOthers(projectRoot)) return;
  if (lockFile === undefined) throw new Error(missing(wrongPackages(projectRoot)));
  // the lock is in the cache folder, so that no file of this set-up is in the checkout while npm replaces node_modules
  await withLock(join(cacheFolder, `node_modules-${hash(projectRoot).slice(0, 12)}`), async () => {
    if (ready()) return;
    if (!isInstalled(projectRoot, JSON.parse(lockFile))) {
      const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
      await runStep("Installing the npm packages of package-lock.json", "npm", args, { cwd: projectRoot, env });
    }
    try {
      writeFileSync(stamp, hash(lockFile));
    } catch (error) {
      // the checkout is read-only, or npm has put the packages where the project of workspaces begins
      if (!["EACCES", "EROFS", "EPERM", "ENOENT"].includes(error.code)) throw error;
    }
  });
}

/**
 * Whether another tool manages the packages: everything in package.json is present, but npm has not installed it in this
 * folder.
 */
function isKeptByOthers(projectRoot) {
  const markers = [".modules.yaml", ".yarn-state.yml"].map((name) => join(projectRoot, "node_modules", name));
  const isOurs = existsSync(join(projectRoot, "node_modules")) && !markers.some((path) => existsSync(path));
  if (isOurs && existsSync(join(projectRoot, "package-lock.json"))) return false;
  const packages = Object.keys(wantedPackages(projectRoot));
  return packages.length > 0 && wrongPackages(projectRoot).length === 0;
}

const missing = (wrong) =>
  [
    "There is no package-lock.json here, and these packages are not as package.json wants them:",
    ...wrong.map(({ name, wanted, found }) => `  ${name} ${wanted} is wanted, and ${found ?? "nothing"} is installed`),
    "Install them with the package manager that keeps this project.",
  ].join("\n");

function wantedPackages(projectRoot) {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(read(join(projectRoot, "package.json")) ?? "{}");
  return { ...dependencies, ...devDependencies };
}

/** Packages of package.json that Node would not find, or would find in another version. */
function wrongPackages(projectRoot) {
  return Object.entries(wantedPackages(projectRoot)).flatMap(([name, wanted]) => {
    const found = versionOf(projectRoot, name);
    return found === wanted ? [] : [{ name, wanted, found }];
  });
}

/** The version of a package in the nearest node_modules, here or above. */
function versionOf(folder, name) {
  const content = read(join(folder, "node_modules", name, "package.json"));
  if (content !== undefined) return JSON.parse(content).version;
  const above = dirname(folder);
  return above === folder ? undefined : versionOf(above, name);
}

/**
 * Whether `npm install` or `npm ci` has already run for this lock file. npm's own list of installed packages, which npm writes
 * at the very end, then has the same versions.
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
