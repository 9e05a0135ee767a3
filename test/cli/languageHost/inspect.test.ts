import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { describe, it } from "node:test";

const inspect = resolve(import.meta.dirname, "../../../cli/languageHost/inspect.cjs");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Reads until the text is there. */
async function until(stream: Readable, words: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (words.test(text)) return text;
  }
  throw new Error(`${words.source} did not come: ${text}`);
}

describe("a process that FABRIC_INSPECT names", () => {
  it(
    "A process that FABRIC_INSPECT names stands still once a debugger has attached, until that has set its breakpoints",
    { timeout: 20_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "fabric-inspect-"));
      const program = join(folder, "cmd/run/index.js");
      mkdirSync(join(folder, "cmd/run"), { recursive: true });
      writeFileSync(program, 'require("./work.js");\n');
      writeFileSync(join(folder, "cmd/run/work.js"), 'const done = "done";\nconsole.log(done);\n');
      const port = await freePort();
      const env = { ...process.env, FABRIC_INSPECT: "program", FABRIC_INSPECT_PORT: String(port) };
      const child = spawn(process.execPath, ["--require", inspect, program], { env });
      let printed = "";
      child.stdout.on("data", (chunk) => (printed += String(chunk)));
      await until(child.stderr, /Debugger listening/);
      const client = spawn(process.execPath, ["inspect", `127.0.0.1:${port}`]);
      try {
        await until(client.stdout, /break in .*inspect\.cjs/);
        client.stdin.write("setBreakpoint('work.js', 2)\n");
        await until(client.stdout, /was not loaded yet/);
        client.stdin.write("cont\n");
        await until(client.stdout, /break in .*work\.js:2/);
        assert.equal(printed, "");
      } finally {
        client.kill();
        child.kill();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
