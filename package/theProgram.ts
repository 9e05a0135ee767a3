import { FabricProvider } from "./fabricProvider.ts";
import { programSoFar } from "./program.ts";
import type { Program } from "./program.ts";

/** The program's shared parts. The first resource makes the provider, unless the program has made one. */
export function theProgram(): Program {
  if (programSoFar() === undefined) new FabricProvider();
  return programSoFar() as Program;
}
