import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { zstdCompressSync } from "node:zlib";
import { checkpointHash } from "../../lib/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { FolderLogStore } from "../../lib/logStore/folderLogStore.ts";

/*
 * The project's commands around a stand-in for the Pulumi CLI, which notes how it was called and which files of the state it found,
 * and ends as the test says: by exit codes, and with effects, that the real one has only in rare cases.
 */

const code = resolve(import.meta.dirname, "../../cli");

const STAND_IN = `#!${process.execPath}
const { appendFileSync, existsSync, readdirSync, writeFileSync } = require("node:fs");
const { zstdCompressSync } = require("node:zlib");
const { STATES, CALLS, ENDS, EFFECT, EVENTS, REFRESHED, KILLED, CONFIG, FABRIC_TRANSACTION_ID: id } = process.env;
const args = process.argv.slice(2);
appendFileSync(CALLS, JSON.stringify({ command: args[0], args, states: readdirSync(STATES).sort(), backend: process.env.PULUMI_BACKEND_URL }) + "\\n");
if (args[0] === "config" && process.env.UNMADE && !existsSync(STATES + "/made")) { console.error("no stack named 'dev' found"); process.exit(1); }
if (args[1] === "select" && process.env.UNMADE === "without passphrase") { console.error("error: could not create secrets manager for new stack: passphrase must be set with PULUMI_CONFIG_PASSPHRASE"); process.exit(1); }
if (args[1] === "ls") console.log("[]");
if (process.env.UNMADE && (args[1] === "init" || args[1] === "select")) { writeFileSync(STATES + "/made", ""); console.log("Created stack 'dev'"); }
if (args[0] === "config") console.log(JSON.stringify({ "fabric:features": { value: '{"useRollback":false}', secret: false }, ...JSON.parse(CONFIG ?? "{}") }));
if (args[0] === "stack" && args[1] === "output") console.log("{}");
if (args.lastIndexOf("--event-log") >= 0) writeFileSync(args[args.lastIndexOf("--event-log") + 1], EVENTS ?? "{}\\n");
if (args[0] === "refresh") writeFileSync(STATES + "/dev.json.zst", zstdCompressSync(REFRESHED));
if (args[0] === KILLED) process.kill(process.ppid, "SIGKILL");
if (args[0] === "up" || args[0] === "destroy") {
  const place = { v: 2, transactionId: id, pid: 1, at: new Date().toISOString() };
  const intent = { kind: "intent", step: "a", operation: "update", resourceType: "Workspace", resourceName: "w", resourceId: "1", compensation: null };
  const written = [{ ...place, seq: 10, ...intent }, { ...place, seq: 11, kind: "done", step: "a", resourceId: "1" }];
  if (EFFECT) appendFileSync(".fabric/transactions/" + id + ".jsonl", written.map((one) => JSON.stringify(one) + "\\n").join(""));
  if (ENDS === "SIGKILL") process.kill(process.pid, "SIGKILL");
  process.exitCode = Number(ENDS);
}
`;

const stateOf = (...resources: readonly object[]) =>
  JSON.stringify({ version: 3, checkpoint: { stack: "organization/fabric/dev", latest: { resources } } });
const state = stateOf();

/** A call of the stand-in. */
interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly states: readonly string[];
  readonly backend?: string;
}

