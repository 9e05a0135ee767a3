import { existsSync } from "node:fs";
import { closestName } from "../../lib/config/closestName.ts";
import { assertNoSecrets, assertNotSecret } from "../../lib/config/secrets.ts";
import { ownKeys, stackConfigValues } from "../../lib/config/text.ts";
import { readYamlFile } from "../../lib/config/yamlFile.ts";
import { referenceOf, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { readProjectFile, stackFileOf } from "../../lib/project/projectFile.ts";

/** The project's own values of a stack's configuration, by key without the namespace, as the program receives them. */
export type Configured = Readonly<Record<string, unknown>>;

/** There is no stack of that name. */
export class NoStackError extends Error {
  override readonly name = "NoStackError";
}

/** Pulumi cannot read the configuration: its backend is out of reach, or requires a sign-in. */
export class UntoldConfigurationError extends Error {
  override readonly name = "UntoldConfigurationError";
}

/** One value of `pulumi config --json`: lists and objects are JSON, as the program receives them. */
interface Answered {
  readonly value?: string;
  readonly secret: boolean;
}

/**
 * The configuration of a stack as Pulumi itself computes it, from the stack's file, Pulumi.yaml, `--config-file`,
 * `stackConfigDir` and environments. The call takes a third of a second, and shows whether the stack exists.
 * @throws NoStackError if the stack does not exist
 * @throws StackConfigError if one of the project's keys is a secret
 * @throws Error that names file and line of invalid YAML
 */
export async function readConfiguration(access: StackAccess): Promise<Configured> {
  const { projectRoot, stack, env } = access;
  const args = ["config", "--json", "--open", "--stack", referenceOf(access), "--color=never"];
  const { printed, complaints, code } = await runCli(args, { cwd: projectRoot, env });
  if (code !== 0) {
    if (/no stack named/.test(complaints)) throw new NoStackError(await noStack(access));
    assertYaml(access);
    throw new UntoldConfigurationError(
      `Stack '${stack}' could not be selected or made, so nothing was done. Pulumi says: ${complaints.trim()}`,
    );
  }
  const answered = ownKeys(JSON.parse(printed) as Record<string, Answered>);
  const secretKeys = Object.keys(answered).filter((key) => answered[key]?.secret);
  const texts = Object.entries(answered).map(([key, { value = "" }]) => [`fabric:${key}`, value]);
  const values = stackConfigValues(Object.fromEntries(texts) as Record<string, string>);
  if (secretKeys.length > 0) {
    const inFile = valuesInFile(access);
    assertNoSecrets(stack, Object.fromEntries(secretKeys.map((key) => [key, inFile[key]])));
    assertNotSecret({ stack, secretKeys, values, inFile });
  }
  return values;
}

/** Saves the values of `--config`. The CLI would do so a moment later, but the commands' decisions depend on the values too. */
export async function saveConfiguration(access: StackAccess, { values, isPath }: ConfigOptions): Promise<void> {
  if (values.length === 0) return;
  const plain = values.flatMap((value) => ["--plaintext", value]);
  const args = ["config", "set-all", "--stack", referenceOf(access), ...(isPath ? ["--path"] : []), ...plain];
  const { complaints, code } = await runCli(args, { cwd: access.projectRoot, env: access.env });
  if (code === 0) return;
  if (/no stack named/.test(complaints)) throw new NoStackError(await noStack(access));
  assertYaml(access);
  throw new Error(`--config could not be saved. Pulumi says: ${complaints.trim()}`);
}

/** The configuration that a command line sets. */
export interface ConfigOptions {
  /** `KEY=VALUE` of each `--config`. */
  readonly values: readonly string[];
  /** `--config-path`: keys are paths. */
  readonly isPath: boolean;
}

/** Message about a stack that does not exist: similar names, and how to make the stack. */
async function noStack(access: StackAccess): Promise<string> {
  const { projectRoot, stack, env } = access;
  const { printed, code } = await runCli(["stack", "ls", "--json"], { cwd: projectRoot, env });
  const names = code === 0 ? (JSON.parse(printed) as { name: string }[]).map(({ name }) => name) : [];
  const close = closestName(stack, names);
  const others = names.length > 0 ? ` There ${names.length === 1 ? "is" : "are"}: ${names.join(", ")}.` : "";
  const path = stackFileOf(projectRoot, stack, env);
  const file = existsSync(path) ? "" : `, and ${path} does not exist`;
  return (
    `There is no stack '${stack}'${file}, so nothing was done.${close ? ` Did you mean '${close}'?` : others} To make it, write its ` +
    `configuration into ${path} and run npm run up -- --stack ${referenceOf(access)}, or run ` +
    `pulumi stack init ${referenceOf(access)}.`
  );
}

/** @throws Error that names file and line, if a file of the configuration is not valid YAML */
function assertYaml({ projectRoot, stack, env }: StackAccess): void {
  readProjectFile(projectRoot);
  const file = stackFileOf(projectRoot, stack, env);
  if (existsSync(file)) readYamlFile(file);
}

/** The values in the stack's file, to find the line of a secret. */
function valuesInFile({ projectRoot, stack, env }: StackAccess): Record<string, unknown> {
  const file = stackFileOf(projectRoot, stack, env);
  const content = (existsSync(file) ? readYamlFile(file) : undefined) as
    { config?: Record<string, unknown> } | undefined;
  return ownKeys(content?.config ?? {});
}
