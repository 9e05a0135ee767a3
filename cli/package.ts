import { mkdirSync, readFileSync, rmSync, writeFileSync, globSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { compilerOptions } from "./docs/compilerOptions.ts";

/* `npm pack` begins with this: builds dist/, the JavaScript and the types of the package. */

const projectRoot = resolve(import.meta.dirname, "..");
const out = join(projectRoot, "dist");

/** How people call the commands of the package. Without the option, npx would run any package of that name that a registry has. */
const COMMAND = "npx --no-install fabric-environments";

/** Where the package lies in a program that has it. */
const INSTALLED = "node_modules/fabric-environments";

/** What programs import, commands run, and the provider process loads; everything else follows from their imports. */
const ENTRIES = [
  "package/index.ts",
  "providers/registry.ts",
  "index.ts",
  ...["clock", "featureFlags", "secretManager", "retryHandler", "circuitBreaker"].map((name) => `lib/${name}.ts`),
  ...["deploymentTransaction", "telemetryLogger"].map((name) => `lib/${name}.ts`),
  ...["up", "pulumiCommand", "rollback", "report", "history", "import", "secret"].map((name) => `cli/${name}.ts`),
  "emulator/server.ts",
];

/** Files that are loaded by their paths, and not compiled. */
const FILES = [
  "cli/*.mjs",
  "cli/setup/*.mjs",
  "cli/languageHost/*",
  "cli/engine/go.*",
  "cli/report/page/*",
  "emulator/portal/page/*.{html,css,mjs}",
  "lib/page/*.css",
];

/** Modules whose types the package shows; those that they refer to follow. */
const SHOWN = ENTRIES.filter((file) => /^(package|lib)\//.test(file));

const removeBuild = () => rmSync(out, { recursive: true, force: true });

removeBuild();
try {
  build();
} catch (error) {
  // npm runs nothing after a part that failed
  removeBuild();
  throw error;
}

function build(): void {
  for (const file of globSync(FILES, { cwd: projectRoot })) {
    const text = readFileSync(join(projectRoot, file), "utf8");
    write(file, file.endsWith(".mjs") ? inPackage(text) : text);
  }
  const own = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as Record<string, string>;
  const { name, version } = own;
  write("package.json", `${JSON.stringify({ name, version, type: "module" }, null, 2)}\n`);
  writeCode();
  writeTypes();
}

/** The compiler for some files, with the options of the project. Tests check the types of all of them. */
function compiler(files: readonly string[], own: ts.CompilerOptions): ts.Program {
  const options = compilerOptions(projectRoot);
  const roots = files.map((file) => join(projectRoot, file));
  return ts.createProgram(roots, { ...options, noEmit: false, outDir: out, rootDir: projectRoot, ...own });
}

function writeCode(): void {
  const program = compiler(ENTRIES, { noCheck: true, rewriteRelativeImportExtensions: true });
  refuse(program.emit(undefined, (path, text) => write(relative(out, path), inPackage(text))).diagnostics);
}

/** Writes the types of the shown modules, and of those that their types refer to. */
function writeTypes(): void {
  const program = compiler(SHOWN, { declaration: true, emitDeclarationOnly: true });
  const written = new Set<string>();
  const emit = (file: string): void => {
    if (written.has(file)) return;
    written.add(file);
    const source = program.getSourceFile(join(projectRoot, file));
    const texts: string[] = [];
    const { diagnostics } = program.emit(source, (path, text) => {
      texts.push(text);
      write(relative(out, path), inPackage(text, true));
    });
    refuse(diagnostics);
    for (const [, path = ""] of texts.join().matchAll(/(?:from|import\() ?"(\.[^"]+\.ts)"/g))
      emit(join(dirname(file), path));
  };
  SHOWN.forEach(emit);
}

function refuse(diagnostics: readonly ts.Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  throw new Error(
    ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (file) => file,
      getCurrentDirectory: () => projectRoot,
      getNewLine: () => "\n",
    }),
  );
}

/** The text of a file as it stands in the package: with the names of built files, of installed pages, and of the package's own command. */
function inPackage(text: string, isTypes = false): string {
  return (
    text
      // the compiler rewrites imports, and neither `require` nor the imports of declarations
      .replaceAll(/(["'])(\.{1,2}\/[\w./-]+)\.ts\1/g, "$1$2.js$1")
      // a default import of a CommonJS module needs an option of the reader's compiler
      .replaceAll(/^import (\w+) from "@pulumi\//gm, isTypes ? 'import * as $1 from "@pulumi/' : "$&")
      // npm's own -- goes, because npx needs none
      .replaceAll(
        /npm run (?:--silent )?(up|rollback|preview|refresh|destroy|import|report|history|secret|emulator|\$\{[\w.]+\})(?!\w)( --(?= ))?/g,
        `${COMMAND} $1`,
      )
      // help and messages name pages: they lie in the package, and commands run in the folder of the program
      .replaceAll(/(?<![\w./-])docs\/[\w-]+\.md/g, `${INSTALLED}/$&`)
  );
}

function write(file: string, text: string): void {
  const path = join(out, file);
  mkdirSync(dirname(path), { recursive: true });
  // npm makes the package's command executable, and other tools take files as they are
  writeFileSync(path, text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
}