/** A project with a stack whose state lies in these files, and the stand-in in the place of the CLI. */
class Project implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "fabric-stand-in-"));
  readonly #states = join(this.root, "state/.pulumi/stacks/fabric");

  constructor(files: Readonly<Record<string, string | Buffer>>) {
    for (const folder of ["bin", ".fabric/transactions"]) mkdirSync(join(this.root, folder), { recursive: true });
    mkdirSync(this.#states, { recursive: true });
    writeFileSync(join(this.root, "Pulumi.yaml"), "name: fabric\nruntime: nodejs\n");
    writeFileSync(join(this.root, "bin/pulumi"), STAND_IN);
    chmodSync(join(this.root, "bin/pulumi"), 0o755);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.#states, name), content);
  }

  /** The lock of a CLI that was killed. */
  leaveLock(stack: string): void {
    const locks = join(this.root, "state/.pulumi/locks/organization/fabric", stack);
    mkdirSync(locks, { recursive: true });
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(join(locks, "1.json"), JSON.stringify({ pid, hostname: hostname(), timestamp: "yesterday" }));
  }

  /**
   * The open log of an up that has made a workspace.
   * @param stateHash of the state that it left; undefined if it was killed
   * @param begun further values of its first line
   * @returns its id
   */
  leaveUp(stateHash?: string, begun: Readonly<Record<string, string>> = {}): string {
    const transactionId = "dev-1";
    const place = { v: 2, transactionId, pid: 1, at: "2026-01-01T00:00:00.000Z" };
    const compensation = { function: "deleteWorkspace", args: { displayName: "w" } };
    const made = { operation: "create", resourceType: "Workspace", resourceName: "w", compensation };
    const entries = [
      {
        ...place,
        seq: 1,
        kind: "begin",
        stack: "dev",
        ...begun,
        enableRollback: false,
        checkpoint: "dev-1.checkpoint.json",
      },
      { ...place, seq: 2, kind: "intent", step: "m", ...made },
      { ...place, seq: 3, kind: "done", step: "m", resourceId: "9" },
    ];
    const logs = join(this.root, ".fabric/transactions");
    writeFileSync(join(logs, `${transactionId}.jsonl`), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    writeFileSync(join(logs, "dev.open"), transactionId);
    if (stateHash !== undefined) writeFileSync(join(logs, `${transactionId}.state`), stateHash);
    return transactionId;
  }

  /** Runs a command. @returns its exit code, its output, and the calls of the CLI */
  async run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const calls = join(this.root, "calls");
    const child = spawn(process.execPath, [join(code, file), ...args], {
      cwd: this.root,
      env: {
        ...process.env,
        PATH: `${join(this.root, "bin")}${delimiter}${process.env["PATH"]}`,
        PULUMI_BACKEND_URL: pathToFileURL(join(this.root, "state")).href,
        ...{ STATES: this.#states, CALLS: calls, ENDS: "0", ...env },
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, complaints, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit") as Promise<[number | null]>,
    ]);
    const lines = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
    return {
      code: exitCode,
      text: out + complaints,
      calls: lines.map((line) => JSON.parse(line) as Call),
    };
  }

  /** Names of the files beside a log, without its id, and the kinds of its entries. @param id of one log of several */
  log(id?: string) {
    const names = readdirSync(join(this.root, ".fabric/transactions"));
    const [log = assert.fail("no log")] = names.filter((name) =>
      id === undefined ? name.endsWith(".jsonl") : name === `${id}.jsonl`,
    );
    const lines = readFileSync(join(this.root, ".fabric/transactions", log), "utf8")
      .trim()
      .split("\n");
    const own = log.replace(/\.jsonl$/, "");
    return {
      beside: names.flatMap((name) => (name.startsWith(`${own}.`) ? [name.slice(own.length)] : [])).sort(),
      kinds: lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The JSON result in the output of a command. */
const resultIn = (said: string) =>
  JSON.parse(said.slice(said.indexOf("{"), said.lastIndexOf("}") + 1)) as Readonly<Record<string, unknown>>;

describe("the help of a command", () => {
  const commands = {
    start: "start.ts",
    test: "test.ts",
    up: "up.ts",
    preview: "pulumiCommand.ts",
    refresh: "pulumiCommand.ts",
    destroy: "pulumiCommand.ts",
    rollback: "rollback.ts",
    report: "report.ts",
    history: "history.ts",
    import: "import.ts",
    secret: "secret.ts",
    emulator: "../emulator/server.ts",
  };
  const withoutCodes = ["start", "test", "emulator"];
  /** Those whose result can be printed as JSON (docs/outputs.md). */
  const withJson = ["up", "preview", "rollback", "history", "import"];

  for (const [name, file] of Object.entries(commands))
    it(`The help of command ${name} does nothing, and names every option of its own`, async () => {
      using project = new Project({});
      const before = file === "pulumiCommand.ts" ? [name] : [];
      const { code: ended, text: said, calls } = await project.run(file, [...before, "--help"]);
      assert.equal(ended, 0, said);
      assert.match(said, new RegExp(`^Usage: npm (run (--silent )?)?${name} `));
      assert.deepEqual(calls, []);
      // a rollback takes options of Pulumi's commands because scripts give them to every command
      const source = readFileSync(join(code, file), "utf8").replace(/const OF_PULUMI = [\s\S]*?as const;/, "");
      const options = [...source.matchAll(/^\s+"?([a-z-]+)"?: \{ type: "(?:string|boolean)"/gm)].map(([, one]) => one);
      if (name === "preview") options.push("comment", "save-plan");
      if (name === "up") options.push("plan");
      assert.deepEqual(
        options.filter((option) => option !== "help" && !said.includes(`--${option}`)),
        [],
      );
      assert.equal(said.includes("--output json"), withJson.includes(name));
      if (withoutCodes.includes(name)) return;
      assert.match(said, /^Exit codes: /m);
      assert.match(said, /^2 also if the command was called wrongly, .*; then nothing was done\.$/m);
    });
});

describe("a command that does not do its work", () => {
  it("A command that does not do its work says why in its JSON result, too", async () => {
    for (const [file, args, exitCode, error] of [
      ["rollback.ts", ["--stack", "dev"], 1, /no transaction that could be rolled back/],
      ["rollback.ts", ["--stack", "dev", "--transaction", "dev-1"], 1, /dev-1/],
      ["up.ts", [], 2, /Which stack\?/],
      ["up.ts", ["--stack", "dev", "--plan", "none.json"], 2, /There is no plan/],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      const { code: ended, text: said } = await project.run(file, [...args, "--output", "json"]);
      const result = resultIn(said);
      assert.deepEqual([ended, result["exitCode"]], [exitCode, exitCode]);
      assert.match(String(result["error"]), error);
    }
  });
});

describe("a wrong option", () => {
  const unknown = (name: string) =>
    `Unknown option '--bogus'. npm run ${name} -- --help names all options. Nothing was done.`;
  const files = {
    import: "import.ts",
    rollback: "rollback.ts",
    report: "report.ts",
    history: "history.ts",
    emulator: "../emulator/server.ts",
    secret: "secret.ts",
  };

  for (const [name, file] of Object.entries(files))
    it(`A wrong option is named in one line that says where all are described: ${name}`, async () => {
      using project = new Project({});
      const stack = name === "emulator" || name === "secret" ? [] : ["--stack", "dev"];
      const { code: ended, text: said, calls } = await project.run(file, [...stack, "--bogus"]);
      assert.equal(said.trim(), unknown(name));
      assert.deepEqual([ended, calls], [name === "emulator" ? 1 : 2, []]);
    });

  it("A wrong option, or one without its value, is said in the words of its command", async () => {
    for (const [file, args, message] of [
      ["import.ts", ["--workspace", "a", "--all"], /^--workspace and --all exclude each other: give one\.$/m],
      ["import.ts", ["--workspace"], /^--workspace needs a name or an id\. npm run import -- --help /],
      ["import.ts", ["--all=yes"], /^--all takes no value\. /],
      ["history.ts", ["--limit"], /^--limit needs a value\. /],
      ["report.ts", ["page.html"], /^Nothing is known to do with 'page\.html'\. /],
      ["../emulator/server.ts", ["--port", "x"], /^--port takes a number from 0 to 65535, not 'x'\.$/m],
      ["../emulator/server.ts", ["--port", "65536"], /^--port takes a number from 0 to 65535, not '65536'\.$/m],
    ] as const) {
      using project = new Project({});
      const { code: ended, text: said } = await project.run(
        file,
        file.includes("server") ? args : ["--stack", "dev", ...args],
      );
      assert.match(said, message);
      assert.equal(ended, file.includes("server") ? 1 : 2);
    }
  });
});

describe("an option that npm takes for itself", () => {
  it("An option that npm takes for itself because no -- stands before it is said to be so, in the JSON result too", async () => {
    using project = new Project({});
    const env = { npm_config_stack: "true" };
    const { code: ended, text: said, calls } = await project.run("up.ts", ["local", "--output", "json"], env);
    assert.deepEqual([ended, calls], [2, []]);
    const question = "Which stack? npm took '--stack' for itself: put -- before it: npm run up -- --stack local";
    assert.equal(resultIn(said)["error"], question);
    assert.equal(said.split("\n").at(-2), question);
    const preview = await project.run("pulumiCommand.ts", ["preview", "local"]);
    assert.deepEqual(preview.code, 2);
    assert.equal(preview.text.trim(), "Which stack? Name it by --stack: npm run preview -- --stack local");
  });
});

describe("a new stack whose state would lie in the clone", () => {
  const cli = (calls: readonly Call[]) => calls.map(({ command, args }) => [command, args[1]].join(" "));

  /** The project itself, with a stack that was never made. */
  function projectWith(config: string): Project {
    const project = new Project({});
    symlinkSync(resolve(code, "../index.ts"), join(project.root, "index.ts"));
    writeFileSync(join(project.root, "Pulumi.dev.yaml"), config);
    return project;
  }

  it("A new stack whose state would lie in the clone is refused once, before it is made, and a preview warns of that", async () => {
    const refusal = /Stack 'dev' would keep its state in this clone/g;
    using project = projectWith("config: {fabric:workspaces: []}\n");
    for (const [file, args] of [
      ["up.ts", ["--yes"]],
      ["import.ts", ["--all"]],
    ] as const) {
      const { code: ended, text: said, calls } = await project.run(file, [...args, "--stack", "dev"], { UNMADE: "1" });
      assert.equal(ended, 2, said);
      assert.equal([...said.matchAll(refusal)].length, 1);
      assert.match(said, /Nothing was done\.$/m);
      assert.ok(!cli(calls).some((call) => /select|init|up/.test(call)), cli(calls).join("\n"));
    }
    const preview = await project.run("pulumiCommand.ts", ["preview", "--stack", "dev"], { UNMADE: "1" });
    assert.equal(preview.code, 0, preview.text);
    assert.match(
      preview.text,
      /^npm run up would refuse that as it is: Stack 'dev' would keep its state in this clone/m,
    );
  });

  it("A new stack whose state would lie in the clone is made where that is allowed, or may be: in its file, Pulumi's environment or --config", async () => {
    for (const [config, args] of [
      ["config: {fabric:allowLocalBackend: true}\n", []],
      ["config: {fabric:allowLocalBackend: 'true'}\n", []],
      ["environment: [team]\n", []],
      ["config: {}\n", ["--config", "fabric:allowLocalBackend=true"]],
    ] as const) {
      using project = projectWith(config);
      const { text: said } = await project.run("up.ts", ["--stack", "dev", "--yes", ...args], { UNMADE: "1" });
      assert.match(said, /Stack 'dev' is new: it was made now\./);
    }
  });
});

describe("a new stack without a passphrase", () => {
  it("A new stack without a passphrase is not made, and the message says what else may encrypt its secrets", async () => {
    using project = new Project({});
    writeFileSync(join(project.root, "Pulumi.dev.yaml"), "config: {}\n");
    const unmade = { UNMADE: "without passphrase" };
    const { code: ended, text: said } = await project.run("up.ts", ["--stack", "dev"], unmade);
    assert.equal(ended, 2);
    assert.match(said, /Stack 'dev' could not be made\. Pulumi says: .*passphrase must be set/);
    assert.match(
      said,
      /^Choose what encrypts the stack's secrets: pulumi stack init dev --secrets-provider azurekeyvault:\/\//m,
    );
    assert.match(said, /PULUMI_CONFIG_PASSPHRASE to a passphrase that you keep\. Nothing was done\.$/m);
  });
});

describe("a FABRIC_ENDPOINT that is no address", () => {
  it("A FABRIC_ENDPOINT that is no address is refused by its name before anything runs, and does not stop what reads logs only", async () => {
    for (const [file, ...args] of [["up.ts"], ["rollback.ts"], ["pulumiCommand.ts", "preview"]] as const)
      for (const FABRIC_ENDPOINT of ["nope", "http://fabric.example/v1", "emulator"]) {
        using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
        const {
          code: ended,
          text: said,
          calls,
        } = await project.run(file, [...args, "--stack", "dev"], { FABRIC_ENDPOINT });
        assert.deepEqual([ended, calls], [2, []]);
        assert.match(
          said,
          new RegExp(`^FABRIC_ENDPOINT is ${FABRIC_ENDPOINT}: it must be an https address.*Nothing was done\\.$`, "m"),
        );
      }
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const { code: ended } = await project.run("history.ts", ["--stack", "dev"], { FABRIC_ENDPOINT: "nope" });
    assert.equal(ended, 0);
    for (const FABRIC_ENDPOINT of ["http://me:canary@fabric.example/v1?sig=canary", "me:canary@fabric.example"]) {
      const { text: said } = await project.run("up.ts", ["--stack", "dev"], { FABRIC_ENDPOINT });
      assert.match(said, /FABRIC_ENDPOINT is .*fabric\.example/);
      assert.doesNotMatch(said, /canary/);
    }
  });
});

describe("an up that fails", () => {
  const errorIn = (message: string, severity = "error") =>
    JSON.stringify({ diagnosticEvent: { urn: "u", prefix: `${severity}: `, message, severity } });

  it("An up that fails names in its JSON result the errors that were shown, without secrets", async () => {
    const events = [
      errorIn("<{%fg 1%}>fabric:workspaces[0].users[0].role: must be Admin; hunter2-hunter2 is not<{%reset%}>\n"),
      errorIn("a hint", "warning"),
      errorIn("update failed"),
    ];
    for (const [env, exitCode, error] of [
      [{ EVENTS: events.join("\n") }, 1, /^fabric:workspaces\[0\]\.users\[0\]\.role: must be Admin; \S+ is not$/],
      [{ EVENTS: events.join("\n"), EFFECT: "1" }, 2, /^fabric:workspaces\[0\]/],
      [{ EVENTS: errorIn("update failed") }, 1, /^update failed$/],
      [{}, 1, /^pulumi up ended with 1: standard error says why\.$/],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      const own = { ENDS: "1", API_TOKEN: "hunter2-hunter2", ...env };
      const { code: ended, text: said } = await project.run("up.ts", ["--stack", "dev", "--output", "json"], own);
      const result = resultIn(said);
      assert.deepEqual([ended, result["exitCode"]], [exitCode, exitCode], said);
      assert.match(String(result["error"]), error);
      assert.doesNotMatch(String(result["error"]), /hunter2/);
    }
  });

  it("An up that succeeds has no error in its JSON result", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const { text: said } = await project.run("up.ts", ["--stack", "dev", "--output", "json"], {
      EVENTS: errorIn("old"),
    });
    assert.equal("error" in resultIn(said), false);
  });
});

describe("npm start on a state of another form", () => {
  it("npm start on a state of another form changes the form by itself before the CLI runs, so that no kill can lose the state", async () => {
    using project = new Project({ "local.json": state });
    const { code: ended, calls, text: said } = await project.run("start.ts", []);
    assert.equal(ended, 0, said);
    assert.deepEqual(calls.find(({ command }) => command === "up")?.states, ["local.json.zst"]);
  });

  it("npm start on a state of another form that a killed CLI has lost puts its backup back before anything makes a new stack", async () => {
    using project = new Project({ "local.json.bak": state });
    project.leaveLock("local");
    const { calls, text: said } = await project.run("start.ts", []);
    assert.match(said, /which is gone: the lock is removed/);
    assert.deepEqual([calls[0]?.command, calls[0]?.states], ["cancel", ["local.json", "local.json.bak"]]);
  });
});

describe("a destroy that Pulumi refuses", () => {
  for (const ends of ["1", "2", "8", "255", "SIGKILL"])
    it(`A destroy that Pulumi refuses by ${ends} ends its log, because nothing happened`, async () => {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      const run = await project.run("pulumiCommand.ts", ["destroy", "--stack", "dev"], { ENDS: ends });
      assert.equal(run.code, ends === "SIGKILL" ? 1 : Number(ends));
      assert.deepEqual(project.log().kinds, ["begin", "rolledBack"]);
      assert.match(run.text, /^Nothing was destroyed\.$/m);
      assert.doesNotMatch(run.text, /not destroyed whole/);
    });

  it("A destroy that Pulumi refuses after a write stays open, and the next command reads again what it wrote", async () => {
    for (const ends of ["1", "2", "SIGKILL"]) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      await project.run("pulumiCommand.ts", ["destroy", "--stack", "dev"], { ENDS: ends, EFFECT: "1" });
      const { kinds, beside } = project.log();
      assert.deepEqual(kinds, ["begin", "intent", "done"]);
      assert.equal(beside.includes(".state"), false);
    }
  });
});

describe("a destroy that stopped half-way", () => {
  it("A destroy that stopped half-way shows the command that goes on, with the options that were given", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const given = ["--yes", "--target", "**w**", "--remove", "--config", "fabric:a=secret"];
    const env = { ENDS: "1", EFFECT: "1" };
    const { text: said } = await project.run("pulumiCommand.ts", ["destroy", "--stack", "dev", ...given], env);
    assert.match(said, /^Stack 'dev' was not destroyed whole\. Run destroy again, with the same options: (.*)$/m);
    assert.equal(
      /Run destroy again, with the same options: (.*)$/m.exec(said)?.[1],
      "npm run destroy -- --stack dev --target '**w**' --remove",
    );
  });
});

describe("an up whose state could not be written", () => {
  it("An up whose state could not be written is read again by the next command, also without useRollback", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const { code: ended, text: said } = await project.run("up.ts", ["--stack", "dev"], { ENDS: "1", EFFECT: "1" });
    assert.equal(ended, 2, said);
    const { kinds, beside } = project.log();
    assert.deepEqual(kinds, ["begin", "intent", "done"]);
    assert.equal(beside.includes(".state"), false, "the hash of a state that lacks the write");
  });
});

describe("a command that finds a transaction which is open at another endpoint", () => {
  /** What a killed up has left that reached that endpoint. */
  function leaveOpen(project: Project, reached: string): void {
    const id = "dev-20260101T000000Z-00aa";
    const place = { v: 2, transactionId: id, pid: 1, at: "2026-01-01T00:00:00.000Z" };
    const compensation = { function: "deleteWorkspace", args: { displayName: "w" } };
    const create = { operation: "create", resourceType: "Workspace", resourceName: "w", compensation };
    const lines = [
      { ...place, seq: 1, kind: "begin", stack: "dev", enableRollback: true, checkpoint: `${id}.checkpoint.json` },
      { ...place, seq: 2, kind: "intent", step: "a", ...create, names: { displayName: "w" }, wasFree: true },
    ];
    const note = { stack: "dev", endpoint: "emulator", features: {}, credential: "auto", transactionLog: "", reached };
    const files = {
      [`${id}.jsonl`]: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      [`${id}.provider.json`]: JSON.stringify(note),
      [`${id}.checkpoint.json`]: JSON.stringify({ version: 3, deployment: { resources: [] } }),
      "dev.open": id,
    };
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(project.root, ".fabric/transactions", name), content);
  }

  for (const [file, args] of [
    ["up.ts", []],
    ["rollback.ts", []],
    ["pulumiCommand.ts", ["destroy"]],
  ] as const)
    it(`A command that finds a transaction which is open at another endpoint does nothing, names both and ends with 1: ${[file, ...args].join(" ")}`, async () => {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      leaveOpen(project, "127.0.0.1:1");
      const env = { FABRIC_ENDPOINT: "http://127.0.0.1:2/v1" };
      const { code: ended, text: said, calls } = await project.run(file, [...args, "--stack", "dev"], env);
      assert.equal(ended, 1, said);
      assert.match(said, /its objects are at 127\.0\.0\.1:1\. This run reaches 127\.0\.0\.1:2, .*nothing was done/);
      assert.deepEqual(
        calls.filter(({ command }) => command !== "config"),
        [],
      );
      assert.deepEqual(project.log().kinds, ["begin", "intent"]);
    });
});

describe("a command that finds the open transaction of another stack of the same name", () => {
  const commands: readonly (readonly [file: string, args: readonly string[]])[] = [
    ["up.ts", []],
    ["rollback.ts", []],
    ["rollback.ts", ["--transaction", "dev-1"]],
    ["pulumiCommand.ts", ["destroy"]],
  ];
  const others = [
    [{ project: "hr" }, /dev-1 in .* is open, and is of project 'hr'\. This is project 'fabric'\./],
    [
      { project: "fabric", backend: "s3://state" },
      /dev-1 in .* is open, and is of the state in s3:\/\/state\. This is the state in \.\/state\./,
    ],
  ] as const;

  it("A command that finds the open transaction of another stack of the same name does nothing, says whose it is and ends with 1", async () => {
    for (const [file, args] of commands)
      for (const [begun, message] of file === "up.ts" ? others : others.slice(0, 1)) {
        using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
        project.leaveUp(undefined, begun);
        const { code: ended, text: said, calls } = await project.run(file, [...args, "--stack", "dev"]);
        assert.equal(ended, 1, said);
        assert.match(said, message);
        assert.match(said, /pulumi config set fabric:transactionLog PLACE --stack dev/);
        assert.deepEqual(new Set(calls.map(({ command }) => command)), new Set(["config"]));
        assert.deepEqual(project.log("dev-1").kinds, ["begin", "intent", "done"]);
      }
  });

  it("A command that finds the open transaction of its own stack goes on with it, also if the state was moved to another backend since", async () => {
    const left = checkpointHash({ version: 3, deployment: { resources: [] } });
    for (const [begun, hash] of [
      [{ project: "fabric" }, undefined],
      [{ project: "fabric", backend: "s3://state" }, left],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      project.leaveUp(hash, begun);
      const { text: said } = await project.run("up.ts", ["--stack", "dev"]);
      assert.match(said, /Transaction dev-1 .* this run goes on with it/);
    }
  });

  it("A new transaction names its project and its backend, so that another stack of the same name leaves it alone", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const begun = await project.run("up.ts", ["--stack", "dev"], { ENDS: "1", EFFECT: "1" });
    assert.equal(begun.code, 2, begun.text);
    // the same backend, and another project in it
    writeFileSync(join(project.root, "Pulumi.yaml"), "name: hr\nruntime: nodejs\n");
    const states = join(project.root, "state/.pulumi/stacks/hr");
    mkdirSync(states);
    writeFileSync(join(states, "dev.json.zst"), zstdCompressSync(state));
    const { code: ended, text: said } = await project.run("rollback.ts", ["--stack", "dev"]);
    assert.equal(ended, 1, said);
    assert.match(said, /is of project 'fabric'\. This is project 'hr'\./);
  });
});

describe("a command whose place of logs was changed", () => {
  const provider = {
    ...{ urn: "urn:pulumi:dev::fabric::pulumi:providers:pulumi-nodejs::fabric", custom: true, id: "1" },
    ...{ type: "pulumi:providers:pulumi-nodejs", inputs: { "fabric:transactionLog": ".fabric/transactions" } },
  };
  const elsewhere = { CONFIG: JSON.stringify({ "fabric:transactionLog": { value: "elsewhere", secret: false } }) };

  it("A command whose place of logs was changed while a transaction is open does nothing, and names both places", async () => {
    for (const [file, args] of [
      ["up.ts", []],
      ["rollback.ts", []],
      ["pulumiCommand.ts", ["destroy"]],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(stateOf(provider)) });
      project.leaveUp();
      const { code: ended, text: said } = await project.run(file, [...args, "--stack", "dev"], elsewhere);
      assert.equal(ended, 1, said);
      assert.match(said, /Transaction dev-1 of stack 'dev' is open, and its log is in \S+\.fabric\/transactions\./);
      assert.match(said, /would look for it in \S+\/elsewhere, so nothing was done/);
      assert.deepEqual(project.log("dev-1").kinds, ["begin", "intent", "done"]);
    }
  });

  it("A command whose place of logs was changed while no transaction is open goes on at the new place", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(stateOf(provider)) });
    const { code: ended, text: said } = await project.run("up.ts", ["--stack", "dev"], elsewhere);
    assert.equal(ended, 0, said);
    assert.equal(readdirSync(join(project.root, "elsewhere")).filter((name) => name.endsWith(".jsonl")).length, 1);
  });
});

