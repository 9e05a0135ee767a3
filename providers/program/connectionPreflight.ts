import { connectionTypesOf, typeProblems } from "../kinds/connection/connectionTypes.ts";
import type { TypedConnection } from "../kinds/connection/connectionTypes.ts";
import { secretNamesOf } from "../kinds/connection/credentials.ts";
import type { Run } from "../run/run.ts";

/** A connection that an up would make, as it is declared. */
export type NewConnection = Readonly<Record<string, unknown>>;

/** What an up is certain to fail at while it makes a connection, each as a sentence. A run reads the list of types once. */
export async function connectionProblems(run: Run, declared: NewConnection): Promise<string[]> {
  const { credentials, gatewayId, displayName } = declared;
  const { credentialType } = (credentials ?? {}) as { readonly credentialType?: string };
  const given = { ...declared, credentialType } as unknown as TypedConnection;
  const types = await connectionTypesOf(run, typeof gatewayId === "string" ? gatewayId : undefined);
  const names = secretNamesOf(credentials as Readonly<Record<string, unknown>> | undefined);
  const missing = await Promise.all(names.map(async (name) => ((await run.secret(name)) ? [] : [name])));
  return [
    ...typeProblems(types, given),
    ...missing
      .flat()
      .map((name) => `Secret ${name} is in none of Key Vault (while useKeyVault is on), the environment and .env.`),
  ].map((problem) => `Connection '${String(displayName)}': ${problem}`);
}
