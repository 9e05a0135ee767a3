import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { leftoverTable, removalOf } from "../../../cli/transaction/leftovers.ts";
import type { Leftover } from "../../../cli/transaction/leftovers.ts";
import { Orphans } from "../../../cli/rollback/orphans.ts";
import { RollbackRun } from "../../../cli/rollback/rollbackRun.ts";
import { unknownSteps } from "../../../cli/rollback/unknownSteps.ts";
import { FolderLogStore } from "../../../lib/logStore/folderLogStore.ts";
import { TransactionLog, readTransactionLog } from "../../../lib/transactions/transactionLog.ts";
import type { Entry, Intent } from "../../../lib/transactions/entry.ts";
import { unsettledCreates } from "../../../lib/transactions/unsettled.ts";
import { allKinds } from "../../../providers/kinds/kinds.ts";
import { unknownToUndo } from "../../../providers/engine/undoStep.ts";

/* What the log names and this version cannot undo is left over: it is never said to be undone. */

const compensation = (name: string, args: object) => ({ function: name, args: args as Record<string, unknown> });

/** Undoes a create of this description, in a store where no provider has noted how the service is reached. */
async function undone(
  intent: Pick<Intent, "resourceType" | "compensation">,
  resourceId = "ws-1",
): Promise<{ leftovers: Leftover[]; entries: Entry[] }> {
  const store = new FolderLogStore(join(mkdtempSync(join(tmpdir(), "fabric-orphans-")), "transactions"));
  const log = await TransactionLog.open({ store, transactionId: "t" });
  await log.begin({ stack: "dev", enableRollback: true });
  await log.made({ operation: "create", resourceName: "sales", ...intent }, resourceId);
  const [orphan = assert.fail("nothing is unsettled")] = unsettledCreates([await readTransactionLog(store, "t")]);
  await using run = new RollbackRun({ env: {}, store });
  const cleaner = new Orphans(run, (line) => assert.fail(line));
  const leftovers = await cleaner.remove(orphan, log, { version: 3, deployment: {} });
  await log.close();
  return { leftovers, entries: await readTransactionLog(store, "t") };
}

const workspaceId = "ws-1";
const unknown: readonly (readonly [resourceType: string, named: Intent["compensation"], id: string, reason: RegExp])[] =
  [
    ["DeploymentPipeline", compensation("deleteDeploymentPipeline", {}), "p-1", /knows no kind 'DeploymentPipeline'/],
    ["DeploymentPipeline", compensation("deleteWorkspace", { displayName: "sales" }), "p-1", /knows no kind/],
    [
      "Workspace",
      compensation("archiveWorkspace", { displayName: "sales" }),
      "ws-1",
      /knows no compensation 'archiveWorkspace'/,
    ],
    ["Workspace", compensation("toString", { displayName: "sales" }), "ws-1", /knows no compensation 'toString'/],
    ["Workspace", compensation("constructor", { displayName: "sales" }), "ws-1", /knows no compensation 'constructor'/],
    ["Workspace", compensation("__proto__", { displayName: "sales" }), "ws-1", /knows no compensation '__proto__'/],
    ["toString", compensation("deleteWorkspace", { displayName: "sales" }), "ws-1", /knows no kind 'toString'/],
    [
      "Workspace",
      compensation("restoreWorkspace", { displayName: "sales" }),
      "ws-1",
      /knows no compensation 'restoreWorkspace'/,
    ],
    ["Workspace", null, "ws-1", /names no compensation/],
    ["Item", compensation("deleteFolder", { workspaceId, displayName: "a" }), "i-1", /undoes no Item but a Folder/],
    ["Workspace", compensation("deleteWorkspace", {}), "ws-1", /no valid 'displayName'/],
    ["Item", compensation("deleteItem", { type: "Notebook", displayName: "a" }), "i-1", /no valid 'workspaceId'/],
    [
      "Item",
      compensation("deleteItem", { workspaceId: 7, type: "Notebook", displayName: "a" }),
      "i-1",
      /no valid 'workspaceId'/,
    ],
    [
      "Item",
      compensation("deleteItem", { workspaceId: "", type: "Notebook", displayName: "a" }),
      "i-1",
      /no valid 'workspaceId'/,
    ],
    [
      "Item",
      compensation("deleteItem", { workspaceId: "..", type: "Notebook", displayName: "a" }),
      "i-1",
      /no valid 'workspaceId'/,
    ],
    ["Item", compensation("deleteItem", { workspaceId, displayName: "a" }), "i-1", /no valid 'type'/],
    ["Item", compensation("deleteItem", { workspaceId, type: "Notebook", displayName: "a" }), "i-1/x?y", /no valid id/],
    [
      "Folder",
      compensation("deleteFolder", { workspaceId, displayName: "a", parentFolderId: {} }),
      "f-1",
      /no valid 'parentFolderId'/,
    ],
    ["WorkspaceUser", compensation("removeWorkspaceUser", { workspaceId }), "u-1", /no valid 'principalId'/],
    ["GitConnection", compensation("disconnectGit", { workspaceId: null }), "ws-1", /no valid 'workspaceId'/],
    ["Workspace", compensation("giveBackWorkspace", { workspaceId }), "ws-1", /no valid 'before'/],
    [
      "WorkspaceUser",
      compensation("giveBackWorkspaceUser", { workspaceId, before: {} }),
      "u-1",
      /no valid 'before.role'/,
    ],
  ];