describe("after an up that was killed", () => {
  const limited: readonly (readonly [file: string, args: readonly string[], env: NodeJS.ProcessEnv])[] = [
    ["up.ts", ["--target", "**other**"], {}],
    ["up.ts", ["-yt=**other**"], {}],
    ["up.ts", ["--exclude=**w**"], {}],
    ["up.ts", ["--target-replace", "**other**"], {}],
    ["up.ts", [], { PULUMI_OPTION_TARGET: "**other**" }],
    ["up.ts", [], { PULUMI_OPTION_EXCLUDE: "**w**" }],
    ["pulumiCommand.ts", ["destroy", "--target", "**other**"], {}],
    ["pulumiCommand.ts", ["destroy"], { PULUMI_OPTION_EXCLUDE_PROTECTED: "true" }],
  ];

  it("After an up that was killed, a command that is limited to a part of the stack removes nothing of what that up made, and leaves its transaction open", async () => {
    for (const [file, args, env] of limited) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      const transactionId = project.leaveUp();
      const { code: ended, text: said } = await project.run(file, [...args, "--stack", "dev"], { EFFECT: "1", ...env });
      assert.equal(ended, 0, said);
      assert.match(said, new RegExp(`transaction ${transactionId} of an earlier run stays open`));
      assert.match(said, /go on with all of it: npm run up -- --stack dev, without (--|PULUMI_OPTION_)[\w-]+$/m);
      const { kinds, beside } = project.log(transactionId);
      assert.deepEqual(kinds.slice(0, 3), ["begin", "intent", "done"]);
      assert.ok(!kinds.some((kind) => /commit|compensat|rolledBack/.test(kind)), kinds.join(" "));
      assert.equal(beside.includes(".state"), false, "the state lacks what was made");
    }
  });

  it("After an up that was killed, an up of the whole stack goes on with the transaction that a limited one left open", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const transactionId = project.leaveUp();
    await project.run("up.ts", ["--stack", "dev", "--target", "**other**"]);
    const { code: ended, text: said } = await project.run("up.ts", ["--stack", "dev"]);
    // no provider of this stack has noted how the service is reached, so the removal itself fails
    assert.equal(ended, 2, said);
    assert.match(said, /was cut off: this run goes on with it/);
    assert.ok(project.log(transactionId).kinds.includes("compensationFailed"));
  });

  it("After an up that was killed, one that fails before it comes to the first one's objects does not take them for taken out by hand", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const transactionId = project.leaveUp();
    await project.run("up.ts", ["--stack", "dev"], { ENDS: "1" });
    const { text: said } = await project.run("up.ts", ["--stack", "dev"], { ENDS: "1" });
    assert.doesNotMatch(said, /taken out of the state by hand/);
    assert.deepEqual(project.log(transactionId).kinds, ["begin", "intent", "done"]);
  });
});

