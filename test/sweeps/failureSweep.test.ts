import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { FaultRule } from "../../emulator/core/faults.ts";
import { EngineStack } from "../engine/harness/engineStack.ts";
import { worldOf } from "../engine/harness/worldOf.ts";
import { sweep } from "./sweep.ts";
import { features, first, quick, started } from "../engine/harness/failingSales.ts";

/*
 * Deployments that fail at their k-th call to the service, and are rolled back: onto nothing, and onto an existing
 * environment with every kind of change in one run.
 */

const second = {
  ...first,
  description: "after",
  users: [
    { principal: "alice@contoso.com", role: "Admin" },
    { principal: "carol@contoso.com", role: "Viewer" },
  ],
  items: [
    { name: "ingest", path: "items/ingest.Notebook", folder: "/weekly" },
    { name: "bronze", type: "Lakehouse", displayName: "bronze", creationPayload: { enableSchemas: true } },
    { name: "last", type: "Notebook", displayName: "last" },
  ],
};

/** A call and its three retries. */
const attempts = { sticky: true, times: 4 };
const failures: Record<string, FaultRule> = {
  "is refused (400)": { status: 400, errorCode: "Broken" },
  "is answered by 503, also when it is tried again": { status: 503, errorCode: "Unavailable", ...attempts },
  "never arrives, also when it is tried again": { drop: "before", ...attempts },
  "loses its answer once": { drop: "after" },
};

for (const [start, from] of [
  ["nothing", []],
  ["an existing environment", [first]],
] as const) {
  describe(`a deployment onto ${start} that fails at a call`, () => {
    let origin: EngineStack;
    let calls: number;

    before(async () => {
      origin = await started();
      origin.configure({ features, workspaces: from });
      if (from.length > 0) assert.equal((await origin.command("cli/up.ts", quick)).code, 0);
      origin.configure({ features, workspaces: [second] });
      await using whole = await EngineStack.copyOf(origin);
      assert.equal((await whole.command("cli/up.ts", quick)).code, 0);
      calls = whole.emulator.requests().length;
    });
    after(() => origin[Symbol.asyncDispose]());

    for (const [what, rule] of Object.entries(failures)) {
      it(`A deployment onto ${start} that fails at a call which ${what} is rolled back to what was there before, or succeeds in spite of it`, async () => {
        const all = Array.from({ length: calls }, (_, index) => index + 1);
        await sweep({
          name: `onto ${start}, a call ${what}`,
          points: all,
          few: [Math.ceil(calls * 0.3), Math.ceil(calls * 0.8)],
          attempt: (nth) => endOf(origin, { ...rule, nth }),
          isProof: (end) => end === "rolled back" || rule.drop === "after",
        });
      });
    }
  });
}

/** Deploys with a fault, and compares: rolled back means as before, success means as declared. */
async function endOf(origin: EngineStack, rule: FaultRule): Promise<"rolled back" | "succeeded"> {
  await using stack = await EngineStack.copyOf(origin);
  const before = worldOf(stack);
  stack.emulator.faults([rule]);
  const up = await stack.command("cli/up.ts", quick);
  stack.emulator.faults([]);
  if (up.code === 0) {
    assert.deepEqual((await stack.preview()).steps, []);
    return "succeeded";
  }
  assert.equal(up.code, 1, up.text);
  assert.deepEqual(worldOf(stack), before, up.text);
  return "rolled back";
}
