import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Entry, Fact } from "../../../lib/transactions/entry.ts";
import { unsettledCreates, unsettledLike } from "../../../lib/transactions/unsettled.ts";
import { dice } from "../../dice.ts";

const entries = (...facts: Fact[]): Entry[] =>
  facts.map((fact, index) => ({ v: 1, transactionId: "t", pid: 1, at: "", seq: index + 1, ...fact }));
const begin: Fact = { kind: "begin", stack: "s", enableRollback: true };
const create = (step: string, name: string, wasFree = true): Fact => ({
  kind: "intent",
  step,
  operation: "create",
  resourceType: "Workspace",
  resourceName: name,
  wasFree,
  compensation: { function: "deleteWorkspace", args: { displayName: name } },
});

describe("what logs leave open", () => {
  it("What logs leave open is a create that is done and not committed, by its id", () => {
    const [left] = unsettledCreates([
      entries(begin, create("1", "a"), { kind: "done", step: "1", resourceId: "ws-1" }),
    ]);
    assert.deepEqual(left, {
      transactionId: "t",
      step: "1",
      resourceType: "Workspace",
      resourceName: "a",
      compensation: "deleteWorkspace",
      names: { displayName: "a" },
      args: { displayName: "a" },
      resourceId: "ws-1",
    });
  });

  it("What logs leave open is a create without an outcome, where its name was free", () => {
    assert.equal(unsettledCreates([entries(begin, create("1", "a"))]).length, 1);
    assert.equal(unsettledCreates([entries(begin, create("1", "a", false))]).length, 0);
    assert.equal(
      unsettledCreates([
        entries(begin, create("1", "a"), { kind: "failed", step: "1", reason: "", isOutcomeUnknown: true }),
      ]).length,
      1,
    );
  });

  it("What logs leave open is not what was refused, committed, rolled back or compensated", () => {
    assert.deepEqual(
      unsettledCreates([entries(begin, create("1", "a"), { kind: "failed", step: "1", reason: "", status: 409 })]),
      [],
    );
    for (const end of [{ kind: "commit" }, { kind: "rolledBack" }] as const)
      assert.deepEqual(unsettledCreates([entries(begin, create("1", "a"), end)]), []);
    assert.deepEqual(unsettledCreates([entries(begin, create("1", "a"), { kind: "compensated", step: "1" })]), []);
  });

  const removed = (step: string, resourceType: string, resourceId: string): Fact[] => [
    {
      kind: "intent",
      step,
      operation: "delete",
      resourceType,
      resourceName: "a",
      resourceId,
      compensation: null,
    },
    { kind: "done", step, resourceId },
  ];

  it("What logs leave open is not a create without an outcome after which the next run took the object or made it", () => {
    const lost = create("1", "a");
    const taken = [begin, lost, create("2", "a"), { kind: "done", step: "2", resourceId: "ws-1" }] as const;
    assert.deepEqual(
      unsettledCreates([entries(...taken)]).map(({ resourceId }) => resourceId),
      ["ws-1"],
    );
    // what has that name now is somebody else's
    assert.deepEqual(unsettledCreates([entries(...taken, ...removed("3", "Workspace", "ws-1"))]), []);
    assert.equal(unsettledCreates([entries(begin, lost, create("2", "a"))]).length, 2);
  });

  it("What logs leave open is not what was removed since, alone or with its workspace", () => {
    const workspace = [begin, create("1", "a"), { kind: "done", step: "1", resourceId: "WS-1" }] as const;
    const folder: Fact = {
      kind: "intent",
      step: "2",
      operation: "create",
      resourceType: "Folder",
      resourceName: "raw",
      wasFree: true,
      names: { workspaceId: "ws-1", displayName: "raw" },
      compensation: { function: "deleteFolder", args: {} },
    };
    const both = [...workspace, folder, { kind: "done", step: "2", resourceId: "f-1" }] as const;
    const typesLeftBy = (...more: Fact[]) =>
      unsettledCreates([entries(...both, ...more)]).map(({ resourceType }) => resourceType);
    assert.deepEqual(typesLeftBy(), ["Workspace", "Folder"]);
    assert.deepEqual(typesLeftBy(...removed("3", "Folder", "ws-1/f-1")), ["Workspace"]);
    assert.deepEqual(typesLeftBy(...removed("3", "Workspace", "ws-1")), []);
  });

  it("What logs leave open is what was made anew after a removal: ids of roles and Git connections come back", () => {
    const role = (step: string): Fact[] => [
      {
        kind: "intent",
        step,
        operation: "create",
        resourceType: "WorkspaceUser",
        resourceName: "bob",
        wasFree: true,
        names: { workspaceId: "ws-1", principalId: "bob" },
        compensation: { function: "deleteWorkspaceUser", args: {} },
      },
      { kind: "done", step, resourceId: "bob" },
    ];
    const log = entries(begin, ...role("1"), ...removed("2", "WorkspaceUser", "ws-1/bob"), ...role("3"));
    assert.deepEqual(
      unsettledCreates([log]).map(({ step }) => step),
      ["3"],
    );
  });

  it("What logs leave open is found again by kind and names, the newest first", () => {
    const left = unsettledCreates([
      entries(begin, create("1", "a"), { kind: "done", step: "1", resourceId: "old" }),
      entries(begin, create("1", "a"), { kind: "done", step: "1", resourceId: "new" }),
    ]);
    const like = (name: string) => {
      const fact = create("2", name);
      return fact.kind === "intent" ? unsettledLike(left, fact)?.resourceId : undefined;
    };
    assert.equal(like("a"), "new");
    assert.equal(like("b"), undefined);
  });

  it("What logs leave open is told by its names, whatever arguments its compensation has, and by those in logs of format 1", () => {
    const grown = (step: string, further: object): Fact => {
      const fact = create(step, "a");
      if (fact.kind !== "intent" || !fact.compensation) throw new Error("a create has a compensation");
      const { function: name, args } = fact.compensation;
      return { ...fact, names: { displayName: "a" }, compensation: { function: name, args: { ...args, ...further } } };
    };
    const intent = grown("2", { recursive: true });
    assert.ok(intent.kind === "intent");
    for (const earlier of [create("1", "a"), grown("1", {}), grown("1", { force: false })])
      assert.ok(unsettledLike(unsettledCreates([entries(begin, earlier)]), intent));
  });

  it("What logs leave open never is what no log has created, whatever the logs and wherever they end (10,000 generated ones)", () => {
    const random = dice(1);
    for (let run = 0; run < 10_000; run++) {
      const facts: Fact[] = [begin];
      const done = new Map<string, string>();
      for (let index = 0; index < random(8); index++) {
        const step = String(index);
        const name = `w${random(3)}`;
        if (random(4) === 0)
          facts.push({
            kind: "intent",
            step,
            operation: "update",
            resourceType: "Workspace",
            resourceName: name,
            compensation: null,
          });
        else facts.push(create(step, name, random(2) === 0));
        const outcome = random(4);
        if (outcome === 0)
          facts.push({ kind: "failed", step, reason: "", ...(random(2) === 0 && { isOutcomeUnknown: true }) });
        if (outcome === 1) {
          facts.push({ kind: "done", step, resourceId: `id-${index}` });
          done.set(step, `id-${index}`);
        }
      }
      if (random(5) === 0) facts.push({ kind: "commit" });
      const log = entries(...facts.slice(0, 1 + random(facts.length)));
      const left = unsettledCreates([log]);
      const creates = log.filter((entry) => entry.kind === "intent" && entry.operation === "create");
      assert.ok(left.length <= creates.length);
      for (const { resourceId, names } of left) {
        assert.ok(
          creates.some(
            (entry) => entry.kind === "intent" && entry.compensation?.args["displayName"] === names["displayName"],
          ),
        );
        if (resourceId !== undefined)
          assert.ok(log.some((entry) => entry.kind === "done" && entry.resourceId === resourceId));
      }
      if (log.some(({ kind }) => kind === "commit")) assert.deepEqual(left, []);
      assert.deepEqual(unsettledCreates([log]), left, "looking twice finds the same");
    }
  });
});