describe("a command after an up that ended by itself", () => {
  const workspace = {
    ...{ urn: "urn:pulumi:dev::fabric::pulumi-nodejs:dynamic/fabric:Workspace::w", custom: true, id: "1" },
    ...{ type: "pulumi-nodejs:dynamic/fabric:Workspace", inputs: {} },
  };

  it("A command after an up or a destroy that ended by itself says that it failed, and after one that was killed that it was cut off", async () => {
    const up = ["up.ts"] as const;
    for (const [[file, ...args], ends, how] of [
      [up, "1", "failed"],
      [up, "SIGKILL", "was cut off"],
      [["pulumiCommand.ts", "destroy"], "1", "failed"],
      [["pulumiCommand.ts", "destroy"], "SIGKILL", "was cut off"],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(stateOf(workspace)) });
      await project.run(file, [...args, "--stack", "dev"], { ENDS: ends, EFFECT: "1" });
      const { text: said } = await project.run("up.ts", ["--stack", "dev"], { REFRESHED: stateOf(workspace) });
      // the state lacks what was changed, so it is read again in either case
      assert.match(said, new RegExp(`^An earlier run ${how}: reading 1 of its objects again\\.$`, "m"));
      if (file === "up.ts")
        assert.match(said, new RegExp(`^Transaction \\S+ ${how}: this run goes on with it\\.$`, "m"));
    }
  });
});

