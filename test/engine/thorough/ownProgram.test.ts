import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DEPLOYED, deployExample, example, startExample } from "../harness/exampleProgram.ts";
import type { ForeignProgram } from "../harness/foreignProgram.ts";
import type { PackedPackage } from "../harness/packedPackage.ts";

describe("a program that uses the package", () => {
  let packed: PackedPackage;
  let program: ForeignProgram;

  before(async () => {
    ({ packed, program } = await startExample());
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
    packed[Symbol.dispose]();
  });

  for (const [mode, options] of [
    ["an ES module", ["--module", "nodenext"]],
    [
      "CommonJS, as Pulumi's templates have it",
      ["--module", "commonjs", "--moduleResolution", "node10", "--ignoreDeprecations", "6.0", "--target", "es2022"],
    ],
  ] as const)
    it(`A program that uses the package passes a strict check of its types as ${mode}`, async () => {
      const { code, text } = await program.compile(options, "index.ts");
      assert.equal(code, 0, text);
    });

  it("A program that uses the package is refused by the compiler for arguments that no kind has", async () => {
    program.write(
      "wrong.ts",
      `import { FabricWorkspace, Item, Workspace } from "fabric-environments";
new Workspace("a", {});
new Workspace("b", { displayName: 5 });
new Workspace("c", { displayName: "c", colour: "red" });
new Item("d", { workspaceId: "w", type: "Lakehouse", displayName: "d", definitionHash: "0" });
new FabricWorkspace("e", { users: [{ principal: "alice@contoso.com", role: "King" }] });
`,
    );
    const { text } = await program.compile(["--module", "nodenext"], "wrong.ts");
    const lines = [...text.matchAll(/^wrong\.ts\((\d+),/gm)].map(([, line]) => Number(line));
    assert.deepEqual([...new Set(lines)], [2, 3, 4, 5, 6], text);
  });

  it("A refusal in the middle rolls a deployment of such a program back, updates and creates alike", async () => {
    await deployExample(program);
    program.write(
      "index.ts",
      `${example.replace('"Raw data"', '"Raw customers"')}
class Own extends pulumi.dynamic.Resource {}
new Own({ create: async (inputs) => ({ id: "own", outs: inputs }) }, "own", { value: raw.description });
const silver = new Item("raw/silver", { workspaceId: raw.id, type: "Lakehouse", displayName: bronze.displayName.apply((name) => name.replace("bronze", "silver")) });
new Item("raw/refused", { workspaceId: raw.id, type: "Notebook", displayName: silver.displayName.apply((name) => \`refused-\${name}\`) });
`,
    );
    program.emulator.faults([
      {
        method: "POST",
        route: "/workspaces/{workspaceId}/items",
        nth: 2,
        status: 400,
        errorCode: "Refused",
        times: "forever",
      },
    ]);
    const failed = await program.command("up", ["--yes"]);
    program.emulator.faults([]);
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /✓ Transaction test-\S+ fully rolled back/);
    assert.match(failed.text, /Refused \(400/);
    assert.match(failed.text, /Cleaning up Resource 'own'/);
    assert.deepEqual(program.objects(), DEPLOYED);
    program.write("index.ts", example);
    const preview = await program.command("preview", ["--expect-no-changes"]);
    assert.equal(preview.code, 0, preview.text);
  });

  it("A deployment by plain Pulumi that fails is taken back by the package's rollback", async () => {
    await deployExample(program);
    program.write(
      "index.ts",
      `${example.replace('"Raw data"', '"Raw customers"')}
new Item("raw/refused", { workspaceId: raw.id, type: "Notebook", displayName: bronze.displayName.apply((name) => \`refused-\${name}\`) });
`,
    );
    program.emulator.faults([
      { method: "POST", route: "/workspaces/{workspaceId}/items", status: 400, errorCode: "Refused", times: "forever" },
    ]);
    const failed = await program.run("pulumi", [
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
      "--stack",
      "test",
    ]);
    program.emulator.faults([]);
    assert.notEqual(failed.code, 0, failed.text);
    assert.match(failed.text, /npx --no-install fabric-environments rollback --stack test/);
    const back = await program.command("rollback");
    assert.equal(back.code, 0, back.text);
    assert.deepEqual(program.objects(), DEPLOYED);
  });

  it("The commands of the package work in every folder of the program", async () => {
    await deployExample(program);
    program.write("deep/down/notes.txt", "");
    const history = await program.command("history", ["--json"], "deep/down");
    assert.equal(history.code, 0, history.text);
    const { deployments } = JSON.parse(history.text) as { deployments: { outcome: string }[] };
    assert.equal(deployments[0]?.outcome, "committed", history.text);
    const elsewhere = await program.command("history", [], "..");
    assert.deepEqual([elsewhere.code, /There is no Pulumi\.yaml in .* or above it/.test(elsewhere.text)], [2, true]);
    const report = await program.command("report", ["--out", "page.html"], "deep/down");
    assert.equal(report.code, 0, report.text);
    assert.match(readFileSync(join(program.folder, "deep/down/page.html"), "utf8"), /<html/);
  });

  it("An argument that is a secret of Pulumi is refused before anything is sent, at any depth", async () => {
    const since = program.emulator.requests().length;
    program.write(
      "index.ts",
      `${example}
new Connection("sql", {
  displayName: "sql",
  type: "SQL",
  credentials: { credentialType: "Basic", username: pulumi.secret("p4ss-w0rd") },
});
`,
    );
    const { code, text } = await program.command("up", ["--yes"]);
    assert.notEqual(code, 0, text);
    assert.match(text, /Connection 'sql' has an argument that is a secret of Pulumi/);
    assert.doesNotMatch(text, /p4ss-w0rd/);
    assert.deepEqual(program.emulator.requests().slice(since), []);
  });

  it("A destroy of such a program leaves nothing", async () => {
    await deployExample(program);
    const { code, text } = await program.command("destroy", ["--yes"]);
    assert.equal(code, 0, text);
    assert.deepEqual(program.objects(), []);
    assert.deepEqual(await program.resources(), []);
  });
});
