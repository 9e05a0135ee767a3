import { z } from "zod";
import { nothingOr, optional } from "../../../lib/api/answer.ts";
import { isFabricError } from "../../../lib/api/fabricError.ts";
import { parseId } from "../../engine/place.ts";
import type { Run } from "../../run/run.ts";
import { changeOfItem } from "./itemIntent.ts";
import { itemPlace } from "./itemPlace.ts";

/** Longest wait for a publish. Measured were 6 to 13 minutes with one library. */
const DEADLINE_MS = 60 * 60_000;
const PAUSE_MS = 5_000;

/** States of a publish that has not ended. An environment that tells no state does not show the publish yet. */
const UNDER_WAY: readonly (string | undefined)[] = ["Waiting", "Running", "Cancelling", undefined];

const environmentShape = z.object({
  properties: optional(z.object({ publishDetails: optional(z.object({ state: z.string() })) })),
});

/** Without an operation, a publish answers with its progress. */
const publishedShape = z.object({ publishDetails: z.looseObject({}) });

/**
 * Publishes an environment. What its definition says is staged until then, and no notebook uses it.
 * @see https://learn.microsoft.com/fabric/data-engineering/environment-public-api
 * @throws Error if the publish ended without success, or has not ended after an hour
 */
export async function publishEnvironment(run: Run, id: string, displayName: string): Promise<void> {
  const { workspaceId = "", id: itemId = "" } = parseId(itemPlace, id) ?? {};
  const path = `/workspaces/${workspaceId}/environments/${itemId}`;
  const what = `publish Environment '${displayName}'`;
  const publish = () =>
    run.write(changeOfItem(id, displayName, { function: "restoreDefinition", args: { id, isOther: true } }), {
      method: "POST",
      path: `${path}/staging/publish`,
      body: {},
      operation: what,
      answer: nothingOr(publishedShape),
      deadlineMs: DEADLINE_MS,
      // a second publish has the same effect, and the service refuses one while the first is under way
      replaySafe: true,
    });
  const deadline = run.clock.now() + DEADLINE_MS;
  const published = async () => {
    for (;;) {
      const { properties } = await run.get(path, `read Environment '${displayName}'`, environmentShape);
      const state = properties?.publishDetails?.state;
      if (!UNDER_WAY.includes(state)) return state;
      if (run.clock.now() + PAUSE_MS > deadline)
        throw new Error(`${what} has not ended after an hour. Run again to go on waiting.`);
      await run.clock.sleep(PAUSE_MS);
    }
  };
  try {
    await publish();
  } catch (error) {
    // another publish is under way, as after a run that was cut off: it may have begun before this definition was sent
    if (!isFabricError(error, "InvalidEnvironmentPublish")) throw error;
    await published();
    await publish();
  }
  const state = await published();
  if (state !== "Success") throw new Error(`${what} ${endOf(state)}`);
}

/** How a publish ended without success, and what to do. */
function endOf(state = ""): string {
  if (state === "Failed")
    return "failed at the service. Open the environment in the portal to see which library it does not take.";
  if (state === "Cancelled")
    return "was cancelled by somebody, so notebooks use what was published before. Run again to publish it.";
  return (
    `ended as '${state}', which is no success. Open the environment in the portal to see what it has published, ` +
    "then run again to publish it."
  );
}