describe("a refresh between a failed up and its rollback", () => {
  const workspace = (description: string) => ({
    ...{ urn: "urn:pulumi:dev::fabric::pulumi-nodejs:dynamic/fabric:Workspace::w", custom: true, id: "9" },
    ...{ type: "pulumi-nodejs:dynamic/fabric:Workspace", inputs: { description } },
  });
  const hashOf = (...resources: readonly object[]) =>
    checkpointHash({ version: 3, deployment: { resources } } as Checkpoint);
  const [left, refreshed, foreign] = ["left", "refreshed", "foreign"].map(workspace);

  it("A refresh between a failed up and its rollback does not count as a change of the stack from outside, but one before the refresh does", async () => {
    for (const [found, isOutside] of [
      [left, false],
      [foreign, true],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(stateOf(found ?? {})) });
      project.leaveUp(hashOf(left ?? {}));
      const env = { REFRESHED: stateOf(refreshed ?? {}) };
      const ended = await project.run("pulumiCommand.ts", ["refresh", "--stack", "dev"], env);
      assert.equal(ended.code, 0, ended.text);
      const { text: said } = await project.run("rollback.ts", ["--stack", "dev"]);
      assert.equal(/changed outside of it/.test(said), isOutside, said);
    }
  });
});

describe("what reads the state again between a failed up and its rollback", () => {
  const workspace = (description: string) => ({
    ...{ urn: "urn:pulumi:dev::fabric::pulumi-nodejs:dynamic/fabric:Workspace::w", custom: true, id: "9" },
    ...{ type: "pulumi-nodejs:dynamic/fabric:Workspace", inputs: { description } },
  });
  const left = { resources: [workspace("left")] };
  const hash = checkpointHash({ version: 3, deployment: left });
  const env = { REFRESHED: stateOf(workspace("read again")) };

  /** A stack whose up ended by itself while the outcome of one change was not known. */
  function failedUp(): Project {
    const project = new Project({ "dev.json.zst": zstdCompressSync(stateOf(...left.resources)) });
    const transactionId = project.leaveUp(hash);
    const update = { operation: "update", resourceType: "Workspace", resourceName: "w", resourceId: "9" };
    const line = { v: 2, transactionId, pid: 1, at: "2026-01-01T00:00:01.000Z", seq: 4, kind: "intent", step: "u" };
    const log = join(project.root, ".fabric/transactions", `${transactionId}.jsonl`);
    appendFileSync(log, `${JSON.stringify({ ...line, ...update, compensation: null })}\n`);
    return project;
  }

  it("What reads the state again between a failed up and its rollback is no change from outside: a destroy that only shows", async () => {
    using project = failedUp();
    const shown = await project.run("pulumiCommand.ts", ["destroy", "--stack", "dev", "--preview-only"], env);
    assert.ok(
      shown.calls.some(({ command }) => command === "refresh"),
      shown.text,
    );
    const { text: said } = await project.run("rollback.ts", ["--stack", "dev"], env);
    assert.doesNotMatch(said, /changed outside of it/);
  });

  it("What reads the state again between a failed up and its rollback is no change from outside: a refresh that is killed when it has written", async () => {
    using project = failedUp();
    const killed = await project.run("pulumiCommand.ts", ["refresh", "--stack", "dev"], { ...env, KILLED: "refresh" });
    assert.equal(killed.code, null, killed.text);
    const { text: said } = await project.run("rollback.ts", ["--stack", "dev"], env);
    assert.doesNotMatch(said, /changed outside of it/);
  });
});

