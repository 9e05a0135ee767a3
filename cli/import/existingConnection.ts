import { isFabricError, isServiceAnswer } from "../../lib/api/fabricError.ts";
import { sameIgnoringCase } from "../../providers/engine/field.ts";
import { connectionShape } from "../../providers/kinds/connection/connection.ts";
import type { LiveConnection } from "../../providers/kinds/connection/connection.ts";
import type { Run } from "../../providers/run/run.ts";

/** A connection that Git uses, as far as the deploying identity sees it. */
export interface ExistingConnection {
  readonly id: string;
  /** Absent if it could not be read; {@link ExistingConnection.problem} then gives the reason. */
  readonly live?: LiveConnection | undefined;
  readonly problem?: string | undefined;
  /** Ids of other connections with its name. */
  readonly namesakes: readonly string[];
}

/** Reads connections. Changes nothing. A connection that cannot be read stops nothing: its id is enough for Git. */
export const readConnections = (run: Run, ids: readonly string[]): Promise<ExistingConnection[]> =>
  Promise.all(ids.map((id) => readConnection(run, id)));

const UNSEEN = "the deploying identity does not see it. Share it with the identity to declare it";

async function readConnection(run: Run, id: string): Promise<ExistingConnection> {
  try {
    const live = await run.get(`/connections/${id}`, "read a connection that Git uses", connectionShape);
    // a deployment finds connections in the list of all
    const all = await run.listOnce("/connections", "list connections", connectionShape);
    if (!all.some((one) => sameIgnoringCase(one.id, id))) return { id, problem: UNSEEN, namesakes: [] };
    const { displayName } = live;
    const named = displayName === undefined ? [] : all.filter((one) => sameIgnoringCase(one.displayName, displayName));
    return { id, live, namesakes: named.flatMap((one) => (sameIgnoringCase(one.id, id) ? [] : one.id)) };
  } catch (error) {
    if (!isFabricError(error)) throw error;
    const { message } = error;
    const problem = isServiceAnswer(error, 403, 404) ? UNSEEN : `it could not be read: ${message}`;
    return { id, problem, namesakes: [] };
  }
}
