import { existsSync } from "node:fs";
import { closestName } from "../../lib/config/closestName.ts";
import { assertNoSecrets, assertNotSecret } from "../../lib/config/secrets.ts";
import { ownKeys, stackConfigValues } from "../../lib/config/text.ts";
import { readYamlFile } from "../../lib/config/yamlFile.ts";
import { referenceOf, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { readProjectFile, stackFileOf } from "./projectFile.ts";

/** The project's own values of a stack's configuration, by key without the namespace, as the program is given them. */
export type Configured = Readonly<Record<string, unknown>>;

/** There is no stack of that name. */
export class NoStackError extends Error {
  override readonly name = "NoStackError";
}

/** Pulumi does not tell the configuration: its backend is not reached, or wants a sign-in. */
export class UntoldConfigurationError extends Error {
  override readonly name = "UntoldConfigurationError";
}

/** One value of `pulumi config --json`: lists and objects as JSON, as the program is given them. */
interface Answered {
  readonly value?: string;
  readonly secret: boolean;
}

/**
 * The configuration of a stack: what Pulumi itself says it is, from the stack's file, Pulumi.yaml, `--config-file`,
 * `stackConfigDir` and environments together. It takes a third of a second, and answers whether there is such a stack.
 * @throws NoStackError if there is none
 * @throws StackConfigError if one of the project's keys is a secret
 * @throws Error naming file and line of what is no YAML
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

/** Saves what `--config` of a command line says, as the CLI would in a moment: the commands decide by it as well. */
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

/** What a command line sets. */
export interface ConfigOptions {
  /** `KEY=VALUE` of each `--config`. */
  readonly values: readonly string[];
  /** `--config-path`: keys are paths. */
  readonly isPath: boolean;
}

/** What to say of a stack that does not exist: what was perhaps meant, and how to make it. */
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

/** @throws Error naming file and line, if one of the files that a configuration comes from is no YAML */
function assertYaml({ projectRoot, stack, env }: StackAccess): void {
  readProjectFile(projectRoot);
  const file = stackFileOf(projectRoot, stack, env);
  if (existsSync(file)) readYamlFile(file);
}

/** What the stack's file has, to say where a secret stands. */
function valuesInFile({ projectRoot, stack, env }: StackAccess): Record<string, unknown> {
  const file = stackFileOf(projectRoot, stack, env);
  const content = (existsSync(file) ? readYamlFile(file) : undefined) as
    { config?: Record<string, unknown> } | undefined;
  return ownKeys(content?.config ?? {});
}
