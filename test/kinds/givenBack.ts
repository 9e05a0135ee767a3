import { writtenTo } from "../../lib/transactions/written.ts";
import type { ValuesGivenBack } from "../../providers/engine/resourceKind.ts";
import { rollback } from "./faultyCalls.ts";
import { TRANSACTION, kindOf } from "./providerBench.ts";
import type { Bench, Deployed } from "./providerBench.ts";

/**
 * The step of a rollback that looks at what the transaction wrote to an object, and gives it back.
 * @param found the object that the transaction found
 * @param now the same one after the restore, or the one that the rollback has made in its place
 * @param env of the process that does it
 * @returns what the step tells; undefined if the transaction did not write to the object, or the kind gives nothing back
 */
export async function givenBack(
  bench: Bench,
  found: Pick<Deployed, "kind" | "id">,
  now: Pick<Deployed, "id" | "olds">,
  env: NodeJS.ProcessEnv = rollback,
): Promise<ValuesGivenBack | undefined> {
  const kind = kindOf(found.kind);
  const written = writtenTo(await bench.logs().entries(TRANSACTION), kind.name, found.id);
  if (!written) return undefined;
  const run = await bench.run(env, { isPatient: false });
  try {
    return await kind.giveBackValues?.(run, now.id, written, now.olds);
  } finally {
    await run.close();
  }
}
