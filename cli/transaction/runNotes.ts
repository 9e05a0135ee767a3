import { noteRun } from "../../lib/transactions/runs.ts";
import type { LogStore } from "../../lib/logStore/logStore.ts";
import type { StackTransactions } from "../../lib/transactions/stackTransactions.ts";
import { isJsonOutput, noteResult } from "../commandLine/commandOutput.ts";
import { askedBy } from "./askedBy.ts";
import type { Leftover } from "./leftovers.ts";
import { messageOf } from "../../lib/api/messageOf.ts";

/** A run of this length is worth a report although it worked, in ms. */
const LONG_RUN_MS = 60_000;

/** A deployment as the result of a command. */
async function deploymentResult(store: LogStore, transactionId: string): Promise<Readonly<Record<string, unknown>>> {
  const [{ readSource }, { reportOf }] = await Promise.all([
    import("../report/source.ts"),
    import("../report/model.ts"),
  ]);
  const { outcome, counts, durationMs, failure, leftovers } = reportOf(await readSource(store, transactionId));
  return { transactionId, outcome, counts, durationMs, ...(failure && { failure }), leftovers };
}

/** Notes about one run of a command, beside its transaction's log; and the report of what was no short success. */
export class RunNotes {
  readonly #transactions: StackTransactions;
  readonly #transactionId: string;
  readonly #projectRoot: string;
  readonly #begin = performance.now();
  readonly #asked: Promise<void>;
  #leftovers: readonly Leftover[] = [];

  /** Begins to note who asks for the command; nobody waits for that. */
  constructor(transactions: StackTransactions, transactionId: string, command: string, projectRoot: string) {
    this.#transactions = transactions;
    this.#transactionId = transactionId;
    this.#projectRoot = projectRoot;
    this.#asked = askedBy(command, projectRoot).then((asked) => noteRun(transactions.store, transactionId, asked));
  }

  /** Keeps what has to be done by hand. */
  left(leftovers: readonly Leftover[]): void {
    this.#leftovers = leftovers;
  }

  /** Notes the end, lets the history go on, and says where the report lies if something failed or the run was long. Never throws. */
  async ended(code: number): Promise<void> {
    await this.#asked;
    const at = new Date().toISOString();
    const { store } = this.#transactions;
    await noteRun(store, this.#transactionId, { kind: "ended", at, code, leftovers: [...this.#leftovers] });
    await this.#transactions.seal();
    if (isJsonOutput()) {
      const result = deploymentResult(store, this.#transactionId);
      noteResult(await result.catch((error: unknown) => ({ error: messageOf(error) })));
    }
    if (code === 0 && performance.now() - this.#begin < LONG_RUN_MS) return;
    try {
      const { writeReport } = await import("../report/writeReport.ts");
      const path = await writeReport(store, this.#transactionId, this.#projectRoot);
      if (path === undefined) return;
      console.error(`Report: ${path}`);
      noteResult({ report: path });
    } catch (error) {
      console.error(`The report could not be written: ${messageOf(error)}`);
    }
  }
}
