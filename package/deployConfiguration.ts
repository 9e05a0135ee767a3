/**
 * Declares what the stack's configuration says (`fabric:workspaces`, `fabric:connections`, …), as a clone of the project does:
 * `export = () => deployConfiguration()`. A program that does so declares nothing of Fabric by itself.
 * @returns the stack's outputs
 */
export async function deployConfiguration(): Promise<object> {
  // the program of the clone, which other programs never load
  const { default: deploy } = await import("../index.ts");
  return deploy();
}
