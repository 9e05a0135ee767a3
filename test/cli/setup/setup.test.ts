import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { withoutSeparator } from "../../../cli/setup/runFile.mjs";
import { BareMachine, pinned } from "./bareMachine.ts";

/** A machine on which the CLI is on PATH, for tests that are about something else. */
function machineWithCli(): BareMachine {
  const machine = new BareMachine();
  machine.installCli(machine.bin);
  return machine;
}

describe("the Pulumi CLI", () => {
  test("The Pulumi CLI is the one on PATH when it has its language host", async () => {
    using machine = machineWithCli();
    machine.installCli(join(machine.vendor, "bin"));
    assert.equal(await machine.chosenCli(), machine.bin);
    assert.deepEqual(machine.calls, ["npm ci"]);
  });

  test("The Pulumi CLI is not the one on PATH when that has no language host", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin, pinned, { host: false });
    machine.installCli(join(machine.vendor, "bin"));
    assert.equal(await machine.chosenCli(), join(machine.vendor, "bin"));
  });

  test("The Pulumi CLI is not the one on PATH when that is too old or does not run", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin, "3.99.9");
    machine.installCli(join(machine.vendor, "versions", "3.300.0", "bin"), "3.300.0");
    assert.equal(await machine.chosenCli(), join(machine.vendor, "versions", "3.300.0", "bin"));
    writeFileSync(join(machine.bin, "pulumi"), "#!/bin/sh\nexit 1\n");
    assert.equal(await machine.chosenCli(), join(machine.vendor, "versions", "3.300.0", "bin"));
  });

  test("The Pulumi CLI comes from the cache folder rather than from the vendor's", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.cachedCli);
    machine.installCli(join(machine.vendor, "bin"));
    assert.equal(await machine.chosenCli(), machine.cachedCli);
  });

  test("The Pulumi CLI is installed by the vendor's installer where that can be reached, with the vendor's plugins", async () => {
    using machine = new BareMachine();
    machine.connect();
    machine.installGo();
    assert.equal(await machine.chosenCli(), machine.cachedCli);
    assert.deepEqual(machine.calls, ["npm ci", "curl --fail"]);
    assert.deepEqual(readdirSync(machine.cachedCli).sort(), ["pulumi", "pulumi-language-nodejs"]);
    const file = machine.file("f.mjs", "console.log(process.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION)");
    assert.equal((await machine.run(["--run", file])).stdout, "undefined\n");
  });

  test("The Pulumi CLI is built from its Go modules where nothing can be downloaded, with the project's own plugins", async () => {
    using machine = new BareMachine();
    machine.installGo();
    assert.equal(await machine.chosenCli(), machine.cachedCli);
    assert.deepEqual(machine.calls, ["npm ci", "curl --fail", "go build"]);
    for (const name of ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"]) {
      assert.ok(statSync(join(machine.cachedCli, name)).mode & 0o100, `${name} is executable`);
    }
    const file = machine.file("f.mjs", "console.log(process.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION)");
    assert.equal((await machine.run(["--run", file])).stdout, "true\n");
  });

  test("The Pulumi CLI gets the project's own plugins anew when they have changed", async () => {
    using machine = new BareMachine();
    machine.installGo();
    await machine.chosenCli();
    machine.file("cli/languageHost/languageHost.cjs", "// changed");
    await machine.chosenCli();
    assert.equal(readFileSync(join(machine.cachedCli, "languageHost.cjs"), "utf8"), "// changed");
  });

  test("The Pulumi CLI that cannot be had at all is one message which names the three ways", async () => {
    using machine = new BareMachine();
    const { code, stderr } = await machine.run();
    assert.equal(code, 1);
    assert.match(stderr, /1\. Install it yourself.*https:\/\/www\.pulumi\.com\/docs\/install/);
    assert.match(stderr, /2\. .*vendor's installer.*get\.pulumi\.com[\s\S]*Could not resolve host/);
    assert.match(stderr, /3\. .*build it.*Go 1\.\d+[\s\S]*go was not found/);
    assert.equal(stderr.match(/Set-up failed/g)?.length, 1);
  });
});

