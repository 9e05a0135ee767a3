import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { request } from "node:http";
import { stringify } from "yaml";
import { startEmulator } from "../../../emulator/emulator.ts";
import type { Emulator } from "../../../emulator/emulator.ts";
import { startConnectProxy } from "../../doubles/connectProxy.ts";
import type { ConnectProxy } from "../../doubles/connectProxy.ts";

/*
 * A container as clusters run it: a user that nobody knows, without a home folder; a checkout that cannot be written to; state and
 * log elsewhere; and a network that leads to the service through a proxy only. Needs root, to become such a user.
 */

const project = resolve(import.meta.dirname, "../../..");
const USER = 54321;
const isRoot = process.getuid?.() === 0;
const service = "api.fabric.microsoft.com";
const quick = ["--yes", "--skip-preview"];

describe("a container", { skip: isRoot ? false : "needs root" }, () => {
  const root = mkdtempSync(join(tmpdir(), "fabric-container-"));
  const [checkout, data, tools] = ["checkout", "data", "tools"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  let emulator: Emulator;
  let proxy: ConnectProxy;

  before(async () => {
    emulator = await startEmulator();
    // the service behind the proxy is the emulator
    proxy = await startConnectProxy([service, "graph.microsoft.com"], (incoming, response) => {
      const { port } = new URL(emulator.origin);
      const options = {
        port,
        host: "127.0.0.1",
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      };
      incoming.pipe(
        request(options, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
    });
    chmodSync(root, 0o755);
    writeFileSync(join(root, "ca.pem"), proxy.cert);
    for (const folder of [checkout, data, tools, join(data, "tmp")]) mkdirSync(folder);
    for (const name of [
      "index.ts",
      "package.json",
      "package-lock.json",
      "lib",
      "providers",
      "emulator",
      "cli",
      "fabric",
    ])
      cpSync(join(project, name), join(checkout, name), { recursive: true });
    symlinkSync(join(project, "node_modules"), join(checkout, "node_modules"));
    writeFileSync(join(checkout, "Pulumi.yaml"), readFileSync(join(project, "Pulumi.yaml")));
    const cli = (process.env["PATH"] ?? "").split(delimiter).find((folder) => existsSync(join(folder, "pulumi"))) ?? "";
    for (const name of readdirSync(cli))
      cpSync(join(cli, name), join(tools, name), { dereference: true, recursive: true });
    cpSync(process.execPath, join(tools, "node"));
    configure([{ name: "sales", capacity: "local" }]);
    for (const folder of [data, join(data, "tmp")]) chownSync(folder, USER, USER);
  });
  after(async () => {
    await emulator.close();
    await proxy[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  });

  function configure(workspaces: readonly object[]): void {
    const salt = /^encryptionsalt: .*$/m.exec(readFileSync(join(project, "Pulumi.local.yaml"), "utf8"))?.[0] ?? "";
    const config = {
      "fabric:protectData": false,
      "fabric:credential": "accessToken",
      "fabric:features": { useRollback: true },
      "fabric:workspaces": workspaces,
    };
    writeFileSync(join(checkout, "Pulumi.prod.yaml"), `${salt}\n${stringify({ config })}`);
  }

  /** One of the project's commands by its set-up, as npm runs it. */
  async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(join(tools, "node"), ["cli/setup.mjs", "--run", ...args, "--stack", "prod"], {
      cwd: checkout,
      uid: USER,
      gid: USER,
      env: {
        PATH: [tools, "/usr/bin", "/bin"].join(delimiter),
        TMPDIR: join(data, "tmp"),
        PULUMI_BACKEND_URL: `file://${join(data, "state")}?create_dir=true`,
        PULUMI_CONFIG_PASSPHRASE: "",
        FABRIC_TRANSACTION_LOG: join(data, "log"),
        FABRIC_ACCESS_TOKEN: "canary",
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: join(root, "ca.pem"),
        FABRIC_RETRY_BASE_MS: "20",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (more: string) => (text += more));
    const [code] = (await once(child, "close")) as [number | null];
    return { code, text };
  }
  const names = () => emulator.service.workspaces.all().map(({ displayName }) => displayName);

  it("A container deploys, rolls back and destroys with the variables that the documentation names", async () => {
    const up = await run(["cli/up.ts", ...quick]);
    assert.equal(up.code, 0, up.text);
    assert.deepEqual(names(), ["sales"]);
    configure([
      { name: "sales", capacity: "local", description: "new" },
      { name: "more", capacity: "nowhere" },
    ]);
    const failed = await run(["cli/up.ts", ...quick], { FEATURE_USE_ROLLBACK: "false" });
    assert.equal(failed.code, 2, failed.text);
    const rollback = await run(["cli/rollback.ts", "--yes"]);
    assert.equal(rollback.code, 0, rollback.text);
    assert.match(rollback.text, /fully rolled back/);
    assert.equal(emulator.service.workspaces.all()[0]?.description ?? "", "");
    const destroy = await run(["cli/pulumiCommand.ts", "destroy", ...quick]);
    assert.equal(destroy.code, 0, destroy.text);
    assert.deepEqual(names(), []);
    assert.equal(existsSync(join(checkout, ".fabric")), false);
    assert.ok(
      proxy.tunnels.every((tunnel) => tunnel === `${service}:443`),
      proxy.tunnels.join(),
    );
  });

  it("A container is told which variables it lacks where its checkout would have to be written to", async () => {
    configure([{ name: "sales", capacity: "local" }]);
    const state = await run(["cli/up.ts", ...quick], { PULUMI_BACKEND_URL: undefined });
    assert.notEqual(state.code, 0, state.text);
    assert.match(state.text, /cannot be written.*PULUMI_BACKEND_URL/s);
    const log = await run(["cli/up.ts", ...quick], { FABRIC_TRANSACTION_LOG: undefined });
    assert.notEqual(log.code, 0, log.text);
    assert.match(log.text, /cannot be written.*FABRIC_TRANSACTION_LOG/s);
    for (const { text } of [state, log]) assert.doesNotMatch(text, /^ +at /m);
  });
});
