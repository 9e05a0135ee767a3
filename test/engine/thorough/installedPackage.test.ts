import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { ForeignProgram } from "../harness/foreignProgram.ts";
import { PackedPackage } from "../harness/packedPackage.ts";

const project = resolve(import.meta.dirname, "../../..");
const example = readFileSync(join(project, "examples/ownProgram/index.ts"), "utf8");
const { devDependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};

/** What fails at the emulator: its workspace has no capacity. */
const REFUSED = `
const none = new Workspace("none", { displayName: "none" });
new Item("none/x", { workspaceId: none.id, type: "Lakehouse", displayName: "x" });
`;

describe("the package, installed", () => {
  let packed: PackedPackage;
  before(async () => {
    packed = await PackedPackage.make();
  });
  after(() => packed[Symbol.dispose]());

  const init = async (program: ForeignProgram) => {
    program.configure();
    const { code, text } = await program.run("pulumi", ["stack", "init", "test", "--non-interactive"]);
    assert.equal(code, 0, text);
  };

  it("The package, installed by npm into an empty folder, brings all it needs and nothing of Azure's provider, and npx runs its commands", async () => {
    await using program = await ForeignProgram.start();
    const sdk = `@pulumi/pulumi@${devDependencies["@pulumi/pulumi"]}`;
    const installed = await program.run("npm", ["install", "--prefer-offline", "--no-audit", packed.archive, sdk]);
    assert.equal(installed.code, 0, installed.text);
    assert.equal(existsSync(join(program.folder, "node_modules/@pulumi/azure-native")), false);
    program.write("index.ts", example);
    await init(program);
    const npx = (...args: string[]) =>
      program.run("npx", ["--no-install", "fabric-environments", ...args, "--stack", "test"]);
    const deployed = await npx("up", "--yes");
    assert.equal(deployed.code, 0, deployed.text);
    assert.equal(program.objects().length, 4);
    const before = program.objects();
    program.write("index.ts", example.replace('"Raw data"', '"Raw orders"') + REFUSED);
    const failed = await npx("up", "--yes");
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    assert.deepEqual(program.objects(), before);
    const destroyed = await npx("destroy", "--yes");
    assert.equal(destroyed.code, 0, destroyed.text);
    assert.deepEqual(program.objects(), []);
  });

  it("A program in CommonJS, compiled by Pulumi and below its project, is deployed, rolled back and taken back alike, with one log", async () => {
    await using program = await ForeignProgram.start({ runtime: "nodejs", main: "src/" });
    await packed.unpackInto(join(program.folder, "src"));
    program.write("src/package.json", JSON.stringify({ name: "infra", version: "1.0.0", main: "index.ts" }));
    const compilerOptions = {
      strict: true,
      target: "es2022",
      module: "commonjs",
      moduleResolution: "node",
      ignoreDeprecations: "6.0",
      types: ["node"],
    };
    program.write("src/tsconfig.json", JSON.stringify({ compilerOptions, files: ["index.ts"] }));
    // a definition lies beside the program that names it
    program.write(
      "src/load.Notebook/.platform",
      JSON.stringify({ metadata: { type: "Notebook", displayName: "load" }, config: { version: "2.0" } }),
    );
    program.write("src/load.Notebook/notebook-content.py", "# Fabric notebook source\n\nprint(1)\n");
    const own = example.replace("items: [{", 'items: [{ path: "load.Notebook" }, {');
    program.write("src/index.ts", own);
    await init(program);
    const deployed = await program.command("up", ["--yes"], "src");
    assert.equal(deployed.code, 0, deployed.text);
    assert.ok(program.objects().includes("Notebook load: "), program.objects().join());
    const before = program.objects();

    program.write("src/index.ts", own.replace('"Raw data"', '"Raw orders"') + REFUSED);
    const failed = await program.command("up", ["--yes"], "src");
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    assert.deepEqual(program.objects(), before);

    const plain = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "test"];
    assert.notEqual((await program.run("pulumi", plain)).code, 0);
    assert.notDeepEqual(program.objects(), before);
    const back = await program.command("rollback");
    assert.equal(back.code, 0, back.text);
    assert.deepEqual(program.objects(), before);
    assert.deepEqual(
      ["", "src"].map((folder) => existsSync(join(program.folder, folder, ".fabric"))),
      [true, false],
    );
  });

  it("A program of the package that declares what is configured takes imported workspaces over, and one that declares its own says so", async () => {
    await using program = await ForeignProgram.start();
    await packed.unpackInto(program.folder);
    program.write(
      "index.ts",
      `import { deployConfiguration } from "fabric-environments";\nexport default () => deployConfiguration();\n`,
    );
    await init(program);
    program.configure({ workspaces: [{ name: "mine" }], allowLocalBackend: true });
    const deployed = await program.command("up", ["--yes"]);
    assert.equal(deployed.code, 0, deployed.text);
    const made = await fetch(`${program.emulator.url}/workspaces`, {
      method: "POST",
      headers: { authorization: "Bearer token", "content-type": "application/json" },
      body: JSON.stringify({ displayName: "theirs" }),
    });
    assert.equal(made.status, 201);
    const imported = await program.command("import", ["--workspace", "theirs"]);
    assert.equal(imported.code, 0, imported.text);
    assert.match(imported.text, /A preview shows no change/);

    program.write("index.ts", example);
    const configured = readFileSync(join(program.folder, "Pulumi.test.yaml"), "utf8");
    const refused = await program.command("preview");
    assert.notEqual(refused.code, 0, refused.text);
    assert.match(refused.text, /fabric:workspaces of the stack's configuration declares objects/);
    assert.equal(readFileSync(join(program.folder, "Pulumi.test.yaml"), "utf8"), configured);
  });
});
