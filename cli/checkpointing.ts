import type { Checkpoint } from "./rollback/checkpoint.ts";

/** Settings of the engine's own checkpoints during an update. */
export function checkpointing(
  _projectRoot: string,
  _stack: string,
  _before: Checkpoint,
  _env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return {};
}
