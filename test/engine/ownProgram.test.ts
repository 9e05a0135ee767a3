import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DEPLOYED, deployExample, example, startExample } from "./harness/exampleProgram.ts";
import type { ForeignProgram } from "./harness/foreignProgram.ts";
import type { PackedPackage } from "./harness/packedPackage.ts";

describe("the package", () => {
  let packed: PackedPackage;
  let program: ForeignProgram;

  before(async () => {
    ({ packed, program } = await startExample());
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
    packed[Symbol.dispose]();
  });

  const ownFiles = () => packed.files.filter((path) => path.startsWith("dist/"));

  it("The package holds built JavaScript, types and pages, and neither sources nor tests", () => {
    const others = packed.files.filter((path) => !path.startsWith("dist/") && !/^docs\/[\w-]+\.md$/.test(path));
    assert.deepEqual(
      others.sort(),
      ["CHANGELOG.md", "LICENSE", "README.md", "package.json"].filter((name) => others.includes(name)),
    );
    const sources = ownFiles().filter((path) => /\.(m|c)?ts$/.test(path) && !path.endsWith(".d.ts"));
    assert.deepEqual(sources, []);
    assert.deepEqual(
      ownFiles().filter((path) => /(^|\/)(test|bench|examples)\//.test(path)),
      [],
    );
    // what the emulator's command needs is there
    assert.ok(ownFiles().includes("dist/emulator/server.js"));
  });

  it("The package names only built files, and its own commands, in its code", () => {
    const wrong = ownFiles().flatMap((path) => {
      if (!/\.(js|mjs|cjs|d\.ts)$/.test(path)) return [];
      const text = readFileSync(join(program.folder, "node_modules/fabric-environments", path), "utf8");
      const commands =
        /npm run (?:--silent|up|rollback|preview|refresh|destroy|import|report|history|secret|emulator|\$\{)/g;
      return [...text.matchAll(/["'](\.{1,2}\/[^"'\s]+\.ts)["']/g), ...text.matchAll(commands)].map(
        ([all]) => `${path}: ${all}`,
      );
    });
    assert.deepEqual(wrong, []);
  });

  it("The package holds every page that its code names, at the path that it names", () => {
    const installed = join(program.folder, "node_modules/fabric-environments");
    const named = ownFiles().flatMap((path) => {
      if (!/\.(js|mjs)$/.test(path)) return [];
      const text = readFileSync(join(installed, path), "utf8");
      return [...text.matchAll(/[\w./-]*docs\/[\w-]+\.md/g)].map(([page]) => page);
    });
    assert.ok(named.includes("node_modules/fabric-environments/docs/outputs.md"), named.join(" "));
    assert.deepEqual(
      named.filter((page) => !existsSync(join(program.folder, page))),
      [],
    );
  });

  it("A program that uses the package deploys, shows no change after that, and shows exactly what a change does", async () => {
    await deployExample(program);
    const since = program.emulator.requests().length;
    const preview = await program.command("preview", ["--expect-no-changes"]);
    assert.equal(preview.code, 0, preview.text);
    assert.deepEqual(program.emulator.requests().slice(since), [], "the preview asked the service");

    program.write("index.ts", example.replace('"Raw data"', '"Raw orders"'));
    const changed = await program.command("up", ["--yes"]);
    assert.equal(changed.code, 0, changed.text);
    assert.match(changed.text, /~ 1 updated/);
    assert.deepEqual(
      program.objects(),
      DEPLOYED.map((line) => line.replace("Raw data", "Raw orders")),
    );
  });
});
