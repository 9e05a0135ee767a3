import { SecretManager } from "../lib/secretManager.ts";
import { FeatureFlags } from "../lib/featureFlags.ts";
import { vaultNameOf } from "../lib/secrets/secretName.ts";
import { ownOptions } from "../lib/project/ownOptions.ts";
import { stackArguments } from "./commandLine/stackCommand.ts";
import type { StackArguments } from "./commandLine/stackCommand.ts";
import { stackToLookAt } from "./stack/unmadeStack.ts";
import { readSecretValue } from "./secret/secretValue.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";
import { messageOf } from "../lib/api/messageOf.ts";

/* `npm run secret -- get|set NAME [--stack S]`: reads and writes secrets by hand, by the same rules as deployments. */

const usage = `Usage: npm run --silent secret -- get NAME [--stack S]
       npm run secret -- set NAME [--stack S] < FILE

get  prints a secret to standard output and nothing else; where it was found goes to standard error.
set  writes a secret to Key Vault. The value comes from standard input, without its last line end; a terminal asks for it.

--stack S  takes fabric:features and fabric:keyVaultUrl of that stack. Otherwise the environment says whether there is a
           vault, and where: FEATURE_USE_KEY_VAULT=true and KEY_VAULT_URL.

Exit codes: 0 done; 1 there is no such secret, or the vault did not take it.
${WRONG_CALL}`;

/** The request of a command line. */
interface Command {
  readonly verb: "get" | "set";
  readonly name: string;
  readonly stack: StackArguments | undefined;
}

/** @throws Error with the fault of the command line. It never repeats text that may be a secret's value */
function commandOf(args: readonly string[]): Command {
  const stack = stackArguments(args, process.env);
  const { positionals } = ownOptions("secret", { args: [...(stack?.rest ?? args)], allowPositionals: true });
  const [verb, name, ...rest] = positionals;
  if (verb !== "get" && verb !== "set") throw new Error("get or set?");
  if (name === undefined) throw new Error("Which secret?");
  if (rest.length > 0)
    throw new Error(
      "Nothing may follow the name: a value comes from standard input, where no list of processes shows it.",
    );
  return { verb, name, stack };
}

/** Where secrets are looked up. */
interface Sources {
  readonly secrets: SecretManager;
  readonly isVaultOn: boolean;
}

/** @throws Error if the stack does not exist, or its settings for the vault are invalid */
async function sourcesOf(stack: StackArguments | undefined, env: NodeJS.ProcessEnv): Promise<Sources> {
  if (stack === undefined) {
    const flags = FeatureFlags.load({}, env);
    return { secrets: new SecretManager({ flags, env }), isVaultOn: flags.useKeyVault };
  }
  // secrets are set before the first deployment, and without a sign-in to the backend
  using lookedAt = await stackToLookAt(stack.access, undefined, true);
  const { flags, keyVaultUrl } = lookedAt.settings;
  const secrets = new SecretManager({ flags, env: { ...env, KEY_VAULT_URL: keyVaultUrl } });
  return { secrets, isVaultOn: flags.useKeyVault };
}

async function get({ secrets, isVaultOn }: Sources, name: string): Promise<number> {
  const found = await secrets.findSecret(name);
  if (!found) {
    const where = isVaultOn ? "" : " in the environment and .env (Key Vault is off)";
    console.error(`There is no secret ${name}${where}.`);
    return 1;
  }
  console.error(`${name} comes from ${found.source}.`);
  const shown = process.stdout.isTTY ? `${found.value}\n` : found.value;
  await new Promise((written) => process.stdout.write(shown, written));
  return 0;
}

async function set({ secrets }: Sources, name: string): Promise<number> {
  secrets.assertWritable(name);
  const value = await readSecretValue(process.stdin, process.stderr, `Value of ${name} (it is not shown): `);
  if (value === "") throw new Error(`Secret ${name} was not written: standard input holds no value.`);
  try {
    await secrets.setSecret(name, value);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  console.error(
    `${name} was written to Key Vault as ${vaultNameOf(name)}. A running process may take an hour to see it.`,
  );
  return 0;
}

async function run(args: readonly string[]): Promise<number> {
  try {
    const { verb, name, stack } = commandOf(args);
    const sources = await sourcesOf(stack, process.env);
    return await (verb === "get" ? get : set)(sources, name);
  } catch (error) {
    const message = messageOf(error);
    console.error(message.includes("--help") ? message : `${message}\nnpm run secret -- --help says more.`);
    return 2;
  }
}

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(usage);
} else {
  // not by exitCode: an abandoned sign-in would keep the process alive for some seconds
  process.exit(await run(args));
}
