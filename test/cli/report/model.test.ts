import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reportOf } from "../../../cli/report/model.ts";
import { reportPage } from "../../../cli/report/page.ts";
import { axisOf } from "../../../cli/report/time.ts";
import type { Fact } from "../../../lib/transactions/entry.ts";
import { WORKSPACE, at, begin, createItem, createWorkspace, logOf, sourceOf } from "./samples.ts";

const refused: Fact = {
  kind: "failed",
  step: "b",
  reason: "create Notebook 'b' failed: Broken (400, request r1). no.",
  errorCode: "Broken",
  status: 400,
  requestId: "r1",
};
const failed = logOf([
  [0, begin],
  [1, createWorkspace],
  [2, { kind: "done", step: "w", resourceId: WORKSPACE }],
  [2, createItem("a", "a")],
  [3, { kind: "done", step: "a", resourceId: "a1" }],
  [3, createItem("b", "b")],
  [4, refused],
]);
const ended = [
  ...failed,
  ...logOf([
    [5, { kind: "rollback", reason: "x" }],
    [9, { kind: "rolledBack" }],
  ]),
];

describe("a report", () => {
  it("A report says how a transaction stands, by its log", () => {
    const outcome = (facts: (readonly [number, Fact])[]) => reportOf(sourceOf([...failed, ...logOf(facts)])).outcome;
    assert.equal(outcome([]), "open");
    assert.equal(outcome([[5, { kind: "rollback", reason: "x" }]]), "incomplete");
    assert.equal(
      outcome([
        [5, { kind: "rollback", reason: "x" }],
        [6, { kind: "rolledBack" }],
      ]),
      "rolledBack",
    );
    assert.equal(outcome([[5, { kind: "commit" }]]), "committed");
    assert.equal(
      reportOf(
        sourceOf(
          logOf([
            [0, begin],
            [1, { kind: "rolledBack" }],
          ]),
        ),
      ).outcome,
      "nothing",
    );
  });

  it("A report names what failed first, with the service's own request id", () => {
    const { failure } = reportOf(sourceOf(ended));
    assert.deepEqual(failure, {
      what: "create Item 'b'",
      reason: refused.reason,
      errorCode: "Broken",
      status: 400,
      requestId: "r1",
    });
  });

  it("A report puts each call to its object: by its step, by the work around the step, or by the workspace in its path", () => {
    const call = { kind: "attempt", ms: 10, method: "GET", status: 200, attempt: 1 } as const;
    const path = `/v1/workspaces/${WORKSPACE}/items`;
    const { timeline } = reportOf(
      sourceOf(ended, {
        attempts: [
          { ...call, at: at(1.9), path, work: "1" },
          { ...call, at: at(2.1), path, method: "POST", status: 201, work: "1", step: "a" },
          { ...call, at: at(2.5), path },
          { ...call, at: at(2.6), path: "/v1/capacities" },
        ],
      }),
    );
    const calls = timeline.groups.flatMap(({ name, rows }) =>
      rows.map((row) => [name, row.name, row.spans.filter(({ t }) => t === "call").length]),
    );
    assert.deepEqual(calls, [
      ["sales-dev", "sales-dev", 0],
      ["sales-dev", "a", 2],
      ["sales-dev", "looks at the workspace", 1],
      ["sales-dev", "b", 0],
      ["", "looks at the tenant", 1],
    ]);
  });

  it("A report shows a rollback beside what it takes back, in the same row, also if the object has a new id", () => {
    const rollback = logOf([
      [6, { kind: "begin", stack: "dev", enableRollback: false }],
      [6, { ...createItem("r", "a"), operation: "delete", resourceId: `${WORKSPACE}/a1` } as Fact],
      [7, { kind: "done", step: "r", resourceId: `${WORKSPACE}/a1` }],
    ]);
    const { timeline } = reportOf(sourceOf(ended, { rollback }));
    const row = timeline.groups.flatMap(({ rows }) => rows).find(({ name }) => name === "a");
    assert.deepEqual(
      row?.spans.map((span) => [span.t === "step" && span.op, span.at, span.isBack ?? false]),
      [
        ["create", 2_000, false],
        ["delete", 6_000, true],
      ],
    );
    assert.equal(row?.outcome, "undone");
    assert.equal(timeline.rollbackAt, 5_000);
  });

  it("A report of a log of the first format, with nothing beside it, shows the steps and says that calls were not recorded", () => {
    const old = logOf(
      [
        [0, { kind: "begin", stack: "dev", enableRollback: true }],
        [1, { ...createWorkspace, names: undefined } as unknown as Fact],
        [2, { kind: "done", step: "w", resourceId: WORKSPACE }],
        [3, { kind: "commit" }],
      ],
      1,
    );
    const report = reportOf(sourceOf(old));
    assert.equal(report.calls, undefined);
    assert.deepEqual(
      report.timeline.groups.map(({ name }) => name),
      ["sales-dev"],
    );
    assert.match(reportPage(report), /were not recorded/);
  });

  it("A report lists what an open transaction has left, with a command for each, and nothing once it was taken back", () => {
    const { leftovers } = reportOf(sourceOf(failed));
    assert.deepEqual(
      leftovers.map(({ what, reason }) => [what, reason]),
      [
        ["Workspace 'sales-dev'", "was made"],
        ["Item 'a'", "was made"],
      ],
    );
    assert.match(leftovers[1]?.remedy ?? "", new RegExp(`delete .*workspaces/${WORKSPACE}/items/a1`));
    assert.deepEqual(reportOf(sourceOf(ended)).leftovers, []);
  });

  it("A report shows old and new values, and the lines of definitions by file", () => {
    const item = `${WORKSPACE}/a1`;
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const part = (path: string, text: string) => ({
      path,
      payload: base64(text),
      payloadType: "InlineBase64" as const,
    });
    const update = { operation: "update", resourceType: "Item", resourceName: "a", resourceId: item } as const;
    const log = logOf([
      [0, begin],
      [
        1,
        {
          kind: "intent",
          step: "1",
          ...update,
          compensation: null,
          before: { description: "old" },
          after: { description: "new" },
        },
      ],
      [2, { kind: "done", step: "1", resourceId: item }],
      [2, { kind: "intent", step: "2", ...update, compensation: { function: "restoreDefinition", args: {} } }],
      [3, { kind: "done", step: "2", resourceId: item }],
      [4, { kind: "commit" }],
    ]);
    const sent = [part("code.py", "one\nTWO\n"), part("new.py", "x"), part("same.py", "same")];
    const { changes } = reportOf(
      sourceOf(log, {
        kept: new Map([[item, [part("code.py", "one\ntwo\n"), part("gone.py", "y"), part("same.py", "same")]]]),
        attempts: [{ kind: "definition", at: at(2), step: "2", parts: sent.map((one) => ({ ...one, bytes: 1 })) }],
      }),
    );
    assert.deepEqual(changes[0]?.properties, [{ property: "description", before: "old", after: "new" }]);
    assert.deepEqual(
      changes[0]?.files.map(({ path, change, lines }) => [path, change, lines]),
      [
        ["code.py", "changed", ["@@ line 1 @@", " one", "-two", "+TWO"]],
        ["new.py", "new", []],
        ["gone.py", "removed", []],
      ],
    );
  });

  it("A report's page holds text of others as text: no markup of theirs, and nothing that ends its script", () => {
    const evil = `</script><img src=x onerror=alert(1)>"'&\u202e`;
    const log = logOf([
      [0, { ...begin, stack: evil } as Fact],
      [1, { ...createItem("a", evil), names: { workspaceId: evil, displayName: evil } } as Fact],
      [2, { kind: "failed", step: "a", reason: evil, requestId: evil }],
    ]);
    const page = reportPage(
      reportOf(
        sourceOf(log, {
          attempts: [
            { kind: "attempt", at: at(1), ms: 1, method: evil, path: evil, attempt: 1, errorCode: evil, step: "a" },
          ],
          runs: [
            {
              kind: "asked",
              at: evil,
              command: evil,
              by: evil,
              commit: evil,
              branch: evil,
              page: `javascript:${evil}`,
            },
          ],
        }),
      ),
    );
    assert.doesNotMatch(page, /<img|href="javascript/);
    assert.equal(page.match(/<\/script>/g)?.length, 2);
    const data = /id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? "";
    const read = JSON.parse(data) as { timeline: { paths: string[] } };
    assert.deepEqual(read.timeline.paths, [evil]);
  });
});

describe("the axis of a report", () => {
  it("The axis of a report leaves out the night between two runs, and says how long it was", () => {
    const night = 8 * 3_600_000;
    const axis = axisOf([
      { from: 1_000, to: 3_000 },
      { from: 3_000 + night, to: 5_000 + night },
      { from: 2_000, to: 4_000 },
    ]);
    assert.equal(axis.lengthMs, 5_000 - 1_000 - 0 + (night - night) + 1_000 - 1_000 + 1_000);
    assert.deepEqual(axis.breaks, [{ at: 3_000, skippedMs: night - 1_000 }]);
    assert.equal(axis.placeOf(4_000 + night), 4_000);
  });

  it("The axis of a report keeps the time of a long operation, because something went on in it", () => {
    const axis = axisOf([
      { from: 0, to: 90_000 },
      { from: 91_000, to: 92_000 },
    ]);
    assert.deepEqual(axis.breaks, []);
    assert.equal(axis.lengthMs, 92_000);
  });
});