describe("an orphan that this version cannot undo", () => {
  for (const [resourceType, named, id, reason] of unknown) {
    it(`An orphan that this version cannot undo is left over, with nothing called and nothing noted as undone: ${resourceType}, ${JSON.stringify(named)}, ${id}`, async () => {
      const { leftovers, entries } = await undone({ resourceType, compensation: named }, id);
      assert.equal(leftovers.length, 1);
      assert.match(leftovers[0]?.reason ?? "", reason);
      assert.ok(leftovers[0]?.id?.endsWith(id), leftovers[0]?.id);
      const table = leftoverTable(leftovers);
      assert.match(table, new RegExp(`${resourceType} 'sales' \\(.*${id.replace("?", "\\?")}\\)`));
      assert.match(table, /Finish it with the version that wrote the log .* or by hand/);
      assert.doesNotMatch(table, /https:/);
      assert.deepEqual(
        entries.slice(3).map(({ kind }) => kind),
        ["compensationFailed"],
      );
    });
  }

  it("An orphan that this version cannot undo is none of those that this version makes: each of them is tried", async () => {
    const known: readonly (readonly [string, Intent["compensation"], id?: string])[] = [
      ["Workspace", compensation("deleteWorkspace", { displayName: "sales" })],
      ["Item", compensation("deleteItem", { workspaceId, type: "Notebook", displayName: "a", further: 1 }), "i-1"],
      ["Folder", compensation("deleteFolder", { workspaceId, displayName: "a" }), "f-1"],
      ["WorkspaceUser", compensation("removeWorkspaceUser", { workspaceId, principalId: "u-1" }), "u-1"],
      ["GitConnection", compensation("disconnectGit", { workspaceId })],
      ["Workspace", compensation("giveBackWorkspace", { workspaceId, before: {} })],
      ["Item", compensation("giveBackItem", { workspaceId, before: {} }), "i-1"],
      ["WorkspaceUser", compensation("giveBackWorkspaceUser", { workspaceId, before: { role: "Viewer" } }), "u-1"],
    ];
    for (const [resourceType, named, id] of known) {
      const { leftovers } = await undone({ resourceType, compensation: named }, id);
      assert.match(leftovers[0]?.reason ?? "", /t\.provider\.json is missing beside its log/);
    }
  });
});

describe("updates and deletes of a transaction", () => {
  const place = { v: 1, transactionId: "t", pid: 1, at: "", seq: 1 } as const;
  const logOf = (intent: Partial<Intent>): Entry[] => [
    {
      ...place,
      kind: "intent",
      step: "1",
      operation: "update",
      resourceType: "Workspace",
      resourceName: "sales",
      compensation: null,
      ...intent,
    },
  ];
  const reasons = (log: Entry[]) => unknownSteps(log).map(({ leftover }) => leftover.reason);

  it("Updates and deletes of a transaction are left over where this version does not know kind or compensation", () => {
    assert.deepEqual(reasons(logOf({ resourceType: "Domain" })), ["its update: this version knows no kind 'Domain'"]);
    for (const name of ["restoreTags", "toString"])
      assert.deepEqual(reasons(logOf({ compensation: compensation(name, {}), operation: "delete" })), [
        `its delete: this version knows no compensation '${name}', which its log names`,
      ]);
  });

  it("Updates and deletes of a transaction are the engine's work otherwise, and nothing where they were refused", () => {
    assert.deepEqual(reasons(logOf({})), []);
    assert.deepEqual(reasons(logOf({ compensation: compensation("restoreWorkspace", {}) })), []);
    const refused: Entry = { ...place, kind: "failed", step: "1", reason: "no", status: 400 };
    assert.deepEqual(reasons([...logOf({ resourceType: "Domain" }), refused]), []);
  });

  it("Updates and deletes of a transaction of this version have kinds and compensations that a rollback knows", () => {
    const sources = globSync("providers/**/*.ts").map((file) => readFileSync(file, "utf8"));
    const named = sources.flatMap((source) => [...source.matchAll(/function: "(\w+)"/g)].map(([, name = ""]) => name));
    assert.ok(named.length > 3, "the sources are not where this test looks for them");
    const types = sources.flatMap((source) =>
      [...source.matchAll(/\bresourceType: "(\w+)"/g)].map(([, name = ""]) => name),
    );
    for (const type of types) assert.equal(unknownToUndo(allKinds, type, null), undefined, type);
    const restoring = [...named, ...allKinds.flatMap(({ restores = [] }) => restores)];
    for (const name of restoring.filter((one) => !allKinds.some(({ undo }) => undo?.compensation === one)))
      assert.equal(unknownToUndo(allKinds, "Workspace", name), undefined, name);
  });
});

describe("how something is removed by hand", () => {
  it("How something is removed by hand is said of what this version knows, and of nothing else", () => {
    assert.match(removalOf("Workspace", "w") ?? "", /az rest --method delete .*\/workspaces\/w$/);
    assert.match(removalOf("Item", "w/i") ?? "", /\/workspaces\/w\/items\/i$/);
    assert.match(removalOf("UnlistedUsers", "w") ?? "", /\/groups\/w$/);
    for (const [kind, id] of [
      ["DeploymentPipeline", "p-1"],
      ["toString", "w/i"],
      ["Item", "w"],
      ["Item", "w/"],
      ["Folder", "w/f/g"],
      ["Workspace", "/"],
    ] as const)
      assert.equal(removalOf(kind, id), undefined, `${kind} ${id}`);
  });
});
