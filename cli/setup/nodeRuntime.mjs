import { dirname, join } from "node:path";
import { cacheFolder, makeFolder } from "./cacheFolder.mjs";
import { executableIn, isAtLeast } from "./executables.mjs";
import { runStep } from "./progress.mjs";

/** The first Node that runs TypeScript files without a flag. */
const minimum = "22.18.0";
/** The Node to install if the present one is older. */
const version = "24.21.0";

/** Ensures a Node that can run the project. Returns its path. */
export async function ensureNode() {
  if (isAtLeast(process.versions.node, minimum)) return process.execPath;
  const folder = join(cacheFolder, `node-${version}`);
  const bin = join(folder, "node_modules", "node", "bin");
  const installed = executableIn(bin, "node");
  if (installed) return installed;
  await makeFolder(folder, async (temporary) => {
    const title = `Installing Node ${version} (this is ${process.versions.node}; the project needs ${minimum}) into ${dirname(folder)}`;
    // the package downloads the binary for this machine in its install script
    const args = ["install", "--prefix", temporary, "--no-save", "--ignore-scripts=false", `node@${version}`];
    await runStep(title, "npm", args, { cwd: temporary });
  });
  const node = executableIn(bin, "node");
  if (!node)
    throw new Error(`Node ${version} is not in ${bin} after its installation: delete ${folder} and try again.`);
  return node;
}
