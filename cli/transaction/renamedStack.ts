import { checkpointHash, deployedAs, renamedCheckpoint } from "../../lib/checkpoint/checkpoint.ts";
import { exportCheckpoint, runCli } from "../../lib/checkpoint/exportCheckpoint.ts";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { StackAccess } from "../../lib/checkpoint/exportCheckpoint.ts";
import { hasEnded } from "../../lib/transactions/entry.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";

/**
 * Takes over the transactions of a stack's former name, after `pulumi stack rename`. The state holds the name of the last
 * deployment, and no stack has that name any more.
 * @returns the present checkpoint
 */
export async function takeOverRenamed(
  access: StackAccess & { readonly transactions: StackTransactions; readonly say: (line: string) => void },
): Promise<Checkpoint> {
  const { projectRoot, stack, env, transactions, say } = access;
  const current = await exportCheckpoint(access);
  const former = deployedAs(current);
  if (former === undefined || former === stack) return current;
  const { printed, code } = await runCli(["stack", "ls", "--json"], { cwd: projectRoot, env });
  const names = code === 0 ? (JSON.parse(printed) as { name: string }[]) : [];
  if (code !== 0 || names.some(({ name }) => name.split("/").at(-1) === former)) return current;
  const isNews = await transactions.takeOver(former);
  if (!isNews) return current;
  say(`Stack '${stack}' was '${former}' before: its transactions are gone on with.`);
  const before = checkpointHash(renamedCheckpoint(current, stack, former));
  for (const log of await transactions.logs()) {
    const id = log[0]?.transactionId ?? "";
    // nothing but the name has changed since that run
    if (!hasEnded(log) && (await transactions.stateHash(id)) === before)
      await transactions.noteStateHash(id, checkpointHash(current));
  }
  return current;
}
