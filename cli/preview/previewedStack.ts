import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pulumi } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { NoStackError } from "../pulumi/configuration.ts";
import { openedStack } from "../pulumi/openStack.ts";
import { CONFIG_FILE, stackFileOf } from "../pulumi/projectFile.ts";

/** A stack that a preview is made of, and what to do after it. */
export interface PreviewedStack extends Disposable {
  readonly access: StackAccess;
}

/**
 * The stack to preview. One that has a file and does not exist yet is made where it is thrown away afterwards, so that the
 * preview shows what an up would make, and makes nothing.
 * @throws NoStackError if it has no file either
 */
export async function stackToPreview(access: StackAccess, args: readonly string[]): Promise<PreviewedStack> {
  const { projectRoot, stack, env } = access;
  const file = stackFileOf(projectRoot, stack, env);
  try {
    const found = await openedStack(access, args);
    return { access: found.access, [Symbol.dispose]: () => undefined };
  } catch (error) {
    if (!(error instanceof NoStackError) || !existsSync(file)) throw error;
  }
  console.error(`Stack '${stack}' does not exist yet: this is what npm run up would make.`);
  const folder = mkdtempSync(join(tmpdir(), "fabric-new-"));
  // a copy, because making a stack may write into its file
  copyFileSync(file, join(folder, "stack.yaml"));
  const own = {
    ...env,
    PULUMI_BACKEND_URL: pathToFileURL(folder).href,
    [CONFIG_FILE]: join(folder, "stack.yaml"),
    ...(env["PULUMI_CONFIG_PASSPHRASE_FILE"] === undefined && {
      PULUMI_CONFIG_PASSPHRASE: env["PULUMI_CONFIG_PASSPHRASE"] ?? "",
    }),
  };
  const made = { projectRoot, stack, env: own };
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await pulumi(["stack", "init", stack, "--no-select"], { cwd: projectRoot, env: own });
  } catch (error) {
    remove();
    throw error;
  }
  return { access: made, [Symbol.dispose]: remove };
}
