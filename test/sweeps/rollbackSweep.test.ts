import assert from "node:assert/strict";
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { knownBranch } from "../../emulator/core/defaultSeed.ts";
import type { FaultRule } from "../../emulator/core/faults.ts";
import { crash, projectCommand } from "../engine/harness/crash.ts";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { salesBranch } from "../engine/harness/salesBranch.ts";
import { worldOf } from "../engine/harness/worldOf.ts";
import { sweep } from "./sweep.ts";
import { notebookParts } from "../notebookSource.ts";

/*
 * A rollback one of whose own calls is refused or lost, or that is killed at it; then one npm run rollback more. No point is a
 * dead end: the service is then as it was before the deployment.
 */

const quick = ["--yes", "--skip-preview"];
const features = { useRetryLogic: true, useRollback: true };
const nextBranch = { ...knownBranch, branchName: "next" };
const notebook = (displayName: string, text: string) => ({
  type: "Notebook",
  displayName,
  description: "",
  parts: notebookParts(text),
});
const user = (name: string, role: string) => ({ principal: `${name}@contoso.com`, role });

const linked = { name: "linked", displayName: "linked", capacity: "local", git: salesBranch };
const first = [
  {
    name: "sales",
    displayName: "north",
    description: "before",
    capacity: "local",
    users: [user("alice", "Member"), user("bob", "Viewer")],
    items: [
      { name: "ingest", path: "items/ingest.Notebook", folder: "/raw/daily" },
      { name: "flow", type: "DataPipeline", displayName: "flow" },
      { name: "gone", type: "DataPipeline", displayName: "gone" },
      { name: "kind", type: "Notebook", displayName: "kind" },
    ],
  },
  { name: "other", displayName: "south", capacity: "local" },
  linked,
];
const second = [
  {
    name: "sales",
    displayName: "south",
    description: "after",
    capacity: "local-large",
    users: [user("alice", "Admin"), user("carol", "Viewer")],
    items: [
      { name: "ingest", path: "items/next.Notebook", folder: "/raw" },
      { name: "flow", type: "DataPipeline", displayName: "stream", folder: "/new" },
      { name: "kind", type: "Environment", displayName: "kind" },
      { name: "taker", type: "DataPipeline", displayName: "flow" },
    ],
  },
  { name: "other", displayName: "north", capacity: "local" },
  { ...linked, git: { ...salesBranch, branchName: "next" } },
  { name: "late", displayName: "late", capacity: "local", identity: true },
];

type Trouble = "refused" | "lost before" | "lost after" | "killed before" | "killed after" | "engine killed";
const troubles: readonly Trouble[] = [
  "refused",
  "lost before",
  "lost after",
  "killed before",
  "killed after",
  "engine killed",
];

const PROVISIONING = "/workspaces/{workspaceId}/provisionIdentity";

/** A trouble at a call of the rollback. */
interface Point {
  readonly call: number;
  readonly trouble: Trouble;
}

/** A deployment of everything that can be undone, killed at its last call. */
async function cutOff(hit: Promise<void>, stack: EngineStack): Promise<unknown> {
  for (const name of ["ingest", "next"]) {
    const folder = join(stack.folder, `items/${name}.Notebook`);
    cpSync(join(stack.folder, "fabric/sales/ingest.Notebook"), folder, { recursive: true });
  }
  appendFileSync(join(stack.folder, "items/next.Notebook/notebook-content.py"), "# changed\n");
  stack.emulator.commit(knownBranch, [notebook("load", "1"), notebook("report", "1")]);
  stack.emulator.commit(nextBranch, [notebook("load", "2"), notebook("report", "1"), notebook("more", "1")]);
  stack.configure({ features, workspaces: first });
  const up = await stack.command("cli/up.ts", quick);
  assert.equal(up.code, 0, up.text);
  const world = worldOf(stack);
  stack.configure({ features, workspaces: second });
  const { workspaces } = stack.emulator.service;
  const command = projectCommand("cli/up.ts", ...quick);
  // everything else is done by the time at which the last workspace is made
  const others: FaultRule[] = [{ method: "POST", route: "/workspaces", delayMs: 10_000 }];
  const last: FaultRule = { method: "POST", route: PROVISIONING, drop: "before" };
  assert.ok(await crash(stack, hit, { command, rule: last, others }), "the last call was not made");
  assert.ok(workspaces.all().some(({ displayName }) => displayName === "late"));
  return world;
}

describe("a rollback that has a trouble of its own", () => {
  let origin: EngineStack;
  let world: unknown;
  let calls: number;

  before(async () => {
    const hit = Promise.withResolvers<void>();
    // the first hit delays the last workspace
    let hits = 0;
    const onFault = () => void (++hits === 2 && hit.resolve());
    origin = await EngineStack.start({ emulator: { onFault } });
    world = await cutOff(hit.promise, origin);
    await using whole = await EngineStack.copyOf(origin);
    const begun = whole.emulator.requests().length;
    const rollback = await whole.command("cli/rollback.ts", ["--yes"]);
    assert.equal(rollback.code, 0, rollback.text);
    assert.deepEqual(worldOf(whole), world, rollback.text);
    calls = whole.emulator.requests().length - begun;
  });
  after(() => origin[Symbol.asyncDispose]());

  it("A rollback that has a trouble of its own is ended by the next one, whichever call it is at", async () => {
    const points = Array.from({ length: calls }, (_, index) =>
      troubles.map((trouble): Point => ({ call: index + 1, trouble })),
    ).flat();
    await sweep({
      name: "second failures of a rollback",
      points,
      few: [0.2, 0.5, 0.8].flatMap((share) => points[Math.floor(points.length * share)] ?? []),
      attempt: (point) => isTroubled(point),
      isProof: (isTroubledThere) => isTroubledThere,
    });
  });

  /** @returns whether the trouble came about */
  async function isTroubled({ call, trouble }: Point): Promise<boolean> {
    const hit = Promise.withResolvers<void>();
    let isHit = false;
    const onFault = () => {
      isHit = true;
      hit.resolve();
    };
    await using stack = await EngineStack.copyOf(origin, { onFault });
    const rule = ruleOf(call, trouble);
    let text = "";
    if (trouble.endsWith("killed") || trouble.startsWith("killed")) {
      const victim = trouble === "engine killed" ? "engine" : "everything";
      const command = projectCommand("cli/rollback.ts", "--yes");
      await crash(stack, hit.promise, { command, rule, victim, onEnd: (_code, said) => (text = said) });
    } else {
      stack.emulator.faults([rule]);
      const once = await stack.command("cli/rollback.ts", ["--yes"]);
      stack.emulator.faults([]);
      text = once.text;
      if (once.code === 0) assert.deepEqual(worldOf(stack), world, `false "rolled back":\n${text}`);
    }
    const again = await stack.command("cli/rollback.ts", ["--yes"]);
    const told = `${text}\nand again:\n${again.text}`;
    const isOver = /has no transaction that could be rolled back/.test(again.text);
    assert.ok(again.code === 0 || isOver, told);
    assert.deepEqual(worldOf(stack), world, told);
    assert.equal((await stack.preview()).code, 0, told);
    return isHit;
  }
});

function ruleOf(nth: number, trouble: Trouble): FaultRule {
  if (trouble === "refused") return { nth, status: 400, errorCode: "Broken" };
  if (trouble === "lost before" || trouble === "lost after")
    return { nth, drop: trouble === "lost before" ? "before" : "after" };
  return trouble === "killed before" ? { nth, drop: "before", delayMs: 400 } : { nth, drop: "after", holdMs: 400 };
}
