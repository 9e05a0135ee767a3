import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { copyOfProject } from "../../projectCopy.ts";

const run = promisify(execFile);
const project = resolve(import.meta.dirname, "../../..");

/** The package as `npm pack` makes it from the project as it is now. */
export class PackedPackage implements Disposable {
  readonly #folder: string;
  /** Path of the archive. */
  readonly archive: string;
  /** Paths of its files, from the package's folder. */
  readonly files: readonly string[];

  private constructor(folder: string, archive: string, files: readonly string[]) {
    this.#folder = folder;
    this.archive = archive;
    this.files = files;
  }

  static async make(): Promise<PackedPackage> {
    const folder = mkdtempSync(join(tmpdir(), "fabric-package-"));
    // the build writes into the folder that is packed, and other tests pack at the same time
    const copy = copyOfProject("fabric-packed-");
    await run("npm", ["pack", "--pack-destination", folder], { cwd: copy }).finally(() =>
      rmSync(copy, { recursive: true, force: true }),
    );
    const archive = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "");
    const { stdout } = await run("tar", ["-tzf", archive]);
    return new PackedPackage(
      folder,
      archive,
      stdout
        .split("\n")
        .filter(Boolean)
        .map((path) => path.replace(/^package\//, "")),
    );
  }

  /** Installs it as npm would, with what it depends on taken from the project. */
  async unpackInto(folder: string): Promise<void> {
    const packages = join(folder, "node_modules");
    const own = join(packages, "fabric-environments");
    mkdirSync(own, { recursive: true });
    for (const name of readdirSync(join(project, "node_modules")))
      if (!name.startsWith(".") && name !== "fabric-environments")
        symlinkSync(join(project, "node_modules", name), join(packages, name));
    await run("tar", ["-xzf", this.archive, "-C", own, "--strip-components=1"]);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
