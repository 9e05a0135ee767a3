import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathOfCaller, takeOption, takeSwitch } from "../../../cli/commandLine/commandLine.ts";
import { projectRoot } from "../../../cli/pulumi/pulumi.ts";
import { stackArguments } from "../../../cli/commandLine/stackCommand.ts";
import { stackName } from "../../../cli/commandLine/stackName.ts";
import { exportCheckpointNow, runCli } from "../../../lib/checkpoint/exportCheckpoint.ts";
import { renamedCheckpoint } from "../../../lib/checkpoint/checkpoint.ts";

describe("the name of a stack", () => {
  const names: readonly [text: string, name: string, reference: string][] = [
    ["dev", "dev", "dev"],
    ["fabric/dev", "dev", "dev"],
    ["contoso/dev", "dev", "contoso/fabric/dev"],
    ["contoso/fabric/dev", "dev", "contoso/fabric/dev"],
    ["organization/fabric/dev.eu-1", "dev.eu-1", "organization/fabric/dev.eu-1"],
    ["fabric/fabric/dev", "dev", "fabric/fabric/dev"],
  ];
  for (const [text, name, reference] of names)
    it(`The name of a stack is ${name} in ${text}, and the CLI is told ${reference}`, () => {
      assert.deepEqual(stackName(text, "fabric"), { name, reference });
    });

  it("The name of a stack is none with empty or further parts, or with characters that no stack has", () => {
    for (const text of ["", "/", "a/", "/a", "a/b/c/d", "../dev", "dev stack", "dev\n", "organization/fabric/"])
      assert.throws(() => stackName(text, "fabric"), /is no name of a stack/, JSON.stringify(text));
  });

  it("The name of a stack of another project is refused, and both are named", () => {
    assert.throws(() => stackName("contoso/finance/dev", "fabric"), /project 'finance'.*project 'fabric'/);
  });
});

describe("an option of a command line", () => {
  it("An option of a command line is found in every spelling that the CLI takes, and the rest stays in its order", () => {
    const args = ["--yes", "--stack", "a", "-s", "b", "-s=c", "-sd", "--stack=e", "--stacked", "x"];
    assert.deepEqual(takeOption(args, "stack", "s"), {
      values: ["a", "b", "c", "d", "e"],
      rest: ["--yes", "--stacked", "x"],
    });
    assert.throws(() => takeOption(["--stack"], "stack", "s"), /--stack needs a value/);
  });

  it("An option of a command line without a value is on, unless it says false", () => {
    assert.deepEqual(takeSwitch(["-y", "--remove", "a"], "remove"), { isOn: true, rest: ["-y", "a"] });
    assert.equal(takeSwitch(["--remove", "--remove=false"], "remove").isOn, false);
    assert.equal(takeSwitch(["--removed"], "remove").isOn, false);
  });

  it("An option of a command line that is a path begins where npm was called, if that is in the project", () => {
    assert.equal(pathOfCaller("p.json", "/project", { INIT_CWD: "/project/deep" }), "/project/deep/p.json");
    for (const INIT_CWD of ["/elsewhere", "/project-2", "/", undefined])
      assert.equal(pathOfCaller("p.json", "/project", { INIT_CWD }), "/project/p.json");
    assert.equal(pathOfCaller("/p.json", "/project", { INIT_CWD: "/project/deep" }), "/p.json");
  });
});

describe("an option in the environment", () => {
  const argsOf = (args: readonly string[], env: NodeJS.ProcessEnv) => stackArguments(args, { ...process.env, ...env });

  it("An option in the environment names the stack as it does for the CLI, unless the command line names one", () => {
    assert.equal(argsOf(["--yes"], {}), undefined);
    assert.equal(argsOf(["--yes"], { PULUMI_OPTION_STACK: "" }), undefined);
    assert.equal(argsOf(["--yes"], { PULUMI_OPTION_STACK: "dev" })?.access.stack, "dev");
    assert.equal(argsOf(["-s", "test"], { PULUMI_OPTION_STACK: "dev" })?.access.stack, "test");
  });

  it("An option in the environment that lets the CLI work in another folder is refused as on the command line", () => {
    assert.throws(() => argsOf(["-s", "dev"], { PULUMI_OPTION_CWD: "/elsewhere" }), /\/elsewhere.*PULUMI_OPTION_CWD/);
    assert.equal(argsOf(["-s", "dev"], { PULUMI_OPTION_CWD: projectRoot })?.access.stack, "dev");
  });

  it("An option in the environment that is meant for other commands changes no answer to the project's own calls of the CLI", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fabric-own-calls-"));
    const shown = [
      "SHOW_SECRETS",
      "FILE",
      "VERSION",
      "JSON",
      "PATH",
      "STACK",
      "TARGET",
      "CONFIG_FILE",
      "SECRETS_PROVIDER",
    ];
    writeFileSync(
      join(folder, "pulumi"),
      `#!${process.execPath}\nconsole.log(JSON.stringify(Object.keys(process.env).filter((name) => name.startsWith("PULUMI_OPTION_")).sort()))`,
      { mode: 0o755 },
    );
    const env = Object.fromEntries(shown.map((name) => [`PULUMI_OPTION_${name}`, "x"]));
    const access = { projectRoot: folder, stack: "dev", env: { ...env, PATH: folder } };
    const kept = ["PULUMI_OPTION_CONFIG_FILE", "PULUMI_OPTION_SECRETS_PROVIDER"];
    assert.deepEqual(JSON.parse((await runCli([], { cwd: folder, env: access.env })).printed), kept);
    assert.deepEqual(exportCheckpointNow(access), kept);
    const theirs = await runCli([], { cwd: folder, env: access.env, isTheirs: true });
    assert.equal((JSON.parse(theirs.printed) as string[]).length, shown.length);
    rmSync(folder, { recursive: true });
  });
});

describe("a checkpoint of a stack that was renamed", () => {
  it("A checkpoint of a stack that was renamed has the new name in every URN, and nowhere else", () => {
    const checkpointOf = (stack: string) => ({
      version: 3,
      deployment: {
        resources: [
          { urn: `urn:pulumi:${stack}::fabric::pulumi:pulumi:Stack::fabric-${stack}`, type: "t", custom: false },
          {
            urn: `urn:pulumi:${stack}::fabric::a$b::dev`,
            type: "b",
            custom: true,
            parent: `urn:pulumi:${stack}::fabric::pulumi:pulumi:Stack::fabric-${stack}`,
            provider: `urn:pulumi:${stack}::fabric::pulumi:providers:x::fabric::id`,
            inputs: { displayName: "fabric-dev" },
          },
        ],
      },
    });
    assert.deepEqual(renamedCheckpoint(checkpointOf("dev"), "dev", "prod"), checkpointOf("prod"));
    assert.deepEqual(renamedCheckpoint(checkpointOf("dev"), "prod", "test"), checkpointOf("dev"));
  });
});
