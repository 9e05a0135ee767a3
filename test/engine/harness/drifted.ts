import assert from "node:assert/strict";
import type { EngineStack } from "./engineStack.ts";
import { salesBranch } from "./salesBranch.ts";

/* An environment whose objects somebody changes behind Pulumi's back, and the refresh and the up that follow. */

export const environment = {
  workspaces: [
    {
      name: "sales",
      displayName: "sales-test",
      description: "declared",
      capacity: "local",
      users: [{ principal: "alice@contoso.com", role: "Admin" }],
      git: {
        ...salesBranch,
        allowOverwrite: true,
      },
      items: [{ name: "bronze", type: "Lakehouse", displayName: "bronze", folder: "/raw" }],
    },
    { name: "finance", displayName: "finance-test", capacity: "local" },
  ],
};

export const idOf = ({ emulator }: EngineStack, name: string) =>
  emulator.service.workspaces.all().find(({ displayName }) => displayName === name)?.id ?? "";
export const bronzeOf = ({ emulator }: EngineStack) =>
  emulator.service.items.all().find(({ type }) => type === "Lakehouse");

/** What refresh found, and what up then did about it. */
export async function repair(stack: EngineStack): Promise<{ found: string; repaired: readonly string[] }> {
  const refresh = await stack.refresh();
  assert.equal(refresh.code, 0, refresh.text);
  const up = await stack.up();
  assert.equal(up.code, 0, up.text);
  const again = await stack.preview();
  assert.deepEqual(again.steps, []);
  return { found: /Resources:\n([\s\S]*?)\n\n/.exec(refresh.text)?.[1]?.trim() ?? "", repaired: up.steps };
}
