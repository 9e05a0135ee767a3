import assert from "node:assert/strict";
import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { before, after, describe, it } from "node:test";
import { crash, projectCommand, pulumi } from "../engine/harness/crash.ts";
import type { Victim } from "../engine/harness/crash.ts";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { orphansOf, worldOf } from "../engine/harness/worldOf.ts";
import { salesBranch } from "../engine/harness/salesBranch.ts";
import { sweep } from "./sweep.ts";

/*
 * kill -9 at a call to the service, of everything or of the CLI alone, just before the service acts or just after; then one
 * npm run up.
 */

const quick = ["--yes", "--skip-preview"];
const people = ["alice", "bob", "carol"];
const workspace = (name: string, role = "Member", more: object = {}) => ({
  name,
  displayName: `${name}-test`,
  description: "first",
  capacity: "local",
  users: people.map((person) => ({ principal: `${person}@contoso.com`, role })),
  git: salesBranch,
  items: [
    { name: "bronze", type: "Lakehouse", folder: "/raw" },
    { name: "ingest", path: "items/ingest.Notebook" },
    { name: "flow", type: "DataPipeline", displayName: "flow", description: "first" },
  ],
  ...more,
});
const declared = [workspace("sales"), workspace("finance")];
const updated = ["sales", "finance"].map((name) =>
  workspace(name, "Viewer", {
    description: "second",
    items: [
      { name: "bronze", type: "Lakehouse", folder: "/raw", description: "second" },
      { name: "ingest", path: "items/changed.Notebook", folder: "/raw" },
      { name: "flow", type: "DataPipeline", displayName: "stream", description: "second" },
    ],
  }),
);
const replaced = ["sales", "finance"].map((name) =>
  workspace(name, "Member", {
    users: ["alice", "bob"].map((person) => ({ principal: `${person}@contoso.com`, role: "Viewer" })),
    items: [
      { name: "bronze", type: "Lakehouse", displayName: "bronze", creationPayload: { enableSchemas: true } },
      { name: "ingest", type: "Notebook", displayName: "other" },
      { name: "flow", type: "Environment", displayName: "flow" },
    ],
  }),
);

interface Deployment {
  readonly from: readonly object[];
  readonly to: readonly object[];
  /** What is killed. */
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}
/** As npm's own commands do for big stacks: the state is written once, at the end. */
const withoutCheckpoints = { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_EXPERIMENTAL: "true" };
const up = projectCommand("cli/up.ts", ...quick);
const npmDestroy = projectCommand("cli/pulumiCommand.ts", "destroy", ...quick);
const deployments: Record<string, Deployment> = {
  create: { from: [], to: declared, command: up },
  update: { from: declared, to: updated, command: up },
  replace: { from: declared, to: replaced, command: up },
  destroy: { from: declared, to: declared, command: pulumi("destroy") },
  "destroy without checkpoints": { from: declared, to: declared, command: npmDestroy, env: withoutCheckpoints },
  "create without checkpoints": { from: [], to: declared, command: up, env: withoutCheckpoints },
  "replace without checkpoints": { from: declared, to: replaced, command: up, env: withoutCheckpoints },
};

/** One kill. */
interface Point {
  readonly call: number;
  readonly side: "before" | "after";
  readonly victim: Victim;
}

for (const [name, deployment] of Object.entries(deployments)) {
  describe(`a deployment of kind ${name} that is killed at a call`, () => {
    let start: EngineStack;
    let wanted: unknown;
    let calls: number;

    before(async () => {
      start = await EngineStack.start();
      for (const notebook of ["ingest", "changed"])
        cpSync(join(start.folder, "fabric/sales/ingest.Notebook"), join(start.folder, `items/${notebook}.Notebook`), {
          recursive: true,
        });
      appendFileSync(join(start.folder, "items/changed.Notebook/notebook-content.py"), "\nprint('changed')\n");
      if (deployment.from.length > 0) {
        start.configure({ workspaces: deployment.from });
        const made = await start.command("cli/up.ts", quick);
        assert.equal(made.code, 0, made.text);
      }
      start.configure({ workspaces: deployment.to });
      await using whole = await EngineStack.copyOf(start);
      const begun = whole.emulator.requests().length;
      const [, ...args] = deployment.command;
      const isDestroy = args.includes("destroy");
      const run = isDestroy ? await whole.destroy() : await whole.command("cli/up.ts", quick);
      assert.equal(run.code, 0, run.text);
      calls = whole.emulator.requests().length - begun;
      wanted = worldOf(isDestroy ? start : whole);
    });
    after(() => start[Symbol.asyncDispose]());

    // the log is the command's to end: if that alone is killed, the state is written and the log stays open
    const victims =
      name === "destroy without checkpoints"
        ? (["everything", "engine", "command"] as const)
        : (["everything", "engine"] as const);
    for (const victim of victims) {
      it(`A deployment of kind ${name} that is killed at a call is as declared after one npm run up, without orphans or duplicates (${victim} is killed)`, async () => {
        const sides = ["before", "after"] as const;
        const all = Array.from({ length: calls }, (_, index) =>
          sides.map((side) => ({ call: index + 1, side, victim })),
        );
        await sweep({
          name: `${name}, ${victim} killed`,
          points: all.flat(),
          few: few(all.flat(), victim),
          attempt: (point) => isKilled(start, deployment, point, wanted),
          isProof: (isKilledThere) => isKilledThere,
        });
      });
    }
  });
}

/** A few, spread over the deployment. */
function few(points: readonly Point[], victim: Victim): Point[] {
  const parts = victim === "everything" ? [0.2, 0.75] : [0.45];
  return parts.flatMap((part) => points[Math.floor(points.length * part)] ?? []);
}

/** Kills at one point, runs one up, and compares everything. @returns false where the deployment made fewer calls this time. */
async function isKilled(
  start: EngineStack,
  { command, env }: Deployment,
  { call, side, victim }: Point,
  wanted: unknown,
): Promise<boolean> {
  const hit = Promise.withResolvers<void>();
  await using stack = await EngineStack.copyOf(start, { onFault: hit.resolve });
  const rule = { nth: call, drop: side, ...(side === "before" ? { delayMs: 400 } : { holdMs: 400 }) };
  const killed = await crash(stack, hit.promise, { command, rule, victim, ...(env && { env }) });
  const again = await stack.command("cli/up.ts", quick);
  assert.equal(again.code, 0, again.text);
  // as many objects of each name as declared: duplicates would show here
  assert.deepEqual(worldOf(stack), wanted);
  assert.deepEqual(await orphansOf(stack), [], "orphans");
  const preview = await stack.preview();
  assert.deepEqual([preview.code, preview.steps], [0, []], preview.text);
  return killed !== undefined;
}
