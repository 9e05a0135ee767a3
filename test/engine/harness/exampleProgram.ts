import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ForeignProgram } from "./foreignProgram.ts";
import { PackedPackage } from "./packedPackage.ts";

/* The example of a program of somebody else's, with the package as npm packs it. */

/** The program's source. */
export const example = readFileSync(resolve(import.meta.dirname, "../../../examples/ownProgram/index.ts"), "utf8");

/** Fields that the example's objects have in the emulator. */
export const DEPLOYED = [
  "Lakehouse bronze: ",
  "Lakehouse gold: ",
  "Workspace raw-test: Raw data",
  "Workspace sales-test: Models on bronze through lake",
];

/** The packed package, and the example with it in a folder of its own. */
export async function startExample(): Promise<{ readonly packed: PackedPackage; readonly program: ForeignProgram }> {
  const packed = await PackedPackage.make();
  const program = await ForeignProgram.start();
  await packed.unpackInto(program.folder);
  program.write("index.ts", example);
  program.configure();
  const { code, text } = await program.run("pulumi", ["stack", "init", "test", "--non-interactive"]);
  assert.equal(code, 0, text);
  return { packed, program };
}

/** Deploys the example as it is. */
export async function deployExample(program: ForeignProgram): Promise<void> {
  program.write("index.ts", example);
  const { code, text } = await program.command("up", ["--yes"]);
  assert.equal(code, 0, text);
  assert.deepEqual(program.objects(), DEPLOYED);
}
