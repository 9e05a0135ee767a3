import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { cacheFolder, makeFolder, writeFileWhole } from "./cacheFolder.mjs";
import { executableIn, executableOnPath, isAtLeast, pathFolders } from "./executables.mjs";
import { runStep, say } from "./progress.mjs";

/*
 * The Pulumi CLI, from the first place that has it: PATH, the cache folder, the vendor's install folder, the vendor's
 * installer, and last a build of its Go modules. The vendor's CLI comes with the vendor's Node language host. A build gets this
 * project's host (../languageHost), because the vendor's is not published as a Go module.
 */

/** The plugins that a built CLI needs in its folder. */
const hostFiles = [
  // those below need the first four
  "straight.cjs",
  "longConfiguration.cjs",
  "lazyModules.cjs",
  "runHere.cjs",
  "languageHost.cjs",
  "dynamicProvider.cjs",
  "pulumi-language-nodejs",
  "pulumi-resource-pulumi-nodejs",
];

/**
 * Ensures a Pulumi CLI with a Node language host.
 *
 * Returns the CLI's folder, and whether the CLI was built here and so lacks the vendor's plugins.
 */
export async function ensurePulumi(projectRoot) {
  const version = pinnedVersion(projectRoot);
  const cached = join(cacheFolder, `pulumi-${version}`);
  const found = () => findPulumi(version, join(cached, "bin"));
  let bin = found();
  if (!bin) {
    await makeFolder(cached, (temporary) => obtain(projectRoot, version, temporary));
    bin = found();
    if (!bin) throw new Error(`There is no working Pulumi CLI in ${cached}: delete that folder and try again.`);
  }
  const isBuilt = existsSync(join(bin, "languageHost.cjs"));
  if (isBuilt && bin === join(cached, "bin")) placeHost(projectRoot, bin);
  return { bin, isBuilt };
}

/** The version that go.mod pins: the one to install, and the oldest to accept. */
function pinnedVersion(projectRoot) {
  const goMod = readFileSync(join(projectRoot, "cli", "engine", "go.mod"), "utf8");
  return /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(goMod)[1];
}

/** The folder of the first CLI that is new enough and has its language host. */
function findPulumi(version, cached) {
  const vendor = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
  const versions = join(vendor, "versions");
  const folders = [
    ...pathFolders()
      .filter((folder) => executableIn(folder, "pulumi"))
      .slice(0, 1),
    cached,
    join(vendor, "bin"),
    ...(existsSync(versions) ? readdirSync(versions).sort().reverse() : []).map((name) => join(versions, name, "bin")),
  ];
  return folders.find((folder) => {
    const path = executableIn(folder, "pulumi");
    return path && hasLanguageHost(path) && (folder === cached || isAtLeast(versionOf(path), version));
  });
}

/** Whether the engine would find a language host: on PATH, or beside the CLI (after resolving links). */
function hasLanguageHost(pulumi) {
  const name = "pulumi-language-nodejs";
  return Boolean(
    executableIn(dirname(pulumi), name) ?? executableIn(dirname(realpathSync(pulumi)), name) ?? executableOnPath(name),
  );
}

/** The output of `pulumi version`. It is cached until the file changes, because each call takes a fifth of a second. */
function versionOf(path) {
  const { size, mtimeMs } = statSync(path);
  const memory = join(cacheFolder, "pulumi-versions.json");
  let known = {};
  try {
    known = JSON.parse(readFileSync(memory, "utf8"));
  } catch {
    // absent or damaged: the CLI is asked again
  }
  const key = `${path} ${size} ${mtimeMs}`;
  if (known[key] === undefined) {
    let version = "";
    try {
      const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
      version = execFileSync(path, ["version"], {
        env,
        encoding: "utf8",
        timeout: 20_000,
        stdio: ["ignore", "pipe", "ignore"],
      });
    } catch {
      return ""; // does not run: as good as none
    }
    mkdirSync(cacheFolder, { recursive: true });
    writeFileWhole(memory, JSON.stringify({ ...known, [key]: version.trim() }));
    return version;
  }
  return known[key];
}

