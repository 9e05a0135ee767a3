import assert from "node:assert/strict";
import type { EngineStack } from "./engineStack.ts";

/* Secrets that somebody has put into the configuration under `fabric:`. */

export const workspaces = [{ name: "sales", displayName: "sales-test", capacity: "local", description: "plain" }];

export const quick = ["--yes", "--skip-preview"];

export const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, " ");

export async function withSecret(stack: EngineStack, path: string): Promise<void> {
  const set = await stack.run(["config", "set", "--stack", "test", "--path", path, "hunter2", "--secret"]);
  assert.equal(set.code, 0, set.text);
}
