import { existsSync } from "node:fs";
import { referenceOf, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { takeOption } from "../commandLine/commandLine.ts";
import { NoStackError, readConfiguration } from "./configuration.ts";
import type { Configured } from "./configuration.ts";
import { stackFileOf } from "../../lib/project/projectFile.ts";
import { assertSharedForNewStack } from "./unsharedBackend.ts";

/**
 * The configuration of a stack. A stack that does not exist is made if it has a file: a name without a file is misspelled.
 * @param args of the command: `--secrets-provider` names the encryption
 * @throws NoStackError that says how to make the stack
 * @throws Error if the program would refuse the new stack for its backend
 */
export async function configurationOrNewStack(access: StackAccess, args: readonly string[]): Promise<Configured> {
  try {
    return await readConfiguration(access);
  } catch (error) {
    const { projectRoot, stack, env } = access;
    if (!(error instanceof NoStackError) || !existsSync(stackFileOf(projectRoot, stack, env))) throw error;
    assertSharedForNewStack(access, args);
    await makeStack(access, args);
    return readConfiguration(access);
  }
}

/** What to do if nothing says how a new stack encrypts its secrets. */
const encryptionOf = (reference: string): string =>
  `Choose what encrypts the stack's secrets: pulumi stack init ${reference} --secrets-provider ` +
  `azurekeyvault://VAULT.vault.azure.net/keys/KEY, or set PULUMI_CONFIG_PASSPHRASE to a passphrase that you keep. Nothing was done.`;

/**
 * Makes a stack, and says so. An existing stack stays as it is.
 * @throws Error with Pulumi's own words
 */
export async function makeStack(access: StackAccess, args: readonly string[] = []): Promise<void> {
  const { projectRoot, stack, env } = access;
  const provider = takeOption(args, "secrets-provider").values.map((value) => `--secrets-provider=${value}`);
  const create = ["stack", "select", referenceOf(access), "--create", ...provider];
  const { printed, complaints, code } = await runCli(create, { cwd: projectRoot, env });
  if (code !== 0) {
    const help = /passphrase must be set/.test(complaints) ? `\n${encryptionOf(referenceOf(access))}` : "";
    throw new Error(`Stack '${stack}' could not be made. Pulumi says: ${complaints.trim()}${help}`);
  }
  if (/Created stack/.test(printed + complaints)) console.error(`Stack '${stack}' is new: it was made now.`);
}
