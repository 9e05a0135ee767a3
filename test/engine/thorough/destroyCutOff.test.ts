import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { benchWorkspaces } from "../../../bench/workspace.ts";
import { crash, projectCommand } from "../harness/crash.ts";
import type { Victim } from "../harness/crash.ts";
import { EngineStack } from "../harness/engineStack.ts";
import { worldOf } from "../harness/worldOf.ts";

/* npm run destroy that is killed, with the state written once: the next command must see what the service has. */

const quick = ["--yes", "--skip-preview"];
const withoutCheckpoints = { PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_EXPERIMENTAL: "true" };
const npmDestroy = projectCommand("cli/pulumiCommand.ts", "destroy", ...quick);

const resourcesOf = async (stack: EngineStack) =>
  ((await stack.state()).deployment.resources ?? []).filter(({ type }) => type.includes("fabric:")).length;

/** The logs of destroys, by the kinds of their entries. */
function logsOf(stack: EngineStack): (readonly { readonly kind: string; readonly checkpoint?: string }[])[] {
  const folder = join(stack.folder, ".fabric/transactions");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .toSorted()
    .map((name) =>
      readFileSync(join(folder, name), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { kind: string; checkpoint?: string }),
    );
}

/** A kill at a delete, counted from the first, before or after its effect. */
interface Point {
  readonly nth: "half" | "last";
  readonly side: "before" | "after";
  readonly victim: Victim;
}
/** Everything is deleted, the provider has ended well, and the state has everything. */
const beforeTheState: Point = {
  nth: "last",
  side: "after",
  victim: "everything but the provider, which has ended",
};
/** The state is written, and the log is not committed. */
const afterTheState: Point = { nth: "last", side: "after", victim: "command" };
const inTheMiddle: Point = { nth: "half", side: "after", victim: "everything" };

interface Next {
  readonly points: readonly Point[];
  readonly command: (stack: EngineStack) => Promise<{ readonly code: number; readonly text: string }>;
}

/** The other points of an up are those of crashSweep.test.ts. */
const nexts: Readonly<Record<string, Next>> = {
  up: { points: [beforeTheState, afterTheState], command: (stack) => stack.command("cli/up.ts", quick) },
  destroy: {
    points: [inTheMiddle, { nth: "last", side: "after", victim: "engine" }, afterTheState],
    command: (stack) => stack.command("cli/pulumiCommand.ts", ["destroy", ...quick]),
  },
  "rollback, which takes nothing back, and up": {
    points: [inTheMiddle, beforeTheState],
    async command(stack) {
      const rollback = await stack.command("cli/rollback.ts");
      assert.equal(rollback.code, 1, rollback.text);
      assert.match(rollback.text, /There is nothing to roll back/);
      return stack.command("cli/up.ts", quick);
    },
  },
};

describe("npm run destroy that is killed", () => {
  for (const [next, { points, command }] of Object.entries(nexts)) {
    it(`npm run destroy that is killed, and wrote its state only at the end, is seen as far as it came by the next ${next}`, async () => {
      await using start = await EngineStack.start();
      start.configure({ workspaces: benchWorkspaces(1) });
      const up = await start.command("cli/up.ts", quick);
      assert.equal(up.code, 0, up.text);
      await using whole = await EngineStack.copyOf(start);
      const destroyed = await whole.command("cli/pulumiCommand.ts", ["destroy", ...quick], withoutCheckpoints);
      assert.equal(destroyed.code, 0, destroyed.text);
      const deletes = whole.calls().filter((call) => call.startsWith("DELETE")).length;
      const log = logsOf(whole).at(-1);
      // a log without a checkpoint is no transaction's
      assert.deepEqual([log?.[0]?.checkpoint, log?.at(-1)?.kind], [undefined, "commit"]);
      for (const { nth, ...point } of points)
        await assertSeen(start, { ...point, nth: nth === "half" ? Math.ceil(deletes / 2) : deletes }, command, next);
    });
  }
});

async function assertSeen(
  start: EngineStack,
  at: { readonly nth: number; readonly side: "before" | "after"; readonly victim: Victim },
  command: Next["command"],
  next: string,
): Promise<void> {
  const { nth, side, victim } = at;
  const point = `${next} after a kill at ${JSON.stringify(at)}`;
  const hit = Promise.withResolvers<void>();
  await using stack = await EngineStack.copyOf(start, { onFault: hit.resolve });
  const before = await resourcesOf(stack);
  const wait = side === "before" ? { delayMs: 400 } : { holdMs: 400 };
  // an engine that lives on must get its answer
  const isAnswered = victim === "command" || victim === beforeTheState.victim;
  const rule = { method: "DELETE", nth, ...wait, ...(isAnswered ? {} : { drop: side }) } as const;
  const killed = await crash(stack, hit.promise, { command: npmDestroy, rule, victim, env: withoutCheckpoints });
  assert.notEqual(killed, undefined, `${point}: it ended before`);
  assert.equal(await resourcesOf(stack), victim === "command" ? 0 : before, point);
  const { code, text } = await command(stack);
  assert.equal(code, 0, `${point}\n${text}`);
  const isDestroy = next === "destroy";
  if (isDestroy) assert.deepEqual(stack.emulator.service.workspaces.all(), [], point);
  else assert.deepEqual(worldOf(stack), worldOf(start), point);
  assert.equal(await resourcesOf(stack), isDestroy ? 0 : before, point);
  const ends = logsOf(stack).map((log) => log.at(-1)?.kind ?? "");
  assert.ok(
    ends.every((end) => ["commit", "rolledBack"].includes(end)),
    `${point}: ${ends.join()}`,
  );
}
