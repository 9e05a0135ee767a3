import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { describe, it } from "node:test";

const root = resolve(import.meta.dirname, "../../..");
const scripts = {
  bench: "bench/bench.ts",
  "bench:content": "bench/content.ts",
  "bench:quota": "bench/quota.ts",
  "bench:startup": "bench/startUp.ts",
  "bench:transactions": "bench/transactions.ts",
  docs: "cli/docs.ts",
};

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly complaints: string;
}

const run = (file: string, ...args: readonly string[]) =>
  new Promise<Ended>((done) => {
    execFile(process.execPath, [file, ...args], { cwd: root }, (error, out, complaints) =>
      done({ code: error?.code ?? 0, out, complaints }),
    );
  });

describe("a script of the project", () => {
  for (const [name, file] of Object.entries(scripts))
    it(`A script of the project prints its help and does nothing else, and names a wrong option in one line: ${name}`, async () => {
      const [help, wrong] = await Promise.all([run(file, "--help"), run(file, "--bogus")]);
      assert.deepEqual([help.code, help.complaints], [0, ""]);
      assert.match(help.out, new RegExp(`^Usage: npm run ${name}( --.*)?\n\n`));
      assert.deepEqual(wrong, {
        code: 2,
        out: "",
        complaints: `Unknown option '--bogus'. npm run ${name} -- --help names all options. Nothing was done.\n`,
      });
    });

  it("A script of the project that takes numbers says so of a word that is none", async () => {
    const { code, complaints } = await run("bench/quota.ts", "many");
    assert.deepEqual([code, complaints], [2, "'many' is no whole number above 0. Nothing was done.\n"]);
  });
});
