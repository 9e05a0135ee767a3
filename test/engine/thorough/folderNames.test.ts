import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, it } from "node:test";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { newestState } from "../../../lib/checkpoint/stateFile.ts";
import type { FoundState } from "../../../lib/checkpoint/stateFile.ts";

const project = resolve(import.meta.dirname, "../../..");
const root = mkdtempSync(join(tmpdir(), "fabric-names-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A clone of the project in a folder of that name, with a small stack `local` on its own embedded emulator. */
class Clone {
  readonly folder: string;
  readonly emulatorJournal: string;

  constructor(name: string) {
    this.folder = join(root, name);
    this.emulatorJournal = join(this.folder, ".fabric/emulator/journal.jsonl");
    mkdirSync(this.folder);
    for (const file of ["index.ts", "package.json", "node_modules", "lib", "providers", "emulator", "cli", "fabric"])
      symlinkSync(join(project, file), join(this.folder, file));
    writeFileSync(join(this.folder, "Pulumi.yaml"), readFileSync(join(project, "Pulumi.yaml")));
    this.configure([{ name: "sales", capacity: "local" }]);
  }

  get state(): FoundState {
    const base = join(this.folder, ".fabric/state/.pulumi/stacks/fabric/local.json");
    return newestState(base) ?? assert.fail(`there is no ${base}`);
  }

  configure(workspaces: readonly object[]): void {
    const salt = /^encryptionsalt: .*$/m.exec(readFileSync(join(project, "Pulumi.local.yaml"), "utf8"))?.[0] ?? "";
    const config = {
      "fabric:endpoint": "emulator",
      "fabric:protectData": false,
      "fabric:features": { useRollback: true },
      "fabric:workspaces": workspaces,
    };
    writeFileSync(join(this.folder, "Pulumi.local.yaml"), `${salt}\n${stringify({ config })}`);
  }

  up = () => this.#run(process.execPath, ["cli/up.ts", "--stack", "local", "--yes", "--skip-preview"]);
  destroy = () =>
    this.#run(process.execPath, ["cli/pulumiCommand.ts", "destroy", "--stack", "local", "--yes", "--skip-preview"]);
  pulumi = (...args: readonly string[]) => this.#run("pulumi", [...args, "--non-interactive"]);

  /** Names of the resources in the state, without what is Pulumi's own. */
  get resources(): readonly string[] {
    const { path, form } = this.state;
    const { checkpoint } = JSON.parse(form.unpack(readFileSync(path)).toString()) as {
      checkpoint: { latest?: { resources?: { urn: string }[] } };
    };
    const names = (checkpoint.latest?.resources ?? []).map(({ urn }) => urn.split("$").at(-1) ?? urn);
    return names.filter((name) => name.includes("fabric:Workspace::")).map((name) => name.split("::").at(-1) ?? name);
  }

  async #run(command: string, args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    const { PULUMI_BACKEND_URL: _backend, ...env } = process.env;
    const child = spawn(command, args, {
      cwd: this.folder,
      // what is thrown away lies in such a folder as well
      env: { ...env, PULUMI_CONFIG_PASSPHRASE: "", TMPDIR: this.folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close") as Promise<[number | null]>,
    ]);
    return { code: code ?? 1, text: out + err };
  }
}

/** Runs a command that has to end well. */
async function well(command: Promise<{ readonly code: number; readonly text: string }>): Promise<string> {
  const { code, text } = await command;
  assert.equal(code, 0, text);
  return text;
}

describe("a clone in a folder whose name means something in a URL", () => {
  it("A clone in a folder whose name means something in a URL has a state and an emulator of its own, and leaves those of the folder that the URL would name", async () => {
    const [neighbour, clone] = [new Clone("My Repo"), new Clone("My%20Repo")];
    await well(neighbour.up());
    const filesOf = ({ state, emulatorJournal }: Clone) =>
      [state.path, emulatorJournal].map((file) => readFileSync(file, "hex"));
    const before = filesOf(neighbour);
    assert.match(
      await well(clone.up()),
      /there is a stack 'local' there\. If that one was deployed from here, stop now/,
    );
    assert.deepEqual([neighbour.resources, clone.resources], [["sales"], ["sales"]]);
    assert.doesNotMatch(await well(clone.destroy()), /there is a stack 'local' there/);
    assert.deepEqual(clone.resources, []);
    assert.deepEqual(filesOf(neighbour), before);

    const plain = await clone.pulumi("preview", "--stack", "local");
    assert.notEqual(plain.code, 0);
    assert.match(plain.text, /would be in .*My Repo\/\.fabric\/state instead of .*My%20Repo\/\.fabric\/state/);
    assert.deepEqual(filesOf(neighbour), before);
  });

  it("A clone in a folder whose name means something in a URL deploys, rolls back and destroys, also when the name is a pattern and no valid URL", async () => {
    mkdirSync(join(root, "a"));
    const clone = new Clone("a#b?[c]{d,e}*!(f) 100%\\");
    await well(clone.up());
    clone.configure([
      { name: "sales", capacity: "local", description: "new" },
      { name: "more", capacity: "nowhere" },
    ]);
    const failed = await clone.up();
    assert.equal(failed.code, 1, failed.text);
    assert.match(failed.text, /fully rolled back/);
    assert.deepEqual(clone.resources, ["sales"]);
    await well(clone.destroy());
    assert.deepEqual(clone.resources, []);
    assert.equal(existsSync(join(root, "a", ".pulumi")), false);
  });
});