describe("a refresh beside another command", () => {
  it("A refresh beside another command of the same stack does nothing, as every command does there", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const lock = await new FolderLogStore(join(project.root, ".fabric/transactions")).lock("dev.run");
    const refreshed = await project.run("pulumiCommand.ts", ["refresh", "--stack", "dev"], { REFRESHED: state });
    assert.equal(refreshed.code, 1, refreshed.text);
    assert.match(refreshed.text, /Another deployment of stack 'dev' is going on, so nothing was done/);
    await lock.release();
    const again = await project.run("pulumiCommand.ts", ["refresh", "--stack", "dev"], { REFRESHED: state });
    assert.equal(again.code, 0, again.text);
  });
});

describe("a backend that only the project's file names", () => {
  it("A backend that only the project's file names counts for every call of the CLI, also in the folder in which a rollback runs it", async () => {
    for (const backend of ["https://pulumi.example.com", "azblob://state?storage_account=contoso"]) {
      using project = new Project({});
      writeFileSync(join(project.root, "Pulumi.yaml"), `name: fabric\nruntime: nodejs\nbackend: {url: "${backend}"}\n`);
      const { calls } = await project.run("rollback.ts", ["--stack", "dev"], { PULUMI_BACKEND_URL: "" });
      assert.deepEqual(new Set(calls.map((call) => call.backend)), new Set([backend]));
    }
  });
});

