import { join } from "node:path";
import ts from "typescript";

/** The options of the project's tsconfig.json, for the compiler's own interface. */
export function compilerOptions(projectRoot: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(projectRoot, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, projectRoot).options;
}
