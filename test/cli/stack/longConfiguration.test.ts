import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, it } from "node:test";
import { assertStartable, configurationBytes } from "../../../cli/stack/longConfiguration.ts";
import { stackSettings } from "../../../cli/stack/stackSettings.ts";

/** A folder with a CLI: the vendor's, or one with this project's language host. */
class Cli implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "cli-"));

  constructor(...files: readonly string[]) {
    for (const name of files) writeFileSync(join(this.folder, name), "", { mode: 0o755 });
  }

  [Symbol.dispose]() {
    rmSync(this.folder, { recursive: true });
  }
}

const vendors = ["pulumi", "pulumi-language-nodejs"];
const isLinux = process.platform === "linux";
/** Twice what Linux takes with pages of 4 KiB, and with pages of 64 KiB. */
const tooLong = 4 * 1024 * 1024;

describe("a configuration that is too long for an environment variable", () => {
  it(
    "A long configuration is refused with the vendor's CLI, with its bytes, the limit and what to do",
    { skip: !isLinux },
    () => {
      using cli = new Cli(...vendors);
      assert.throws(() => assertStartable("dev", tooLong, { PATH: cli.folder }), {
        message:
          "The configuration of stack 'dev' is too long for the language host of the Pulumi CLI, so nothing was done. The host hands " +
          "it to the program in one environment variable of 4,194,304 bytes; Linux takes 131,072 bytes. Move workspaces into " +
          "files of their own, and let an entry of fabric:workspaces name these: - from: workspaces/*.yaml " +
          "(docs/scale.md#workspaces-in-files).",
      });
    },
  );

  it("A long configuration is taken with this project's language host, also behind a link and beside the CLI only", () => {
    using own = new Cli(...vendors, "languageHost.cjs");
    using vendor = new Cli(...vendors);
    using linked = new Cli();
    symlinkSync(join(own.folder, "pulumi"), join(linked.folder, "pulumi"));
    assertStartable("dev", tooLong, { PATH: [own.folder, vendor.folder].join(delimiter) });
    assertStartable("dev", tooLong, { PATH: linked.folder });
  });

  it("A configuration is refused from the first byte on that the system does not take", { skip: !isLinux }, () => {
    using cli = new Cli(...vendors);
    const isRefused = (bytes: number) => {
      try {
        assertStartable("dev", bytes, { PATH: cli.folder });
        return false;
      } catch {
        return true;
      }
    };
    // 32 pages, which are of 4, 16 or 64 KiB
    const limit = [4, 16, 64].map((pages) => pages * 1024 * 32).find((bytes) => isRefused(bytes + 1));
    assert.ok(limit !== undefined);
    assert.equal(isRefused(limit), false);
  });

  it("The bytes are those of the variable that the vendor's host makes", () => {
    const config = { endpoint: "emulator", workspaces: [{ name: "münchen" }] };
    const text = String.raw`PULUMI_CONFIG={"fabric:endpoint":"emulator","fabric:workspaces":"[{\"name\":\"münchen\"}]"}`;
    assert.equal(configurationBytes(config), Buffer.byteLength(text) + 1);
  });

  it("Workspaces in files do not count, because only their paths are handed on", () => {
    const settings = stackSettings({ workspaces: [{ from: "no/*.yaml" }] }, "/project", {});
    assert.ok(settings.configurationBytes < 100);
  });
});
