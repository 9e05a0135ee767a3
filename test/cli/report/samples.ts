import type { AttemptRecord } from "../../../lib/transactions/attempts.ts";
import type { Entry, Fact } from "../../../lib/transactions/entry.ts";
import type { ReportSource } from "../../../cli/report/model.ts";

/* Logs for tests of the report. */

const BEGIN = Date.parse("2026-11-28T10:00:00Z");

/** Moment of a test's log. @param seconds after its begin */
export const at = (seconds: number): number => BEGIN + seconds * 1_000;

/** A log of facts. @param facts each with the second of its entry */
export function logOf(facts: readonly (readonly [seconds: number, fact: Fact])[], v: 1 | 2 = 2): Entry[] {
  return facts.map(([seconds, fact], index) => ({
    v,
    transactionId: "dev-20261128T100000Z-aaaa",
    seq: index + 1,
    pid: 1,
    at: new Date(at(seconds)).toISOString(),
    ...fact,
  }));
}

export const WORKSPACE = "11111111-2222-4333-8444-555555555555";

/** A source with nothing beside its log. */
export const sourceOf = (entries: readonly Entry[], more: Partial<ReportSource> = {}): ReportSource => ({
  transactionId: "dev-20261128T100000Z-aaaa",
  entries,
  rollback: [],
  attempts: [],
  rollbackAttempts: [],
  runs: [],
  resources: [],
  kept: new Map(),
  ...more,
});

export const begin: Fact = {
  kind: "begin",
  stack: "dev",
  enableRollback: true,
  checkpoint: "dev-20261128T100000Z-aaaa.checkpoint.json",
};

/** The create of an item in {@link WORKSPACE}. */
export const createItem = (step: string, displayName: string): Fact => ({
  kind: "intent",
  step,
  operation: "create",
  resourceType: "Item",
  resourceName: displayName,
  names: { workspaceId: WORKSPACE, type: "Notebook", displayName },
  compensation: { function: "deleteItem", args: {} },
});

/** The create of the workspace. */
export const createWorkspace: Fact = {
  kind: "intent",
  step: "w",
  operation: "create",
  resourceType: "Workspace",
  resourceName: "sales-dev",
  names: { displayName: "sales-dev" },
  compensation: { function: "deleteWorkspace", args: {} },
};

/** A deployment of that many items in ten workspaces, of which the last item was refused and everything taken back. */
export function bigSource(items: number): ReportSource {
  const facts: (readonly [number, Fact])[] = [[0, begin]];
  const attempts: AttemptRecord[] = [{ kind: "process", at: at(0), pid: 1, reached: "api.fabric.microsoft.com" }];
  const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  for (let index = 0; index < items; index++) {
    const workspaceId = id(index % 10);
    const step = `s${index}`;
    const second = index * 0.3;
    const isLast = index === items - 1;
    facts.push([
      second,
      {
        ...createItem(step, `orders of region ${index}`),
        ...(index < 10 && { resourceType: "Workspace", resourceName: `sales-${index}` }),
        names:
          index < 10 ? { displayName: `sales-${index}` } : { workspaceId, type: "Notebook", displayName: `n${index}` },
      } as Fact,
    ]);
    const place = { step, work: `w${index}` };
    const path = `/v1/workspaces/${workspaceId}/items`;
    const call = { kind: "attempt", at: at(second), ms: 120, method: "GET", path, status: 200, attempt: 1 } as const;
    attempts.push({ ...call, work: place.work, requestId: id(index + 5_000) });
    attempts.push({ ...call, method: "POST", status: 202, ...place, requestId: id(index + 10_000) });
    attempts.push({ kind: "wait", at: at(second + 0.2), ms: 1_000, why: "operation", ...place });
    const poll = { ...call, at: at(second + 1.2), ms: 30, path: `/v1/operations/${id(index + 20_000)}`, ...place };
    attempts.push({ ...poll, requestId: id(index + 30_000) });
    facts.push([
      second + 1.3,
      isLast
        ? { kind: "failed", step, reason: "create Notebook failed: Broken (request 1). no.", errorCode: "Broken" }
        : { kind: "done", step, resourceId: index < 10 ? workspaceId : id(index + 40_000) },
    ]);
  }
  const end = items * 0.3;
  facts.push([end + 2, { kind: "rollback", reason: "failed" }], [end + 30, { kind: "rolledBack" }]);
  return sourceOf(logOf(facts.toSorted(([one], [other]) => one - other)), { attempts });
}
