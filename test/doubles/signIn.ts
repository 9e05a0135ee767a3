// Signs in like the deployment does, in a process of its own: Azure's library reads process.env, and keeps state in it.
import { inspect } from "node:util";
import { chooseCredential } from "../../lib/signIn/credentials.ts";
import { credentialSetting } from "../../lib/signIn/credentialKind.ts";
import { FabricClient } from "../../lib/api/fabricClient.ts";
import { SecretManager } from "../../lib/secretManager.ts";

const result: Record<string, unknown> = {};
try {
  const tokens = await chooseCredential({
    env: process.env,
    secrets: new SecretManager({ dotenvPath: "/nowhere" }),
    endpointIsEmulator: false,
    kind: credentialSetting(process.argv[2] ?? "auto"),
  });
  result["name"] = tokens.name;
  const get = (options?: { refresh: boolean }) => tokens.token(FabricClient.scope, options);
  const first = new Set(await Promise.all([get(), get(), get()]));
  first.add(await get());
  result["tokens"] = [...first, await get({ refresh: true })];
} catch (error) {
  result["message"] = (error as Error).message;
  result["error"] = inspect(error, { depth: Infinity, showHidden: true });
}
console.log(JSON.stringify(result));