describe("--event-log of an up or a preview", () => {
  it("--event-log of an up or a preview is written, although the command has a log of its own", async () => {
    for (const [file, args, env] of [
      ["up.ts", ["--event-log", "events.json"], {}],
      ["up.ts", [], { PULUMI_OPTION_EVENT_LOG: "events.json" }],
      ["pulumiCommand.ts", ["preview", "--event-log=events.json"], {}],
    ] as const) {
      using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
      await project.run(file, [...args, "--stack", "dev"], env);
      assert.equal(existsSync(join(project.root, "events.json")), true, file);
    }
  });
});

describe("configuration that the environment sets", () => {
  it("Configuration that the environment sets is saved before a command decides by it, and by no command that only reads", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const env = { PULUMI_OPTION_CONFIG: "fabric:a.b=1,fabric:c=2", PULUMI_OPTION_CONFIG_PATH: "true" };
    await project.run("history.ts", ["--stack", "dev"], env);
    const { calls } = await project.run("up.ts", ["--stack", "dev", "--config", "fabric:d=3"], env);
    const saved = calls.filter(({ args }) => args[1] === "set-all").map(({ args }) => args.join(" "));
    assert.equal(saved.length, 1);
    assert.match(saved[0] ?? "", / --path --plaintext fabric:a\.b=1 --plaintext fabric:c=2 --plaintext fabric:d=3 /);
  });
});

describe("options of Pulumi's commands at a rollback", () => {
  it("Options of Pulumi's commands at a rollback change nothing, however the CLI lets them be spelled, and unknown ones are refused", async () => {
    using project = new Project({ "dev.json.zst": zstdCompressSync(state) });
    const given = ["--yes=true", "--skip-preview=false", "-p", "10", "--message=a", "--diff", "--stack=dev"];
    const { code: ended, text: said } = await project.run("rollback.ts", given);
    assert.equal(ended, 1, said);
    assert.match(said, /no transaction that could be rolled back/);
    const targeted = await project.run("rollback.ts", ["--stack", "dev", "--target", "urn"]);
    assert.equal(targeted.code, 2);
    assert.match(targeted.text, /--target/);
  });
});