describe("an interrupted set-up", () => {
  test("An interrupted set-up is repaired by the next one", async () => {
    using machine = new BareMachine();
    machine.installGo();
    const first = machine.start([], { env: { GO_SECONDS: "1" } });
    await first.says("Building the Pulumi CLI");
    first.child.kill("SIGKILL");
    await first.ended;
    assert.equal(existsSync(machine.cachedCli), false);
    assert.equal(await machine.chosenCli(), machine.cachedCli);
    const left = readdirSync(machine.cache).filter((name) => /tmp|lock/.test(name));
    assert.deepEqual(left, []);
  });

  test("An interrupted set-up is waited for while it still runs, so that two clones build once", async () => {
    using machine = new BareMachine();
    machine.installGo();
    const first = machine.start([], { env: { GO_SECONDS: "1" } });
    await first.says("Building the Pulumi CLI");
    const second = await machine.run();
    assert.match(second.stderr, /Waiting for another set-up/);
    assert.deepEqual([(await first.ended).code, second.code], [0, 0]);
    assert.equal(machine.calls.filter((call) => call === "go build").length, 1);
  });
});

describe("npm packages", () => {
  test("npm packages are installed when absent, and again when the lock file has changed", async () => {
    using machine = machineWithCli();
    await machine.run();
    await machine.run();
    assert.deepEqual(machine.calls, ["npm ci"]);
    machine.lockFile("2.0.0");
    await machine.run();
    assert.deepEqual(machine.calls, ["npm ci", "npm ci"]);
  });

  test("npm packages that somebody has installed already are left alone", async () => {
    using machine = machineWithCli();
    machine.file("node_modules/.package-lock.json", `{"packages":{"node_modules/a":{"version":"1.0.0"}}}`);
    await machine.run();
    assert.deepEqual(machine.calls, []);
  });

  test("npm packages of another version, or half installed, are replaced", async () => {
    for (const packages of [`{"node_modules/a":{"version":"0.9.0"}}`, `{}`]) {
      using machine = machineWithCli();
      machine.file("node_modules/.package-lock.json", `{"packages":${packages}}`);
      await machine.run();
      assert.deepEqual(machine.calls, ["npm ci"]);
    }
  });
});

