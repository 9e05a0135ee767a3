import assert from "node:assert/strict";
import { known } from "../../../emulator/core/defaultSeed.ts";
import type { EngineStack } from "./engineStack.ts";

/* A workspace that somebody else has made. */

export const workspace = { name: "sales", displayName: "sales-test", capacity: "local" };

/** Makes a workspace as somebody else would have: through the API, with the deploying identity as an Admin. */
export async function existing(
  stack: EngineStack,
): Promise<{ id: string; call: (method: string, path: string, body?: unknown) => Promise<{ id: string }> }> {
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(stack.emulator.url + path, {
      method,
      headers: { authorization: "Bearer somebody", "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    return (await answer.json().catch(() => ({ id: "" }))) as { id: string };
  };
  const { id } = await call("POST", "/workspaces", {
    displayName: "sales-test",
    description: "theirs",
    capacityId: known.activeCapacity,
  });
  return { id, call };
}
