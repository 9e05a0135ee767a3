import { copyFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pulumi } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { NoStackError, UntoldConfigurationError } from "./configuration.ts";
import { openedStack } from "./openStack.ts";
import { CONFIG_FILE, stackFileOf } from "../../lib/project/projectFile.ts";
import type { OpenedStack } from "./stackSettings.ts";
import { copyProjectFile } from "../pulumi/projectFileCopy.ts";
import { temporaryFolder } from "../pulumi/temporaryFolder.ts";

/** A stack for reading only. */
export interface LookedAtStack extends OpenedStack, Disposable {
  /** Whether the stack has a file and was not made yet. */
  readonly isUnmade: boolean;
}

/**
 * A stack for reading only. A stack that has a file and does not exist yet is made in a throw-away backend, so that Pulumi
 * can read its configuration and preview what an up would make.
 * @param args as for {@link openedStack}
 * @param isOffline treat a stack as missing also if its backend cannot be reached
 * @throws NoStackError if the stack has no file either
 */
export async function stackToLookAt(
  access: StackAccess,
  args: readonly string[] | undefined,
  isOffline = false,
): Promise<LookedAtStack> {
  const { projectRoot, stack, env } = access;
  const file = stackFileOf(projectRoot, stack, env);
  try {
    return { ...(await openedStack(access, args)), isUnmade: false, [Symbol.dispose]: () => undefined };
  } catch (error) {
    const isUntold = isOffline && error instanceof UntoldConfigurationError;
    if (isUntold && !existsSync(file))
      throw new NoStackError(`${error.message}\nIf the name is misspelled: ${file} does not exist.`);
    if (!existsSync(file) || !(isUntold || error instanceof NoStackError)) throw error;
  }
  const folder = temporaryFolder("fabric-new-");
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    // in a copy of the project: making a stack writes the salt of its passphrase into the stack's file, whichever file is named
    const copy = join(folder, `Pulumi.${stack}.yaml`);
    copyProjectFile(projectRoot, folder);
    copyFileSync(file, copy);
    const own: NodeJS.ProcessEnv = { ...env, PULUMI_BACKEND_URL: pathToFileURL(folder).href, [CONFIG_FILE]: copy };
    if (!env["PULUMI_CONFIG_PASSPHRASE_FILE"]) own["PULUMI_CONFIG_PASSPHRASE"] ??= "";
    await pulumi(["stack", "init", stack, "--no-select"], { cwd: folder, env: own });
    const made = await openedStack({ projectRoot, stack, env: own }, args);
    return { ...made, isUnmade: true, [Symbol.dispose]: remove };
  } catch (error) {
    remove();
    throw error;
  }
}
