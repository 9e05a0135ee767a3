import { compensations } from "../../providers/compensations.ts";
import { fromProviderInputs } from "../../providers/configuration.ts";
import type { TransactionLog } from "../../lib/transactionLog.ts";
import type { UnsettledCreate } from "../../lib/unsettled.ts";
import type { LiveRun } from "../../providers/liveRun.ts";
import { removalOf } from "../leftovers.ts";
import type { Leftover } from "../leftovers.ts";
import { liveResourcesOf, resourcesOf } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** Removes objects that a transaction made and no state knows, by the compensations in its log. */
export class Orphans implements AsyncDisposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #log: TransactionLog;
  readonly #say: (line: string) => void;
  #run: Promise<LiveRun> | undefined;

  constructor(env: NodeJS.ProcessEnv, log: TransactionLog, say: (line: string) => void) {
    this.#env = env;
    this.#log = log;
    this.#say = say;
  }

  /**
   * Removes one; not finding it is success. What belongs to a state is never touched.
   * @param states checkpoints that name the provider to talk through; objects of the first are kept
   * @returns what is left to do by hand
   */
  async remove(orphan: UnsettledCreate, states: readonly [Checkpoint, ...Checkpoint[]]): Promise<Leftover | undefined> {
    const { step, resourceType, resourceName, names, resourceId, compensation } = orphan;
    const what = `${resourceType} '${resourceName}'`;
    try {
      const run = await (this.#run ??= this.#start(states));
      const kept = keptBy(states[0]);
      const isRemoved = await compensations[compensation]?.(run, names, resourceId, (id) => kept.has(id));
      await this.#log.compensated(step);
      if (!isRemoved) return undefined;
      this.#say(`Cleaning up ${what} (${resourceId ?? "id unknown"})`);
      this.#say(`✓ Successfully cleaned up ${resourceType}`);
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      await this.#log.compensationFailed(step, reason);
      const { workspaceId } = names;
      const isInWorkspace = typeof workspaceId === "string" && resourceId && !resourceId.includes("/");
      const id = isInWorkspace ? `${workspaceId}/${resourceId}` : resourceId;
      return { what, id, reason, remedy: removalOf(resourceType, id) };
    }
  }

  async #start(states: readonly Checkpoint[]): Promise<LiveRun> {
    const provider = states.flatMap(resourcesOf).find(({ type }) => type === "pulumi:providers:pulumi-nodejs");
    if (!provider) throw new Error("The state names no provider of this project to talk through.");
    const { startRun } = await import("../../providers/liveRun.ts");
    return startRun(
      fromProviderInputs((key) => provider.inputs?.[key] as string | undefined),
      // an empty list of workspaces means here that the engine has removed them all
      { ...this.#env, FABRIC_CONFIRM_GONE: "true" },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#run?.catch(() => undefined))?.close();
  }
}

/** Ids that must stay; a Git connection has the id of its workspace. */
function keptBy(state: Checkpoint): ReadonlySet<string> {
  return new Set(
    liveResourcesOf(state).map(({ type, id }) => (type.endsWith(":GitConnection") ? `git ${id}` : (id ?? ""))),
  );
}
