import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { ChildProcess } from "node:child_process";

const project = resolve(import.meta.dirname, "../../..");
const goMod = readFileSync(join(project, "cli/engine/go.mod"), "utf8");

/** The version of the Pulumi CLI that the project pins. */
export const pinned = /pulumi\/pkg\/v3 v(\S+)/.exec(goMod)?.[1] ?? "";

/** Writes a CLI that only knows its version. */
const pulumiScript = (version: string) => `#!/bin/sh\necho v${version}\n`;

/** Scripts that stand for the tools of the set-up. Each notes its call in the machine's log. */
const tools = {
  npm: `case "$1" in
    ci) mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json ;;
    install) mkdir -p "$3/node_modules/node/bin"; ln -s "$REAL_NODE" "$3/node_modules/node/bin/node" ;;
  esac`,
  unreachableCurl: `echo "curl: (6) Could not resolve host" >&2; exit 6`,
  /** Downloads an installer which is given `--no-edit-path --install-root FOLDER --version V`. */
  curl: `while [ "$1" != --output ]; do shift; done
    cat > "$2" <<'INSTALLER'
    mkdir "$3/bin"
    for name in pulumi pulumi-language-nodejs; do
      printf '#!/bin/sh\\necho v%s\\n' "$5" > "$3/bin/$name"; chmod +x "$3/bin/$name"
    done
INSTALLER`,
  go: `while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho v%s\\n' "$PINNED" > "$2"; sleep "\${GO_SECONDS:-0}"; chmod +x "$2"`,
} as const;

/** How a run of the set-up went. */
export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the set-up that has not ended. */
export interface Started {
  readonly child: ChildProcess;
  /** Ends when the text has appeared on stdout or stderr. */
  readonly says: (text: string) => Promise<void>;
  readonly ended: Promise<Run>;
}

/**
 * A machine with nothing but a shell and Node on PATH, an empty cache folder, and a clone of the project whose set-up is
 * the real one. Tools are added one by one.
 */
export class BareMachine implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "fabric-setup-"));
  readonly bin = join(this.root, "bin");
  readonly clone = join(this.root, "clone");
  readonly cache = join(this.root, "cache", "fabric-environments");
  readonly vendor = join(this.root, "vendor");
  /** Where the CLI is, once it was installed or built by the set-up. */
  readonly cachedCli = join(this.cache, `pulumi-${pinned}`, "bin");

  constructor() {
    mkdirSync(this.bin);
    for (const name of ["sh", "cat", "chmod", "cp", "ln", "mkdir", "sleep", "dirname"]) {
      const folder = ["/bin", "/usr/bin"].find((candidate) => existsSync(join(candidate, name))) ?? "/bin";
      symlinkSync(join(folder, name), join(this.bin, name));
    }
    symlinkSync(process.execPath, join(this.bin, "node"));
    for (const path of ["cli/setup.mjs", "cli/setup", "cli/languageHost", "cli/engine/go.mod"]) {
      cpSync(join(project, path), join(this.clone, path), { recursive: true });
    }
    this.lockFile("1.0.0");
    this.tool("npm", tools.npm);
    this.tool("curl", tools.unreachableCurl);
  }

  /** Lets the vendor's download site be reachable. */
  connect(): void {
    this.tool("curl", tools.curl);
  }

  /** Installs a Go that "builds" the CLI. */
  installGo(): void {
    this.tool("go", tools.go);
  }

  /** Puts a CLI of that version in a folder, with its language host unless told otherwise. */
  installCli(folder: string, version = pinned, { host = true } = {}): void {
    mkdirSync(folder, { recursive: true });
    for (const name of ["pulumi", ...(host ? ["pulumi-language-nodejs"] : [])]) {
      writeFileSync(join(folder, name), pulumiScript(version), { mode: 0o755 });
    }
  }

  /** Writes the clone's lock file: one package of that version. */
  lockFile(version: string): void {
    const packages = { "": { name: "clone" }, "node_modules/a": { version } };
    writeFileSync(join(this.clone, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages }));
  }

  /** Lets the clone want one package of that version. */
  dependOn(version: string): void {
    this.file("package.json", JSON.stringify({ dependencies: { a: version } }));
  }

  /** Puts a package into a folder. */
  packageAt(folder: string, version: string): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ version }));
  }

  /** Writes a file of the clone; answers its path in it. */
  file(path: string, content: string): string {
    mkdirSync(dirname(join(this.clone, path)), { recursive: true });
    writeFileSync(join(this.clone, path), content);
    return path;
  }

  /** The calls of npm, curl and go so far: the tool and its first argument. */
  get calls(): readonly string[] {
    const log = join(this.root, "log");
    return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  }

  /** Starts the set-up; `nodeVersion` is what Node says it is. */
  start(
    args: readonly string[] = [],
    { env = {}, nodeVersion = "" }: { env?: NodeJS.ProcessEnv; nodeVersion?: string } = {},
  ): Started {
    const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${nodeVersion}" } })`;
    const options = nodeVersion === "" ? [] : ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`];
    const child = spawn(process.execPath, [...options, "cli/setup.mjs", ...args], {
      cwd: this.clone,
      env: {
        PATH: this.bin,
        HOME: this.root,
        XDG_CACHE_HOME: join(this.root, "cache"),
        PULUMI_HOME: this.vendor,
        LOG: join(this.root, "log"),
        PINNED: pinned,
        REAL_NODE: process.execPath,
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = once(child, "close").then((end): Run => {
      const [code, signal] = end as [number | null, NodeJS.Signals | null];
      return { code, signal, stdout, stderr };
    });
    const says = async (text: string) => {
      while (!(stdout + stderr).includes(text)) {
        if (child.exitCode !== null) throw new Error(`The set-up ended without "${text}":\n${stdout}${stderr}`);
        await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), ended]);
      }
    };
    return { child, says, ended };
  }

  /** Runs the set-up to its end. */
  async run(...args: Parameters<BareMachine["start"]>): Promise<Run> {
    return this.start(...args).ended;
  }

  /** Runs the set-up, which must succeed; answers the folder of the CLI it chose. */
  async chosenCli(options?: Parameters<BareMachine["start"]>[1]): Promise<string | undefined> {
    const { code, stderr } = await this.run([], options);
    if (code !== 0) throw new Error(stderr);
    return /Pulumi CLI in (.*)\.$/m.exec(stderr)?.[1];
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  private tool(name: string, script: string): void {
    const path = join(this.bin, name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $1" >> "$LOG"\n${script}\n`);
    chmodSync(path, 0o755);
  }
}