/** Puts a CLI into the folder's `bin`: by the vendor's installer, else by a build. */
async function obtain(projectRoot, version, folder) {
  const refusals = [];
  for (const way of [install, build]) {
    try {
      await way(projectRoot, version, folder);
      const path = executableIn(join(folder, "bin"), "pulumi");
      if (!path || !isAtLeast(versionOf(path), version)) throw new Error("the result is not a working Pulumi CLI");
      return;
    } catch (error) {
      refusals.push(error.message);
      rmSync(join(folder, "bin"), { recursive: true, force: true });
    }
  }
  throw new Error(
    [
      `The project needs the Pulumi CLI ${version} or newer, and no way to get it worked. Any one of these is enough:`,
      "",
      "1. Install it yourself, so that pulumi is on PATH or in ~/.pulumi/bin: https://www.pulumi.com/docs/install/",
      "   None was found that is new enough and has pulumi-language-nodejs beside it.",
      "2. Let this set-up run the vendor's installer: it needs curl, and to reach get.pulumi.com.",
      `   ${refusals[0]}`,
      `3. Let this set-up build it: it needs Go ${goVersion(projectRoot)} or newer (https://go.dev/dl/), and to reach a Go module proxy.`,
      `   ${refusals[1]}`,
    ].join("\n"),
  );
}

function goVersion(projectRoot) {
  return /^go (\S+)$/m.exec(readFileSync(join(projectRoot, "cli", "engine", "go.mod"), "utf8"))[1];
}

/** Runs the vendor's installer, which downloads the CLI with all its language hosts. */
async function install(_projectRoot, version, folder) {
  if (process.platform === "win32") throw new Error("Not tried: this set-up runs it on Linux and macOS only.");
  const script = join(folder, "install.sh");
  // curl instead of fetch: it honours proxies, and the installer needs it anyway
  const limits = ["--connect-timeout", "4", "--max-time", "20"];
  const args = ["--fail", "--silent", "--show-error", "--location", ...limits, "--output", script];
  try {
    execFileSync("curl", [...args, "https://get.pulumi.com/install.sh"], {
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    throw new Error(`Not reached: ${error.code === "ENOENT" ? "curl was not found" : String(error.stderr).trim()}`);
  }
  const install = [script, "--no-edit-path", "--install-root", folder, "--version", version];
  await runStep(`Installing the Pulumi CLI ${version} with the vendor's installer into ${cacheFolder}`, "sh", install, {
    timeoutSeconds: 600,
  });
  rmSync(script);
}

/** Builds the CLI from the modules that cli/engine/go.mod and go.sum pin, with the flags of the vendor's releases. */
async function build(projectRoot, version, folder) {
  if (process.platform === "win32")
    throw new Error("Not tried: the language host that goes with it is for Linux and macOS.");
  if (!executableOnPath("go")) throw new Error("go was not found.");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  say("The Pulumi CLI is not installed and cannot be downloaded here, so it is built from its Go modules, once.");
  const sdk = "github.com/pulumi/pulumi/sdk/v3/go/common/version";
  const flags = [
    "-mod=readonly",
    "-trimpath",
    "-tags",
    "osusergo,grpcnotrace",
    "-ldflags",
    `-w -s -X ${sdk}.Version=v${version}`,
  ];
  await runStep(
    `Building the Pulumi CLI ${version} (some minutes on two cores; 2 GB of Go's own cache)`,
    "go",
    [
      "build",
      "-C",
      join(projectRoot, "cli", "engine"),
      "-v",
      ...flags,
      "-o",
      join(bin, "pulumi"),
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ],
    {
      env: { ...process.env, GOWORK: "off" },
      // `go build -v` prints the name of each package that it compiles
      describe: (line) => (line.startsWith("go: ") ? line.slice("go: ".length) : `compiling ${line}`),
    },
  );
  placeHost(projectRoot, bin);
}

/** Copies this project's plugins to the CLI's folder, or updates them. */
function placeHost(projectRoot, bin) {
  for (const name of hostFiles) {
    writeFileWhole(join(bin, name), readFileSync(join(projectRoot, "cli", "languageHost", name), "utf8"), 0o755);
  }
}