describe("Node", () => {
  test("Node is installed into the cache folder when it is too old for the project", async () => {
    using machine = machineWithCli();
    const file = machine.file("f.mjs", "console.log(process.env.PATH.split(':')[0])");
    const { stdout, stderr } = await machine.run(["--run", file], { nodeVersion: "22.17.1" });
    assert.match(stderr, /Installing Node 24\.\d+\.\d+ \(this is 22\.17\.1/);
    assert.match(stdout, /fabric-environments\/node-24\.\d+\.\d+\/node_modules\/node\/bin/);
    await machine.run(["--run", file], { nodeVersion: "20.1.0" });
    assert.deepEqual(machine.calls, ["npm install", "npm ci"]);
  });

  test("Node is the one that runs already when it is new enough", async () => {
    using machine = machineWithCli();
    await machine.run([], { nodeVersion: "22.18.0" });
    assert.deepEqual(machine.calls, ["npm ci"]);
  });
});

describe("--run", () => {
  test("--run runs a file with its arguments, the tools first on PATH, and Pulumi's update check off", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.cachedCli);
    const file = machine.file(
      "f.mjs",
      `const { PATH, PULUMI_SKIP_UPDATE_CHECK, NODE_COMPILE_CACHE } = process.env;
       console.log(JSON.stringify([process.argv.slice(2), PATH.split(":")[1], PULUMI_SKIP_UPDATE_CHECK, NODE_COMPILE_CACHE]));`,
    );
    const { stdout } = await machine.run(["--run", file, "--yes", "a b"]);
    const compileCache = join(machine.cache, "compile-cache");
    assert.deepEqual(JSON.parse(stdout), [["--yes", "a b"], machine.cachedCli, "true", compileCache]);
  });

  test("--run runs a command of the project in its own process, and every other file in one of the file's own", async () => {
    using machine = machineWithCli();
    const source = `const { PATH, PULUMI_SKIP_UPDATE_CHECK } = process.env;
       console.log(JSON.stringify([process.pid, process.argv.slice(2), PATH.split(":")[1], PULUMI_SKIP_UPDATE_CHECK]));
       process.exitCode = 7;`;
    for (const [path, isOwn] of [
      ["cli/f.ts", true],
      ["cli/f.mjs", false],
      ["other/f.ts", false],
    ] as const) {
      machine.file("package.json", `{"type": "module"}`);
      const { child, ended } = machine.start(["--run", machine.file(path, source), "--yes", "a b"]);
      const { code, stdout } = await ended;
      const [pid, ...told] = JSON.parse(stdout) as [number, ...unknown[]];
      assert.deepEqual([code, ...told], [7, ["--yes", "a b"], machine.bin, "true"], path);
      assert.equal(pid === child.pid, isOwn, path);
    }
  });

  test("--run tells an error of a command as Node does, and ends with 1", async () => {
    using machine = machineWithCli();
    const { code, stderr } = await machine.run(["--run", machine.file("cli/f.ts", `throw new Error("own");`)]);
    assert.equal(code, 1);
    assert.match(stderr, /cli\/f\.ts:1[^]*Error: own/);
    assert.doesNotMatch(stderr, /Set-up failed/);
  });

  test("--run leaves what the user has set", async () => {
    using machine = new BareMachine();
    machine.installGo();
    const names = ["NODE_COMPILE_CACHE", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"];
    const file = machine.file("f.mjs", names.map((name) => `console.log(process.env.${name})`).join("\n"));
    const env = { NODE_COMPILE_CACHE: join(machine.root, "own"), PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "false" };
    assert.equal((await machine.run(["--run", file], { env })).stdout, `${env.NODE_COMPILE_CACHE}\nfalse\n`);
  });

  test("--run ends with the file's exit code, or by the signal that ended it", async () => {
    using machine = machineWithCli();
    const exits = machine.file("exits.mjs", "process.exitCode = 7");
    const dies = machine.file("dies.mjs", `process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);`);
    assert.equal((await machine.run(["--run", exits])).code, 7);
    assert.equal((await machine.run(["--run", dies])).signal, "SIGKILL");
  });

  test("--run stays until the file has ended when it is interrupted or its terminal closes", async () => {
    using machine = machineWithCli();
    const file = machine.file("f.mjs", `console.log("up"); setTimeout(() => console.log("ended well"), 300);`);
    for (const signal of ["SIGINT", "SIGHUP"] as const) {
      const { child, says, ended } = machine.start(["--run", file]);
      await says("up");
      child.kill(signal);
      const { code, stdout } = await ended;
      assert.deepEqual([code, stdout], [0, "up\nended well\n"]);
    }
  });

  test("--run hands SIGTERM on, so that a server can be stopped by it", async () => {
    using machine = machineWithCli();
    const file = machine.file(
      "f.mjs",
      `process.once("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.log("up");`,
    );
    const { child, says, ended } = machine.start(["--run", file]);
    await says("up");
    child.kill("SIGTERM");
    assert.equal((await ended).code, 3);
  });

  test("--run costs less than half a second when everything is ready, and says nothing", async () => {
    using machine = new BareMachine();
    machine.installGo();
    const file = machine.file("f.mjs", "");
    await machine.run(["--run", file]);
    const calls = machine.calls;
    const seconds: number[] = [];
    for (let i = 0; i < 3; i++) {
      const begin = performance.now();
      const { stderr } = await machine.run(["--run", file]);
      seconds.push((performance.now() - begin) / 1000);
      assert.equal(stderr, "");
    }
    assert.deepEqual(machine.calls, calls);
    assert.ok(Math.min(...seconds) < 0.5, `took ${seconds.join(", ")} s`);
  });
});

test("--help tells the usage; an unknown option or a missing file is refused before anything is done", async () => {
  using machine = new BareMachine();
  const help = await machine.run(["--help"]);
  assert.deepEqual([help.code, help.stdout.startsWith("Usage: node cli/setup.mjs")], [0, true]);
  assert.equal((await machine.run(["--rum", "f.mjs"])).code, 2);
  assert.equal((await machine.run(["--run"])).code, 2);
  assert.deepEqual(machine.calls, []);
});

describe("the arguments of a command", () => {
  test("The arguments of a command lose the -- that pnpm hands on", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin);
    const file = machine.file("cli/f.mjs", "console.log(JSON.stringify(process.argv.slice(2)))");
    const { stdout } = await machine.run(["--run", file, "preview", "--", "--stack", "dev", "--", "x"]);
    assert.equal(stdout, '["preview","--stack","dev","--","x"]\n');
    const first = await machine.run(["--run", file, "--", "--stack", "dev"]);
    assert.equal(first.stdout, '["--stack","dev"]\n');
  });
});

