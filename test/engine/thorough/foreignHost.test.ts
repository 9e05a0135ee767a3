import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { EngineStack } from "../harness/engineStack.ts";

/* What a pull request can change is the configuration. It cannot make a run send a token, or ask for a secret, elsewhere. */

const workspaces = [{ name: "sales", displayName: "sales-test", capacity: "local" }];

describe("a configuration that points at a foreign host", () => {
  let stack: EngineStack;
  let sink: Server;
  let connections = 0;
  /** Reaches the sink, and is no name of this machine that is trusted. */
  let host = "";
  const env = { FABRIC_ENDPOINT: "", FABRIC_ACCESS_TOKEN: "canary" };
  const configure = (config: Record<string, unknown>) =>
    stack.configure({ endpoint: stack.emulator.url, workspaces, ...config });

  before(async () => {
    sink = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, "0.0.0.0");
    await once(sink, "listening");
    host = `0.0.0.0:${(sink.address() as AddressInfo).port}`;
    stack = await EngineStack.start();
    configure({});
    const up = await stack.up(env);
    assert.equal(up.code, 0, up.text);
  });
  after(async () => {
    sink.close();
    await stack[Symbol.asyncDispose]();
  });

  const refusedPreviews = async (message: RegExp) => {
    for (const args of [[], ["--refresh"], ["--refresh", "--run-program"]]) {
      const { code, text } = await stack.run(["preview", ...args], env);
      assert.notEqual(code, 0, args.join(" "));
      assert.match(text, message);
      assert.doesNotMatch(text, /canary/);
    }
    assert.equal(connections, 0);
  };

  it("A configuration that points at a foreign host is refused for the endpoint, in previews that read and in those that do not", async () => {
    configure({ endpoint: `https://${host}/v1`, tenantId: "11111111-2222-4333-8444-555555555555" });
    // what stands in .env is a secret's value at most, and never allows a host
    const lines = [
      `FABRIC_ALLOWED_HOSTS=${host}`,
      `FABRIC_ENDPOINT=https://${host}/v1`,
      `KEY_VAULT_URL=https://${host}`,
    ];
    writeFileSync(join(stack.folder, ".env"), lines.join("\n"));
    await refusedPreviews(/fabric:endpoint: 0\.0\.0\.0:\d+ is not a known host of Microsoft Fabric/);
    rmSync(join(stack.folder, ".env"));
  });

  it("A configuration that points at a foreign host is refused for the vault, also where a secret would be written into it by hand", async () => {
    const vault = { keyVaultUrl: `https://${host}`, features: { useKeyVault: true } };
    configure(vault);
    await refusedPreviews(/fabric:keyVaultUrl: 0\.0\.0\.0:\d+ is not a host of Azure Key Vault/);
    const set = await stack.command("cli/secret.ts", ["set", "NAME"]);
    assert.equal(set.code, 2);
    assert.match(set.text, /is not a host of Azure Key Vault/);
    assert.equal(connections, 0);
  });

  it("A configuration that points at a foreign host is taken where the environment names the host, so that the tests above can fail", async () => {
    await using other = await EngineStack.start();
    other.configure({ endpoint: `https://${host}/v1`, workspaces });
    const up = await other.up({ ...env, FABRIC_ALLOWED_HOSTS: host });
    assert.notEqual(up.code, 0);
    assert.ok(connections > 0);
  });
});
