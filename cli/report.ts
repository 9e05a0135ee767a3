import { join } from "node:path";
import { openLogStore } from "../lib/logStore/openLogStore.ts";
import type { StackAccess } from "../lib/checkpoint/exportCheckpoint.ts";
import type { StackTransactions } from "../lib/transactions/stackTransactions.ts";
import { isRollbackLog } from "../lib/transactions/transactionFiles.ts";
import { pathOfCaller } from "./commandLine/commandLine.ts";
import { ownOptions } from "../lib/project/ownOptions.ts";
import { openedStack } from "./stack/openStack.ts";
import { runStackCommand } from "./commandLine/stackCommand.ts";
import { reportComment } from "./report/comment.ts";
import { reportOf } from "./report/model.ts";
import { reportPage } from "./report/page.ts";
import { readSource } from "./report/source.ts";
import { reportFolder, writePage } from "./report/writeReport.ts";
import { transactionsOf } from "./transaction/transactionsOf.ts";
import { WRONG_CALL } from "./commandLine/wrongCall.ts";

/* `npm run report -- --stack S`: a deployment as one page of HTML. */

const usage = `Usage: npm run report -- --stack S [--transaction ID] [--out FILE] [--comment FILE]

Writes the last deployment of a stack, or the one that --transaction names, as one page of HTML that needs nothing else: what
was asked, by whom and from which commit; all calls and waits on a timeline; what changed; what has to be done by hand.

--out FILE      where to [.fabric/reports/ID.html]
--comment FILE  also writes a few lines of Markdown, for a comment on a pull request

Exit codes: 0 written; 1 there is no such deployment.
${WRONG_CALL}`;

const OPTIONS = {
  transaction: { type: "string" },
  out: { type: "string" },
  comment: { type: "string" },
} as const;

async function report(named: StackAccess, args: readonly string[]): Promise<number> {
  const { values } = ownOptions("report", { args: [...args], options: OPTIONS });
  const { access, settings } = await openedStack(named);
  const { stack, env, projectRoot } = access;
  const store = await openLogStore(settings.transactionLog, { stack, env });
  const transactionId = values.transaction ?? (await lastOf(transactionsOf(access, store)));
  const source = transactionId === undefined ? undefined : await readSource(store, transactionId);
  if (source === undefined || source.entries.length === 0) {
    const which = values.transaction === undefined ? "no deployment" : `no transaction ${values.transaction}`;
    console.error(`Stack '${stack}' has ${which} in ${store.where}.`);
    return 1;
  }
  const found = reportOf(source);
  const caller = (path: string) => pathOfCaller(path, projectRoot, process.env);
  const out =
    values.out === undefined ? join(reportFolder(projectRoot), `${source.transactionId}.html`) : caller(values.out);
  writePage(out, reportPage(found));
  if (values.comment !== undefined) writePage(caller(values.comment), reportComment(found));
  console.log(out);
  return 0;
}

/** The newest deployment of a stack. The log of a rollback belongs to the deployment that it undoes. */
async function lastOf(transactions: StackTransactions): Promise<string | undefined> {
  const ids = (await transactions.logs()).flatMap(([begin]) => begin?.transactionId ?? []);
  return ids.findLast((id) => !isRollbackLog(id));
}

await runStackCommand({ name: "report", usage, isOffline: true, run: report });