describe("packages that somebody else keeps", () => {
  test("Packages that somebody else keeps are taken where npm has put them for a project of workspaces, and nothing is installed", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin);
    machine.dependOn("1.0.0");
    rmSync(join(machine.clone, "package-lock.json"));
    machine.packageAt(join(machine.root, "node_modules", "a"), "1.0.0");
    const ended = await machine.run();
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(machine.calls, []);
  });

  test("Packages that somebody else keeps are taken where pnpm has put them", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin);
    machine.dependOn("1.0.0");
    machine.packageAt(join(machine.clone, "node_modules", "a"), "1.0.0");
    machine.file("node_modules/.modules.yaml", "");
    const ended = await machine.run();
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(machine.calls, []);
  });

  test("Packages that somebody else keeps of another version are named, with what to install them by", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin);
    machine.dependOn("1.0.0");
    rmSync(join(machine.clone, "package-lock.json"));
    machine.packageAt(join(machine.root, "node_modules", "a"), "0.9.0");
    const ended = await machine.run();
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /a 1\.0\.0 is wanted, and 0\.9\.0 is installed/);
  });
});

describe("the separator of npm's syntax", () => {
  test("The separator of npm's syntax, which pnpm passes on, is no command and no option of the package's command either", () => {
    for (const args of [
      ["--", "up", "--help"],
      ["up", "--", "--help"],
      ["--", "--help"],
    ]) {
      const words = withoutSeparator(args);
      assert.ok(!words.includes("--"), args.join(" "));
    }
    assert.deepEqual(withoutSeparator(["up", "--stack", "dev", "--", "x"]), ["up", "--stack", "dev", "--", "x"]);
    const command = join(import.meta.dirname, "../../../cli/command.mjs");
    const { status, stdout } = spawnSync(process.execPath, [command, "--", "--help"], { encoding: "utf8" });
    assert.deepEqual([status, /Usage: fabric-environments COMMAND/.test(stdout)], [0, true]);
  });
});

describe("a user without a home folder", () => {
  test("A user without a home folder gets a folder of its own for the time being, which nobody else can write to, and is told so", async () => {
    using machine = new BareMachine();
    machine.installCli(machine.bin);
    const temporary = join(machine.root, "tmp");
    mkdirSync(temporary);
    const file = machine.file("f.mjs", "console.log(process.env.HOME)");
    const env = { HOME: "", XDG_CACHE_HOME: "", PULUMI_HOME: "", TMPDIR: temporary };
    const { code, stdout, stderr } = await machine.run(["--run", file], { env });
    assert.equal(code, 0, stderr);
    const home = stdout.trim();
    assert.equal(dirname(home), temporary);
    assert.equal(statSync(home).mode & 0o777, 0o700);
    assert.match(stderr, /HOME/);
  });

  test("A user whose home folder cannot be written to gets folders for Pulumi and npm, also if npm has named one there", async () => {
    using machine = new BareMachine();
    machine.installGo();
    const temporary = join(machine.root, "tmp");
    mkdirSync(temporary);
    // what root cannot write to either
    const HOME = machine.file("home", "");
    const file = machine.file("f.mjs", "console.log(process.env.PULUMI_HOME, process.env.npm_config_cache)");
    for (const npm of ["", join(HOME, ".npm")]) {
      const env = { HOME, PULUMI_HOME: "", npm_config_cache: npm, TMPDIR: temporary };
      const { code, stdout, stderr } = await machine.run(["--run", file], { env });
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^\S+\/\.pulumi \S+\/\.npm$/m);
      assert.ok(
        stdout.split(/\s/).every((folder) => folder === "" || folder.startsWith(temporary)),
        stdout,
      );
      assert.match(stderr, /home cannot be written to, so .* is used\. Set HOME, or PULUMI_HOME, npm_config_cache, to/);
    }
  });

  test("A user without a home folder and without a folder for temporary files is told what to set, in one sentence", async () => {
    using machine = machineWithCli();
    const env = { HOME: "", XDG_CACHE_HOME: "", PULUMI_HOME: "", TMPDIR: join(machine.root, "missing") };
    const { code, stderr } = await machine.run([], { env });
    assert.equal(code, 1);
    assert.match(stderr, /^Set-up failed\. .*missing cannot be written to \(ENOENT\)\. Set HOME or TMPDIR/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
});
