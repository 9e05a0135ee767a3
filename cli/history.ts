import { openLogStore } from "../lib/logStore/openLogStore.ts";
import type { StackAccess } from "../lib/checkpoint/exportCheckpoint.ts";
import { deploymentsOf } from "./history/deployments.ts";
import { LISTED, historyTable } from "./history/table.ts";
import { noteResult } from "./commandLine/commandOutput.ts";
import { ownOptions } from "../lib/project/ownOptions.ts";
import { openedStack } from "./stack/openStack.ts";
import { runStackCommand } from "./commandLine/stackCommand.ts";
import { transactionsOf } from "./transaction/transactionsOf.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";

/* `npm run history -- --stack S`: the deployments of a stack. */

const usage = `Usage: npm run history -- --stack S [--limit N] [--json]

Lists the deployments of a stack, newest first: when, who, from which commit, how they ended, how long they took, what they
changed. Ended deployments are chained by hash, so that a log that was changed or removed afterwards shows.

--limit N      how many [${LISTED}]
--json         all of them as JSON (docs/history.md)
--output json  the same with the exit code in it (docs/outputs.md)

Exit codes: 0 no log was changed after its end; 1 one was changed or removed.
${WRONG_CALL}`;

async function history(named: StackAccess, args: readonly string[]): Promise<number> {
  const { values } = ownOptions("history", {
    args: [...args],
    options: { json: { type: "boolean" }, limit: { type: "string" } },
  });
  const limit = Number(values.limit ?? LISTED);
  if (!Number.isInteger(limit) || limit < 1) throw new Error(`--limit takes a whole number, not '${values.limit}'.`);
  const { access, settings } = await openedStack(named);
  const { stack, env } = access;
  const store = await openLogStore(settings.transactionLog, { stack, env });
  const found = await deploymentsOf(transactionsOf(access, store));
  noteResult({ ...found });
  console.log(values.json ? JSON.stringify(found, null, 2) : historyTable(found, limit));
  return found.problems.length > 0 ? 1 : 0;
}

await runStackCommand({ name: "history", usage, hasJson: true, isOffline: true, run: history });
